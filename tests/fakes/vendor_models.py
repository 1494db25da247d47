"""What the fake vendor sells and how strictly it reads a request.

The tables are the vendor's own (its names, lengths and prices); the catalogue files beside it repeat them
in our words. Nothing here knows sockets or tasks.
"""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

import av
from av.audio.frame import AudioFrame
from PIL import Image

Character = Literal["key", "lookup", "blind"]
CHARACTERS: tuple[Character, ...] = ("key", "lookup", "blind")
PROMPT_LIMIT = 2000
VERSION_HEADER = "Scripted-Version"
VERSION = "2026-11-01"
AUDIO_SECONDS = (2.0, 15.0)
ASPECTS = ("16:9", "9:16", "1:1")


class VendorRefusal(Exception):
    """The vendor says no.

    Attributes:
        status: HTTP status.
        code: the vendor's error code.
        detail: text for people.
        fieldname: the field that is wrong, or "".
        headers: more answer headers.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        fieldname: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Keep the facts."""
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.fieldname = fieldname
        self.headers = dict(headers or {})

    def body(self) -> dict[str, Any]:
        """The answer as JSON."""
        error: dict[str, Any] = {"code": self.code, "message": self.detail}
        if self.fieldname:
            error["field"] = self.fieldname
        return {"error": error}


@dataclass(frozen=True, kw_only=True)
class Model:
    """One model as the vendor sells it.

    Attributes:
        name: the word on the wire.
        modes: accepted `mode` words, each with the input roles it demands.
        durations: accepted lengths in seconds.
        resolutions: accepted sizes.
        sound: "native" (a switch called `audio`), "never" (no such field) or "always" (no such field).
        per_second: price in US dollars by (resolution, with sound); None where a clip has a fixed price.
        per_clip: price in US dollars by length, where it is fixed.
        per_image: added for each input image after the first.
        billed_when_moderated: whether a withheld clip is charged.
        tells: what the vendor says while it works: "position", "fraction".
        retired: no longer served.
    """

    name: str
    modes: Mapping[str, frozenset[str]]
    durations: frozenset[int]
    resolutions: frozenset[str]
    sound: Literal["native", "never", "always"]
    per_second: Mapping[tuple[str, bool], Decimal] = field(default_factory=dict)
    per_clip: Mapping[int, Decimal] = field(default_factory=dict)
    per_image: Decimal = Decimal(0)
    billed_when_moderated: bool = False
    tells: frozenset[str] = frozenset({"position", "fraction"})
    retired: bool = False

    def price(self, *, seconds: int, resolution: str, audio: bool, images: int = 0) -> Decimal:
        """What a finished clip costs, in US dollars."""
        extra = self.per_image * max(0, images - 1)
        if self.per_clip:
            return self.per_clip[seconds] + extra
        return self.per_second[resolution, audio] * seconds + extra


_TEXT = {"text": frozenset[str]()}
_FIRST = {"first_frame": frozenset({"first_frame"})}

MODELS: Mapping[str, Model] = {
    model.name: model
    for model in (
        Model(
            name="sv-native-1",
            modes=_TEXT | _FIRST,
            durations=frozenset({4, 6, 8}),
            resolutions=frozenset({"720p", "1080p"}),
            sound="native",
            per_second={
                ("720p", True): Decimal("0.10"),
                ("720p", False): Decimal("0.07"),
                ("1080p", True): Decimal("0.15"),
                ("1080p", False): Decimal("0.12"),
            },
        ),
        Model(
            name="sv-silent-1",
            modes=_TEXT | _FIRST | {"first_last": frozenset({"first_frame", "last_frame"})},
            durations=frozenset({5, 10}),
            resolutions=frozenset({"720p"}),
            sound="never",
            per_clip={5: Decimal("0.25"), 10: Decimal("0.45")},
            tells=frozenset(),
        ),
        Model(
            name="sv-voice-1",
            modes={"references": frozenset({"reference_audio", "reference_image"})},
            durations=frozenset(range(4, 13)),
            resolutions=frozenset({"480p", "720p"}),
            sound="always",
            per_second={("480p", True): Decimal("0.05"), ("720p", True): Decimal("0.08")},
            per_image=Decimal("0.02"),
        ),
        Model(
            name="sv-dated-1",
            modes=_TEXT,
            durations=frozenset({5}),
            resolutions=frozenset({"720p"}),
            sound="always",
            per_second={("720p", True): Decimal("0.20")},
            billed_when_moderated=True,
            tells=frozenset({"position"}),
        ),
        Model(
            name="sv-old-1",
            modes=_TEXT,
            durations=frozenset({5}),
            resolutions=frozenset({"720p"}),
            sound="always",
            per_second={("720p", True): Decimal("0.30")},
            retired=True,
        ),
    )
}

_IMAGE_ROLES = frozenset({"first_frame", "last_frame", "reference_image"})


def invalid(fieldname: str, detail: str) -> VendorRefusal:
    """A 400 that names the field."""
    return VendorRefusal(400, "invalid_parameter", detail, fieldname)


@dataclass(frozen=True, kw_only=True)
class Order:
    """A request the vendor understood."""

    model: Model
    prompt: str
    seconds: int
    resolution: str
    aspect: str
    audio: bool
    reference: str = ""
    images: int = 0

    @property
    def cost_usd(self) -> Decimal:
        """What it costs when it succeeds."""
        return self.model.price(
            seconds=self.seconds, resolution=self.resolution, audio=self.audio, images=self.images
        )


def read_order(body: object, character: Character) -> Order:
    """Read a request as strictly as the worst vendor does.

    Raises:
        VendorRefusal: 400 naming the field, or 404 for a model that is gone.
    """
    if not isinstance(body, dict):
        raise invalid("", "the body must be a JSON object")
    model = _model(body)
    _no_strange_fields(body, model, character)
    prompt = _text(body, "prompt", limit=PROMPT_LIMIT, required=True)
    mode = _choice(body, "mode", tuple(model.modes))
    duration = body.get("duration")
    if type(duration) is not int:
        raise invalid("duration", "duration must be an integer")
    if duration not in model.durations:
        raise invalid("duration", f"duration must be one of {sorted(model.durations)}")
    audio = model.sound == "always"
    if model.sound == "native":
        if type(body.get("audio")) is not bool:
            raise invalid("audio", "audio must be true or false")
        audio = body["audio"]
    seed = body.get("seed")
    if "seed" in body and (type(seed) is not int or not 0 <= seed < 2**31):
        raise invalid("seed", "seed must be an integer from 0 to 2147483647")
    _text(body, "negative_prompt", limit=PROMPT_LIMIT)
    roles = _inputs(body)
    missing = model.modes[mode] - set(roles)
    if missing or set(roles) - model.modes[mode]:
        raise invalid("inputs", f"mode {mode} takes exactly these roles: {sorted(model.modes[mode])}")
    return Order(
        model=model,
        prompt=prompt,
        seconds=duration,
        resolution=_choice(body, "resolution", tuple(sorted(model.resolutions))),
        aspect=_choice(body, "aspect_ratio", ASPECTS),
        audio=audio,
        reference=_text(body, "reference", limit=64),
        images=sum(role in _IMAGE_ROLES for role in roles),
    )


def trust_order(body: dict[str, Any]) -> Order:
    """Read a request without checking it, for load tests that measure somebody else."""
    model = MODELS[body["model"]]
    return Order(
        model=model,
        prompt=body["prompt"],
        seconds=body["duration"],
        resolution=body["resolution"],
        aspect=body["aspect_ratio"],
        audio=body.get("audio", model.sound == "always"),
        reference=body.get("reference", ""),
    )


def _model(body: dict[str, Any]) -> Model:
    name = body.get("model")
    if not isinstance(name, str):
        raise invalid("model", "model must be a string")
    model = MODELS.get(name)
    if model is None:
        raise VendorRefusal(404, "model_not_found", f"no model {name!r}", "model")
    if model.retired:
        raise VendorRefusal(404, "model_retired", f"model {name} is no longer offered", "model")
    return model


def _no_strange_fields(body: dict[str, Any], model: Model, character: Character) -> None:
    known = {"model", "prompt", "mode", "duration", "resolution", "aspect_ratio"}
    known |= {"seed", "negative_prompt", "inputs"}
    if model.sound == "native":
        known.add("audio")
    if character == "lookup":
        known.add("reference")
    for name in body:
        if name not in known:
            raise invalid(name, f"unknown field {name!r}")


def _text(body: dict[str, Any], name: str, *, limit: int, required: bool = False) -> str:
    value = body.get(name, None if required else "")
    if not isinstance(value, str):
        raise invalid(name, f"{name} must be a string")
    if required and not value.strip():
        raise invalid(name, f"{name} must not be empty")
    if len(value) > limit:
        raise invalid(name, f"{name} has {len(value)} characters; at most {limit} are allowed")
    return value


def _choice(body: dict[str, Any], name: str, allowed: tuple[str, ...]) -> str:
    value = body.get(name)
    if value not in allowed:
        raise invalid(name, f"{name} must be one of {', '.join(allowed)}")
    return str(value)


def _inputs(body: dict[str, Any]) -> list[str]:
    inputs = body.get("inputs", [])
    if not isinstance(inputs, list) or len(inputs) > 9:
        raise invalid("inputs", "inputs must be a list of at most 9 files")
    roles: list[str] = []
    for index, item in enumerate(inputs):
        place = f"inputs[{index}]"
        if not isinstance(item, dict) or set(item) != {"role", "data"}:
            raise invalid(place, f"{place} must have exactly role and data")
        role = item["role"]
        if role in _IMAGE_ROLES:
            _check_image(_bytes_of(item["data"], place), place)
        elif role == "reference_audio":
            _check_audio(_bytes_of(item["data"], place), place)
        else:
            raise invalid(f"{place}.role", f"unknown role {role!r}")
        roles.append(role)
    for role in ("first_frame", "last_frame", "reference_audio"):
        if roles.count(role) > 1:
            raise invalid("inputs", f"at most one {role}")
    return roles


def _bytes_of(data: object, place: str) -> bytes:
    if not isinstance(data, str) or not data.startswith("data:") or ";base64," not in data:
        raise invalid(f"{place}.data", "data must be a base64 data URI")
    try:
        return base64.b64decode(data.split(",", 1)[1], validate=True)
    except binascii.Error:
        raise invalid(f"{place}.data", "data is not valid base64") from None


def _check_image(data: bytes, place: str) -> None:
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as image:
            image.verify()
            if min(image.size) < 64:
                raise invalid(f"{place}.data", "images must be at least 64 pixels on each side")
    except (OSError, SyntaxError, ValueError):
        raise invalid(f"{place}.data", "images must be PNG, JPEG or WebP") from None


def _check_audio(data: bytes, place: str) -> None:
    wav = data[:4] == b"RIFF" and data[8:12] == b"WAVE"
    mp3 = data[:3] == b"ID3" or (len(data) > 2 and data[0] == 0xFF and data[1] & 0xE6 == 0xE2)
    if not wav and not mp3:
        raise invalid(f"{place}.data", "reference audio must be wav or mp3")
    try:
        seconds = _decoded_seconds(data, "wav" if wav else "mp3")
    except (av.FFmpegError, ValueError):
        raise invalid(f"{place}.data", "reference audio cannot be decoded") from None
    low, high = AUDIO_SECONDS
    if not low <= seconds <= high:
        detail = f"reference audio has {seconds:.2f} s; it must have {low:g} to {high:g} s"
        raise invalid(f"{place}.data", detail)


def _decoded_seconds(data: bytes, container_format: str) -> float:
    """The length found by decoding every frame, whatever the header promises."""
    seconds = Fraction(0)  # exact: 15 s cut into packets are not a hair more than 15 s
    with av.open(io.BytesIO(data), "r", format=container_format) as container:
        for frame in container.decode(audio=0):
            assert isinstance(frame, AudioFrame)
            seconds += Fraction(frame.samples, frame.sample_rate)
    return float(seconds)
