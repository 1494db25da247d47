"""Replicate, a gateway: one key for many makers' models.

Docs, checked 2026-11-28: replicate.com/docs, and the page of each model's input; SDK replicate 1.0.7. The
names of fields are rows of replicate.toml (wire/fields.py). Quirks:
1. A shape's `api_name` is the model, `owner/name`, and part of the path of the call.
2. `output` is a link, or a list of them. Everything is deleted an hour after it was made (`data_removed`): a
   finished clip is fetched at once.
3. The SDK repeats what was throttled up to ten times by itself; we do not, the engine does.
4. There is no key that makes a submit safe to repeat, but the list of predictions shows what was asked for.
5. Whether a job that is stopped while it works is billed is not said: only one that waits is stopped.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any, ClassVar

from providers.base import (
    Asset,
    Done,
    Failed,
    Progress,
    ProviderConfig,
    Queued,
    Running,
    Ticket,
    VideoRequest,
)
from providers.errors import (
    Expired,
    OutputModerated,
    ProviderError,
    Unreachable,
    VendorFault,
)
from providers.http import download
from providers.wire.fields import build_input
from providers.wire.replicate import STATES, WITHHELD, Prediction, Predictions, alike

NO_CLIP = ("text/", "image/", "application/json", "application/xml")
SOME_FILE = "https://example.com/file"
CODE = re.compile(r"\b(E\d{3,4})\b")
CLOCK_MS = 10_000  # how far the vendor's clock may be behind ours


class Replicate:
    """The three steps, stopping, and finding what was lost."""

    env: ClassVar[tuple[str, ...]] = ("REPLICATE_API_TOKEN",)

    def __init__(self, config: ProviderConfig) -> None:
        """Read the configuration; nothing is sent."""
        self.id = config.id
        self._wire = Predictions(config, env=self.env)

    async def close(self) -> None:
        """Close the connections."""
        await self._wire.http.aclose()

    async def submit(self, request: VideoRequest, *, job_key: str) -> Ticket:
        """Start a job, once. `job_key` is not sent: the vendor knows no such thing."""
        try:
            # Once without the files: what has no field must not be uploaded first.
            build_input(request, [SOME_FILE for _ in request.media])
            self._wire.headers(request.model)
            files = [await self._wire.store(item, of=request.model) for item in request.media]
            inputs = build_input(request, files)
        except ProviderError as error:
            error.provider, error.model = self.id, request.model
            raise
        made = await self._wire.make(request.api_name, inputs, of=request.model)
        return Ticket(provider=self.id, model=request.model, remote_id=made.id)

    async def poll(self, ticket: Ticket) -> Progress:
        """Ask once how the job stands."""
        made = await self._wire.look(ticket)
        if made is None:
            return Failed(error=self._wire.error(Expired, "the vendor does not know this job", ticket))
        return self._progress(made, ticket)

    async def fetch(self, done: Done, into: Path) -> Asset:
        """Stream the clip to `into`; the link takes no key."""
        ticket = done.ticket
        asset = await download(self._wire.http, done.url, into, provider=self.id, model=ticket.model)
        if asset.mime.startswith(NO_CLIP):
            await asyncio.to_thread(into.unlink)
            raise self._wire.error(Unreachable, f"no clip behind the link but {asset.mime}", ticket)
        return asset

    async def cancel(self, ticket: Ticket) -> bool:
        """Stop the job if it still waits; False means that it goes on."""
        made = await self._wire.look(ticket)
        if made is not None and STATES.get(made.status.lower()) == "queued":
            await self._wire.stop(ticket)
            made = await self._wire.look(ticket)
        return made is not None and STATES.get(made.status.lower()) == "stopped"

    async def find_lost(self, request: VideoRequest, *, job_key: str, since_ms: int) -> list[Ticket]:
        """The jobs of this model since then that ask for the same."""
        sent = build_input(request, [SOME_FILE for _ in request.media])
        links = [name for name, value in sent.items() if SOME_FILE in _listed(value)]
        return [
            Ticket(provider=self.id, model=request.model, remote_id=made.id)
            for made in await self._wire.recent(of=request.model)
            if made.model == request.api_name
            and made.created_ms >= since_ms - CLOCK_MS
            and alike(sent, made.input, but=links)
        ]

    def _progress(self, made: Prediction, ticket: Ticket) -> Progress:
        error, said = self._wire.error, self._wire.said(made.error)
        match STATES.get(made.status.lower()):
            case "queued":
                return Queued()
            case "running":
                return Running()
            case "done" if made.data_removed:
                return Failed(error=error(Expired, "the clip was deleted", ticket))
            case "done" if made.link:
                return Done(ticket=ticket, url=made.link)
            case "done":
                raise error(Unreachable, "finished without a link", ticket)
            case "failed":
                kind: type[ProviderError] = OutputModerated if WITHHELD.search(said) else VendorFault
                failure = error(kind, said or "failed", ticket)
                code = CODE.search(said)
                failure.vendor_code = code[1] if code else ""
                return Failed(error=failure)
            case "stopped":
                return Failed(error=error(VendorFault, said or "the job was stopped", ticket), stopped=True)
            case None:
                raise error(Unreachable, f"unknown status {made.status[:40]!r}", ticket)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
