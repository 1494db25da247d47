"""The admin pages, one's own pages and the gallery in a real browser: every button does what it says."""

from __future__ import annotations

import asyncio
import csv
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from tests.e2e import web_world
from tests.e2e.browser import Chromium, Demo, barriers, enter, missing, open_chromium, open_demo
from tests.e2e.web_world import CLUB

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page

pytestmark = [
    pytest.mark.skipif(bool(missing()), reason=missing()),
    pytest.mark.asyncio(loop_scope="module"),
]

PAGES = (
    *(
        "/admin/spending",
        "/admin/jobs?show=all",
        f"/admin/limits?server={CLUB}",
        "/admin/ledger",
        "/admin/models",
    ),
    *(f"/admin/settings?server={CLUB}", "/admin/log", "/admin/stop", "/admin/notes", "/admin/logins"),
    *("/me/history", "/me/receipts", "/me/data", "/gallery"),
)


@dataclass(kw_only=True)
class House:
    """One bot with a week behind it, and one browser."""

    demo: Demo
    chromium: Chromium
    operator: BrowserContext

    async def open(self, path: str) -> Page:
        """A page as the operator sees it."""
        return await enter(self.operator, self.demo.base + path)

    async def say(self, name: str, text: str) -> Page:
        """Somebody types something in the chat."""
        page = await self.open(f"/?as={name}")
        await page.fill("#words", text)
        await page.keyboard.press("Escape")
        await page.keyboard.press("Enter")
        return page


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    folder = tmp_path_factory.mktemp("demo")
    await web_world.write(folder / "data", now_ms=time.time_ns() // 1_000_000, days=7)
    async with open_demo(folder) as demo, open_chromium() as chromium:
        yield House(demo=demo, chromium=chromium, operator=await chromium.window(demo.url))


async def agree(page: Page, *words: str) -> None:
    """The dialog says these words; agree to it."""
    dialog = page.locator("dialog")
    for word in words:
        await dialog.get_by_text(word).first.wait_for()
    await dialog.locator("button[type=submit]").click()
    await dialog.wait_for(state="detached")


async def test_every_page_fits_every_width_and_an_accessibility_checker_finds_nothing(
    house: House, whole: bool
) -> None:
    sizes = ((360, "light"), (820, "dark"), (1280, "dark"))
    for number, path in enumerate(PAGES):
        page = await house.open(path)
        checked = range(3) if whole else (2 * (number % 2),)
        for size, (width, scheme) in enumerate(sizes):
            await page.set_viewport_size({"width": width, "height": 800})
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, width)
            if size in checked:
                assert await barriers(page) == [], (path, width)
        await page.close()


async def test_spending_is_drawn_and_can_be_read_as_numbers(house: House) -> None:
    page = await house.open("/admin/spending")
    await page.wait_for_selector("svg.plot .mark")
    total = int((await page.inner_text(".tile-value >> nth=0")).replace(",", ""))
    await page.get_by_text("Show the numbers").first.click()
    cells = await page.locator("figure >> nth=0").locator("tbody td:nth-child(2)").all_inner_texts()
    assert sum(int(cell.replace(",", "")) for cell in cells) == total > 0
    await page.get_by_role("button", name="7 days").click()
    await page.wait_for_selector("[aria-pressed=true] >> text=7 days")
    await page.select_option("#server", CLUB)
    await page.wait_for_url(f"**server={CLUB.replace(':', '%3A')}*")
    await page.wait_for_selector(".tile >> text=Allotment")
    assert int((await page.inner_text(".tile-value >> nth=0")).replace(",", "")) < total


async def test_limits_grants_blocks_and_the_gallery_are_changed_after_a_preview(house: House) -> None:
    page = await house.open(f"/admin/limits?server={CLUB}")
    allotment = page.get_by_role("form", name="Allotment")
    await allotment.get_by_label("Credits").fill("9000")
    await allotment.get_by_role("button").click()
    await agree(page, "12,000")
    await page.get_by_text("/ 9,000").wait_for()
    await page.get_by_text("Set a limit").first.click()
    limit = page.get_by_role("form", name="Set a limit")
    await limit.get_by_label("Amount").fill("10")
    await limit.get_by_role("button").click()
    await agree(page, "Ada", "3,000", "10")
    row = page.locator("tr", has_text="everybody")
    await row.get_by_text("10").wait_for()
    # By the keyboard: leaving the dialog changes nothing.
    await row.get_by_role("button", name="Take back").focus()
    await page.keyboard.press("Enter")
    await page.wait_for_selector("dialog")
    assert await barriers(page) == []
    await page.keyboard.press("Escape")
    await page.wait_for_selector("dialog", state="detached")
    assert await row.count() == 1
    grant = page.get_by_role("form", name="Grant credits")
    await grant.get_by_label("Member").fill("discord:4")
    await grant.get_by_label("Credits").fill("999999")
    await grant.get_by_role("button").click()
    await page.wait_for_selector("dialog .refused")
    assert await page.locator("dialog button[type=submit]").count() == 0
    await page.get_by_role("button", name="Leave it").click()
    await grant.get_by_label("Credits").fill("40")
    await grant.get_by_role("button").click()
    await agree(page, "300", "340")
    await page.get_by_text("Granted and not used yet: 340").wait_for()
    await page.get_by_role("button", name="Lift: Goran").click()
    await page.get_by_text("Nobody is blocked here.").wait_for()
    await page.get_by_role("button", name="Close the gallery").click()
    await page.get_by_text("The gallery is closed.").wait_for()
    gallery = await house.open("/gallery")
    await gallery.get_by_text("No server has opened its gallery.").wait_for()
    await page.get_by_role("button", name="Open the gallery").click()
    await agree(page, "seen by everybody")
    await gallery.reload()
    await gallery.wait_for_selector(".clip-card video")
    log = await house.open(f"/admin/log?server={CLUB}")
    await log.get_by_text("credits granted").first.wait_for()


async def test_everything_is_stopped_and_started_again(house: House) -> None:
    page = await house.open("/admin/stop")
    await page.get_by_role("button", name="Stop everything").click()
    await page.fill("dialog input", "<b>flood</b>")
    await agree(page, "No new clip is made anywhere")
    await page.get_by_role("button", name="Start everything again").wait_for()
    chat = await house.say("iris", "a cat sings")
    await chat.wait_for_selector(".refusal >> text=The operator has stopped all making of clips")
    await chat.wait_for_selector(".refusal >> text=<b>flood</b>")
    await chat.wait_for_selector(".refusal >> text=Nothing was charged.")
    await page.get_by_role("button", name="Start everything again").click()
    await page.get_by_role("button", name="Stop everything").wait_for()
    models = await house.open("/admin/models")
    await models.get_by_role("button", name="Stop: Animatic").click()
    await agree(models, "Nobody can use this model")
    await models.get_by_role("button", name="Start again: Animatic").wait_for()
    await chat.fill("#words", "a cat sings --model animatic")
    await chat.wait_for_selector(".hint.said.off >> text=Animatic is turned off")
    await models.get_by_role("button", name="Start again: Animatic").click()
    await models.get_by_role("button", name="Stop: Animatic").wait_for()


async def test_a_job_is_seen_live_and_stopped_by_the_operator(house: House) -> None:
    page = await house.open("/admin/jobs")
    await page.get_by_text("No clip is being made right now.").wait_for()
    chat = await house.say("jane", "Rain on a tin roof at night --seconds 8")
    card = page.locator(".job", has_text="Rain on a tin roof")
    await card.wait_for()
    assert "jane" in await card.inner_text()
    await card.get_by_role("button", name="Stop").click()
    await agree(page, "Rain on a tin roof")
    await card.wait_for(state="detached")
    await chat.wait_for_selector("text=You were not charged.")


async def test_the_ledger_is_filtered_and_saved(house: House) -> None:
    page = await house.open("/admin/ledger")
    await page.wait_for_selector("tbody tr")
    await page.get_by_label("Kind").select_option("grant")
    await page.get_by_role("button", name="Show", exact=True).click()
    kinds = page.locator("tbody td:nth-child(3)")
    await kinds.filter(has_not_text="grant").first.wait_for(state="detached")
    assert set(await kinds.all_inner_texts()) == {"grant"}
    await page.get_by_text("won the contest").wait_for()
    async with page.expect_download() as saving:
        await page.get_by_role("link", name="Save as CSV").click()
    saved = await (await saving.value).path()
    rows = list(csv.DictReader(await asyncio.to_thread(lambda: Path(saved).read_text("utf-8").splitlines())))
    assert {row["kind"] for row in rows} == {"grant"} and rows[-1]["reason"] == "won the contest"


async def test_a_login_is_made_for_an_admin_who_sees_one_server(house: House) -> None:
    page = await house.open("/admin/logins")
    await page.get_by_label("Name").fill("maria")
    await page.get_by_label("As", exact=True).select_option(CLUB)
    await page.get_by_role("button", name="Make the address").click()
    address = await page.get_by_label("Login address").input_value()
    window = await house.chromium._browser.new_context()
    maria = await enter(window, address)
    assert await maria.inner_text("#who") == "maria"
    await maria.get_by_role("link", name="Admin").click()
    await maria.wait_for_selector("html[data-ready]")
    await maria.get_by_text("Film Club").wait_for()
    assert await maria.locator("#side >> text=Stop").count() == 0
    assert await maria.locator("#server").count() == 0
    await page.get_by_role("button", name="Take back: maria").click()
    await agree(page)
    await page.get_by_text("Nobody has admin pages yet.").wait_for()
    await maria.reload()
    await maria.get_by_text("You may not do this.").wait_for()
    await window.close()


async def test_a_clip_of_the_gallery_is_made_again_in_ones_own_chat(house: House) -> None:
    page = await house.open("/gallery?as=kim")
    await page.wait_for_selector(".clip-card video")
    playing: dict[str, Any] = await page.evaluate(
        """async () => {
          const video = document.querySelector(".clip-card video");
          video.muted = true;
          await video.play();
          await new Promise((resolve) => setTimeout(resolve, 400));
          return { at: video.currentTime, width: video.videoWidth };
        }"""
    )
    assert playing["at"] > 0 and playing["width"] == 320
    assert await page.locator(".links a[href*='as=kim']").count() >= 3
    await page.get_by_role("button", name="Again").first.click()
    await page.wait_for_url("**/?as=kim")
    await page.wait_for_selector(".making, .clip")


async def test_ones_data_is_taken_out_and_deleted_on_a_page_of_its_own(house: House) -> None:
    chat = await house.say("lou", "a cat sings --seconds 2")
    await chat.wait_for_selector(".clip video", timeout=60_000)
    page = await house.open("/me/data?as=lou")
    async with page.expect_download() as saving:
        await page.get_by_role("button", name="Export").click()
    assert (await saving.value).suggested_filename == "talkreel-export.zip"
    await page.get_by_role("button", name="Forget me").click()
    await page.get_by_role("button", name="Leave it").click()
    assert await chat.locator("#messages > li").count() == 2
    await page.get_by_role("button", name="Forget me").click()
    await agree(page)
    await page.wait_for_selector(".fresh")
    await chat.wait_for_selector("#empty", state="visible")
    assert await chat.locator("#messages > li").count() == 0
