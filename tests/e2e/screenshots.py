"""Pictures of every page at three widths in both themes: `python -m tests.e2e.screenshots FOLDER`.

With `--docs` only those that the documents show, small enough to lie in the repository.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PIL import Image

from bot.media.worker import MediaWorker
from providers.local import job as animatic
from tests.e2e import web_contest, web_world
from tests.e2e.browser import enter, missing, open_chromium, open_demo

if TYPE_CHECKING:
    from playwright.async_api import Page

WIDTHS = {"phone": (390, 844), "tablet": (820, 1100), "desktop": (1280, 860)}
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
PROMPT = 'Rain at night. She says: "Did you hear the rain on the old tin roof?" --seconds 6'
MORE = ('A robot bakes bread and hums: "Almost done."',)
PAGES = {
    "spending": "/admin/spending",
    "jobs": "/admin/jobs?server=&show=all",
    "limits": "/admin/limits?server=discord:1001",
    "settings": "/admin/settings?server=discord:1001",
    "ledger": "/admin/ledger",
    "models": "/admin/models",
    "log": "/admin/log",
    "stop": "/admin/stop",
    "notes": "/admin/notes",
    "logins": "/admin/logins",
    "history": "/me/history",
    "receipts": "/me/receipts",
    "data": "/me/data",
    "gallery": "/gallery",
    "leaderboard": "/leaderboard",
}
DOCS = {
    "chat-desktop-light": "clip-desktop-light",
    "chat-phone-dark": "clip-phone-dark",
    "spending-desktop-dark": "spending-desktop-dark",
    "gallery-desktop-light": "gallery-desktop-light",
}
DOC_BYTES = 150 << 10

Show = Callable[[str], Awaitable[None]]


async def take(folder: Path) -> None:
    """Fill a data folder, make one clip, and show every page."""
    with tempfile.TemporaryDirectory() as data:
        shown = await _clips(Path(data))
        now_ms = time.time_ns() // 1_000_000
        await web_world.write(Path(data) / "data", now_ms=now_ms, shown=shown)
        contests = await web_contest.write(
            Path(data) / "data", now_ms=now_ms, states=("voting", "revealed"), person="web:operator"
        )
        async with open_demo(Path(data)) as demo, open_chromium() as chromium:
            page = await enter(await chromium.window(), demo.url)

            async def show(name: str) -> None:
                for size, (width, height) in WIDTHS.items():
                    await page.set_viewport_size({"width": width, "height": height})
                    for theme in THEMES:
                        await page.emulate_media(color_scheme=theme, reduced_motion="reduce")
                        await page.wait_for_timeout(150)
                        await page.screenshot(path=folder / f"{name}-{size}-{theme}.png")

            await _chat(page, show)
            compared = {f"compare-{id[8:]}": f"/compare/{id}" for id in contests}
            for name, path in (PAGES | compared).items():
                await page.goto(demo.base + path)
                await page.wait_for_selector("html[data-ready]")
                await page.wait_for_timeout(300)
                await show(name)


async def _chat(page: Page, show: Show) -> None:
    await page.wait_for_selector("#balance:not(:empty)")
    await show("empty")
    await page.focus("#words")
    await page.keyboard.type("a lighthouse in the fog --")
    await show("options")
    await page.keyboard.type("seconds ")
    await page.wait_for_selector(".suggestion .price")
    await show("values")
    await page.keyboard.press("Escape")
    await page.fill("#words", PROMPT)
    await page.keyboard.press("Escape")
    await page.wait_for_selector(".hint.said >> text=6")
    await show("price")
    await page.focus("#words")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".making .here:nth-child(2)")
    await show("making")
    await page.wait_for_selector(".clip video", timeout=180_000)
    await page.wait_for_timeout(800)
    await show("clip")
    await page.click(".clip [data-action=edit]")
    await page.wait_for_selector(".asked")
    await show("form")


async def _clips(folder: Path) -> list[web_world.Shown]:
    """A few clips of the built-in renderer, with their pictures."""
    worker = MediaWorker(workers=1)
    made = []
    try:
        for number, prompt in enumerate((*web_world.PROMPTS, *MORE)):
            video, poster = folder / f"{number}.mp4", folder / f"{number}.jpg"
            order = {"prompt": prompt, "seconds": 3, "aspect": "16:9", "resolution": "480p", "sound": True}
            await asyncio.to_thread(animatic.render, lambda *_, **__: None, order=order, out=str(video))
            await worker.poster(video, poster, width=640)
            made.append(
                web_world.Shown(prompt=prompt, video=video, poster=poster, info=await worker.inspect(video))
            )
    finally:
        await worker.close()
    return made


def shrink(taken: Path, folder: Path) -> None:
    """Put the pictures that the documents show into a folder of theirs.

    Raises:
        ValueError: one is too large.
    """
    for name, source in DOCS.items():
        into = folder / f"{name}.webp"
        with Image.open(taken / f"{source}.png") as picture:
            picture.convert("RGB").save(into, "WEBP", quality=84, method=6)
        if into.stat().st_size > DOC_BYTES:
            raise ValueError(f"{into.name} has {into.stat().st_size} bytes")


def main() -> None:
    """Take them all."""
    lacking = missing()
    docs = "--docs" in sys.argv
    names = [word for word in sys.argv[1:] if word != "--docs"]
    if lacking or len(names) != 1:
        sys.exit(lacking or "usage: python -m tests.e2e.screenshots [--docs] FOLDER")
    folder = Path(names[0])
    folder.mkdir(parents=True, exist_ok=True)
    if not docs:
        asyncio.run(take(folder))
        return
    with tempfile.TemporaryDirectory() as taken:
        asyncio.run(take(Path(taken)))
        shrink(Path(taken), folder)


if __name__ == "__main__":
    main()
