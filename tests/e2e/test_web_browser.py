"""The chat page in a real browser: what people see, hear and press. Skipped where there is no Chromium."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.browser import enter, missing, open_browser, open_demo
from tests.fakes.clips import make_image

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())

RAIN = "Rain on a tin roof at night --seconds 4"
LISTEN = """async () => {
  const video = document.querySelector(".clip video");
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  const source = context.createMediaElementSource(video);
  source.connect(analyser);
  analyser.connect(context.destination);
  await context.resume();
  await video.play();
  const samples = new Float32Array(analyser.fftSize);
  let loudest = 0;
  const begun = performance.now();
  while (performance.now() - begun < 2500 && !video.ended) {
    analyser.getFloatTimeDomainData(samples);
    for (const sample of samples) loudest = Math.max(loudest, Math.abs(sample));
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  return { loudest, at: video.currentTime, width: video.videoWidth, error: video.error && video.error.code };
}"""


async def say(page: Page, text: str) -> None:
    """Type and send with the keyboard alone."""
    await page.focus("#words")
    await page.keyboard.type(text)
    await page.keyboard.press("Escape")
    await page.keyboard.press("Enter")


async def balance(page: Page) -> int:
    """Free clips left, as the header says."""
    await page.wait_for_function("document.getElementById('balance').textContent.trim() !== ''")
    return int((await page.inner_text("#balance")).split()[0])


async def test_a_typed_prompt_becomes_a_player_that_plays_and_can_be_heard(tmp_path: Path) -> None:
    async with open_demo(tmp_path) as demo, open_browser() as browser:
        page = await enter(browser, demo.url)
        before = await balance(page)
        await say(page, 'Rain at night. A woman says: "Did you hear that?" --seconds 4')
        await page.wait_for_selector(".making [role=progressbar]")
        assert "Animatic" in await page.inner_text(".making .head")
        # In the middle: the bubble is there again after a reload, and goes on.
        await page.reload()
        await page.wait_for_selector(".making [role=progressbar]")
        assert await page.locator("#messages > li").count() == 2
        await page.wait_for_selector(".clip video")
        assert await page.locator("#messages > li").count() == 2
        assert "It took 1 free clip." in await page.inner_text(".clip")
        heard: dict[str, Any] = await page.evaluate(LISTEN)
        assert heard["error"] is None
        assert heard["at"] > 1.0 and heard["width"] == 1280
        assert heard["loudest"] > 0.02, heard
        await page.wait_for_function(
            f"parseInt(document.getElementById('balance').textContent) === {before - 1}"
        )
        await page.wait_for_selector(".clip track[kind=captions]", state="attached")
        await page.click("[data-action=details]")
        assert "LUFS" in await page.inner_text(".details")


async def test_a_voice_note_is_recorded_played_back_and_becomes_the_voice(tmp_path: Path) -> None:
    async with open_demo(tmp_path) as demo, open_browser() as browser:
        page = await enter(browser, demo.url)
        await page.click("#record")
        await page.wait_for_selector("#recorder .meter")
        await page.wait_for_function(
            "document.querySelector('#recorder .rec-time').textContent.endsWith('2')"
        )
        await page.click("#recorder .stop")
        await page.wait_for_selector("#recorder .rec-label")
        length = await page.inner_text("#recorder .rec-time")
        assert length in ("0:02", "0:03")
        await page.get_by_label("Play the recording").click()
        await page.get_by_label("Pause").wait_for()
        await say(page, "A man talks on a hill --audio_as voice --seconds 4")
        await page.wait_for_selector(".row.mine audio")
        await page.wait_for_selector(".clip video")
        assert await page.is_hidden("#recorder")
        await page.click("[data-action=details]")
        assert "your recording" in await page.inner_text(".details")
        assert (await page.evaluate(LISTEN))["loudest"] > 0.02


async def test_a_kill_in_the_middle_is_healed_without_a_reload(tmp_path: Path) -> None:
    async with open_demo(tmp_path) as demo, open_browser() as browser:
        page = await enter(browser, demo.url)
        await say(page, RAIN)
        await page.wait_for_selector(".making .steps .here:nth-child(2)")
        await demo.kill()
        await page.wait_for_selector("#offline", state="visible")
        await demo.restart()
        await page.wait_for_selector("#offline", state="hidden")
        await page.wait_for_selector(".clip video")
        assert await page.locator("#messages > li").count() == 2
        assert await balance(page) == 19


async def test_several_tabs_and_people_at_once_each_see_their_own(tmp_path: Path) -> None:
    async with open_demo(tmp_path, TALKREEL_FREE_CLIPS_PER_DAY="1") as demo, open_browser() as browser:
        first = await enter(browser, demo.url)
        ada = await enter(browser, f"{demo.base}/?as=ada")
        again = await enter(browser, f"{demo.base}/?as=ada")
        await say(ada, "<img src=x onerror=alert(1)> /help")
        for page in (ada, again):
            await page.wait_for_selector(".row.mine >> text=<img src=x onerror=alert(1)>")
            assert await page.locator("#messages img").count() == 0
        await ada.wait_for_selector(".making, .clip")
        # Her one free clip is taken: a second wish is refused and says what it cost.
        await say(again, "another one")
        for page in (ada, again):
            await page.wait_for_selector(".refusal >> text=Nothing was charged.")
        assert await first.locator("#messages > li").count() == 0
        assert await first.inner_text("#who") == "operator"
        assert await balance(first) == 1
        await ada.click("[data-action=cancel]")
        await ada.wait_for_selector("text=You were not charged.")


async def test_commands_options_and_models_are_completed_by_keyboard(tmp_path: Path) -> None:
    image = make_image(tmp_path / "cat.png", width=320, height=180)
    async with open_demo(tmp_path) as demo, open_browser(locale="es-ES") as browser:
        page = await enter(browser, demo.url)
        assert await page.get_attribute("html", "lang") == "es"
        await page.keyboard.type("/mo")
        await page.wait_for_selector("#suggestions [role=option]")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Tab")
        assert await page.input_value("#words") == "/models animatic "
        await page.fill("#words", "")
        await page.keyboard.type("un faro --mod")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#suggestions .price >> text=gratis")
        active = await page.get_attribute("#words", "aria-activedescendant")
        assert await page.get_attribute(f"#{active}", "aria-selected") == "true"
        await page.keyboard.press("Enter")
        assert await page.input_value("#words") == "un faro --model animatic "
        await page.keyboard.press("Escape")
        await page.set_input_files("#picker", str(image))
        assert await page.input_value(".chip select") == "image"
        await page.click(".chip button")
        assert await page.is_hidden("#chips")
        await page.fill("#words", "/help")
        await page.keyboard.press("Escape")
        await page.keyboard.press("Enter")
        await page.wait_for_selector(".rows code >> text=/generate")
        await page.keyboard.press("ArrowUp")
        assert await page.input_value("#words") == "/help"


@pytest.mark.parametrize("width", [360, 768, 1280])
async def test_the_page_fits_names_its_parts_and_keeps_contrast(tmp_path: Path, width: int) -> None:
    async with open_demo(tmp_path) as demo, open_browser() as browser:
        page = await enter(browser, demo.url)
        await page.set_viewport_size({"width": width, "height": 760})
        await say(page, "/help")
        await page.wait_for_selector(".rows")
        await say(page, "a dog --seconds banana")
        await page.wait_for_selector(".refusal")
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            found = json.loads(await page.evaluate(AUDIT))
            assert found == {"nameless": [], "faint": [], "wide": False}, (scheme, found)


AUDIT = """() => {
  const shown = (e) => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== "hidden";
  const name = (e) => e.getAttribute("aria-label") || e.textContent.trim() || e.getAttribute("alt") || e.labels?.length;
  const nameless = [...document.querySelectorAll("button, a, textarea, select, video, audio, [role=progressbar]")]
    .filter((e) => shown(e) && !name(e)).map((e) => e.outerHTML.slice(0, 80));
  const rgb = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
  const ground = (e) => {
    for (let at = e; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0.9) return colour;
    }
    return [255, 255, 255];
  };
  const faint = [...document.querySelectorAll("p, span, li, code, button, h1, h2, small")]
    .filter((e) => shown(e) && !e.disabled && [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()))
    .map((e) => {
      const [a, b] = [light(rgb(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
      return [e.className || e.tagName, Math.round(((a + 0.05) / (b + 0.05)) * 100) / 100, e.textContent.trim().slice(0, 20)];
    }).filter(([, ratio]) => ratio < 4.5);
  return JSON.stringify({ nameless, faint, wide: document.documentElement.scrollWidth > innerWidth });
}"""
