"""How strictly the fake Kling reads a request below `/v1`, and a signed token. In the vendor's own words.

The token is checked by hand, not by the code that signs it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.fakes import kling_sound, kling_voices
from tests.fakes.kling_rules import (
    ASPECTS,
    LINK,
    MODELS,
    Model,
    Order,
    Refusal,
    check_picture,
    check_voices,
    choice,
    invalid,
)

QUALITY = {"std": "720p", "pro": "1080p", "4k": "4k"}


@dataclass(frozen=True, kw_only=True)
class Name:
    """A `model_name`: its paths, the same model of the new standard, and whether it has a sound switch."""

    paths: tuple[str, ...]
    new: str
    sound: bool = False

    @property
    def model(self) -> Model:
        """Its lengths, sizes and units."""
        return MODELS[self.new]


_BOTH = ("text2video", "image2video")
NAMES: Mapping[str, Name] = {
    "kling-v2-5-turbo": Name(paths=_BOTH, new="kling-2.5-turbo"),
    "kling-v2-6": Name(paths=_BOTH, new="kling-2.6", sound=True),
    "kling-v3": Name(paths=_BOTH, new="kling-3.0", sound=True),
    "kling-v3-omni": Name(paths=("omni-video",), new="kling-3.0-omni", sound=True),
    "kling-video-o1": Name(paths=("omni-video",), new="kling-o1"),
}
COMMON = {"model_name", "prompt", "mode", "duration", "watermark_info", "callback_url", "external_task_id"}
SHOTS = {"multi_shot", "shot_type", "multi_prompt"}


def read_legacy(path: str, body: object, *, look: bool = True) -> Order:
    """Read a request; `path` is its last part, `look` as in `read_order`.

    Raises:
        Refusal: 1201 for anything wrong, 1203 for a model that is not offered there.
    """
    if path == kling_sound.PATH:
        return kling_sound.read_sound(body)
    if path == kling_voices.PATH:
        return kling_voices.read_voice(body)
    if not isinstance(body, dict):
        raise invalid("body must be an object")
    name = NAMES.get(str(body.get("model_name", "kling-v1")))
    if name is None or path not in name.paths:
        raise Refusal(404, 1203, "model is not found")
    model, omni = name.model, path == "omni-video"
    _known(body, name, path)
    prompt = body.get("prompt", "")
    if not isinstance(prompt, str) or len(prompt) > 2500 or len(body.get("negative_prompt", "")) > 2500:
        raise invalid("prompt must be a text of at most 2500 characters")
    resolution = QUALITY[choice(body.get("mode", "pro" if omni else "std"), QUALITY, "mode")]
    choice(resolution, model.resolutions, "mode")
    clips = _clips(body, look=look) if omni else _frames(body, path, model, resolution, look=look)
    seconds = int(choice(body.get("duration", "5"), [str(n) for n in model.seconds], "duration"))
    sound = choice(body.get("sound", "off"), ("on", "off"), "sound") == "on"
    _together(name, body, resolution, clips, sound=sound)
    kept = any(clip.get("keep_original_sound") == "yes" for clip in clips)
    _shots(body, seconds)
    voices = _list(body.get("voice_list", []), {"voice_id"})
    if voices and (not sound or len(voices) > 2 or any(not str(v.get("voice_id")).isdigit() for v in voices)):
        raise invalid("voice_list needs sound, and has at most two voices")
    check_voices(prompt, [str(place) for place, _ in enumerate(voices, 1)], "<<<voice_{}>>>")
    priced = "video" if clips else "voice" if voices else "sound" if sound else "silent"
    aspect = body.get("aspect_ratio")
    return Order(
        prompt=prompt,
        seconds=0 if any(clip["refer_type"] == "base" for clip in clips) else seconds,
        aspect=choice(aspect, ASPECTS, "aspect_ratio") if aspect is not None else ASPECTS[0],
        audible=sound or kept,
        external_id=_external(body),
        units_per_second=Decimal(model.units[resolution, priced]),
    )


def check_token(token: str, secrets: Mapping[str, str]) -> str:
    """Verify a signed token; returns its issuer.

    Raises:
        Refusal: 1002 not valid, 1003 not yet, 1004 no longer.
    """
    parts = token.split(".")
    if len(parts) != 3:
        raise Refusal(401, 1002, f"access key is invalid: {token}")
    header, claims = (_opened(part) for part in parts[:2])
    secret = secrets.get(str(claims.get("iss")))
    if header != {"alg": "HS256", "typ": "JWT"} or set(claims) != {"iss", "exp", "nbf"} or secret is None:
        raise Refusal(401, 1002, f"access key is invalid: {token}")
    signed = hmac.new(secret.encode(), ".".join(parts[:2]).encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(base64.urlsafe_b64encode(signed).rstrip(b"="), parts[2].encode()):
        raise Refusal(401, 1002, f"access key is invalid: {token}")
    now = time.time()
    if claims["nbf"] > now:
        raise Refusal(401, 1003, "authorization is not valid yet")
    if not now < claims["exp"] <= now + 1800:
        raise Refusal(401, 1004, "authorization has expired")
    return str(claims["iss"])


def _opened(part: str) -> dict[str, Any]:
    try:
        value = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _known(body: Mapping[str, Any], name: Name, path: str) -> None:
    known: set[str] = set(COMMON)
    if name.sound:
        known.add("sound")
    if name.model.multi_shot:
        known |= SHOTS
    match path:
        case "text2video":
            known |= {"negative_prompt", "aspect_ratio"}
        case "image2video":
            known |= {"negative_prompt", "image", "image_tail"}
            known |= {"voice_list"} if name.new == "kling-2.6" else set()
        case _:
            known |= {"aspect_ratio", "image_list", "video_list"}
    strange = set(body) - known
    if strange:
        raise invalid(f"unknown fields: {sorted(strange)}")


def _external(body: Mapping[str, Any]) -> str:
    external = body.get("external_task_id")
    if "external_task_id" in body and (not isinstance(external, str) or not external):
        raise invalid("external_task_id must be a non-empty string")
    return external or ""


def _frames(
    body: Mapping[str, Any], path: str, model: Model, resolution: str, *, look: bool
) -> list[dict[str, Any]]:
    if path == "image2video":
        if "image" not in body:
            raise invalid("image is required")
        for key in ("image", "image_tail"):
            if key in body:
                check_picture(body[key], most_bytes=10_000_000, look=look)
        if "image_tail" in body and resolution not in model.last_frame:
            raise invalid(f"no image_tail at {resolution}")
    return []


def _clips(body: Mapping[str, Any], *, look: bool) -> list[dict[str, Any]]:
    images, clips = body.get("image_list", []), body.get("video_list", [])
    types = [image.get("type", "") for image in _list(images, {"image_url", "type"})]
    for image in images:
        check_picture(image.get("image_url"), most_bytes=10_000_000, look=look)
    if any(kind not in ("", "first_frame", "end_frame") for kind in types) or len(set(types) - {""}) != len(
        [kind for kind in types if kind]
    ):
        raise invalid("image_list type is invalid")
    found = _list(clips, {"video_url", "refer_type", "keep_original_sound"})
    for clip in found:
        choice(clip.get("refer_type"), ("base", "feature"), "refer_type")
        choice(clip.get("keep_original_sound", "no"), ("yes", "no"), "keep_original_sound")
        if not LINK.fullmatch(str(clip.get("video_url"))):
            raise invalid("a video is taken by URL only")
    if len(found) > 1 or types.count("") > (4 if found else 7):
        raise invalid("too many references")
    if "end_frame" in types and "first_frame" not in types:
        raise invalid("a last frame alone is not supported")
    base = any(clip["refer_type"] == "base" for clip in found)
    if "first_frame" not in types and not base and "aspect_ratio" not in body:
        raise invalid("aspect_ratio is required")
    return found


def _list(value: object, known: Collection[str]) -> list[dict[str, Any]]:
    if not isinstance(value, list) or any(
        not isinstance(item, dict) or set(item) - set(known) for item in value
    ):
        raise invalid(f"must be a list of objects with {sorted(known)}")
    return value


def _together(
    name: Name, body: Mapping[str, Any], resolution: str, clips: list[dict[str, Any]], *, sound: bool
) -> None:
    if sound and clips:
        raise invalid("sound must be off beside a video")
    if name.new == "kling-2.6" and sound and (resolution != "1080p" or "image_tail" in body):
        raise invalid("sound needs mode pro and no image_tail")
    images = [image.get("type", "") for image in body.get("image_list", [])]
    free = clips or "" in images or "end_frame" in images
    if name.new == "kling-o1" and not free and body.get("duration", "5") not in ("5", "10"):
        raise invalid("duration must be 5 or 10")


def _shots(body: Mapping[str, Any], seconds: int) -> None:
    if not body.get("multi_shot"):
        if body.get("multi_prompt"):
            raise invalid("multi_prompt needs multi_shot")
        if not body.get("prompt"):
            raise invalid("prompt is required")
        return
    choice(body.get("shot_type"), ("customize", "intelligence"), "shot_type")
    shots = _list(body.get("multi_prompt", []), {"index", "prompt", "duration"})
    if not 1 <= len(shots) <= 6 or [shot["index"] for shot in shots] != list(range(1, len(shots) + 1)):
        raise invalid("1 to 6 shots, numbered from 1")
    if any(type(shot["duration"]) is not str or len(shot["prompt"]) > 512 for shot in shots):
        raise invalid("a shot has a duration as text and at most 512 characters")
    if sum(int(shot["duration"]) for shot in shots) != seconds:
        raise invalid("the seconds of the shots must add up to duration")
