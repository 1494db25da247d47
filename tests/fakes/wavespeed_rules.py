"""What the fake WaveSpeed takes: the fields of its models as the vendor listed them in August 2026."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Kind = str | tuple[Any, ...]
SIX = ("16:9", "9:16", "4:3", "3:4", "1:1", "21:9")
THREE = ("16:9", "9:16", "1:1")
LONG, SHORT = tuple(range(4, 16)), (5, 10)
SEEDANCE: dict[str, Kind] = {
    "prompt*": "string",
    "duration": LONG,
    "resolution": ("480p", "720p", "1080p", "4k"),
    "aspect_ratio": SIX,
    "generate_audio": "boolean",
}
VEO: dict[str, Kind] = {
    "prompt*": "string",
    "duration": (4, 6, 8),
    "resolution": ("720p", "1080p", "4k"),
    "aspect_ratio": ("16:9", "9:16"),
    "generate_audio": "boolean",
    "negative_prompt": "string",
    "seed": "integer",
}
KLING: dict[str, Kind] = {"prompt*": "string", "duration": SHORT, "sound": "boolean"}
KLING_3: dict[str, Kind] = {**KLING, "duration": tuple(range(3, 16))}
WAN: dict[str, Kind] = {
    "prompt*": "string",
    "duration": (5, 10, 15),
    "shot_type": ("single", "multi"),
    "enable_prompt_expansion": "boolean",
    "audio": "file",
}
SHAPES = {"1280*720": "16:9", "720*1280": "9:16", "1920*1080": "16:9", "1080*1920": "9:16"}
WAN_SIZES = tuple(SHAPES)
SKYREELS: dict[str, Kind] = {
    "prompt*": "string",
    "duration": tuple(range(3, 16)),
    "resolution": ("480p", "720p", "1080p"),
    "sound": "boolean",
    "mode": ("std", "fast"),
}
GROK: dict[str, Kind] = {"prompt*": "string", "duration": (6, 10), "resolution": ("480p", "720p")}
HAILUO: dict[str, Kind] = {"prompt*": "string", "enable_prompt_expansion": "boolean"}
HAILUO_02: dict[str, Kind] = {"prompt*": "string", "image*": "file", "end_image": "file"}
PIXVERSE: dict[str, Kind] = {
    "prompt*": "string",
    "duration": (5, 8),
    "resolution": ("360p", "540p", "720p", "1080p"),
    "seed": "integer",
    "negative_prompt": "string",
}
ENDPOINTS: Mapping[str, Mapping[str, Kind]] = {
    "bytedance/seedance-2.0/text-to-video": {
        **SEEDANCE,
        "reference_images": "files",
        "reference_videos": "files",
        "reference_audios": "files",
    },
    "bytedance/seedance-2.0/image-to-video": {**SEEDANCE, "image*": "file", "last_image": "file"},
    "google/veo3.1/text-to-video": VEO,
    "google/veo3.1/image-to-video": {**VEO, "image*": "file", "last_image": "file"},
    "kwaivgi/kling-v2.6-pro/text-to-video": {**KLING, "aspect_ratio": THREE},
    "kwaivgi/kling-v2.6-pro/image-to-video": {**KLING, "image*": "file", "end_image": "file"},
    "kwaivgi/kling-v3.0-std/text-to-video": {**KLING_3, "aspect_ratio": THREE},
    "kwaivgi/kling-v3.0-pro/text-to-video": {**KLING_3, "aspect_ratio": THREE},
    "kwaivgi/kling-v3.0-std/image-to-video": {**KLING_3, "image*": "file", "end_image": "file"},
    "kwaivgi/kling-v3.0-pro/image-to-video": {**KLING_3, "image*": "file", "end_image": "file"},
    "kwaivgi/kling-v2.5-turbo-pro/text-to-video": {
        "prompt*": "string",
        "duration": SHORT,
        "aspect_ratio": THREE,
        "guidance_scale": "number",
    },
    "kwaivgi/kling-v2.5-turbo-pro/image-to-video": {
        "prompt*": "string",
        "duration": SHORT,
        "image*": "file",
        "last_image": "file",
    },
    "kwaivgi/kling-video-o1/text-to-video": {"prompt*": "string", "duration": SHORT, "aspect_ratio": THREE},
    "kwaivgi/kling-video-o1/image-to-video": {
        "prompt*": "string",
        "duration": tuple(range(3, 11)),
        "image*": "file",
        "last_image": "file",
    },
    "kwaivgi/kling-video-o1/reference-to-video": {
        "prompt*": "string",
        "duration": tuple(range(3, 11)),
        "aspect_ratio": THREE,
        "keep_original_sound": "boolean",
        "images": "files",
        "video": "file",
    },
    "alibaba/wan-2.6/text-to-video": {**WAN, "size": WAN_SIZES},
    "alibaba/wan-2.6/image-to-video": {**WAN, "image*": "file", "resolution": ("720p", "1080p")},
    "alibaba/wan-2.6/reference-to-video": {
        **{name: kind for name, kind in WAN.items() if name != "audio"},
        "duration": SHORT,
        "size": WAN_SIZES,
        "videos*": "files",
    },
    "skywork-ai/skyreels-v4/text-to-video": {**SKYREELS, "aspect_ratio": THREE},
    "skywork-ai/skyreels-v4/image-to-video": {
        **SKYREELS,
        "first_frame_image*": "file",
        "end_frame_image": "file",
        "images": "files",
    },
    "skywork-ai/skyreels-v4/reference-to-video": {
        **SKYREELS,
        "aspect_ratio": THREE,
        "images": "files",
        "ref_videos": "files",
    },
    "x-ai/grok-imagine-video/text-to-video": {**GROK, "aspect_ratio": THREE},
    "x-ai/grok-imagine-video/image-to-video": {**GROK, "image*": "file"},
    "minimax/hailuo-2.3/t2v-standard": {**HAILUO, "duration": (6, 10)},
    "minimax/hailuo-2.3/i2v-standard": {**HAILUO, "duration": (6, 10), "image*": "file"},
    "minimax/hailuo-2.3/t2v-pro": HAILUO,
    "minimax/hailuo-2.3/i2v-pro": {**HAILUO, "image*": "file"},
    "minimax/hailuo-02/t2v-standard": {"prompt*": "string", "duration": (6, 10)},
    "minimax/hailuo-02/i2v-standard": {**HAILUO_02, "duration": (6, 10)},
    "minimax/hailuo-02/t2v-pro": {"prompt*": "string"},
    "minimax/hailuo-02/i2v-pro": HAILUO_02,
    "pixverse/pixverse-v5-t2v": {**PIXVERSE, "aspect_ratio": ("16:9", "4:3", "1:1", "3:4", "9:16")},
    "pixverse/pixverse-v5-i2v": {**PIXVERSE, "image*": "file", "sound_effect_switch": "boolean"},
    # What makes a clip larger takes no words.
    "bytedance/video-upscaler": {"video*": "file", "target_resolution*": ("1080p", "2k", "4k")},
    "runwayml/upscale-v1": {"video*": "file"},
    "wavespeed-ai/video-upscaler": {"video*": "file", "target_resolution*": ("720p", "1080p", "2k", "4k")},
}
# Endpoints that give a clip back larger, as long as it is.
ENLARGING = "upscale"
# Makers of sound without a switch for it.
ALWAYS_HEARD = ("alibaba/wan-2.6/", "x-ai/grok-imagine-video/")


class Refusal(Exception):
    """The vendor's no: HTTP status and the code around the answer, which may differ."""

    def __init__(self, status: int, message: str, *, code: int = 0, headers: Mapping[str, str] | None = None):
        """Keep what is answered."""
        super().__init__(message)
        self.status = status
        self.body = {"code": code or status, "message": message}
        self.headers = dict(headers or {})


@dataclass(frozen=True, kw_only=True)
class Order:
    """A request that was taken. `links`: files by the field they are in."""

    endpoint: str
    body: Mapping[str, Any]
    seconds: int
    aspect: str
    sound: bool
    links: tuple[tuple[str, str], ...]

    @property
    def enlarges(self) -> bool:
        """Whether a clip that was handed over is made larger."""
        return ENLARGING in self.endpoint

    @property
    def price(self) -> Decimal:
        """What it costs: a price list of the fake's own."""
        rate = Decimal("0.13") if self.sound else Decimal("0.11")
        return rate * self.seconds


def read_order(endpoint: str, body: object) -> Order:
    """Check a request.

    Raises:
        Refusal: it is not taken.
    """
    if endpoint not in ENDPOINTS:
        raise Refusal(404, f"model {endpoint} not found")
    if not isinstance(body, dict):
        raise Refusal(400, "the body must be an object")
    fields = {name.rstrip("*"): kind for name, kind in ENDPOINTS[endpoint].items()}
    for name in ENDPOINTS[endpoint]:
        if name.endswith("*") and name.rstrip("*") not in body:
            raise Refusal(400, f"property {name.rstrip('*')} is missing")
    for name, value in body.items():
        if name not in fields:
            raise Refusal(400, f"property {name} is unsupported")
        _check(name, fields[name], value)
    if "reference_audios" in body and not (body.get("reference_images") or body.get("reference_videos")):
        raise Refusal(400, "reference_audios needs an image or a video")
    for switch in ("sound", "generate_audio"):
        # Legal for the vendor, and silent or not as it likes: never ours to leave open.
        if switch in fields and switch not in body:
            raise Refusal(400, f"the adapter always says {switch}")
    links = [
        (name, link)
        for name, value in body.items()
        if fields[name] in ("file", "files")
        for link in (value if isinstance(value, list) else [value])
    ]
    if body.get("mode") == "fast" and body["sound"]:
        raise Refusal(400, "sound must be false in fast mode")
    heard = endpoint.startswith(ALWAYS_HEARD) or any(
        body.get(name) is True for name in ("sound", "generate_audio")
    )
    return Order(
        endpoint=endpoint,
        body=body,
        seconds=0 if ENLARGING in endpoint else _seconds(body, fields),
        aspect=str(body.get("aspect_ratio") or SHAPES.get(body.get("size", ""), "16:9")),
        sound=heard,
        links=tuple(links),
    )


def _seconds(body: Mapping[str, Any], fields: Mapping[str, Kind]) -> int:
    return int(body.get("duration", 5 if "duration" in fields else 6))


def _check(name: str, kind: Kind, value: object) -> None:
    if isinstance(kind, tuple):
        good = value in kind and not isinstance(value, bool)
    else:
        good = {
            "string": isinstance(value, str),
            "boolean": isinstance(value, bool),
            "integer": isinstance(value, int) and not isinstance(value, bool),
            "number": isinstance(value, int | float) and not isinstance(value, bool),
            "file": isinstance(value, str) and value.startswith("http"),
            "files": isinstance(value, list) and all(isinstance(link, str) for link in value),
        }[kind]
    if not good:
        raise Refusal(400, f"property {name}: {value!r} is not one of {kind}")
