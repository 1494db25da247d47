"""The command line as a chat: one person, the operator, at a terminal.

Turns words into commands and replies into lines; `console_outbox.py` has the progress bar and the file. It
holds no rules: what a clip costs and whether it may be made is the core's business, as in any other chat.
"""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from io import BufferedReader
from pathlib import Path
from typing import Any, Protocol, cast

from rich.console import Console
from rich.text import Text as Plain

from bot.core.desk import Attachment
from bot.core.front import Front
from bot.core.model import CONSOLE, Actor, Destination, Job, Person, Text
from bot.core.replies import Reply
from bot.frontends.console_outbox import ConsoleOutbox, Words, destination

EARLIER_SECONDS = 120.0
_STOP_SECONDS = 10.0
_ANSWER_BYTES = 65_536
_AFTER_ROWS = frozenset({"models.retired_head"})


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


async def answer_to(question: str, screen: Console) -> str:
    """What is typed as an answer; "" where there is no more to come.

    Whoever ends the wait leaves the reading behind: it holds neither a lock nor the end of the program.
    """
    screen.print(Plain(question), end=" ", soft_wrap=True)
    loop = asyncio.get_running_loop()
    heard: asyncio.Future[bytes] = loop.create_future()

    def tell(said: bytes) -> None:
        if not heard.done():
            heard.set_result(said)

    def listen() -> None:
        said = b""
        with contextlib.suppress(OSError):
            # The bare terminal: a reader with a buffer would hold its lock, and on Windows a file number
            # gives other letters than UTF-8.
            said = cast(BufferedReader, sys.stdin.buffer).raw.read(_ANSWER_BYTES) or b""
        with contextlib.suppress(RuntimeError):  # the program has ended meanwhile
            loop.call_soon_threadsafe(tell, said)

    threading.Thread(target=listen, daemon=True).start()
    said = b""
    try:
        said = await heard
    finally:
        if not said.endswith(b"\n"):
            screen.print()
    return said.decode("utf-8", "replace").strip()


class Terminal:
    """Runs one command at a terminal and says what came of it."""

    def __init__(
        self,
        *,
        out: Console,
        screen: Console,
        wording: Words,
        desk: Front,
        engine: Watch,
        outbox: ConsoleOutbox,
        language: str,
    ) -> None:
        """Say results on `out`; questions, progress and refusals on `screen`."""
        self._out = out
        self._screen = screen
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
        run: str,
        yes: bool,
        interactive: bool,
        words: str = "",
        earlier: Sequence[Job] = (),
    ) -> int:
        """Make one clip. Returns 0 only when a verified clip lies at `out`.

        Args:
            options: as typed.
            files: by option.
            out: where the clip goes.
            run: names this run of the program.
            yes: agree to every price.
            interactive: somebody can be asked.
            words: stand for what is heard in the recording; "" = as it is heard.
            earlier: open jobs of runs that were killed; they are made on the way.
        """
        actor = operator(self._language)
        to = destination(out, self._language, run=run)

        def ask() -> asyncio.Future[Reply]:
            return asyncio.ensure_future(
                self._desk.command(
                    actor, "generate", options, destination=to, request_key=run, attachments=files
                )
            )

        if words and options.get("audio_as") != "dialogue":
            self._say(self._screen, Text(key="console.words_alone"))
            self._say(self._screen, Text(key="cost.refused"))
            return 1
        reply = await self._answer(ask())
        while reply.kind == "quote":
            self._tell(reply)
            if other := await self._put_right(reply, words, actor, to, ask=interactive and not yes):
                if other.kind == "refusal" and not words:
                    self._tell(other)  # and the offer is still open
                else:
                    words, reply = "", other
                continue
            if not yes and not (interactive and await self._agreed()):
                self._say(self._screen, Text(key="console.not_confirmed"))
                return 1
            pending = next(button.target for button in reply.buttons if button.action == "confirm")
            reply = await self._answer(
                asyncio.ensure_future(
                    self._desk.press(actor, "confirm", pending, destination=to, request_key=run)
                )
            )
        self._tell(reply)
        if reply.kind != "progress":
            return 1
        if earlier:
            self._say(self._screen, Text(key="console.earlier", facts={"count": len(earlier)}))
        ended = await self._follow(reply.job, out)
        if ended is None:
            return 1
        status = self._result(ended, out)
        if status == 0:
            await self._left(ended)
        await self._see_through(earlier)
        return status

    async def command(self, name: str, options: Mapping[str, Any], *, run: str) -> int:
        """Any other command: say the reply."""
        reply = await self._desk.command(
            operator(self._language),
            name,
            options,
            destination=destination(Path("."), self._language, run=run),
            request_key=run,
        )
        if reply.kind == "refusal":
            self._tell(reply)
            return 1
        after = [line for line in reply.lines if line.key in _AFTER_ROWS]
        before = [line for line in reply.lines if line not in after]
        for line in (*before, *(row.text for row in reply.rows), *after):
            self._say(self._out, line)
        return 0

    # -----------------------------------------------------------------------------------------
    # Our own clip

    async def _answer(self, asked: asyncio.Future[Reply]) -> Reply:
        """The reply. Interrupted, what was begun is ended first: no job is left that nobody knows of."""
        try:
            return await asyncio.shield(asked)
        except asyncio.CancelledError:
            await asyncio.wait({asked}, timeout=_STOP_SECONDS)
            if asked.done() and asked.result().kind == "progress":
                await self._interrupted(asked.result().job, None)
            else:
                asked.cancel()
                self._say(self._screen, Text(key="console.stopped_early"))
            raise

    async def _follow(self, job: str, out: Path) -> Job | None:
        """Show a job until it has ended; None if it waits for room on the disk."""
        self._outbox.follow(job)
        ending = asyncio.ensure_future(self._engine.finished(job))
        full = asyncio.ensure_future(self._outbox.full.wait())
        try:
            await asyncio.wait({ending, full}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            self._outbox.stop()
            await self._interrupted(job, out)
            raise
        finally:
            self._outbox.stop()
            full.cancel()
            if not ending.done():
                ending.cancel()
        if ending.done() and not ending.cancelled():
            return ending.result()
        self._say(self._screen, Text(key="console.no_room", facts={"job": job}))
        return None

    async def _interrupted(self, job: str, out: Path | None) -> None:
        """Ctrl-C: stop the job if that is still possible, and say what it costs."""
        answer = await asyncio.shield(self._engine.cancel(job))
        if answer == "ended" and job in self._outbox.written:
            return
        key = "console.stopped" if answer in ("cancelled", "ended") else "console.goes_on"
        self._say(self._screen, Text(key=key, facts={"job": job, "path": str(out or "")}))

    def _result(self, job: Job, out: Path) -> int:
        """The last lines: where it is, what it is, what it cost, what is left."""
        if job.state == "delivered" and job.clip is not None:
            written = self._outbox.written.get(job.id, out)
            self._clip(job, out if written == out.absolute() else written)
            reply = self._outbox.last.get(job.id)
            for line in reply.lines[1:] if reply is not None else ():
                self._say(self._out, line)
            return 0
        if job.state == "undelivered":
            self._undelivered(job, out)
            return 1
        last = self._outbox.last.get(job.id)
        if last is not None and last.kind == "refusal":
            self._tell(last)
        else:
            facts = {"model": job.plan.model_name, **job.facts}
            self._say(self._screen, Text(key=f"outcome.{job.outcome or 'vendor_fault'}", facts=facts))
            self._say(self._screen, Text(key="cost.nothing"))
        return 1

    def _clip(self, job: Job, path: Path) -> None:
        assert job.clip is not None
        info, sound = job.clip.info, job.clip.sound
        facts = {
            "path": str(path),
            "seconds": round(info.seconds, 1),
            "width": info.width,
            "height": info.height,
            "video": info.video_codec,
            "audio": info.audio_codec,
            "loudness": None if sound.loudness_lufs is None else f"{sound.loudness_lufs:.1f}",
            "bytes": info.size_bytes,
        }
        self._say(
            self._out, Text(key="console.clip" if info.audio_codec else "console.clip_silent", facts=facts)
        )

    def _undelivered(self, job: Job, out: Path) -> None:
        kept = self._outbox.kept.get(job.id)
        facts = {"path": str(out), "why": kept.why if kept else "", "kept": str(kept.path) if kept else ""}
        self._say(self._screen, Text(key="console.kept", facts=facts))
        key = f"cost.{job.plan.purse}" if job.charged else "cost.nothing"
        self._say(self._screen, Text(key=key, facts={"credits": job.charged}))

    async def _left(self, job: Job) -> None:
        """What is left in the purse that paid."""
        reply = await self._desk.command(
            operator(self._language),
            "credits",
            {},
            destination=job.destination,
            request_key=f"credits:{job.id}",
        )
        for line in reply.lines:
            if line.key.startswith(f"credits.{job.plan.purse}"):
                self._say(self._out, line)

    # -----------------------------------------------------------------------------------------
    # Clips of runs that were killed

    async def _see_through(self, earlier: Sequence[Job]) -> None:
        """Wait a while for the clips of earlier runs, and say so; what is not done goes on next time."""
        waiting = {job.id: job for job in earlier}
        try:
            async with asyncio.timeout(EARLIER_SECONDS):
                for job in earlier:
                    ending = asyncio.ensure_future(self._engine.finished(job.id))
                    await asyncio.wait({ending}, timeout=0.2)
                    if not ending.done():
                        count = {"count": len(waiting)}
                        self._say(self._screen, Text(key="console.earlier_wait", facts=count))
                        self._outbox.follow(job.id)
                    try:
                        ended = await ending
                    finally:
                        self._outbox.stop()
                    del waiting[job.id]
                    self._earlier_result(ended)
        except (asyncio.CancelledError, TimeoutError) as stop:
            self._say(self._screen, Text(key="console.earlier_left", facts={"count": len(waiting)}))
            if isinstance(stop, asyncio.CancelledError):
                raise

    def _earlier_result(self, job: Job) -> None:
        wanted = Path(job.destination.extra.get("out", "clip.mp4"))
        self._say(self._screen, Text(key="console.earlier_head", facts={"job": job.id}))
        self._result(job, wanted)

    # -----------------------------------------------------------------------------------------
    # Words

    async def _put_right(
        self, quote: Reply, words: str, actor: Actor, to: Destination, *, ask: bool
    ) -> Reply | None:
        """The quote with other words than those that were heard; None where they stay."""
        heard = next((button.target for button in quote.buttons if button.action == "words"), "")
        said = words or (await self._asked("console.other_words") if heard and ask else "")
        if not heard or not said:
            return None
        submit = self._desk.submit(
            actor, "words", heard, {"words": said}, destination=to, request_key=f"words:{heard}"
        )
        return await self._answer(asyncio.ensure_future(submit))

    async def _agreed(self) -> bool:
        return (await self._asked("console.confirm")).lower() in ("y", "yes", "s", "sí", "si")

    async def _asked(self, key: str) -> str:
        question = self._wording.say(Text(key=key), self._language)
        try:
            return await answer_to(question, self._screen)
        except asyncio.CancelledError:
            self._say(self._screen, Text(key="console.stopped_early"))
            raise

    def _tell(self, reply: Reply) -> None:
        for line in (*reply.lines, *(row.text for row in reply.rows)):
            self._say(self._screen, line)

    def _say(self, console: Console, text: Text) -> None:
        console.print(self._wording.say(text, self._language), markup=False, highlight=False, soft_wrap=True)


def attachment(path: Path) -> Attachment:
    """A file named on the command line."""
    return Attachment(path=path, name=path.name)
