"""The animatic as a provider: no key, no network, no bill; it takes our job key as its own.

1. `submit` writes the order to `work_dir/<job_key>.json` and starts the render; the same key again gets the
   same ticket and no second render.
2. A job whose render is not running here (the bot was restarted) is rendered again from its order when it is
   polled: it costs nothing, and the same order makes the same clip.
3. Everything heavy runs in a limited worker process that ends a while after the last clip.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from providers.base import (
    Asset,
    Done,
    Failed,
    Progress,
    ProviderConfig,
    Running,
    SoundRequest,
    Ticket,
    VideoRequest,
)
from providers.errors import Expired, Unsupported, VendorFault
from providers.lexicon.pace import speaking_seconds
from providers.local.order import SOUND_SECONDS, Order, SoundOrder
from providers.local.script import quoted
from providers.local.shelf import Shelf
from providers.local.timeline import MAX_SPEED, picture_size
from providers.local.tongues import cannot_say
from providers.local.voice import INSTALL, voice_available
from providers.process import LimitedWorker, Limits, WorkerDied, WorkerFailed

_MODULE = "providers.local.job"
_MIB = 1 << 20
_WAV = "audio/wav"
_SECONDS_PER_SECOND = 40.0  # a render that takes longer than this per second of clip hangs
_VOICE_FILES = ("model", "styles", "woman", "man")
_KEY = re.compile(r"[A-Za-z0-9._-]{1,120}")
_ROLES = {"first-frame": "image", "voice": "audio", "soundtrack": "audio", "reference-audio": "audio"}


class Worker(Protocol):
    """What the adapter needs of a worker process."""

    async def call(
        self, function: str, *, timeout_seconds: float, on_progress: Any = None, **arguments: Any
    ) -> Any:
        """Run a function in the worker."""
        ...

    async def close(self) -> None:
        """End it."""
        ...


@dataclass(kw_only=True)
class _Render:
    """A render under way in this process."""

    task: asyncio.Task[None] | None = None
    fraction: float = 0.0
    facts: Mapping[str, Any] = field(default_factory=dict)
    failure: str = ""


class Animatic:
    """Draws and sounds clips on this machine; also makes sound alone."""

    def __init__(self, config: ProviderConfig, worker: Worker | None = None) -> None:
        """Prepare; nothing is started.

        Args:
            config: `work_dir` holds orders and results; option `idle_seconds` says how long the worker
                stays warm; `voice_model` and `voice_styles` are files of a voice of the operator's own
                (Kokoro-82M family, ONNX and npz), `voice_woman` and `voice_man` its speakers.
            worker: another worker than the limited process.
        """
        self.id = config.id
        self._shelf = Shelf(config.work_dir)
        self._renders: dict[str, _Render] = {}
        self._voice = {name: config.options.get(f"voice_{name}", "") for name in _VOICE_FILES}
        self._worker: Worker = worker or LimitedWorker(
            _MODULE,
            limits=Limits(memory_bytes=4096 * _MIB, cpu_seconds=900, file_bytes=256 * _MIB, open_files=256),
            idle_seconds=float(config.options.get("idle_seconds", "120")),
        )

    def voice_missing(self) -> str | None:
        """Why quoted lines cannot be spoken, with the remedy; None if they can."""
        for name in ("model", "styles"):
            path = self._voice[name]
            if path and not Path(path).is_file():
                return f"The file of option voice_{name}, {path}, is not there."
        return voice_available()

    async def submit(self, request: VideoRequest, *, job_key: str) -> Ticket:
        """Start a render, once per key; see `VideoProvider.submit`.

        Raises:
            Unsupported: it cannot make this clip; the message says why and what is possible.
        """
        self._check(request)
        ticket = Ticket(provider=self.id, model=request.model, remote_id=job_key)
        await self._accept(job_key, asdict(order_of(request)))
        return ticket

    async def submit_sound(self, request: SoundRequest, *, job_key: str, into: Path) -> Ticket:
        """Start making a sound, once per key; `fetch` writes it as 48 kHz stereo wav at −16 LUFS.

        Quoted lines of a foley text are spoken where the voice is installed and they fit; the rest is heard
        in any case. `into` is not written before `fetch`.

        Raises:
            Unsupported: the length is none that it makes, or speech is wanted and the voice is missing.
        """
        missing = self.voice_missing()
        try:
            _check_sound(request, missing)
        except ValueError as error:
            raise Unsupported(str(error), provider=self.id) from error
        order = SoundOrder(
            kind=request.kind,
            text=request.text,
            seconds=request.seconds,
            voice=request.voice,
            speaks=missing is None and not any(map(cannot_say, quoted(request.text))),
            seed=request.seed,
        )
        await self._accept(job_key, asdict(order))
        return Ticket(provider=self.id, model="", remote_id=job_key, data={"mime": _WAV})

    async def poll(self, ticket: Ticket) -> Progress:
        """How far the render is; starts it again after a restart."""
        key = ticket.remote_id
        render = self._renders.get(key)
        if render is None:
            facts = await asyncio.to_thread(self._shelf.facts, key)
            if facts is not None:
                return Done(ticket=ticket, data=facts)
            order = await asyncio.to_thread(self._shelf.order, key)
            if order is None:
                return Failed(
                    error=Expired("The animatic no longer has this job.", provider=self.id, remote_id=key)
                )
            self._start(key, order)
            return Running(fraction=0.0)
        if render.failure:
            error = VendorFault(render.failure, provider=self.id, model=ticket.model, remote_id=key)
            return Failed(error=error, billed=False)
        if render.task is not None and not render.task.done():
            return Running(fraction=round(min(render.fraction, 0.999), 4))
        return Done(ticket=ticket, data=dict(render.facts))

    async def fetch(self, done: Done, into: Path) -> Asset:
        """Hand over the clip or sound and forget the job.

        Raises:
            Expired: it was fetched before or removed.
        """
        key = done.ticket.remote_id
        facts = await asyncio.to_thread(self._shelf.facts, key) or {}
        try:
            size = await asyncio.to_thread(self._shelf.hand_over, key, into)
        except FileNotFoundError as error:
            raise Expired("The animatic no longer has this clip.", provider=self.id, remote_id=key) from error
        self._renders.pop(key, None)
        return Asset(
            path=into,
            mime=str(done.ticket.data.get("mime", "video/mp4")),
            size_bytes=size,
            facts={name: str(fact) for name, fact in facts.items()},
        )

    async def cancel(self, ticket: Ticket) -> bool:
        """Stop at once. Always true: nothing is ever billed here."""
        render = self._renders.pop(ticket.remote_id, None)
        if render is not None and render.task is not None:
            render.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await render.task
        await asyncio.to_thread(self._shelf.clean, ticket.remote_id)
        return True

    async def close(self) -> None:
        """Stop all renders and end the worker; orders stay, so that polling goes on after a restart."""
        tasks = [render.task for render in self._renders.values() if render.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._renders.clear()
        await self._worker.close()

    async def _accept(self, key: str, order: Mapping[str, Any]) -> None:
        if not _KEY.fullmatch(key):
            raise Unsupported("The animatic cannot use this job key.", provider=self.id)
        if key not in self._renders:
            known = await asyncio.to_thread(self._shelf.store, key, order)
            self._start(key, known)

    def _start(self, key: str, order: Mapping[str, Any]) -> None:
        """Start the render of an order, unless another call did so meanwhile."""
        if key not in self._renders:
            render = self._renders[key] = _Render()
            render.task = asyncio.create_task(self._run(key, order, render), name=f"animatic {key}")

    async def _run(self, key: str, order: Mapping[str, Any], render: _Render) -> None:
        def note(facts: Mapping[str, Any]) -> None:
            render.fraction = max(render.fraction, float(facts.get("fraction", 0.0)))

        try:
            facts = await self._worker.call(
                "sound" if "kind" in order else "render",
                timeout_seconds=60 + _SECONDS_PER_SECOND * order["seconds"],
                on_progress=note,
                order=dict(order),
                out=str(self._shelf.part_path(key)),
                voice=self._voice,
            )
        except WorkerFailed as error:
            render.failure = _sentence(error)
        except WorkerDied as error:
            render.failure = f"The animatic's worker process ended ({error.reason}); nothing was made."
        else:
            await asyncio.to_thread(self._shelf.finish, key, facts)
            render.facts = facts
            return
        await asyncio.to_thread(self._shelf.clean, key)

    def _check(self, request: VideoRequest) -> None:
        try:
            picture_size(request.aspect, request.resolution)
            _check_shape(request, self.voice_missing())
        except ValueError as error:
            raise Unsupported(str(error), provider=self.id, model=request.model) from error


def order_of(request: VideoRequest) -> Order:
    """The request as the worker needs it."""

    def path_of(role: Any) -> str:
        files = request.with_role(role)
        return str(files[0].path.resolve()) if files else ""

    return Order(
        prompt=request.prompt,
        seconds=request.seconds,
        aspect=request.aspect,
        resolution=request.resolution,
        sound=request.sound,
        seed=request.seed,
        photo=path_of("first-frame"),
        voice=path_of("voice"),
        soundtrack=path_of("soundtrack"),
        beat=path_of("reference-audio"),
    )


def _check_shape(request: VideoRequest, voice_lacks: str | None) -> None:
    """Raise ValueError with one sentence for what cannot be drawn."""
    if not 2 <= request.seconds <= 15:
        raise ValueError(f"The animatic makes clips of 2 to 15 seconds, not {request.seconds}.")
    if request.mode not in ("text", "first-frame"):
        raise ValueError(
            f"The animatic draws from words and a first picture; it has no mode {request.mode!r}."
        )
    if request.shots:
        raise ValueError("The animatic takes one prompt; it cuts by itself.")
    for item in request.media:
        if _ROLES.get(item.role) != item.kind:
            raise ValueError(
                "The animatic takes a picture as first frame, and audio as voice, soundtrack or reference."
            )
    lines = quoted(request.prompt) if request.sound and not request.with_role("voice") else ()
    if missing := (voice_lacks if lines else None) or next(filter(None, map(cannot_say, lines)), None):
        raise ValueError(f"{missing} Or switch the sound off, or ask without words in quotes.")
    if lines and speaking_seconds(lines) / MAX_SPEED > request.seconds:
        needed = round(speaking_seconds(lines) / MAX_SPEED + 0.5)
        limit = (
            f"ask for {needed} seconds or fewer words" if needed <= 15 else "15 seconds hold about 45 words"
        )
        raise ValueError(f"The quoted words do not fit into {request.seconds} seconds; {limit}.")


def _check_sound(request: SoundRequest, voice_lacks: str | None) -> None:
    """Raise ValueError with one sentence for a sound that cannot be made."""
    shortest, longest = SOUND_SECONDS
    open_ended = request.kind == "speech" and request.seconds == 0
    if not open_ended and not shortest <= request.seconds <= longest:
        raise ValueError(f"The animatic makes sound of {shortest:g} to {longest:g} seconds.")
    if request.kind == "speech" and (missing := voice_lacks or cannot_say(request.text)):
        raise ValueError(missing)


def _sentence(error: WorkerFailed) -> str:
    """What a failed render means for people."""
    if error.kind in ("TooManyWords", "ValueError", "BadVoice"):
        return error.message
    if error.kind == "DiskFull":
        return "The disk is full; the clip was not made."
    if error.kind in ("ModuleNotFoundError", "ImportError"):
        return f"A part of the animatic is not installed ({error.message}); {INSTALL} adds it."
    return f"The animatic failed ({error.kind})."
