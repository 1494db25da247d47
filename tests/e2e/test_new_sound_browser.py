"""New sound under a clip in a real browser: its form, its price, its result, and recordings laid by hand."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.browser import barriers, enter, missing, open_chromium, open_demo
from tests.e2e.street import open_street
from tests.e2e.test_sound_promise import write_tone
from tests.e2e.test_web_browser import say

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

    from tests.fakes.elevenlabs import FakeElevenLabs

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())

PLAN = """voice (woman): Did you hear that?
sound @1,5s: door slam
sound: <img src=x onerror=alert(1)>"""


async def refused(form: Locator, words: str) -> str:
    """What the form says of a plan that cannot be."""
    await form.locator("textarea").fill(words)
    await form.get_by_role("button", name="Make it").click()
    said = form.get_by_role("alert")
    await said.get_by_text("Nothing was charged.").wait_for()
    return await said.inner_text()


async def answered(page: Page, words: str, *files: Path) -> None:
    """Answer the first clip with files."""
    await page.locator(".clip + .reply").first.click()
    await page.set_input_files("#picker", [str(file) for file in files])
    await page.locator(".chip").nth(len(files) - 1).wait_for()
    await page.fill("#words", words)
    await page.locator("#send").click()


async def filled_in(page: Page) -> Locator:
    """The form, opened and looked at: the plan in words, with how to write it, by keyboard alone."""
    await page.locator("[data-action=new-sound]").focus()
    await page.keyboard.press("Enter")
    form = page.get_by_role("form", name="A new sound for this clip")
    plan = form.get_by_label("Sounds, one in each line")
    await plan.wait_for()
    assert await plan.evaluate("(area) => area === document.activeElement")
    assert await plan.input_value() == "sound: Rain on a tin roof\nsound @1s: thunder\nmusic: slow piano"
    assert "voice (woman)" in await page.inner_text(f"#{await plan.get_attribute('aria-describedby')}")
    for width, scheme in ((390, "light"), (390, "dark"), (1280, "dark")):
        await page.set_viewport_size({"width": width, "height": 800})
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert await barriers(page) == []
    assert "@soon" in await refused(form, "sound @soon: thunder")
    assert "nothing can begin at 99 s" in await refused(form, "sound @99s: thunder")
    assert "nothing to hear" in await refused(form, "no sound")
    await plan.fill(PLAN)
    await form.get_by_label("The sound it has now").select_option("under")
    return form


async def bought(page: Page, form: Locator, vendor: FakeElevenLabs) -> None:
    """The price of the sound with its maker; pressed twice it is bought once."""
    await form.get_by_role("button", name="Make it").click()
    quote = page.locator(".quote")
    await quote.get_by_text("New sound:").wait_for()
    asked = await quote.inner_text()
    assert "ElevenLabs" in asked and "mixed under what it has" in asked, asked
    assert not vendor.jobs and await page.locator("#messages img").count() == 0
    await quote.locator("[data-action=confirm]").dblclick()
    clips = page.locator(".clip")
    await clips.nth(1).locator("video").wait_for()
    made = await clips.nth(1).inner_text()
    assert "sound added by us" in made and "which stays as it was" in made
    said = [call.body["text"] for call in vendor.seen if call.path.startswith("/v1/text-to-speech/")]
    assert said == ["Did you hear that?"]
    # The clip before it is still where it was, and one press away.
    first = await clips.first.locator("video").get_attribute("src")
    await clips.nth(1).locator("[data-action=show]").click()
    await clips.nth(2).locator("video").wait_for()
    assert await clips.nth(2).locator("video").get_attribute("src") == first


async def laid(page: Page, folder: Path) -> None:
    """Recordings of one's own, laid by hand and for nothing."""
    tones = (folder / "low.wav", folder / "high.wav")
    for path, hz in zip(tones, (700.0, 1900.0), strict=True):
        write_tone(path, seconds=0.5, hz=hz)
    with wave.open(str(quiet := folder / "quiet.wav"), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(bytes(32_000))
    await answered(page, "at=0.5s gain=-6dB at=2s", *tones)
    clips = page.locator(".clip")
    await clips.nth(3).locator("video").wait_for()
    assert "It cost nothing." in await clips.nth(3).inner_text()
    for words, path, said in (
        ("at=9s", tones[0], "nothing can begin at 9 s"),
        ("at=soon", tones[0], "no place or strength"),
        ("at=1s", quiet, "Nothing can be heard"),
    ):
        await answered(page, words, path)
        await page.locator(".refusal").get_by_text(said).wait_for()
    assert await clips.count() == 4


async def test_a_clip_gets_a_new_sound_for_its_price_and_the_one_before_stays(tmp_path: Path) -> None:
    async with open_street(tmp_path, ("elevenlabs",)) as street, open_chromium() as chromium:
        maker = street.stalls["elevenlabs"]
        settings = {
            "TALKREEL_CATALOGUE_DIR": str(street.catalogue_dir),
            "TALKREEL_PROVIDERS__ELEVENLABS__BASE_URL": maker.base_url,
            "TALKREEL_CONFIRM_ABOVE": "0",
            "TALKREEL_TRANSCRIBE_WITH": "none",
        }
        async with open_demo(tmp_path, "--paid", **street.keys, **settings) as demo:
            page = await enter(await chromium.window(), demo.url)
            await say(page, "Rain on a tin roof @1s thunder, music: slow piano --seconds 3 --model animatic")
            await page.locator(".clip video").wait_for()
            await bought(page, await filled_in(page), maker.vendor)
            pieces = len(maker.vendor.jobs)
            await laid(page, tmp_path)
            assert len(maker.vendor.jobs) == pieces
