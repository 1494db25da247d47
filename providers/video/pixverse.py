"""PixVerse V5, V5.5 and V6 by the vendor's platform API.

Docs: docs.platform.pixverse.ai (text, image, transition, extend) and, for V5.5 and V6, third parties' typed
clients; checked 2026-11-22. Quirks beside those of `wire/pixverse.py`:
1. V5 is silent. V5.5 and V6 make sound behind `generate_audio_switch`, which is off where nothing is said.
2. The path is `/video/img/generate` and the frames of a transition are `first_frame_img`, `last_frame_img`.
3. A picture decides the aspect, so none is sent with one.
4. `generate_multi_clip_switch` lets the vendor cut as it likes; one shot is asked for.
5. A clip of the vendor's own goes on by its number; any other is handed over first.
6. Nothing stops a job, nothing lists jobs, and no key repeats a submit safely.
7. Sound under a finished clip and lips to a recording are jobs of their own; each gives a new clip.

The mainland's service is another address (app-api.pixverseai.cn).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from providers.base import (
    Asset,
    Done,
    LipRequest,
    MediaInput,
    Mode,
    Progress,
    ProviderConfig,
    Role,
    SoundRequest,
    Ticket,
    VideoRequest,
)
from providers.errors import ProviderError, Unreachable, Unsupported
from providers.http import download
from providers.wire.naming import said_with
from providers.wire.pixverse import ENV, PixverseWire

PATHS: Mapping[Mode, str] = {
    "text": "/video/text/generate",
    "first-frame": "/video/img/generate",
    "first-last": "/video/transition/generate",
    "extend": "/video/extend/generate",
}
FIELDS: Mapping[tuple[Mode, Role], str] = {
    ("first-frame", "first-frame"): "img_id",
    ("first-last", "first-frame"): "first_frame_img",
    ("first-last", "last-frame"): "last_frame_img",
    ("extend", "source-video"): "video_media_id",
}
OWN_CLIP = "source_video_id"
ANY_SOUND = "the sounds that belong to the picture"
MAX_IMAGE_BYTES = 20_000_000
MAX_CLIP_BYTES = 50_000_000
NO_CLIP = ("text/", "image/", "application/json")


class Pixverse:
    """The three steps, for clips, for their sound and for their lips."""

    env = ENV

    def __init__(self, config: ProviderConfig) -> None:
        """Read the configuration; nothing is sent."""
        self.id = config.id
        self._wire = PixverseWire(config)

    async def close(self) -> None:
        """Close the connections."""
        await self._wire.close()

    async def submit(self, request: VideoRequest, *, job_key: str) -> Ticket:
        """Start a job, once. `job_key` is not sent: the vendor knows no such thing."""
        with self._named(request.model):
            # Once without the files: what has no word must not be uploaded first.
            build_payload(request, [0 for _ in request.media])
            numbers = [await self._number(item, request.model) for item in request.media]
            payload = build_payload(request, numbers)
        return await self._wire.create(
            PATHS[request.mode], payload, model=request.model, options=request.options
        )

    async def submit_sound(self, request: SoundRequest, *, job_key: str, into: Path) -> Ticket:
        """Start laying sound under a clip, once; `into` is not written before `fetch`."""
        route, video = request.route, request.video
        with self._named(route):
            if request.kind != "foley" or video is None:
                raise Unsupported("only sound for a clip is made here")
            if request.negative:
                raise Unsupported("what must not be heard cannot be said here")
            payload = {
                "sound_effect_content": request.text or ANY_SOUND,
                own_or_stored(video, self.id): await self._number(video, route),
                "original_sound_switch": False,
            }
        return await self._wire.create(
            "/video/sound_effect/generate", payload, model=route, options=request.options
        )

    async def submit_lips(self, request: LipRequest, *, job_key: str) -> Ticket:
        """Start moving the lips in a clip, once."""
        route = request.route
        with self._named(route):
            payload = {
                own_or_stored(request.video, self.id): await self._number(request.video, route),
                "audio_media_id": await self._number(request.audio, route),
            }
        return await self._wire.create(
            "/video/lip_sync/generate", payload, model=route, options=request.options
        )

    async def poll(self, ticket: Ticket) -> Progress:
        """Ask once how the job stands."""
        return await self._wire.result(ticket)

    async def fetch(self, done: Done, into: Path) -> Asset:
        """Stream the clip to `into`; the link takes no key."""
        ticket = done.ticket
        asset = await download(self._wire.http, done.url, into, provider=self.id, model=ticket.model)
        if asset.mime.startswith(NO_CLIP):
            await asyncio.to_thread(into.unlink)
            raise self._wire.error(Unreachable, f"no clip behind the link but {asset.mime}", ticket)
        return asset

    @contextmanager
    def _named(self, model: str) -> Iterator[None]:
        """Errors of the parts that know no vendor say whom they are about."""
        try:
            yield
        except ProviderError as error:
            error.provider, error.model = self.id, model
            raise

    async def _number(self, item: MediaInput, model: str) -> int:
        """The vendor's number of a file."""
        if item.made is not None and own_or_stored(item, self.id) == OWN_CLIP:
            return int(item.made.remote_id)
        if item.kind == "image":
            return await self._wire.store_image(item, model=model, max_bytes=MAX_IMAGE_BYTES)
        return await self._wire.store_media(item, model=model, max_bytes=MAX_CLIP_BYTES)


def own_or_stored(item: MediaInput, provider: str) -> str:
    """The field for a clip: the number of the vendor's own job, or of the file that was handed over."""
    made = item.made
    own = made is not None and made.provider == provider and made.remote_id.isdigit()
    return OWN_CLIP if own else "video_media_id"


def build_payload(request: VideoRequest, numbers: list[int]) -> dict[str, Any]:
    """The request in the vendor's words.

    Args:
        request: the normalised request; its options say which switches the model has.
        numbers: the vendor's numbers of its media, in the same order.

    Raises:
        Unsupported: the vendor has no word for it.
    """
    if request.mode not in PATHS or request.shots:
        raise Unsupported(f"{request.api_name} cannot do this")
    switches = bool(request.options.get("audio_switch"))
    if request.sound and not switches:
        raise Unsupported(f"{request.api_name} makes no sound")
    payload: dict[str, Any] = {
        "model": request.api_name,
        "prompt": said_with(request.prompt, {item.name: item.name for item in request.media}),
        "duration": request.seconds,
        "quality": request.resolution,
    }
    if request.mode == "text":
        payload["aspect_ratio"] = request.aspect
    for item, number in zip(request.media, numbers, strict=True):
        field = FIELDS.get((request.mode, item.role))
        if field is None or field in payload:
            raise Unsupported(f"no place for this {item.role} here")
        payload[OWN_CLIP if item.made is not None else field] = number
    if request.negative:
        payload["negative_prompt"] = request.negative
    if request.seed is not None:
        payload["seed"] = request.seed
    if switches:
        payload["generate_audio_switch"] = request.sound
        payload["generate_multi_clip_switch"] = False
    return payload
