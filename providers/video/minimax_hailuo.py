"""Hailuo 2.3, 2.3 Fast and 02 by MiniMax's own API.

Docs: platform.minimax.io (text, first frame, first and last frame; query), checked 2026-11-22. Quirks:
1. These models are silent: the API has no word for sound.
2. There is no aspect: a picture decides it, and words alone give a wide one. No seed, no negative prompt.
3. 1080P lasts 6 seconds; 2.3 Fast starts from a picture; only 02 takes a last frame, and 512P for a picture.
4. A finished job names a file, and a second question gives the link, which works for an hour. It is asked for
   right before the download.
5. No key of ours, no list of jobs, no way to stop one: a lost answer stays lost.

The operator's switches: `TALKREEL_PROVIDERS__MINIMAX_HAILUO__OPTIONS__PROMPT_OPTIMIZER=off` keeps the
vendor from rewriting prompts. The mainland's service is another address (api.minimaxi.com) with keys of its
own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from providers.base import (
    Asset,
    Done,
    Failed,
    Progress,
    ProviderConfig,
    Queued,
    Role,
    Running,
    Ticket,
    VideoRequest,
)
from providers.errors import (
    Expired,
    OutcomeUnknown,
    OutputModerated,
    ProviderError,
    Unreachable,
    Unsupported,
    VendorFault,
)
from providers.http import download
from providers.references import data_uri
from providers.wire.minimax import ENV, WITHHELD, MinimaxWire, Wire
from providers.wire.naming import said_with

MAX_IMAGE_BYTES = 20_000_000
NO_CLIP = ("text/", "image/", "application/json")
FIELDS: Mapping[Role, str] = {"first-frame": "first_frame_image", "last-frame": "last_frame_image"}


class _Created(Wire):
    task_id: str = ""


class _Task(Wire):
    status: str = ""
    file_id: str | None = ""


class MinimaxHailuo:
    """The three steps."""

    env = ENV

    def __init__(self, config: ProviderConfig) -> None:
        """Read the configuration; nothing is sent."""
        self.id = config.id
        self._rewrites = config.options.get("prompt_optimizer", "on") != "off"
        self._wire = MinimaxWire(config)

    async def close(self) -> None:
        """Close the connections."""
        await self._wire.close()

    async def submit(self, request: VideoRequest, *, job_key: str) -> Ticket:
        """Start a job, once. `job_key` is not sent: the vendor knows no such thing."""
        try:
            files = [item.url or await data_uri(item, max_bytes=MAX_IMAGE_BYTES) for item in request.media]
            payload = build_payload(request, files, rewrites=self._rewrites)
        except ProviderError as error:
            error.provider, error.model = self.id, request.model
            raise
        made = await self._wire.create("/v1/video_generation", payload, _Created, model=request.model)
        if not made.task_id:
            raise OutcomeUnknown("the answer names no job", provider=self.id, model=request.model)
        return Ticket(provider=self.id, model=request.model, remote_id=made.task_id)

    async def poll(self, ticket: Ticket) -> Progress:
        """Ask once how the job stands."""
        task = await self._wire.look(
            "/v1/query/video_generation", {"task_id": ticket.remote_id}, _Task, ticket=ticket
        )
        code, said = task.base_resp.status_code, self._wire.said(task.base_resp.status_msg)
        if code in WITHHELD:
            return Failed(error=self._wire.error(OutputModerated, said, ticket))
        if code != 0:
            # Whatever else it says, it is about this job, and asking again does not change it.
            return Failed(error=self._wire.error(Expired, f"{code} {said}", ticket))
        match task.status.lower():
            case "preparing" | "queueing":
                return Queued()
            case "processing":
                return Running()
            case "success" if task.file_id:
                return Done(ticket=ticket, data={"file_id": task.file_id})
            case "success":
                raise self._wire.error(Unreachable, "finished without a file", ticket)
            case "fail" | "failed":
                return Failed(error=self._wire.error(VendorFault, said, ticket))
        raise self._wire.error(Unreachable, f"an unknown state {self._wire.said(task.status)[:40]!r}", ticket)

    async def fetch(self, done: Done, into: Path) -> Asset:
        """Ask for a fresh link and stream the clip to `into`; the link takes no key."""
        ticket = done.ticket
        link = await self._wire.link(str(done.data.get("file_id", "")), ticket=ticket)
        asset = await download(self._wire.http, link, into, provider=self.id, model=ticket.model)
        if asset.mime.startswith(NO_CLIP):
            await asyncio.to_thread(into.unlink)
            raise self._wire.error(Unreachable, f"no clip behind the link but {asset.mime}", ticket)
        return asset


def build_payload(request: VideoRequest, files: Sequence[str], *, rewrites: bool) -> dict[str, Any]:
    """The request in the vendor's words.

    Args:
        request: the normalised request.
        files: its pictures as links or data URLs, in the same order.
        rewrites: whether the vendor may rewrite the prompt, as it does where nothing is said.

    Raises:
        Unsupported: the vendor has no word for it.
    """
    if request.sound or request.shots:
        raise Unsupported(f"{request.api_name} makes one silent shot")
    payload: dict[str, Any] = {
        "model": request.api_name,
        "prompt": said_with(request.prompt, {item.name: item.name for item in request.media}),
        "duration": request.seconds,
        "resolution": request.resolution.upper(),
    }
    for item, file in zip(request.media, files, strict=True):
        if item.role not in FIELDS:
            raise Unsupported(f"{request.api_name} takes no {item.role}")
        payload[FIELDS[item.role]] = file
    if not rewrites:
        payload["prompt_optimizer"] = False
    return payload
