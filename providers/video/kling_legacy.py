"""Kling's older API below `/v1`: for accounts that have an access key and a secret key and no API key.

Docs: the legacy pages of kling.ai/document-api (September 2026) and app.klingai.com/cn/dev/document-api,
checked 2026-11-22; the vendor has "no current plans for deprecation". Quirks:
1. Each call carries a token signed here (HS256; issuer, expiry, not-before, nothing else), anew every time:
   a clip takes longer than the 30 minutes that a token lives. A wrong clock gives 1003 or 1004.
2. The model is `model_name`, and one that is missing means kling-v1: it is always sent.
3. Success is spelled `succeed`; `duration` is a text; `std` is 720p, `pro` 1080p, `4k` 4k.
4. The question repeats the path of the creation, with the vendor's id or ours behind it; the ticket keeps it.
5. Pictures are at most 10 MB, bare Base64 or a link; clips go by link. In prompts they are `<<<image_1>>>`.
6. There is no word for 3.0 Turbo, and no recording can be sent to these models.
7. Pictures that talk, sound for a clip, lips to a recording and voices out of one: wire/kling_older.py.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from providers.base import Progress, ProviderConfig, Ticket, VideoRequest
from providers.errors import Unsupported
from providers.signing import jwt_hs256
from providers.wire.kling import KlingWire, file_text, ticket_data
from providers.wire.kling_names import file_ids, voices_of, with_voices
from providers.wire.kling_older import KlingOlder
from providers.wire.kling_tasks import ClipTask, NamedTasks, clip_standing
from providers.wire.naming import said_with

ENV = ("KLING_ACCESS_KEY", "KLING_SECRET_KEY")
TOKEN_SECONDS, SKEW_SECONDS = 1800, 5
MAX_IMAGE_BYTES = 10_000_000
QUALITY: Mapping[str, str] = {"720p": "std", "1080p": "pro", "4k": "4k"}


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """Which fields a model knows: the sound switch, several shots, one route for everything, voices."""

    sound: bool = False
    shots: bool = False
    omni: bool = False
    voices: int = 0


DIALECTS: Mapping[str, Dialect] = {
    "kling-v2-5-turbo": Dialect(),
    "kling-v2-6": Dialect(sound=True, voices=2),
    "kling-v3": Dialect(sound=True, shots=True),
    "kling-v3-omni": Dialect(sound=True, shots=True, omni=True),
    "kling-video-o1": Dialect(omni=True),
}


class KlingLegacy(KlingOlder):
    """The three steps, for clips, their sound and their lips; and voices out of recordings."""

    def __init__(self, config: ProviderConfig) -> None:
        """Read the configuration; nothing is sent."""
        self.id = config.id
        super().__init__(KlingWire(config, env=ENV, token=_token))
        self._tasks = NamedTasks(self._wire, ClipTask)

    async def close(self) -> None:
        """Close the connections."""
        await self._wire.close()

    async def submit(self, request: VideoRequest, *, job_key: str) -> Ticket:
        """Start a job; under the same `job_key` it is started once, however often this is called."""
        older = await self.submit_older(request, job_key=job_key)
        if older is not None:
            return older
        path = path_of(request)
        files = [await file_text(item, max_bytes=MAX_IMAGE_BYTES) for item in request.media]
        payload = build_payload(request, files, job_key=job_key)
        return Ticket(
            provider=self.id,
            model=request.model,
            remote_id=await self._tasks.create(path, payload, model=request.model, job_key=job_key),
            endpoint=path,
            data=ticket_data(request),
        )

    async def poll(self, ticket: Ticket) -> Progress:
        """Ask once how the job stands."""
        older = await self.poll_older(ticket)
        if older is not None:
            return older
        task = await self._tasks.ask(ticket.endpoint, ticket.remote_id, model=ticket.model)
        if task is None:
            return self._wire.forgotten(ticket)
        return self._wire.progress(clip_standing(task), ticket)


def path_of(request: VideoRequest) -> str:
    """Where a request goes, and where it is asked for."""
    if _dialect(request).omni:
        return "/v1/videos/omni-video"
    return "/v1/videos/text2video" if request.mode == "text" else "/v1/videos/image2video"


def build_payload(request: VideoRequest, files: Sequence[str], *, job_key: str) -> dict[str, Any]:
    """The request in the vendor's words.

    Args:
        request: the normalised request.
        files: its media as links or bare Base64, in the same order.
        job_key: our name of the task.

    Raises:
        Unsupported: the vendor has no word for it.
    """
    dialect = _dialect(request)
    payload: dict[str, Any] = {"model_name": request.api_name, "prompt": _words(request, dialect)}
    speaking = voices_of(request, most=dialect.voices)
    if speaking:
        payload["prompt"] = with_voices(payload["prompt"], speaking, "<<<voice_{}>>>")
        payload["voice_list"] = [{"voice_id": voice} for voice in speaking]
    if request.negative:
        payload["negative_prompt"] = request.negative
    if request.shots:
        payload |= {"multi_shot": True, "shot_type": "customize", "multi_prompt": _shots(request)}
    payload |= _omni_files(request, files) if dialect.omni else _frames(request, files)
    if dialect.sound:
        payload["sound"] = "on" if request.sound and request.mode != "edit" else "off"
    elif request.sound and request.mode != "edit":
        raise Unsupported(f"{request.api_name} makes no sound")
    payload["mode"] = QUALITY.get(request.resolution, request.resolution)
    if request.mode in ("text", "references"):
        payload["aspect_ratio"] = request.aspect
    if request.mode != "edit":
        payload["duration"] = str(request.seconds)
    payload["external_task_id"] = job_key
    return payload


def token_claims(access_key: str, now_seconds: int) -> dict[str, str | int]:
    """What a token says; the vendor refuses anything more."""
    return {"iss": access_key, "exp": now_seconds + TOKEN_SECONDS, "nbf": now_seconds - SKEW_SECONDS}


def _token(keys: Mapping[str, str]) -> str:
    access, secret = (keys[name] for name in ENV)
    return jwt_hs256(token_claims(access, int(time.time())), secret)


def _words(request: VideoRequest, dialect: Dialect) -> str:
    named = {}
    for item, identity in zip(request.media, file_ids(request.media), strict=True):
        named[item.name] = f"<<<{identity}>>>" if dialect.omni else item.name
    return said_with(request.prompt, named)


def _shots(request: VideoRequest) -> list[dict[str, Any]]:
    return [
        {"index": number, "prompt": shot.prompt, "duration": str(shot.seconds)}
        for number, shot in enumerate(request.shots, 1)
    ]


def _frames(request: VideoRequest, files: Sequence[str]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for item, data in zip(request.media, files, strict=True):
        if item.role not in ("first-frame", "last-frame"):
            raise Unsupported(f"no place for a {item.role}")
        fields["image" if item.role == "first-frame" else "image_tail"] = data
    return fields


def _omni_files(request: VideoRequest, files: Sequence[str]) -> dict[str, Any]:
    images: list[dict[str, str]] = []
    videos: list[dict[str, str]] = []
    for item, data in zip(request.media, files, strict=True):
        match item.role:
            case "first-frame":
                images.append({"image_url": data, "type": "first_frame"})
            case "last-frame":
                images.append({"image_url": data, "type": "end_frame"})
            case "reference-image":
                images.append({"image_url": data})
            case "reference-video":
                videos.append({"video_url": data, "refer_type": "feature", "keep_original_sound": "no"})
            case "source-video":
                kept = "yes" if request.sound else "no"
                videos.append({"video_url": data, "refer_type": "base", "keep_original_sound": kept})
            case _:
                raise Unsupported(f"no place for a {item.role}")
    lists = {"image_list": images, "video_list": videos}
    return {name: value for name, value in lists.items() if value}


def _dialect(request: VideoRequest) -> Dialect:
    dialect = DIALECTS.get(request.api_name)
    if dialect is None:
        raise Unsupported(f"no model {request.api_name!r}")
    if request.shots and not dialect.shots:
        raise Unsupported(f"{request.api_name} makes one shot")
    return dialect
