"""How strictly the fake Kling reads a request of the "new standard": its own tables, in its own words.

Taken from the vendor's pages (capability map, pages per model, pricing-video). It knows no sockets or tasks.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import permutations
from typing import Any

from PIL import Image

ASPECTS = ("16:9", "9:16", "1:1")
FRAMES = ("first_frame", "last_frame")
CLIPS = ("feature_video", "base_video")
SPECIAL = {"prompt": {"text"}, "element": {"element_id", "id"}, "voice": {"voice_id", "id"}}
LINK = re.compile(r"https?://[^\s]+")
SHOT = re.compile(r"shot (\d+), (\d+), ([^;]+);\s*")


class Refusal(Exception):
    """The vendor says no, with its status, code and words."""

    def __init__(
        self, status: int, code: int, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        """Keep the facts."""
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


def invalid(message: str) -> Refusal:
    """400 with 1201."""
    return Refusal(400, 1201, message)


@dataclass(frozen=True, kw_only=True)
class Model:
    """One model: where it is offered, what its fields may be, its units per second.

    Attributes:
        kinds: first parts of its paths.
        seconds, resolutions: accepted values.
        audio: values of settings.audio; empty = no such field.
        sounds: it makes sound without being asked.
        multi_shot: it has that switch.
        last_frame: resolutions at which a last frame is taken.
        elements: how many beside a first frame.
        units: (resolution, "silent" | "sound" | "video") → units per second.
        prompt: longest prompt in characters.
    """

    kinds: tuple[str, ...]
    seconds: Collection[int]
    resolutions: tuple[str, ...]
    audio: tuple[str, ...] = ()
    sounds: bool = False
    multi_shot: bool = False
    last_frame: tuple[str, ...] = ()
    elements: int = 0
    units: Mapping[tuple[str, str], str] = field(default_factory=dict)
    prompt: int = 2500


def _units(**rows: tuple[str, ...]) -> dict[tuple[str, str], str]:
    """Columns of the price page: 720p, 1080p, 4k."""
    sizes = ("720p", "1080p", "4k")
    return {
        (size, kind): value for kind, row in rows.items() for size, value in zip(sizes, row, strict=False)
    }


_BOTH = ("text-to-video", "image-to-video")
MODELS: Mapping[str, Model] = {
    "kling-2.5-turbo": Model(
        kinds=_BOTH,
        seconds=(5, 10),
        resolutions=("720p", "1080p"),
        last_frame=("1080p",),
        units=_units(silent=("0.3", "0.5")),
    ),
    "kling-2.6": Model(
        kinds=_BOTH,
        seconds=(5, 10),
        resolutions=("720p", "1080p"),
        audio=("off", "native"),
        last_frame=("1080p",),
        units=_units(silent=("0.3", "0.5"), sound=("0", "1.0"), voice=("0", "1.2")),
    ),
    "kling-3.0": Model(
        kinds=_BOTH,
        seconds=range(3, 16),
        resolutions=("720p", "1080p", "4k"),
        audio=("off", "native"),
        multi_shot=True,
        last_frame=("720p", "1080p", "4k"),
        elements=3,
        units=_units(silent=("0.6", "0.8", "3.0"), sound=("0.9", "1.2", "3.0")),
        prompt=3072,
    ),
    "kling-3.0-turbo": Model(
        kinds=_BOTH,
        seconds=range(3, 16),
        resolutions=("720p", "1080p"),
        sounds=True,
        units=_units(sound=("0.8", "1.0")),
        prompt=3072,
    ),
    "kling-3.0-omni": Model(
        kinds=("omni-video",),
        seconds=range(3, 16),
        resolutions=("720p", "1080p", "4k"),
        audio=("off", "native", "original"),
        multi_shot=True,
        last_frame=("720p", "1080p", "4k"),
        units=_units(silent=("0.6", "0.8", "3.0"), sound=("0.8", "1.0", "3.0"), video=("0.9", "1.2", "3.0")),
    ),
    "kling-o1": Model(
        kinds=("omni-video",),
        seconds=range(3, 11),
        resolutions=("720p", "1080p"),
        audio=("off", "original"),
        last_frame=("720p", "1080p"),
        units=_units(silent=("0.6", "0.8"), video=("0.9", "1.2")),
    ),
}


@dataclass(frozen=True, kw_only=True)
class Order:
    """A request that was understood.

    `seconds` is 0 where the source clip decides; `units`: of the whole, where it is not priced by the second.
    """

    prompt: str
    seconds: float
    aspect: str
    audible: bool
    external_id: str
    units_per_second: Decimal
    units: Decimal | None = None


def read_order(kind: str, name: str, body: object, *, look: bool = True) -> Order:
    """Read a request.

    Args:
        kind: first part of the path.
        name: second part, the model.
        body: parsed JSON.
        look: decode pictures; off for recorded requests whose pictures are not whole.

    Raises:
        Refusal: 1201 for anything wrong, 1203 for a model that is not offered there.
    """
    model = MODELS.get(name)
    if model is None or kind not in model.kinds:
        raise Refusal(404, 1203, f"model {name} is not found")
    texts = kind == "text-to-video"
    fields = _object(body, "body", {"prompt" if texts else "contents", "settings", "options"})
    contents = [] if texts else _contents(fields.get("contents"), model, omni=kind == "omni-video", look=look)
    prompt = fields.get("prompt") if texts else next(c["text"] for c in contents if c["type"] == "prompt")
    if not isinstance(prompt, str) or not prompt.strip() or len(prompt) > model.prompt:
        raise invalid(f"prompt must have 1 to {model.prompt} characters")
    settings = _settings(fields.get("settings", {}), model, kind)
    kinds = [content["type"] for content in contents]
    _together(name, model, settings, kinds)
    if kind == "omni-video":
        _omni_rules(name, settings, kinds)
    if settings["multi_shot"] and "shot 1" in prompt:
        check_shots(SHOT.findall(prompt), settings["duration"])
    audible = settings["audio"] in ("native", "original") or model.sounds
    priced = "video" if set(kinds) & set(CLIPS) else "sound" if audible else "silent"
    priced = "voice" if "voice" in kinds else priced
    check_voices(prompt, [content["id"] for content in contents if content["type"] == "voice"], "@{}")
    return Order(
        prompt=prompt,
        seconds=0 if "base_video" in kinds else settings["duration"],
        aspect=settings["aspect_ratio"] or ASPECTS[0],
        audible=audible,
        external_id=_options(fields.get("options", {})),
        units_per_second=Decimal(model.units[settings["resolution"], priced]),
    )


def check_shots(shots: list[tuple[str, str, str]], seconds: int) -> None:
    """Number, seconds and words of each shot."""
    if not 1 <= len(shots) <= 6 or [shot[0] for shot in shots] != [str(n) for n in range(1, len(shots) + 1)]:
        raise invalid("1 to 6 shots, numbered from 1")
    if any(int(length) < 1 for _, length, _ in shots) or sum(int(shot[1]) for shot in shots) != seconds:
        raise invalid("the seconds of the shots must add up to duration")
    if any(len(words) > 512 for _, _, words in shots):
        raise invalid("a shot has at most 512 characters")


def known_fields(body: object, known: Mapping[str, type]) -> dict[str, Any]:
    """A body of which every field is known and of its type."""
    if not isinstance(body, dict):
        raise invalid("body must be an object")
    for name, value in body.items():
        if name not in known or type(value) is not known[name]:
            raise invalid(f"{name} value {value!r} is invalid")
    return body


def check_voices(prompt: str, ids: Collection[str], form: str) -> None:
    """Each voice is named in the prompt."""
    if any(form.format(one) not in prompt for one in ids):
        raise invalid("a voice is not in the prompt")


def check_picture(url: object, *, most_bytes: int, look: bool) -> None:
    """A link or bare Base64 of a picture that is not too small, too big or too narrow."""
    if not isinstance(url, str) or not url:
        raise invalid("a picture must be a URL or Base64")
    if LINK.fullmatch(url):
        return
    if url.startswith("data:"):
        raise invalid("Base64 must not have a data: prefix")
    try:
        data = base64.b64decode(url, validate=True)
    except binascii.Error:
        raise invalid("a picture must be a URL or Base64") from None
    if len(data) > most_bytes:
        raise invalid(f"a picture has at most {most_bytes} bytes")
    if not look:
        return
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as image:
            width, height = image.size
            image.verify()
    except (OSError, SyntaxError, ValueError):
        raise invalid("a picture must be jpg, jpeg or png") from None
    if min(width, height) < 300 or not 0.4 <= width / height <= 2.5:
        raise invalid("a picture has sides of at least 300 pixels and a ratio of 1:2.5 to 2.5:1")


def choice(value: object, allowed: Collection[Any], name: str) -> Any:
    """One of the allowed values, of the same type."""
    if not any(value == one and type(value) is type(one) for one in allowed):
        raise invalid(f"{name} value {value!r} is invalid")
    return value


def _object(value: object, name: str, known: Collection[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise invalid(f"{name} must be an object")
    strange = set(value) - set(known)
    if strange:
        raise invalid(f"{name} has unknown fields: {sorted(strange)}")
    return value


def _settings(value: object, model: Model, kind: str) -> dict[str, Any]:
    known = {"resolution", "duration"}
    known |= {"audio"} if model.audio else set()
    known |= {"multi_shot"} if model.multi_shot else set()
    known |= {"aspect_ratio"} if kind != "image-to-video" else set()
    given = _object(value, "settings", known)
    usual = ASPECTS[0] if kind == "text-to-video" else ""
    return {
        "audio": choice(given.get("audio", "off"), model.audio or ("off",), "audio"),
        "resolution": choice(given.get("resolution", "720p"), model.resolutions, "resolution"),
        "duration": choice(given.get("duration", 5), model.seconds, "duration"),
        "aspect_ratio": choice(given["aspect_ratio"], ASPECTS, "aspect_ratio")
        if "aspect_ratio" in given
        else usual,
        "multi_shot": choice(given.get("multi_shot", model.multi_shot), (True, False), "multi_shot"),
    }


def _options(value: object) -> str:
    options = _object(value, "options", {"callback_url", "external_task_id", "watermark_info"})
    external = options.get("external_task_id")
    if "external_task_id" in options and (not isinstance(external, str) or not external):
        raise invalid("external_task_id must be a non-empty string")
    return external or ""


def _contents(value: object, model: Model, *, omni: bool, look: bool) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise invalid("contents must be a list")
    known = ("prompt", *FRAMES, "element", "voice") + (("refer_image", *CLIPS) if omni else ())
    ids: list[str] = []
    for item in value:
        kind = choice(item.get("type") if isinstance(item, dict) else None, known, "type")
        named = {"id"} if omni and kind != "prompt" else set()
        fields = SPECIAL.get(kind, {"url"})
        content = _object(item, kind, {"type"} | fields | named)
        if not fields - {"id"} <= set(content):
            raise invalid(f"{kind} needs {sorted(fields)}")
        if "id" in content:
            ids.append(content["id"])
        if kind in CLIPS:
            if not LINK.fullmatch(str(content["url"])):
                raise invalid("a video is taken by URL only")
        elif kind == "voice":
            if not str(content["voice_id"]).isdigit() or type(content["voice_id"]) is not str:
                raise invalid("voice_id must be a string of digits")
        elif kind == "element":
            if not str(content["element_id"]).isdigit() or type(content["element_id"]) is not str:
                raise invalid("element_id must be a string of digits")
        elif kind != "prompt":
            check_picture(content["url"], most_bytes=50_000_000, look=look)
    if any(one in other for one, other in permutations(ids, 2)):
        raise invalid(f"ids must not be part of one another: {ids}")
    kinds = [item["type"] for item in value]
    if kinds.count("prompt") != 1 or any(kinds.count(frame) > 1 for frame in FRAMES):
        raise invalid("exactly one prompt and at most one frame of a kind")
    if not omni and ("first_frame" not in kinds or kinds.count("element") > model.elements):
        raise invalid(f"a first frame is needed; at most {model.elements} elements")
    return value


def _together(name: str, model: Model, settings: Mapping[str, Any], kinds: list[str]) -> None:
    """Rules between settings and files that hold on every path."""
    if "last_frame" in kinds:
        if "first_frame" not in kinds:
            raise invalid("a last frame alone is not supported")
        if settings["resolution"] not in model.last_frame:
            raise invalid(f"no last frame at {settings['resolution']}")
    voices = kinds.count("voice")
    if voices and (voices > 2 or name != "kling-2.6" or settings["audio"] != "native"):
        raise invalid("2.6 takes at most two voices, with native audio")
    if name == "kling-2.6" and settings["audio"] == "native":
        if settings["resolution"] != "1080p" or "last_frame" in kinds:
            raise invalid("native audio needs 1080p and no last frame")


def _omni_rules(name: str, settings: Mapping[str, Any], kinds: list[str]) -> None:
    clips = [kind for kind in kinds if kind in CLIPS]
    references = kinds.count("refer_image") + kinds.count("element")
    if len(clips) > 1 or references > (4 if clips else 7):
        raise invalid("too many references")
    if not clips and "first_frame" not in kinds and not settings["aspect_ratio"]:
        raise invalid("aspect_ratio is required")
    if "base_video" in clips and (
        set(kinds) & set(FRAMES) or settings["audio"] == "native" or settings["multi_shot"]
    ):
        raise invalid("base_video takes no frames, no native audio and one shot")
    if not clips and settings["audio"] == "original":
        raise invalid("there is no original sound")
    if name == "kling-3.0-omni" and "feature_video" in clips:
        if settings["audio"] != "off" or not settings["multi_shot"]:
            raise invalid("feature_video needs audio off and multi_shot")
    if name == "kling-o1":
        if "last_frame" in kinds and (references or clips):
            raise invalid("first and last frame exclude references")
        free = bool(clips or references or "last_frame" in kinds)
        if not free and settings["duration"] not in (5, 10):
            raise invalid("duration must be 5 or 10")
