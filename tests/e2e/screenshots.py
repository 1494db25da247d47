"""Pictures of the chat page at three widths in both themes: `python -m tests.e2e.screenshots FOLDER`."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Literal

from tests.e2e.browser import enter, missing, open_chromium, open_demo

WIDTHS = {"phone": (390, 844), "tablet": (820, 1100), "desktop": (1280, 860)}
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
PROMPT = 'Rain at night. She says: "Did you hear the rain on the old tin roof?" --seconds 6'


async def take(folder: Path) -> None:
    """Make one clip and show the page before, during and after it."""
    with tempfile.TemporaryDirectory() as data:
        async with open_demo(Path(data)) as demo, open_chromium() as chromium:
            page = await enter(await chromium.window(), demo.url)

            async def show(name: str) -> None:
                for size, (width, height) in WIDTHS.items():
                    await page.set_viewport_size({"width": width, "height": height})
                    for theme in THEMES:
                        await page.emulate_media(color_scheme=theme, reduced_motion="reduce")
                        await page.wait_for_timeout(150)
                        await page.screenshot(path=folder / f"{name}-{size}-{theme}.png")

            await page.wait_for_selector("#balance:not(:empty)")
            await show("empty")
            await page.focus("#words")
            await page.keyboard.type("a lighthouse in the fog --")
            await show("options")
            await page.keyboard.press("Escape")
            await page.fill("#words", PROMPT)
            await page.keyboard.press("Escape")
            await page.keyboard.press("Enter")
            await page.wait_for_selector(".making .here:nth-child(2)")
            await show("making")
            await page.wait_for_selector(".clip video")
            await page.wait_for_timeout(800)
            await show("clip")


def main() -> None:
    """Take them all."""
    lacking = missing()
    if lacking or len(sys.argv) != 2:
        sys.exit(lacking or "usage: python -m tests.e2e.screenshots FOLDER")
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(take(folder))


if __name__ == "__main__":
    main()
