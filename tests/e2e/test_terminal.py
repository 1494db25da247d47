"""`talkreel generate` at a real terminal, where somebody can be asked: what is typed, and how it is left."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest_asyncio

from tests.e2e.talkreel import Talkreel
from tests.fakes.clips import make_voice_note
from tests.fakes.transcribers import ELEVENLABS_KEY, FakeTranscribers
from tests.fakes.vendor import FakeVendor

SAILOR = ("An old sailor at the rail", "--model", "scripted-native", "--seconds", "4")
SPEAK = (*SAILOR, "--audio", "note.ogg", "--audio-as", "dialogue", "--out", "clip.mp4")
END, STOP = b"\x04", b"\x03"  # Ctrl-D, Ctrl-C


@pytest_asyncio.fixture
async def talkreel(tmp_path: Path) -> AsyncIterator[Talkreel]:
    make_voice_note(tmp_path / "note.ogg", seconds=3)
    async with FakeVendor() as vendor, FakeTranscribers(words="Land a hoy, you old fools.") as ears:
        settings = {
            "TALKREEL_PROVIDERS__ELEVENLABS_SCRIBE__BASE_URL": ears.url,
            "ELEVENLABS_API_KEY": ELEVENLABS_KEY,
            "TALKREEL_TRANSCRIBE_WITH": '["elevenlabs-scribe"]',
            "TERM": "xterm-256color",
        }
        yield Talkreel(tmp_path, settings).sells(vendor.url)


async def typed(talkreel: Talkreel, *answers: tuple[str, bytes]) -> tuple[int, str]:
    """Exit status and what stood on the screen; each answer is typed when its question is there."""
    return await asyncio.to_thread(_typed, talkreel, answers)


def _typed(
    talkreel: Talkreel, answers: Sequence[tuple[str, bytes]], seconds: float = 60.0
) -> tuple[int, str]:
    keyboard, terminal = pty.openpty()
    process = subprocess.Popen(
        # The terminal becomes the one that Ctrl-C is typed at.
        ["setsid", "--ctty", "--wait", sys.executable, "-m", "bot", "generate", *SPEAK],
        cwd=talkreel.folder,
        env=talkreel.environment(),
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    )
    os.close(terminal)
    screen, shown, left, until = "", 0, list(answers), time.monotonic() + seconds
    try:
        while time.monotonic() < until:
            if select.select([keyboard], [], [], 0.5)[0]:
                try:
                    screen += os.read(keyboard, 65_536).decode("utf-8", "replace").replace("\r\n", "\n")
                except OSError:  # everybody at the other end has gone
                    break
            if left and (at := screen.find(left[0][0], shown)) >= 0:
                shown = at + len(left[0][0])
                os.write(keyboard, left.pop(0)[1])
        return process.wait(max(1.0, until - time.monotonic())), re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen)
    finally:
        os.close(keyboard)
        if process.poll() is None:
            process.kill()
            process.wait()


async def test_words_are_put_right_before_the_clip_is_bought(talkreel: Talkreel) -> None:
    status, screen = await typed(
        talkreel,
        ("Other words than these? (Enter keeps them)", b"x" * 1500 + b"\n"),
        ("Other words than these?", "Land ahoy, [b]you[/b] ñandú\n".encode()),
        ("Land ahoy, [b]you[/b] ñandú” These words go into the prompt", b""),
        ("Other words than these?", b"\n"),
        ("Go ahead? (y/N)", b"y\n"),
    )
    assert status == 0, screen
    assert "at most 1,000 fit into a prompt" in screen and "It cost 40 credits." in screen
    assert (talkreel.folder / "clip.mp4").stat().st_size > 10_000


async def test_whoever_leaves_at_a_question_is_let_go_at_once_and_charged_nothing(talkreel: Talkreel) -> None:
    status, screen = await typed(talkreel, ("Other words than these?", b"\n"), ("Go ahead?", STOP))
    assert (status, screen.strip().splitlines()[-1]) == (130, "Stopped; nothing was charged."), screen
    status, screen = await typed(talkreel, ("Other words than these?", END), ("Go ahead?", END))
    assert status == 1 and "Go ahead? (y/N) \nNot confirmed; nothing was charged." in screen
