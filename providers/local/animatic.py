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
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from providers.base import Asset, Done, Failed, Progress, ProviderConfig, Running, Ticket, VideoRequest
from providers.errors import Expired, Unsupported, VendorFault
from providers.local.order import Order
from providers.local.script import quoted
from providers.local.timeline import MAX_SPEED, picture_size, speaking_seconds
from providers.local.voice import INSTALL, voice_available
from providers.process import LimitedWorker, Limits, WorkerDied, WorkerFailed

_MODULE = "providers.local.job"
_MIB = 1 << 20
_SECONDS_PER_SECOND = 40.0  # a render that takes longer than this per second of clip hangs
_KEY = re.compile(r"[A-Za-z0-9._-]{1,120}")
_ROLES = {"first-frame": "image", "voice": "audio", "soundtrack": "audio"}


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
    facts: Mapping[str, str] = field(default_factory=dict)
    failure: str = ""


class Animatic:
    """Draws and sounds clips on this machine."""

    def __init__(self, config: ProviderConfig, worker: Worker | None = None) -> None:
        """Prepare; nothing is started.

        Args:
            config: `work_dir` holds orders and clips; option `idle_seconds` says how long the worker
                stays warm.
            worker: another worker than the limited process.
        """
        self.id = config.id
        self._folder = config.work_dir
        self._renders: dict[str, _Render] = {}
        self._worker: Worker = worker or LimitedWorker(
            _MODULE,
            limits=Limits(memory_bytes=4096 * _MIB, cpu_seconds=900, file_bytes=256 * _MIB, open_files=256),
            idle_seconds=float(config.options.get("idle_seconds", "120")),
        )

    async def submit(self, request: VideoRequest, *, job_key: str) -> Ticket:
        """Start a render, once per key; see `VideoProvider.submit`.

        Raises:
            Unsupported: it cannot make this clip; the message says why and what is possible.
        """
        if not _KEY.fullmatch(job_key):
            raise Unsupported("The animatic cannot use this job key.", provider=self.id)
        self._check(request)
        ticket = Ticket(provider=self.id, model=request.model, remote_id=job_key)
        if job_key not in self._renders:
            order = order_of(request)
            known = await asyncio.to_thread(self._store, job_key, order)
            self._renders[job_key] = _Render()
            self._start(job_key, known)
        return ticket

    async def poll(self, ticket: Ticket) -> Progress:
        """How far the render is; starts it again after a restart."""
        key = ticket.remote_id
        render = self._renders.get(key)
        if render is None:
            facts = await asyncio.to_thread(self._read_json, self._facts_path(key))
            if facts is not None and self._clip_path(key).exists():
                return Done(ticket=ticket, data=facts)
            order = await asyncio.to_thread(self._read_json, self._order_path(key))
            if order is None:
                return Failed(
                    error=Expired("The animatic no longer has this job.", provider=self.id, remote_id=key)
                )
            if key not in self._renders:
                self._renders[key] = _Render()
                self._start(key, Order(**order))
            return Running(fraction=0.0)
        if render.failure:
            error = VendorFault(render.failure, provider=self.id, model=ticket.model, remote_id=key)
            return Failed(error=error, billed=False)
        if render.task is not None and not render.task.done():
            return Running(fraction=round(min(render.fraction, 0.999), 4))
        return Done(ticket=ticket, data=dict(render.facts))

    async def fetch(self, done: Done, into: Path) -> Asset:
        """Hand over the clip and forget the job.

        Raises:
            Expired: the clip was fetched before or removed.
        """
        key = done.ticket.remote_id
        facts = await asyncio.to_thread(self._read_json, self._facts_path(key)) or {}
        try:
            size = await asyncio.to_thread(self._hand_over, key, into)
        except FileNotFoundError as error:
            raise Expired("The animatic no longer has this clip.", provider=self.id, remote_id=key) from error
        self._renders.pop(key, None)
        return Asset(
            path=into, mime="video/mp4", size_bytes=size, facts={k: str(v) for k, v in facts.items()}
        )

    async def cancel(self, ticket: Ticket) -> bool:
        """Stop at once. Always true: nothing is ever billed here."""
        render = self._renders.pop(ticket.remote_id, None)
        if render is not None and render.task is not None:
            render.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await render.task
        await asyncio.to_thread(self._clean, ticket.remote_id)
        return True

    async def close(self) -> None:
        """Stop all renders and end the worker; orders stay, so that polling goes on after a restart."""
        tasks = [render.task for render in self._renders.values() if render.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._renders.clear()
        await self._worker.close()

    def _start(self, key: str, order: Order) -> None:
        render = self._renders[key]
        render.task = asyncio.create_task(self._run(key, order, render), name=f"animatic {key}")

    async def _run(self, key: str, order: Order, render: _Render) -> None:
        part = self._folder / f"{key}.part.mp4"

        def note(facts: Mapping[str, Any]) -> None:
            render.fraction = max(render.fraction, float(facts.get("fraction", 0.0)))

        try:
            facts = await self._worker.call(
                "render",
                timeout_seconds=60 + _SECONDS_PER_SECOND * order.seconds,
                on_progress=note,
                order=asdict(order),
                out=str(part),
            )
        except WorkerFailed as error:
            render.failure = _sentence(error)
        except WorkerDied as error:
            render.failure = f"The animatic's worker process ended ({error.reason}); nothing was made."
        else:
            await asyncio.to_thread(self._finish, key, part, facts)
            render.facts = facts
            return
        await asyncio.to_thread(part.unlink, missing_ok=True)

    def _check(self, request: VideoRequest) -> None:
        try:
            picture_size(request.aspect, request.resolution)
            _check_shape(request)
        except ValueError as error:
            raise Unsupported(str(error), provider=self.id, model=request.model) from error

    def _order_path(self, key: str) -> Path:
        return self._folder / f"{key}.json"

    def _facts_path(self, key: str) -> Path:
        return self._folder / f"{key}.facts.json"

    def _clip_path(self, key: str) -> Path:
        return self._folder / f"{key}.mp4"

    def _store(self, key: str, order: Order) -> Order:
        """Write the order, or return the one that is already there: the first one counts."""
        self._folder.mkdir(parents=True, exist_ok=True)
        known = self._read_json(self._order_path(key))
        if known is not None:
            return Order(**known)
        part = self._order_path(key).with_suffix(".part")
        part.write_text(json.dumps(asdict(order)), "utf-8")
        part.replace(self._order_path(key))
        return order

    def _read_json(self, path: Path) -> dict[str, Any] | None:
        try:
            found = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def _finish(self, key: str, part: Path, facts: Mapping[str, str]) -> None:
        part.replace(self._clip_path(key))
        self._facts_path(key).write_text(json.dumps(dict(facts)), "utf-8")

    def _hand_over(self, key: str, into: Path) -> int:
        into.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(self._clip_path(key), into)
        self._clean(key)
        return into.stat().st_size

    def _clean(self, key: str) -> None:
        leftovers = (self._folder / f"{key}.part.mp4", self._order_path(key).with_suffix(".part"))
        for path in (self._order_path(key), self._facts_path(key), self._clip_path(key), *leftovers):
            path.unlink(missing_ok=True)


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
    )


def _check_shape(request: VideoRequest) -> None:
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
            raise ValueError("The animatic takes a picture as first frame, and audio as voice or soundtrack.")
    lines = quoted(request.prompt) if request.sound and not request.with_role("voice") else ()
    if lines and (missing := voice_available()):
        raise ValueError(f"{missing} Or switch the sound off, or ask without words in quotes.")
    if lines and speaking_seconds(lines) / MAX_SPEED > request.seconds:
        needed = round(speaking_seconds(lines) / MAX_SPEED + 0.5)
        limit = (
            f"ask for {needed} seconds or fewer words" if needed <= 15 else "15 seconds hold about 45 words"
        )
        raise ValueError(f"The quoted words do not fit into {request.seconds} seconds; {limit}.")


def _sentence(error: WorkerFailed) -> str:
    """What a failed render means for people."""
    if error.kind in ("TooManyWords", "ValueError"):
        return error.message
    if error.kind == "DiskFull":
        return "The disk is full; the clip was not made."
    if error.kind in ("ModuleNotFoundError", "ImportError"):
        return f"A part of the animatic is not installed ({error.message}); {INSTALL} adds it."
    return f"The animatic failed ({error.kind})."
