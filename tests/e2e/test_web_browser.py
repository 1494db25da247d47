"""The chat page in a real browser: what people see, hear and press. Skipped where there is no Chromium."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from tests.e2e.browser import Chromium, Demo, barriers, enter, missing, open_chromium, open_demo
from tests.fakes.clips import make_image

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [
    pytest.mark.skipif(bool(missing()), reason=missing()),
    pytest.mark.asyncio(loop_scope="module"),
]

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


DROP_AND_PASTE = """() => {
  const carry = (...names) => {
    const data = new DataTransfer();
    for (const [name, type] of names) data.items.add(new File(["some bytes"], name, { type }));
    return data;
  };
  const dropped = carry(["dropped.png", "image/png"]);
  document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: dropped, bubbles: true }));
  const pasted = carry(["pasted.png", "image/png"], ["pasted.ogg", "audio/ogg"]);
  const words = document.getElementById("words");
  words.dispatchEvent(new ClipboardEvent("paste", { clipboardData: pasted, bubbles: true }));
}"""


@dataclass(kw_only=True)
class House:
    """One demo and one browser for all tests here; each test comes under a name of its own."""

    demo: Demo
    chromium: Chromium

    async def open(self, name: str, **options: Any) -> Page:
        """The chat of somebody, in a window of its own."""
        return await enter(await self.chromium.window(**options), f"{self.demo.base}/?as={name}")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    folder = tmp_path_factory.mktemp("demo")
    demo_of = open_demo(folder, TALKREEL_FREE_CLIPS_PER_DAY="1", TALKREEL_TRANSCRIBE_WITH="none")
    async with demo_of as demo, open_chromium() as chromium:
        await chromium.window(demo.url)
        yield House(demo=demo, chromium=chromium)


async def say(page: Page, text: str) -> None:
    """Type and send with the keyboard alone."""
    await page.focus("#words")
    await page.keyboard.type(text)
    await page.keyboard.press("Escape")
    await page.keyboard.press("Enter")


async def balance(page: Page) -> int:
    """Free clips left, as the header says."""
    await page.wait_for_selector("#balance:not(:empty)")
    return int((await page.inner_text("#balance")).split()[0])


async def test_a_typed_prompt_becomes_a_player_that_plays_and_can_be_heard(house: House) -> None:
    page = await house.open("ada")
    assert await balance(page) == 1
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
    await page.wait_for_selector(".clip track[kind=captions]", state="attached")
    heard: dict[str, Any] = await page.evaluate(LISTEN)
    assert heard["error"] is None
    assert heard["at"] > 1.0 and heard["width"] == 1280
    assert heard["loudest"] > 0.02, heard
    await page.wait_for_selector("#balance >> text=0 free clips")
    await page.click("[data-action=details]")
    await page.wait_for_selector(".details >> text=LUFS")


async def test_a_voice_note_is_recorded_played_back_and_becomes_the_voice(house: House) -> None:
    page = await house.open("ben")
    await page.click("#record")
    await page.wait_for_selector("#recorder .meter")
    await page.wait_for_selector("#recorder .rec-time >> text=0:02")
    await page.click("#recorder .stop")
    await page.wait_for_selector("#recorder .rec-label")
    assert await page.inner_text("#recorder .rec-time") in ("0:02", "0:03")
    await page.get_by_label("Play the recording").click()
    await page.get_by_label("Pause").wait_for()
    # What it is for is chosen beside it, and stands in the words like any option.
    offered = await page.locator("#recorder select option").all_inner_texts()
    assert offered == ["reference", "voice", "soundtrack"], "nobody hears words here, so no dialogue"
    await page.select_option("#recorder select", "voice")
    assert await page.input_value("#words") == "--audio_as voice "
    await say(page, "A man talks on a hill --seconds 4")
    await page.wait_for_selector(".row.mine audio")
    await page.wait_for_selector(".clip video")
    assert await page.is_hidden("#recorder")
    await page.click("[data-action=details]")
    await page.wait_for_selector(".details >> text=your recording")
    assert (await page.evaluate(LISTEN))["loudest"] > 0.02


async def test_several_tabs_and_people_at_once_each_see_their_own(house: House) -> None:
    cleo, again, dora = [await house.open(name) for name in ("cleo", "cleo", "dora")]
    await say(cleo, "<img src=x onerror=alert(1)> --seconds 4")
    for page in (cleo, again):
        await page.wait_for_selector(".row.mine >> text=<img src=x onerror=alert(1)>")
        assert await page.locator("#messages img").count() == 0
    await cleo.wait_for_selector(".making")
    # Her one free clip is taken: a second wish is refused and says what it cost.
    await say(again, "another one")
    for page in (cleo, again):
        await page.wait_for_selector(".refusal >> text=Nothing was charged.")
    assert await dora.locator("#messages > li").count() == 0
    assert await dora.inner_text("#who") == "dora"
    assert await balance(dora) == 1
    await cleo.click("[data-action=cancel]")
    await again.wait_for_selector("text=You were not charged.")
    await again.wait_for_selector("#balance >> text=1 free clip")


async def test_commands_options_and_models_are_completed_by_keyboard(house: House, tmp_path: Path) -> None:
    image = make_image(tmp_path / "cat.png", width=320, height=180)
    page = await house.open("eva", locale="es-ES")
    assert await page.get_attribute("html", "lang") == "es"
    await page.keyboard.type("/mo")
    await page.wait_for_selector("#suggestions [role=option]")
    await page.keyboard.press("Tab")
    await page.wait_for_selector("#suggestions >> text=animatic")
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
    await page.evaluate(DROP_AND_PASTE)
    names = page.locator(".chip-name")
    assert await names.all_inner_texts() == ["dropped.png", "pasted.png", "pasted.ogg"]
    chosen = [await page.locator(".chip select").nth(n).input_value() for n in range(3)]
    assert chosen == ["image", "last_image", "audio"]
    for _ in range(3):
        await page.locator(".chip button").first.click()
    await page.fill("#words", "/help")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".rows code >> text=/generate")
    await page.keyboard.press("ArrowUp")
    assert await page.input_value("#words") == "/help"


async def test_the_page_fits_every_width_and_an_accessibility_checker_finds_nothing(house: House) -> None:
    page = await house.open("finn")
    await say(page, "/help")
    await page.wait_for_selector(".rows")
    await say(page, "a dog --seconds banana")
    await page.wait_for_selector(".refusal")
    await page.set_input_files("#picker", {"name": "a.png", "mimeType": "image/png", "buffer": b"png"})
    await page.focus("#words")
    await page.keyboard.type("a cat --")
    for width in (360, 768, 1280):
        await page.set_viewport_size({"width": width, "height": 760})
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            assert await barriers(page) == []


async def test_of_two_people_with_one_last_clip_between_them_one_gets_it(house: House) -> None:
    operator = await enter(await house.chromium.window(), f"{house.demo.base}/admin/limits?server=direct")
    await operator.get_by_text("Set a limit").first.click()
    limit = operator.get_by_role("form", name="Set a limit")
    await limit.get_by_label("For whom").select_option("server")
    await limit.get_by_label("Purse").select_option("free")
    await limit.get_by_label("Amount").fill("1")
    await limit.get_by_label("Each").select_option("day")
    await limit.get_by_role("button").click()
    await operator.locator("dialog button[type=submit]").click()
    await operator.locator("tr", has_text="the whole server").wait_for()
    pages = [await house.open(name) for name in ("nell", "otto")]
    await asyncio.gather(*(say(page, "a bird sings --seconds 2") for page in pages))
    for page in pages:
        await page.wait_for_selector(".making, .clip, .refusal")
    kinds = [await page.locator(".refusal").count() for page in pages]
    assert sorted(kinds) == [0, 1]
    winner, loser = pages[kinds.index(0)], pages[kinds.index(1)]
    await winner.wait_for_selector(".clip video")
    assert "Nothing was charged." in await loser.inner_text(".refusal")
    await operator.locator("tr", has_text="the whole server").get_by_role("button").click()
    await operator.locator("dialog button[type=submit]").click()
    await operator.locator("tr", has_text="the whole server").wait_for(state="detached")


async def test_buttons_under_a_clip_ask_hand_over_and_take_away(house: House) -> None:
    page = await house.open("pia")
    await say(page, "a bell rings --seconds 2")
    await page.wait_for_selector(".clip video")
    await page.click("[data-action=edit]")
    form = page.locator("form.asked")
    assert await barriers(page) == []
    await form.get_by_label("Length in seconds").fill("banana")
    await form.get_by_role("button", name="Make it").click()
    await page.wait_for_selector(".form-said >> text=whole number")
    await page.wait_for_selector(".form-said >> text=charged")
    await page.keyboard.press("Escape")
    await form.wait_for(state="detached")
    async with page.expect_download() as saving:
        await page.click(".clip a[download]")
    assert (await saving.value).suggested_filename.endswith(".mp4")
    await page.get_by_role("button", name="Reply: a bell rings").focus()
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#replying >> text=a bell rings")
    await page.keyboard.press("Escape")
    await page.click(".clip [data-action=delete]")
    await page.click(".quote [data-action=confirm]")
    await page.wait_for_selector(".clip", state="detached")


async def test_a_kill_in_the_middle_is_healed_without_a_reload(tmp_path: Path) -> None:
    async with open_demo(tmp_path) as demo, open_chromium() as chromium:
        page = await enter(await chromium.window(), demo.url)
        await say(page, RAIN)
        await page.wait_for_selector(".making .steps .here:nth-child(2)")
        await demo.kill()
        await page.wait_for_selector("#offline", state="visible")
        await demo.restart()
        await page.wait_for_selector("#offline", state="hidden")
        await page.wait_for_selector(".clip video")
        assert await page.locator("#messages > li").count() == 2
        await page.wait_for_selector("#balance >> text=19 free clips")
