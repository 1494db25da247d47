"""What the fake fal takes at its endpoints for sound and lips: fields as fal's own types say. No sockets.

Source: github.com/fal-ai/fal-js, libs/client/src/types/endpoints.ts of 2026-08-02; limits of length from the
endpoints' pages. Leaving out a length, or a prompt that has a default there, is legal there and refused here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Kind = str | tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SoundEndpoint:
    """One endpoint.

    Attributes:
        fields: a name with * is required, a name with ! is required of us.
        text: the field with the words. most: how long they may be.
        answer: fields of the result; "name[]" is a list.
        span: shortest and longest clip in seconds. ranges: of numbers.
    """

    fields: Mapping[str, Kind]
    answer: tuple[str, ...]
    text: str = ""
    most: int = 2500
    span: tuple[float, float] = (0.0, 600.0)
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)


LIPS: Mapping[str, Kind] = {"video_url*": "file", "audio_url*": "file"}
SOUNDS: Mapping[str, SoundEndpoint] = {
    "fal-ai/mmaudio-v2": SoundEndpoint(
        fields={
            "video_url*": "file",
            "prompt*": "string",
            "negative_prompt": "string",
            "duration!": "number",
            "num_steps": "number",
            "cfg_strength": "number",
            "seed": "number",
            "mask_away_clip": "boolean",
        },
        answer=("video",),
        text="prompt",
        ranges={"duration": (1, 30)},
    ),
    "fal-ai/kling-video/video-to-audio": SoundEndpoint(
        fields={
            "video_url*": "file",
            "sound_effect_prompt!": "string",
            "background_music_prompt!": "string",
            "asmr_mode": "boolean",
        },
        answer=("video", "audio"),
        text="sound_effect_prompt",
        most=200,
        span=(3, 20),
    ),
    "mirelo-ai/sfx-v1.5/video-to-audio": SoundEndpoint(
        fields={
            "video_url*": "file",
            "text_prompt": "string",
            "duration!": "number",
            "num_samples!": "number",
            "seed": "number",
            "start_offset": "number",
        },
        answer=("audio[]",),
        text="text_prompt",
        ranges={"duration": (1, 10), "num_samples": (2, 8)},
    ),
    "mirelo-ai/sfx1.6/video-to-video": SoundEndpoint(
        fields={
            "video_url*": "file",
            "text_prompt": "string",
            "duration!": "number",
            "num_samples!": "number",
            "seed": "number",
        },
        answer=("video[]",),
        text="text_prompt",
        ranges={"duration": (1, 60), "num_samples": (1, 4)},
    ),
    "fal-ai/kling-video/lipsync/audio-to-video": SoundEndpoint(fields=LIPS, answer=("video",), span=(2, 10)),
    "fal-ai/pixverse/lipsync": SoundEndpoint(
        fields={**LIPS, "text": "string", "voice_id": "string"}, answer=("video",)
    ),
    "fal-ai/sync-lipsync": SoundEndpoint(
        fields={
            **LIPS,
            "model": ("lipsync-1.8.0", "lipsync-1.7.1", "lipsync-1.9.0-beta"),
            "sync_mode": ("cut_off", "loop", "bounce", "silence", "remap"),
        },
        answer=("video",),
    ),
    "sonilo/v1.1/video-to-sound-effects": SoundEndpoint(
        fields={
            "video_url*": "file",
            "prompt": "string",
            "audio_format": ("wav", "mp3", "aac", "flac"),
            "segments": "list",
        },
        answer=("audio", "audios[]"),
        text="prompt",
    ),
}


def faults_of(endpoint: str, body: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """What is wrong with a request: field, type of error, words; None where nothing is."""
    rules = SOUNDS[endpoint]
    fields = {name.rstrip("*!"): kind for name, kind in rules.fields.items()}
    for name in rules.fields:
        if name.endswith(("*", "!")) and name.rstrip("*!") not in body:
            return name.rstrip("*!"), "missing", "Field required"
    for name, value in body.items():
        if name not in fields:
            return name, "unexpected", "there is no such field"
        kind = fields[name]
        if not (value in kind if isinstance(kind, tuple) else _is(kind, value)):
            return name, "type_error", f"{value!r} is not taken"
        low, high = rules.ranges.get(name, (float("-inf"), float("inf")))
        if kind == "number" and not low <= value <= high:
            return name, "less_than_equal", f"{value} is not from {low} to {high}"
    if len(str(body.get(rules.text, ""))) > rules.most:
        return rules.text, "sequence_too_long", f"at most {rules.most} characters"
    return None


def result_of(endpoint: str, links: Mapping[str, str]) -> dict[str, Any]:
    """The result of a job: `links` to its "video" and "audio"."""
    made: dict[str, Any] = {}
    for name in SOUNDS[endpoint].answer:
        plain = name.removesuffix("[]")
        kind = plain.removesuffix("s")
        file = {"url": links[kind], "content_type": "video/mp4" if kind == "video" else "audio/mpeg"}
        made[plain] = [file, dict(file)] if name.endswith("[]") else file
    return made


def _is(kind: str, value: object) -> bool:
    return {
        "string": isinstance(value, str),
        "file": isinstance(value, str) and value.startswith(("https://", "http://", "data:")),
        "number": isinstance(value, int | float) and not isinstance(value, bool),
        "boolean": isinstance(value, bool),
        "list": isinstance(value, list),
    }[kind]
