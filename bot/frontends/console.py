"""The command line as a chat: one person, the operator, at a terminal.

Turns words into commands and replies into lines, a progress bar and a file. It holds no rules: what a
clip costs and whether it may be made is the core's business, as in any other chat.
"""

from __future__ import annotations

import asyncio
import getpass
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from bot.core.desk import Attachment
from bot.core.model import CONSOLE, Actor, Destination, Job, Person, PlatformLimits, Text
from bot.core.replies import Reply

LIMITS = PlatformLimits(
    upload_bytes=0, message_chars=0, caption_chars=0, clip_seconds=0.0, edits_every_seconds=0.1
)


class Words(Protocol):
    """Renders texts."""

    def say(self, text: Text, language: str) -> str:
        """The words for a text in a language."""
        ...


class Desk(Protocol):
    """The part of dispatch that a front-end uses."""

    async def command(
        self,
        actor: Actor,
        name: str,
        options: Mapping[str, Any],
        *,
        destination: Destination,
        request_key: str,
        attachments: Mapping[str, Sequence[Attachment]] | None = None,
    ) -> Reply:
        """Carry out a command."""
        ...

    async def press(
        self, actor: Actor, action: str, target: str, *, destination: Destination, request_key: str
    ) -> Reply:
        """Carry out a button."""
        ...


class Watch(Protocol):
    """The part of the engine that a front-end uses."""

    async def finished(self, job: str) -> Job:
        """Wait until a job has ended."""
        ...

    async def cancel(self, job: str) -> str:
        """Stop a job."""
        ...


def operator(language: str) -> Actor:
    """Whoever sits at this machine: the operator."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container may run as a user without a name
        name = str(os.getuid()) if hasattr(os, "getuid") else "operator"
    return Actor(
        person=Person(platform="console", id=name, name=name),
        server=CONSOLE,
        channel="console:terminal",
        admin=True,
        operator=True,
        language=language,
    )


def destination(out: Path, language: str) -> Destination:
    """Where the clip of a request goes: a file. Stored with the job, so a later run can finish it."""
    return Destination(
        platform="console",
        channel="console:terminal",
        language=language,
        limits=LIMITS,
        extra={"out": str(out.absolute())},
    )


class ConsoleOutbox:
    """Implements the `Outbox` port: a placeholder is a progress bar, a clip is a copied file."""

    def __init__(self, *, console: Console, wording: Words, language: str) -> None:
        self._console = console
        self._wording = wording
        self._language = language
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._job = ""
        self.last: dict[str, Reply] = {}

    def follow(self, job: str) -> None:
        """Show the progress of this job from now on."""
        self._job = job
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[share]}"),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
        )
        self._progress.start()
        self._task = self._progress.add_task("", total=None, share="")
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
            OSError: the file cannot be written; the clip stays in the history.
        """
        assert reply.clip is not None
        out = Path(to.extra["out"])
        await asyncio.to_thread(_copy, reply.clip.path, out)
        self.last[reply.job] = reply

    async def notify(self, to: Destination, person: str, reply: Reply) -> None:
        """A terminal needs no second message; what matters is in the last line."""
        if reply.kind == "refusal":
            self.last[reply.job] = reply

    def _show(self, reply: Reply) -> None:
        self.last[reply.job] = reply
        if self._progress is None or self._task is None or reply.job != self._job or reply.progress is None:
            return
        view = reply.progress
        total = 100 if view.fraction is not None else None
        self._progress.update(
            self._task,
            description=self._wording.say(reply.lines[0], self._language),
            total=total,
            completed=(view.fraction or 0.0) * 100,
            share=f"{view.fraction:.0%}" if view.fraction is not None else "",
        )


def _copy(source: Path, out: Path) -> None:
    """Write beside the goal, then rename: an interrupted copy leaves nothing half."""
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(out.name + ".part")
    try:
        shutil.copyfile(source, part)
        os.replace(part, out)
    finally:
        part.unlink(missing_ok=True)


class Terminal:
    """Runs one command at a terminal and says what came of it."""

    def __init__(
        self,
        *,
        console: Console,
        wording: Words,
        desk: Desk,
        engine: Watch,
        outbox: ConsoleOutbox,
        language: str,
    ) -> None:
        self._console = console
        self._wording = wording
        self._desk = desk
        self._engine = engine
        self._outbox = outbox
        self._language = language

    async def generate(
        self,
        options: Mapping[str, Any],
        files: Mapping[str, Sequence[Attachment]],
        *,
        out: Path,
        request_key: str,
        yes: bool,
        interactive: bool,
    ) -> int:
        """Make one clip. Returns 0 only when a verified clip lies at `out`."""
        actor = operator(self._language)
        to = destination(out, self._language)
        reply = await self._desk.command(
            actor, "generate", options, destination=to, request_key=request_key, attachments=files
        )
        while reply.kind == "quote":
            self.print(reply)
            if not yes and not (interactive and await self._agreed()):
                self._line(Text(key="console.not_confirmed"))
                return 1
            pending = next(button.target for button in reply.buttons if button.action == "confirm")
            reply = await self._desk.press(actor, "confirm", pending, destination=to, request_key=request_key)
        if reply.kind != "progress":
            self.print(reply)
            return 1
        return await self._follow(reply.job, out)

    async def command(self, name: str, options: Mapping[str, Any], *, request_key: str) -> int:
        """Any other command: say the reply."""
        reply = await self._desk.command(
            operator(self._language),
            name,
            options,
            destination=destination(Path("."), self._language),
            request_key=request_key,
        )
        self.print(reply)
        return 1 if reply.kind == "refusal" else 0

    def print(self, reply: Reply) -> None:
        """Write a reply as lines."""
        for line in reply.lines:
            self._line(line)
        for row in reply.rows:
            self._line(row.text)

    async def _follow(self, job: str, out: Path) -> int:
        self._outbox.follow(job)
        try:
            ended = await self._engine.finished(job)
        except asyncio.CancelledError:
            self._outbox.stop()
            await self._interrupted(job)
            raise
        finally:
            self._outbox.stop()
        if ended.state == "delivered" and ended.clip is not None:
            await self._proud(ended, out)
            return 0
        last = self._outbox.last.get(job)
        if last is not None and last.kind == "refusal":
            self.print(last)
        else:
            self._line(Text(key=f"outcome.{ended.outcome or 'vendor_fault'}", facts=dict(ended.facts)))
        return 1

    async def _interrupted(self, job: str) -> None:
        """Ctrl-C: stop the job if that is still possible, and say what it costs."""
        answer = await asyncio.shield(self._engine.cancel(job))
        key = "console.stopped" if answer in ("cancelled", "ended") else "console.goes_on"
        self._line(Text(key=key, facts={"job": job}))

    async def _proud(self, job: Job, out: Path) -> None:
        """The last lines: where it is, what it is, what it cost, what is left."""
        assert job.clip is not None
        clip = job.clip
        info, sound = clip.info, clip.sound
        self._line(
            Text(
                key="console.clip" if info.audio_codec else "console.clip_silent",
                facts={
                    "path": str(out),
                    "seconds": round(info.seconds, 1),
                    "width": info.width,
                    "height": info.height,
                    "video": info.video_codec,
                    "audio": info.audio_codec,
                    "loudness": None if sound.loudness_lufs is None else round(sound.loudness_lufs, 1),
                    "bytes": info.size_bytes,
                },
            )
        )
        reply = self._outbox.last.get(job.id)
        for line in reply.lines[1:] if reply is not None else ():
            self._line(line)
        credits = await self._desk.command(
            operator(self._language),
            "credits",
            {},
            destination=job.destination,
            request_key=f"credits:{job.id}",
        )
        self.print(credits)

    async def _agreed(self) -> bool:
        question = self._wording.say(Text(key="console.confirm"), self._language)
        answer = await asyncio.to_thread(self._console.input, f"{question} ")
        return answer.strip().lower() in ("y", "yes", "s", "sí", "si")

    def _line(self, text: Text) -> None:
        self._console.print(
            self._wording.say(text, self._language), markup=False, highlight=False, soft_wrap=True
        )


def attachment(path: Path) -> Attachment:
    """A file named on the command line."""
    return Attachment(path=path, name=path.name)
