"""fal, a gateway with one key for many models: an endpoint is called with its own field names.

Docs, checked 2026-11-22: fal.ai/docs; every endpoint's fields: fal's generated client types of 2026-08-02.
The queue, its errors and the file store are in wire/fal.py, the names of fields are rows of fal.toml. Quirks:
1. An endpoint is a model in one mode; its id is the shape's `api_name` and is the path of the call.
2. Fields have other names at each endpoint, a length is 8, "8" or "8s", and defaults differ: all that has a
   field is said aloud. `auto` would leave a length to the vendor and is never sent.
3. Veo's `auto_fix` would rewrite a prompt that was refused: it is switched off.
4. A prompt means files as @Image1, @Video1, @Audio1, @Element1.
5. Files go into fal's store first (one day); the result lies behind a public link without a key.
6. Sound for a clip and lips to a recording are endpoints like the others (wire/fal_sound.py); some give sound
   alone, some the clip with sound in it.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from providers.base import (
    Asset,
    Done,
    Failed,
    LipRequest,
    Progress,
    ProviderConfig,
    Queued,
    Running,
    SoundRequest,
    Ticket,
    VideoRequest,
)
from providers.errors import Expired, PromptModerated, ProviderError, Unreachable, VendorFault
from providers.http import download
from providers.wire.fal import FalQueue
from providers.wire.fal_sound import build_lips, build_sound, link_in
from providers.wire.fields import build_input

NO_CLIP = ("text/", "image/", "application/json", "application/xml")
# Charged only if a machine had begun: never for faults of theirs, nor for an input that was refused.
UNCHARGED = (VendorFault, PromptModerated)


class Fal:
    """The three steps and stopping, for clips, for their sound and for their lips."""

    env: ClassVar[tuple[str, ...]] = ("FAL_KEY",)

    def __init__(self, config: ProviderConfig) -> None:
        """Read the configuration; nothing is sent."""
        self.id = config.id
        self._queue = FalQueue(config, env=self.env)

    async def close(self) -> None:
        """Close the connections."""
        await self._queue.close()

    async def submit(self, request: VideoRequest, *, job_key: str) -> Ticket:
        """Start a job, once. `job_key` is not sent: the vendor knows no such thing."""
        try:
            # Once without the files: what has no field must not be uploaded first.
            build_input(request, [item.role for item in request.media])
            files = [await self._queue.store(item, model=request.model) for item in request.media]
            payload = build_input(request, files)
        except ProviderError as error:
            error.provider, error.model = self.id, request.model
            raise
        return await self._queue.submit(request.api_name, payload, model=request.model)

    async def submit_sound(self, request: SoundRequest, *, job_key: str, into: Path) -> Ticket:
        """Start a job, once; `into` is not written before `fetch`."""
        try:
            build_sound(request, "")
            assert request.video is not None
            payload = build_sound(request, await self._queue.store(request.video, model=request.route))
        except ProviderError as error:
            error.provider, error.model = self.id, request.route
            raise
        ticket = await self._queue.submit(request.api_name, payload, model=request.route)
        return replace(ticket, data={**ticket.data, "answer": request.options.get("answer", "audio")})

    async def submit_lips(self, request: LipRequest, *, job_key: str) -> Ticket:
        """Start a job, once."""
        try:
            clip = await self._queue.store(request.video, model=request.route)
            recording = await self._queue.store(request.audio, model=request.route)
        except ProviderError as error:
            error.provider, error.model = self.id, request.route
            raise
        payload = build_lips(request, clip, recording)
        return await self._queue.submit(request.api_name, payload, model=request.route)

    async def poll(self, ticket: Ticket) -> Progress:
        """Ask once how the job stands, and for what became of it when it has ended."""
        standing = await self._queue.look(ticket)
        if standing is None:
            return Failed(error=self._queue.failed(Expired, "the vendor does not know this job", ticket))
        match standing.state:
            case "queued":
                return Queued(position=standing.position)
            case "running":
                return Running()
            case "ended":
                return self._ended(await self._queue.outcome(ticket), ticket)

    async def fetch(self, done: Done, into: Path) -> Asset:
        """Stream the clip to `into`; the link takes no key."""
        ticket = done.ticket
        asset = await download(self._queue.http, done.url, into, provider=self.id, model=ticket.model)
        if asset.mime.startswith(NO_CLIP):
            await asyncio.to_thread(into.unlink)
            raise self._queue.failed(Unreachable, f"no clip behind the link but {asset.mime}", ticket)
        return asset

    async def cancel(self, ticket: Ticket) -> bool:
        """Stop the job; True only if it has ended without a clip when it is looked at again."""
        await self._queue.stop(ticket)
        progress = await self.poll(ticket)
        return isinstance(progress, Failed) and isinstance(progress.error, VendorFault)

    def _ended(self, made: dict[str, Any] | ProviderError, ticket: Ticket) -> Progress:
        if isinstance(made, ProviderError):
            return Failed(
                error=made,
                billed=False if isinstance(made, UNCHARGED) else None,
                stopped=made.vendor_code == "client_cancelled",
            )
        url = link_in(made, str(ticket.data.get("answer", "video")))
        if not url:
            raise self._queue.failed(Unreachable, "finished without a link", ticket)
        seed = made.get("seed")
        return Done(ticket=ticket, url=url, data={"seed": seed} if isinstance(seed, int) else {})
