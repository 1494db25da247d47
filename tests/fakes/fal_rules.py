"""What the fake fal takes: each endpoint's fields as fal's own types say (`fal_endpoints.json`). No sockets.

It is stricter than fal in one thing: an unknown field is refused, not ignored.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import av
from PIL import Image

from tests.fakes.fal_sounds import SOUNDS, faults_of

Kind = str | list[str]
ENDPOINTS = Path(__file__).with_name("fal_endpoints.json")
# Makers of sound without a switch for it.
ALWAYS_HEARD = (
    "/ltx-2.3/audio-to-video",
    "/ai-avatar/",
    "/v3/turbo/",
    "minimax/h3/",
    "xai/grok-imagine-video/",
    "wan/v2.6/",
    "wan/v2.7/",
)
# Endpoints of one length, which has no field.
FIXED_SECONDS = {"fal-ai/minimax/": 6}
# fal's own word where nothing is said would be another than ours.
ALWAYS_SAID = (
    "generate_audio_switch",
    "prompt_optimizer",
    "enable_prompt_expansion",
    "multi_shots",
    "enhancement_preset",
    "enhancement_tier",
    "fidelity",
    "target_resolution",
    "upscale_factor",
    "H264_output",
)
# What makes a clip larger, by the field that the clip is in; it takes no words.
ENLARGING = "/upscale/video"


class Refusal(Exception):
    """The vendor's no, with its status and body."""

    def __init__(self, status: int, detail: Any, *, kind: str = "", headers: Mapping[str, str] | None = None):
        """Keep what is answered; `kind`: the type of a request error."""
        super().__init__(str(detail))
        self.status = status
        self.body: dict[str, Any] = {"detail": detail} | ({"error_type": kind} if kind else {})
        self.headers = dict(headers or {}) | ({"X-Fal-Error-Type": kind} if kind else {})


@dataclass(frozen=True, kw_only=True)
class Order:
    """A request that was taken. `links`: the files it names; `seconds`: 0 = as long as the clip given."""

    endpoint: str
    body: Mapping[str, Any]
    text: str
    seconds: float
    aspect: str
    sound: bool
    links: tuple[tuple[str, str], ...]


@cache
def schemas() -> Mapping[str, Mapping[str, Kind]]:
    """The fields of each endpoint; a name with * is required."""
    groups = json.loads(ENDPOINTS.read_text("utf-8"))["schemas"]
    return {endpoint: group["fields"] for group in groups for endpoint in group["endpoints"]}


def read_order(endpoint: str, body: object) -> Order:
    """Check a request.

    Raises:
        Refusal: it is not taken.
    """
    if endpoint in SOUNDS:
        return _sound_order(endpoint, body)
    if endpoint not in schemas():
        name = endpoint.split("/")[1] if "/" in endpoint else endpoint
        raise Refusal(404, f'Application "{name}" not found')
    if not isinstance(body, dict):
        raise problem("body", "missing", "the body must be an object")
    fields = {name.rstrip("*"): kind for name, kind in schemas()[endpoint].items()}
    for name in schemas()[endpoint]:
        if name.endswith("*") and name.rstrip("*") not in body:
            raise problem(name.rstrip("*"), "missing", "Field required")
    for name, value in body.items():
        if name not in fields:
            raise problem(name, "unexpected", "there is no such field")
        _check(name, fields[name], value)
    for name in ALWAYS_SAID:
        if name in fields and name not in body:
            raise problem(name, "missing", f"the adapter always says {name}")
    if endpoint.endswith(ENLARGING):
        if "scale_ratio" in body:
            raise problem("scale_ratio", "unexpected", "it would overrule the size that was asked for")
    else:
        _check_words(body)
    for prefix in ("", "reference_"):
        audio, *seen = (f"{prefix}{kind}_urls" for kind in ("audio", "image", "video"))
        if audio in body and not any(body.get(name) for name in seen):
            raise problem(audio, "missing", "at least one image or video is needed with audio")
        if sum(len(body.get(name, ())) for name in (audio, *seen)) > 12:
            raise problem(seen[0], "sequence_too_long", "at most 12 files")
    return Order(
        endpoint=endpoint,
        body=body,
        text=_text(body),
        seconds=_seconds(endpoint, body, fields),
        aspect=str(body.get("aspect_ratio", "auto")),
        sound=_sound(endpoint, body, fields),
        links=tuple(_links(body, fields)),
    )


def _sound_order(endpoint: str, body: object) -> Order:
    """Sound for a clip, or lips to a recording."""
    if not isinstance(body, dict):
        raise problem("body", "missing", "the body must be an object")
    wrong = faults_of(endpoint, body)
    if wrong is not None:
        raise problem(*wrong)
    return Order(
        endpoint=endpoint,
        body=body,
        text=str(body.get(SOUNDS[endpoint].text, "")),
        seconds=body.get("duration", 0),
        aspect="auto",
        sound=True,
        links=tuple((name, body[name]) for name in ("video_url", "audio_url") if name in body),
    )


def problem(field: str, kind: str, words: str, *, status: int = 422) -> Refusal:
    """A model error about one field."""
    detail = {"loc": ["body", field], "msg": words, "type": kind, "url": f"https://docs.fal.ai/errors#{kind}"}
    return Refusal(status, [detail], headers={"X-Fal-Retryable": "false"})


def check_file(name: str, data: bytes) -> float:
    """Look into a file of a request; returns its seconds, 0 for pictures.

    Raises:
        Refusal: it is not what the field takes.
    """
    try:
        if "audio" not in name and "video" not in name:
            with Image.open(io.BytesIO(data)) as picture:
                if picture.format not in ("PNG", "JPEG", "WEBP"):
                    raise problem(name, "unsupported_image_format", f"{picture.format} is not taken")
                if min(picture.size) < 300:
                    raise problem(name, "image_too_small", f"{picture.size} is too small")
            return 0.0
        with av.open(io.BytesIO(data), "r") as media:
            if "audio" in name and media.format.name not in ("wav", "mp3"):
                raise problem(name, "unsupported_audio_format", f"{media.format.name} is not taken")
            return (media.duration or 0) / 1_000_000
    except (OSError, av.FFmpegError):
        raise problem(name, "file_download_error", "the file cannot be read") from None


def _check(name: str, kind: Kind, value: object) -> None:
    if isinstance(kind, list):
        if value == "auto" and name == "duration":
            raise problem(name, "one_of", "a length is never left to the vendor")
        if value not in kind:
            raise problem(name, "one_of", f"{value!r} is not one of {kind}")
        return
    good = {
        "string": isinstance(value, str),
        "file": isinstance(value, str) and value.startswith(("https://", "http://", "data:")),
        "files": isinstance(value, list) and all(isinstance(item, str) for item in value),
        "number": isinstance(value, int | float) and not isinstance(value, bool),
        "boolean": isinstance(value, bool),
        "shots": isinstance(value, list),
    }
    if not good.get(kind, False):
        raise problem(name, "type_error", f"{value!r} is not a {kind}")


def _check_words(body: Mapping[str, Any]) -> None:
    if ("prompt" in body) == ("multi_prompt" in body):
        raise problem("prompt", "missing", "either prompt or multi_prompt")
    for shot in body.get("multi_prompt", ()):
        if set(shot) != {"prompt", "duration"} or not str(shot["duration"]).isdigit():
            raise problem("multi_prompt", "type_error", f"{shot} is not a shot")
        if not isinstance(shot["duration"], str) or not 1 <= int(shot["duration"]) <= 15:
            raise problem("multi_prompt", "one_of", "the length of a shot is a text from 1 to 15")


def _seconds(endpoint: str, body: Mapping[str, Any], fields: Mapping[str, Kind]) -> int:
    if "multi_prompt" in body:
        return sum(int(shot["duration"]) for shot in body["multi_prompt"])
    if "duration" not in fields:
        return next((most for maker, most in FIXED_SECONDS.items() if endpoint.startswith(maker)), 0)
    # Leaving it out is legal at fal and is never ours to do.
    if "duration" not in body:
        raise problem("duration", "missing", "the adapter always says the length")
    return int(str(body["duration"]).removesuffix("s"))


def _sound(endpoint: str, body: Mapping[str, Any], fields: Mapping[str, Kind]) -> bool:
    if "generate_audio" in fields:
        return bool(body.get("generate_audio", True))
    if "generate_audio_switch" in fields:
        return bool(body["generate_audio_switch"])
    if "keep_audio" in fields:
        return bool(body.get("keep_audio", False))
    return any(part in endpoint for part in ALWAYS_HEARD)


def _text(body: Mapping[str, Any]) -> str:
    shots = body.get("multi_prompt", ())
    return "\n".join([str(body.get("prompt", "")), *(str(shot["prompt"]) for shot in shots)])


def _links(body: Mapping[str, Any], fields: Mapping[str, Kind]) -> Iterator[tuple[str, str]]:
    for name, value in body.items():
        if fields[name] == "file":
            yield name, value
        elif fields[name] == "files":
            yield from ((name, link) for link in value)
