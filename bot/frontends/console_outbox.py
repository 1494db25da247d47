"""Where the command line's clips go: a progress bar while they are made, then a file.

Writes files and one progress bar. It must not decide what is said when a command has ended; that is
`console.py`.
"""

from __future__ import annotations

import asyncio
import filecmp
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from bot.core.errors import Forbidden
from bot.core.model import Destination, PlatformLimits, Text
from bot.core.replies import Reply

LIMITS = PlatformLimits(
    upload_bytes=0, message_chars=0, caption_chars=0, clip_seconds=0.0, edits_every_seconds=0.1
)
SUFFIXES = ("", ".mp4", ".m4v")
OPERATOR = Destination(platform="console", channel="console:terminal", limits=LIMITS)


class Words(Protocol):
    """Renders texts."""

    def say(self, text: Text, language: str) -> str:
        """The words for a text in a language."""
        ...


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A clip that could not be written where it was wanted.

    Attributes:
        why: what the system said.
        path: where the clip lies instead.
    """

    why: str
    path: Path


def destination(out: Path, language: str, *, run: str) -> Destination:
    """Where the clip of a request goes: a file. Stored with the job, so a later run can finish it.

    Args:
        out: the file.
        language: of the words.
        run: names this run of the program; clips of other runs do not replace files.
    """
    return Destination(
        platform="console",
        channel="console:terminal",
        language=language,
        limits=LIMITS,
        extra={"out": str(out.absolute()), "run": run},
    )


def unusable(out: Path) -> Text | None:
    """Why no clip can be written to `out`, or None. Leaves nothing behind."""
    if out.is_dir():
        facts = {"path": str(out), "example": str(out / "clip.mp4")}
        return Text(key="console.out_is_folder", facts=facts)
    if out.suffix.lower() not in SUFFIXES:
        return Text(key="console.out_not_mp4", facts={"given": out.suffix})
    there = out.absolute().parent
    while not there.exists() and there != there.parent:
        there = there.parent
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        facts = {"path": str(out), "why": error.strerror or str(error)}
        return Text(key="console.out_unwritable", facts=facts)
    return None


class ConsoleOutbox:
    """Implements the `Outbox` port: a placeholder is a progress bar, a clip is a copied file.

    Attributes:
        last: what each job's message says now.
        written: where clips were written, by job.
        kept: clips that could not be written, by job.
        full: set when a job waits for room on the disk.
    """

    def __init__(
        self, *, screen: Console, wording: Words, language: str, run: str = "", out: Path | None = None
    ) -> None:
        """Show progress on `screen`, if that is a terminal.

        Args:
            screen: for people, not for pipes.
            wording: renders texts.
            language: of the words.
            run: as in `destination`.
            out: where this run's own clip goes; clips of other runs stay away from it.
        """
        self._out = None if out is None else out.absolute()
        self._screen = screen
        self._wording = wording
        self._language = language
        self._run = run
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._job = ""
        self.last: dict[str, Reply] = {}
        self.written: dict[str, Path] = {}
        self.kept: dict[str, Kept] = {}
        self.full = asyncio.Event()

    def follow(self, job: str) -> None:
        """Show the progress of this job from now on."""
        self.stop()
        self._job = job
        if self._screen.is_terminal:
            self._progress = Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(bar_width=24),
                TimeElapsedColumn(),
                console=self._screen,
                transient=True,
            )
            self._progress.start()
            self._task = self._progress.add_task("", total=None)
        if job in self.last:
            self._show(self.last[job])

    def stop(self) -> None:
        """Take the progress bar away."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None
        self._job = ""

    async def placeholder(self, to: Destination, reply: Reply, *, nonce: str) -> str:
        """Begin to show a job."""
        self._show(reply)
        return f"console:{nonce}"

    async def update(self, to: Destination, message: str, reply: Reply) -> None:
        """Move the bar."""
        self._show(reply)

    async def deliver(self, to: Destination, message: str, reply: Reply) -> None:
        """Copy the clip to where the person wants it.

        Raises:
            Forbidden: the file cannot be written; nobody waits at a terminal until it can be.
        """
        assert reply.clip is not None
        out = Path(to.extra["out"])
        try:
            if to.extra.get("run", "") != self._run:
                out = await asyncio.to_thread(_untaken, reply.clip.path, out, reply.job, self._out)
            await asyncio.to_thread(_copy, reply.clip.path, out)
            self.written[reply.job] = out
        except OSError as error:
            self.kept[reply.job] = Kept(why=error.strerror or str(error), path=reply.clip.path)
            raise Forbidden(str(error)) from error
        self.last[reply.job] = reply

    async def notify(self, to: Destination, person: str, reply: Reply) -> None:
        """Notes for the operator are said at once; the rest stands in the last lines anyway."""
        if reply.kind == "refusal":
            self.last[reply.job] = reply
        elif not reply.job:
            for line in reply.lines:
                if line.key == "operator.storage_full":
                    continue  # whoever waits for the clip is told so
                words = self._wording.say(line, self._language)
                self._screen.print(words, markup=False, highlight=False, soft_wrap=True)

    def _show(self, reply: Reply) -> None:
        self.last[reply.job] = reply
        view = reply.progress
        if view is None or reply.job != self._job:
            return
        if view.stage == "no_room":
            self.full.set()
        if self._progress is None or self._task is None:
            return
        self._progress.update(
            self._task,
            description=self._wording.say(reply.lines[0], self._language),
            total=100 if view.fraction is not None else None,
            completed=(view.fraction or 0.0) * 100,
        )


def _untaken(source: Path, out: Path, job: str, mine: Path | None) -> Path:
    """Where the clip of an earlier run goes: to a name of its own if there is another file by now."""
    if out == mine or (out.exists() and not filecmp.cmp(source, out, shallow=False)):
        return out.with_name(f"{out.stem}-{job}{out.suffix}")
    return out


def _copy(source: Path, out: Path) -> None:
    """Write beside the goal, then rename: an interrupted copy leaves nothing half."""
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f".{out.name}.part")
    try:
        shutil.copyfile(source, part)
        os.replace(part, out)
    finally:
        part.unlink(missing_ok=True)
