"""What the fake Wan takes: fields, values and files of each model as the vendor's pages list them."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import av
from PIL import Image

from tests.fakes.studio import Refusal

FORM = (
    "OSSAccessKeyId",
    "Signature",
    "policy",
    "key",
    "x-oss-object-acl",
    "x-oss-forbid-overwrite",
    "success_action_status",
    "x-oss-content-type",
    "file",
)
SIZES = {
    "1280*720": "16:9",
    "720*1280": "9:16",
    "960*960": "1:1",
    "1088*832": "4:3",
    "832*1088": "3:4",
    "1920*1080": "16:9",
    "1080*1920": "9:16",
    "1440*1440": "1:1",
    "1632*1248": "4:3",
    "1248*1632": "3:4",
}
RATIOS = ("16:9", "9:16", "1:1", "4:3", "3:4")
COMMON = {"duration", "prompt_extend", "watermark", "seed"}
# The SDK adds these two to every input.
HARMLESS = {"extend_prompt", "function"}


@dataclass(frozen=True, kw_only=True)
class Model:
    """One model: its longest clip, the fields of its size, its files, and whether it can be silent."""

    seconds: int
    sized: tuple[str, ...]
    files: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    shots: bool = False
    mute: bool = False
    longest: int = 1500


MODELS: Mapping[str, Model] = {
    "wan2.6-t2v": Model(seconds=15, sized=("size",), files=("audio_url",), shots=True),
    "wan2.6-i2v": Model(seconds=15, sized=("resolution",), files=("img_url", "audio_url"), shots=True),
    "wan2.6-i2v-flash": Model(
        seconds=15, sized=("resolution",), files=("img_url", "audio_url"), shots=True, mute=True
    ),
    "wan2.6-r2v": Model(
        seconds=10, sized=("size",), files=("reference_urls", "reference_video_urls"), shots=True
    ),
    "wan2.6-r2v-flash": Model(seconds=10, sized=("size",), files=("reference_urls",), shots=True, mute=True),
    "wan2.7-t2v": Model(seconds=15, sized=("resolution", "ratio"), files=("audio_url",), longest=5000),
    "wan2.7-i2v": Model(
        seconds=15,
        sized=("resolution",),
        files=("media",),
        kinds=("first_frame", "last_frame", "driving_audio"),
        longest=5000,
    ),
    "wan2.7-r2v": Model(
        seconds=15,
        sized=("resolution", "ratio"),
        files=("media",),
        kinds=("reference_image", "reference_video"),
        longest=5000,
    ),
}


@dataclass(frozen=True, kw_only=True)
class Order:
    """A request that was taken. `links`: (what it is, where it lies) of every file."""

    model: str
    seconds: int
    aspect: str
    sound: bool
    links: tuple[tuple[str, str], ...]


def invalid(words: str) -> Refusal:
    """400 with InvalidParameter."""
    body = {"request_id": "req", "code": "InvalidParameter", "message": words}
    return Refusal(400, body)


def read_order(body: Mapping[str, Any]) -> Order:
    """Check a request.

    Raises:
        Refusal: it is not taken, or leaves something open that costs money.
    """
    name = str(body.get("model"))
    model = MODELS.get(name)
    if model is None:
        raise Refusal(404, {"request_id": "req", "code": "ModelNotFound", "message": "Model not exist."})
    if set(body) != {"model", "input", "parameters"}:
        raise invalid(f"unknown fields {sorted(set(body))}")
    fields, chosen = body["input"], body["parameters"]
    _known(fields, {"prompt", "negative_prompt", *model.files} | HARMLESS, "input")
    more = {"shot_type"} if model.shots else set()
    _known(chosen, COMMON | set(model.sized) | more | ({"audio"} if model.mute else set()), "parameters")
    prompt = fields.get("prompt", "")
    if not isinstance(prompt, str) or len(prompt) > model.longest:
        # The vendor would cut it; an adapter must not let it.
        raise invalid("prompt is too long")
    seconds = chosen.get("duration")
    if type(seconds) is not int or not 2 <= seconds <= model.seconds:
        raise invalid(f"duration must be from 2 to {model.seconds}, and an adapter always says it")
    links = _links(model, fields)
    kinds = [kind for kind, _ in links]
    _needs(name, kinds, seconds)
    _shots(name, chosen)
    if "audio" in chosen and type(chosen["audio"]) is not bool:
        raise invalid("audio must be a boolean")
    aspect = _size(model, chosen)
    return Order(
        model=name,
        seconds=seconds,
        aspect=aspect,
        sound=chosen.get("audio", True),
        links=links,
    )


def check_file(field: str, data: bytes) -> float:
    """Look into a file of the store; returns its seconds, 0 for pictures."""
    limits = {"audio": (3.0, 30.0), "reference_voice": (1.0, 10.0), "reference_video": (1.0, 30.0)}
    try:
        if field not in limits:
            with Image.open(io.BytesIO(data)) as picture:
                if picture.format not in ("PNG", "JPEG", "BMP", "WEBP") or min(picture.size) < 240:
                    raise invalid(f"the {field} is not taken")
            return 0.0
        with av.open(io.BytesIO(data), "r") as media:
            if field != "reference_video" and media.format.name not in ("wav", "mp3"):
                raise invalid(f"the format {media.format.name} is not taken")
            seconds = (media.duration or 0) / 1_000_000
    except (OSError, av.FFmpegError):
        raise invalid("the file cannot be read") from None
    low, high = limits[field]
    if not low - 0.05 <= seconds <= high + 0.05:
        raise invalid(f"the {field} must last from {low} to {high} s")
    return seconds


def _links(model: Model, fields: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    if "media" in model.files:
        if not isinstance(fields.get("media"), list) or not fields["media"]:
            raise invalid("Field required: input.media")
        for part in fields["media"]:
            if not isinstance(part, dict) or part.get("type") not in model.kinds:
                raise invalid("media has unknown parts")
            voiced = {"reference_voice"} if part["type"] in ("reference_image", "reference_video") else set()
            if not {"type", "url"} <= set(part) <= {"type", "url"} | voiced:
                raise invalid("media has unknown fields")
            kind = "audio" if part["type"] == "driving_audio" else part["type"]
            found.append((kind, _link(part["url"])))
            if "reference_voice" in part:
                found.append(("reference_voice", _link(part["reference_voice"])))
    for name in ("reference_urls", "reference_video_urls"):
        for url in fields.get(name, []):
            video = str(url).endswith((".mp4", ".mov"))
            found.append(("reference_video" if video else "reference_image", _link(url)))
    if "audio_url" in fields:
        found.append(("audio", _link(fields["audio_url"])))
    if "img_url" in fields:
        found.append(("img_url", _picture(fields["img_url"])))
    return tuple(found)


def _needs(name: str, kinds: list[str], seconds: int) -> None:
    if name.endswith(("-i2v", "-i2v-flash")) and not {"img_url", "first_frame"} & set(kinds):
        raise invalid("a first frame is required")
    if kinds.count("audio") > 1 or kinds.count("first_frame") > 1 or kinds.count("last_frame") > 1:
        raise invalid("one of each")
    if "-r2v" in name:
        pictures, clips = kinds.count("reference_image"), kinds.count("reference_video")
        if not 1 <= pictures + clips <= 5 or clips > 3:
            raise invalid("1 to 5 references, at most 3 of them clips")
        if clips and seconds > 10:
            raise invalid("duration must be from 2 to 10 with a reference video")


def _shots(name: str, chosen: Mapping[str, Any]) -> None:
    kind = chosen.get("shot_type", "single")
    if kind not in ("single", "multi"):
        raise invalid("shot_type is single or multi")
    if kind == "multi" and "-r2v" not in name and chosen.get("prompt_extend") is not True:
        # The vendor takes it and makes one shot: never ours to send.
        raise invalid("shot_type multi does nothing without prompt_extend")
    for switch in ("prompt_extend", "watermark"):
        if switch in chosen and type(chosen[switch]) is not bool:
            raise invalid(f"{switch} must be a boolean")


def _size(model: Model, chosen: Mapping[str, Any]) -> str:
    for field in model.sized:
        if field not in chosen:
            raise invalid(f"{field} is left open: 1080P would be made")
    if "size" in model.sized:
        if chosen["size"] not in SIZES:
            raise invalid("size is not in the allowed list")
        return SIZES[chosen["size"]]
    if chosen["resolution"] not in ("720P", "1080P"):
        raise invalid("resolution is not in the allowed list")
    if chosen.get("ratio", "16:9") not in RATIOS:
        raise invalid("ratio is not in the allowed list")
    return str(chosen.get("ratio", "16:9"))


def _link(url: object) -> str:
    schemes: tuple[Literal["https://", "oss://"], ...] = ("https://", "oss://")
    if not isinstance(url, str) or not url.startswith(schemes):
        raise Refusal(
            400, {"request_id": "req", "code": "InvalidURL", "message": "only links are taken here"}
        )
    return url


def _picture(url: object) -> str:
    if not isinstance(url, str) or not url.startswith("data:image/"):
        return _link(url)
    try:
        data = base64.b64decode(url.partition(",")[2], validate=True)
        with Image.open(io.BytesIO(data)) as picture:
            if not 360 <= min(picture.size) <= max(picture.size) <= 2000:
                raise invalid("each side of the picture has 360 to 2000 pixels")
    except (OSError, binascii.Error):
        raise invalid("the picture cannot be read") from None
    return url


def _known(value: object, names: set[str], where: str) -> None:
    if not isinstance(value, dict):
        raise invalid(f"{where} must be an object")
    if strange := set(value) - names:
        raise invalid(f"{where} has unknown fields {sorted(strange)}")
