"""What the fake Ark takes: models, fields, combinations of inputs, limits of files. No sockets, no tasks.

It is stricter than the vendor in one thing: an unknown field is refused, not ignored and billed.
Links to other machines are believed; files inside the request and links to this machine are looked into.
"""

from __future__ import annotations

import base64
import binascii
import io
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import av
from PIL import Image

RATIOS = ("16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "adaptive")
SIDES = {
    "480p": {"16:9": (864, 496), "4:3": (752, 560), "1:1": (640, 640), "21:9": (992, 432)},
    "720p": {"16:9": (1280, 720), "4:3": (1112, 834), "1:1": (960, 960), "21:9": (1470, 630)},
    "1080p": {"16:9": (1920, 1080), "4:3": (1664, 1248), "1:1": (1440, 1440), "21:9": (2206, 946)},
    "4k": {"16:9": (3840, 2160), "4:3": (3326, 2494), "1:1": (2880, 2880), "21:9": (4398, 1886)},
}
# What the vendor forgives beyond the documented seconds of clips and recordings.
TOLERANCE = 0.2
_DATA = re.compile(r"data:(image|audio)/([a-z0-9.+-]+);base64,(.*)", re.DOTALL)
_PICTURES = ("jpeg", "png", "webp", "bmp", "tiff", "gif", "heic", "heif")
_SWITCH = re.compile(r"--(rs|resolution|rt|ratio|dur|duration)\s+(\S+)")
_FLAGS = ("generate_audio", "watermark", "return_last_frame")
_BOUNDS = {"execution_expires_after": (3600, 259_200), "priority": (0, 9), "seed": (-1, 2_147_483_647)}


class Refusal(Exception):
    """The vendor's no, with its status and body."""

    def __init__(
        self, status: int, code: str, message: str, param: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        """Keep what is answered."""
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        kinds = {
            400: "BadRequest",
            401: "Unauthorized",
            403: "Forbidden",
            404: "NotFound",
            409: "Conflict",
            429: "TooManyRequests",
        }
        self.body = {
            "error": {
                "code": code,
                "message": f"{message} Request id: 0217",
                "param": param,
                "type": kinds.get(status, "InternalServerError"),
            }
        }


@dataclass(frozen=True, kw_only=True)
class Model:
    """What one model takes. `seconds` of a clip; `media` is the longest sum of clips or recordings."""

    resolutions: tuple[str, ...]
    seconds: tuple[int, int]
    images: int = 0
    others: int = 0
    media: int = 15
    newest: bool = False
    old: bool = False


_SERIES = Model(resolutions=("480p", "720p"), seconds=(4, 15), images=9, others=3)
MODELS: Mapping[str, Model] = {
    "seedance-2-5-260628": Model(
        resolutions=("480p", "720p", "1080p"), seconds=(4, 30), images=30, others=10, media=30, newest=True
    ),
    "seedance-2-0-260128": Model(
        resolutions=("480p", "720p", "1080p", "4k"), seconds=(4, 15), images=9, others=3
    ),
    "seedance-2-0-fast-260128": _SERIES,
    "seedance-2-0-mini-260615": _SERIES,
    "seedance-1-0-pro-250528": Model(resolutions=("480p", "720p", "1080p"), seconds=(2, 12), old=True),
}
# Old models keep their plain names at BytePlus; in China all have the same family name.
PREFIXES = {"byteplus": ("dreamina-", "seedance-1"), "volcengine": ("doubao-", "doubao-")}


@dataclass(frozen=True, kw_only=True)
class Order:
    """A request that was taken."""

    model: str
    text: str
    resolution: str
    ratio: str
    seconds: int
    sound: bool
    input_seconds: float = 0.0
    mark: str = ""
    expires_after: int = 172_800
    newest: bool = False
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def tokens(self) -> int:
        """What is billed."""
        ratio = "16:9" if self.ratio == "adaptive" else self.ratio
        sides = SIDES[self.resolution]
        turned = ":".join(reversed(ratio.split(":")))
        width, height = sides[ratio] if ratio in sides else sides[turned]
        if self.newest and self.resolution == "480p" and "16:9" in (ratio, turned):
            width, height = 854, 480
        seconds = Fraction(str(self.seconds + self.input_seconds))
        if self.input_seconds and any(name in self.model for name in ("2-0-260128", "2-0-fast")):
            # At least so many seconds are billed as soon as there is a clip among the inputs.
            least = Fraction(9 * self.seconds, 5)
            if self.resolution != "1080p":
                least = Fraction(math.ceil(Fraction(5 * self.seconds, 3)))
            seconds = max(seconds, least)
        return math.ceil(width * height * (24 * seconds + 1) / 1024)


def model_of(name: object, region: str) -> Model:
    """The model of a name in a region."""
    new, old = PREFIXES[region]
    plain = str(name).removeprefix(new)
    known = MODELS.get(plain)
    if known is None or not str(name).startswith((new, old)) or (plain == name and not known.old):
        raise Refusal(404, "InvalidEndpointOrModel.NotFound", f"The model {name} does not exist.", "model")
    return known


def links_in(body: object) -> list[str]:
    """The addresses that the vendor has to read."""
    parts = body.get("content") if isinstance(body, dict) else None
    found = []
    for part in parts if isinstance(parts, list) else []:
        inner = part.get(part.get("type")) if isinstance(part, dict) else None
        url = inner.get("url") if isinstance(inner, dict) else None
        if isinstance(url, str) and url.startswith(("http://", "https://")):
            found.append(url)
    return found


def read_order(body: object, region: str, fetched: Mapping[str, bytes | float]) -> Order:
    """Check a request. `fetched`: the bytes behind links that could be read.

    Raises:
        Refusal: it is not taken.
    """
    if not isinstance(body, dict):
        raise Refusal(400, "InvalidParameter", "the body must be an object")
    fields = {name: value for name, value in body.items() if value is not None}
    if "model" not in fields:
        raise Refusal(400, "MissingParameter.model", "model is missing", "model")
    model = model_of(fields["model"], region)
    _check_fields(fields, model, region)
    text, roles, seconds = _check_content(fields.get("content"), model, fetched)
    _check_company(roles, model)
    resolution = fields.get("resolution", "1080p" if model.old else "720p")
    ratio, duration = fields.get("ratio", "adaptive"), fields.get("duration", -1)
    task = fields.get("omni_reference_task_type", "auto")
    framed = {"first_frame", "last_frame"} & set(roles)
    if model.newest and (framed or task in ("edit", "extend")) and ratio != "adaptive":
        raise wrong("ratio", "only adaptive is valid here")
    if task in ("edit", "extend") and roles.count("reference_video") < 1:
        raise Refusal(400, "InvalidParameter.TaskTypeConstraint", "a reference_video is needed", "content")
    if task == "edit" and duration != -1:
        raise Refusal(400, "InvalidParameter.TaskTypeConstraint", "duration must be -1", "duration")
    given = sum(seconds["video"])
    if duration == -1:
        duration = round(given) if task == "edit" and given else 5
    for word, value in _SWITCH.findall(text):
        # Weakly validated: a switch in the text wins over the field.
        resolution = value if word in ("rs", "resolution") else resolution
        ratio = value if word in ("rt", "ratio") else ratio
        duration = int(value) if word in ("dur", "duration") else duration
    return Order(
        model=fields["model"],
        text=text,
        resolution=resolution,
        ratio=ratio,
        seconds=duration,
        sound=fields.get("generate_audio", True) and not model.old,
        input_seconds=given,
        mark=fields.get("safety_identifier", ""),
        expires_after=fields.get("execution_expires_after", 172_800),
        newest=model.newest,
        fields=fields,
    )


def wrong(param: str, message: str) -> Refusal:
    """The usual answer to a value that cannot be."""
    return Refusal(400, "InvalidParameter", f"the parameter {param} is not valid: {message}", param)


def _check_fields(fields: Mapping[str, Any], model: Model, region: str) -> None:
    choices: dict[str, Iterable[object]] = {
        "resolution": model.resolutions,
        "ratio": RATIOS,
        "service_tier": ("default", "flex") if model.old else ("default",),
        "output_format": ("mp4", "mov") if model.newest else (),
        "omni_reference_task_type": ("auto", "reference", "edit", "extend") if model.newest else (),
    }
    for name, value in fields.items():
        if name in choices:
            if value not in tuple(choices[name]):
                raise wrong(name, f"{value!r}")
        elif name in _FLAGS or (name in ("camera_fixed", "draft") and model.old):
            if not isinstance(value, bool):
                raise wrong(name, "must be true or false")
        elif name in _BOUNDS:
            low, high = _BOUNDS[name]
            if type(value) is not int or not low <= value <= high:
                raise wrong(name, f"must be a whole number from {low} to {high}")
        elif name == "duration":
            low, high = model.seconds
            if type(value) is not int or not (value == -1 or low <= value <= high):
                raise wrong(name, f"must be -1 or a whole number from {low} to {high}")
        elif name == "safety_identifier":
            if not isinstance(value, str) or not 0 < len(value) <= 64:
                raise wrong(name, "must have 1 to 64 characters")
        elif name not in ("model", "content", "callback_url") and (name, region) != ("tools", "volcengine"):
            raise wrong(name, "unknown field")


def _check_content(
    content: object, model: Model, fetched: Mapping[str, bytes | float]
) -> tuple[str, list[str], dict[str, list[float]]]:
    """The text, the roles of the files, the seconds of clips and recordings."""
    if not isinstance(content, list) or not content:
        raise wrong("content", "must be a list of parts")
    texts, roles = [], []
    seconds: dict[str, list[float]] = {"video": [], "audio": []}
    pictures = sum(1 for part in content if isinstance(part, dict) and part.get("type") == "image_url")
    for part in content:
        if not isinstance(part, dict):
            raise wrong("content", "a part must be an object")
        if part.get("type") == "text":
            if set(part) != {"type", "text"} or not isinstance(part["text"], str):
                raise wrong("content", "a text part has type and text")
            texts.append(part["text"])
            continue
        kind, role, url = _file_part(part, alone=pictures == 1)
        roles.append(role)
        length = _look_into(kind, url, model, fetched)
        if kind != "image":
            seconds[kind].append(length)
            if sum(seconds[kind]) > model.media + TOLERANCE:
                raise wrong("content", f"the {kind}s may have {model.media + TOLERANCE:.1f} seconds together")
    return "\n".join(texts), roles, seconds


def _file_part(part: Mapping[str, Any], *, alone: bool) -> tuple[str, str, str]:
    name = str(part.get("type"))
    kind = name.removesuffix("_url")
    known = {
        "image": ("first_frame", "last_frame", "reference_image"),
        "video": ("reference_video",),
        "audio": ("reference_audio",),
    }
    if kind == name or kind not in known or not set(part) <= {"type", name, "role"}:
        raise wrong("content", f"unknown part {name}")
    role = part.get("role") or ("first_frame" if kind == "image" and alone else "")
    if role not in known[kind]:
        raise wrong("content", f"a part of type {name} needs a role among {known[kind]}, not {role!r}")
    inner = part[name]
    if not isinstance(inner, dict) or set(inner) != {"url"} or not isinstance(inner["url"], str):
        raise wrong("content", f"{name} must be an object with a url")
    return kind, role, inner["url"]


def _check_company(roles: list[str], model: Model) -> None:
    frames = {"first_frame", "last_frame"} & set(roles)
    references = set(roles) - frames
    if frames and references:
        raise wrong("content", "first or last frame and reference media exclude each other")
    if roles.count("first_frame") > 1 or roles.count("last_frame") > 1:
        raise wrong("content", "there can be one first and one last frame")
    if "last_frame" in frames and "first_frame" not in frames:
        raise wrong("content", "a last frame needs a first frame")
    if references == {"reference_audio"} and not model.newest:
        raise wrong("content", "audio must come with an image or a video")
    if roles.count("reference_image") > model.images:
        raise wrong("content", f"at most {model.images} reference images")
    for role in ("reference_video", "reference_audio"):
        if roles.count(role) > model.others:
            raise wrong("content", f"at most {model.others} of {role}")


def _look_into(kind: str, url: str, model: Model, fetched: Mapping[str, bytes | float]) -> float:
    """Check a file as far as it can be seen; returns its seconds, 0 for pictures and links elsewhere."""
    if url.startswith(("http://", "https://", "asset://")):
        if url not in fetched:
            return 0.0
        found_there = fetched[url]
        # Of a clip that it made itself the vendor knows the seconds.
        return found_there if isinstance(found_there, float) else _check_bytes(kind, found_there, model)
    found = _DATA.fullmatch(url)
    if found is None or found[1] != kind:
        raise wrong("content", f"the {kind} must be a link or data:<kind>/<lower case type>;base64")
    if found[2] not in (_PICTURES if kind == "image" else ("wav", "mp3")):
        raise wrong("content", f"{kind}/{found[2]} is not taken")
    try:
        data = base64.b64decode(found[3], validate=True)
    except binascii.Error:
        raise wrong("content", "not Base64") from None
    # Recorded requests hold files of a few bytes: they show the form only.
    return _check_bytes(kind, data, model) if len(data) > 64 else 0.0


def _check_bytes(kind: str, data: bytes, model: Model) -> float:
    limit = {"image": 30_000_000, "audio": 15_000_000, "video": 200_000_000}[kind]
    if len(data) > limit:
        raise wrong("content", f"the {kind} is too large")
    try:
        if kind == "image":
            with Image.open(io.BytesIO(data)) as picture:
                width, height = picture.size
            if not (300 <= min(width, height) <= max(width, height) <= 6000):
                raise wrong("content", f"the image has {width}x{height} pixels")
            if not 0.4 <= width / height <= 2.5:
                raise wrong("content", f"the image has the ratio {width / height:.2f}")
            return 0.0
        with av.open(io.BytesIO(data), "r") as media:
            length = (media.duration or 0) / 1_000_000
            pixels = media.streams.video[0].width * media.streams.video[0].height if kind == "video" else 0
    except (OSError, av.FFmpegError):
        raise Refusal(400, "InvalidParameter", f"the {kind} cannot be read", "content") from None
    if kind == "video" and not 407_696 <= pixels <= 8_295_044:
        raise wrong("content", f"the video has {pixels} pixels")
    if not 2 <= length <= model.media + TOLERANCE:
        raise wrong("content", f"the {kind} has {length:.1f} seconds, not 2 to {model.media + TOLERANCE:.1f}")
    return length
