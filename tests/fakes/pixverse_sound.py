"""What the fake PixVerse takes for sound under a clip and for lips to a recording. No sockets.

Source: pixverse-mcp 0.2.2 as recorded, and the vendor's guide to lip sync.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import av

KINDS: Mapping[str, Mapping[str, type]] = {
    "sound_effect": {
        "source_video_id": int,
        "video_media_id": int,
        "sound_effect_content": str,
        "original_sound_switch": bool,
    },
    "lip_sync": {
        "source_video_id": int,
        "video_media_id": int,
        "audio_media_id": int,
        "lip_sync_tts_speaker_id": str,
        "lip_sync_tts_content": str,
    },
}


def wrong_in(kind: str, body: Any) -> str:
    """The field that is wrong, or ""."""
    if not isinstance(body, dict):
        return "body"
    for name, value in body.items():
        if type(value) is not KINDS[kind].get(name):
            return str(name)
    if ("source_video_id" in body) == ("video_media_id" in body):
        return "source_video_id or video_media_id"
    if kind == "sound_effect":
        return "" if 0 < len(body.get("sound_effect_content", "")) <= 2048 else "sound_effect_content"
    spoken = {"lip_sync_tts_speaker_id", "lip_sync_tts_content"} <= set(body)
    return "" if spoken != ("audio_media_id" in body) else "audio_media_id or text"


def length_in(file: bytes) -> float:
    """Seconds of a clip or recording that was handed over; 0 where it is neither."""
    try:
        with av.open(io.BytesIO(file), "r") as media:
            return (media.duration or 0) / 1_000_000
    except av.FFmpegError:
        return 0.0
