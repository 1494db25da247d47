"""A real Chromium in front of a real `talkreel demo`, each in a process of its own."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page

ROOT = Path(__file__).parents[2]
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)


def missing() -> str:
    """What the browser tests lack, or ""."""
    for package in ("playwright", "axe_playwright_python"):
        if util.find_spec(package) is None:
            return f"the package {package} is not installed"
    return "" if chromium() else "no chromium on this machine"


def chromium() -> str:
    """The path of a Chromium, or ""."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), "")


@dataclass(kw_only=True)
class Demo:
    """A running `talkreel demo`."""

    folder: Path
    port: int
    process: asyncio.subprocess.Process
    url: str

    @property
    def base(self) -> str:
        """Its address without the login."""
        return self.url.partition("/login")[0]

    async def kill(self) -> None:
        """End it at once, as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    async def restart(self) -> None:
        """Start it again on the same port and data."""
        self.process, self.url = await _start(self.folder, self.port)


@asynccontextmanager
async def open_demo(folder: Path, *words: str, **settings: str) -> AsyncIterator[Demo]:
    """Start `talkreel demo` on a free port; end it with Ctrl-C and expect a clean exit."""
    process, url = await _start(folder, 0, *words, **settings)
    port = int(url.split(":")[2].partition("/")[0])
    demo = Demo(folder=folder, port=port, process=process, url=url)
    try:
        yield demo
    finally:
        if demo.process.returncode is None:
            demo.process.send_signal(signal.SIGINT)
            async with asyncio.timeout(25):
                assert await demo.process.wait() == 130


async def _start(
    folder: Path, port: int, *words: str, **settings: str
) -> tuple[asyncio.subprocess.Process, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV") if name in os.environ}
    log = await asyncio.to_thread((folder / "demo.log").open, "ab")
    with log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-u", "-m", "bot", "demo", "--no-browser", "--port", str(port), *words),
            cwd=folder,
            env={
                **kept,
                "TALKREEL_DATA_DIR": str(folder / "data"),
                "PYTHONPATH": str(ROOT),
                **settings,
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )
    assert process.stdout is not None
    async with asyncio.timeout(30):
        line = (await process.stdout.readline()).decode()
    assert "/login?token=" in line, (folder / "demo.log").read_text()
    return process, line.split()[1]


@dataclass(kw_only=True)
class Chromium:
    """A browser that opens windows; what goes wrong in any of them is remembered."""

    _browser: Browser
    _state: Any = None
    trouble: list[str] = field(default_factory=list)

    async def window(self, url: str = "", **options: Any) -> BrowserContext:
        """A window of its own. With a login address it logs in; all later windows are then logged in, too."""
        context = await self._browser.new_context(
            permissions=["microphone"], storage_state=self._state, **options
        )
        context.set_default_timeout(60_000)
        context.on("weberror", lambda error: self.trouble.append(str(error.error)))
        context.on("console", self._console)
        if url:
            await (await enter(context, url)).close()
            self._state = await context.storage_state()
        return context

    def _console(self, said: ConsoleMessage) -> None:
        if "Content Security Policy" in said.text:
            self.trouble.append(said.text)


@asynccontextmanager
async def open_chromium() -> AsyncIterator[Chromium]:
    """A browser. Script errors and what the content security policy stops are errors at the end."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        opened = Chromium(_browser=browser)
        try:
            yield opened
        finally:
            await browser.close()
        assert opened.trouble == []


async def enter(context: BrowserContext, url: str) -> Page:
    """Open an address and wait until the chat is ready."""
    page = await context.new_page()
    await page.goto(url)
    await page.wait_for_selector("html[data-ready]")
    return page


async def barriers(page: Page) -> list[tuple[str, list[str]]]:
    """What an accessibility checker finds grave on a page: rules, and the elements that break them."""
    from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped,unused-ignore]

    found = (await Axe().run(page)).response["violations"]
    grave = (one for one in found if one["impact"] in ("serious", "critical"))
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in grave]
