"""How the fake Kling reads a request for a voice, and what it makes of the recording, which it decodes.

What is to go wrong is asked for in the address of the recording: a name has 20 characters.
"""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import aiohttp
import av

from tests.fakes.kling_rules import LINK, Order, invalid, known_fields
from tests.fakes.sounds import heard

PATH = "custom-voices"
FIELDS = {"voice_name", "voice_url", "video_id", "callback_url", "external_task_id"}
SHORTEST, LONGEST = 5.0, 30.0
UNITS = Decimal("0.05")


def read_voice(body: object) -> Order:
    """Read a request.

    Raises:
        Refusal: 1201 for anything wrong.
    """
    body = known_fields(body, dict.fromkeys(FIELDS, str))
    if not 0 < len(body.get("voice_name", "")) <= 20:
        raise invalid("voice_name must have 1 to 20 characters")
    if ("voice_url" in body) == ("video_id" in body):
        raise invalid("either voice_url or video_id")
    if not LINK.fullmatch(body.get("voice_url", "")):
        raise invalid("voice_url is invalid")
    return Order(
        prompt=body["voice_url"],
        seconds=1,
        aspect="16:9",
        audible=True,
        external_id=body.get("external_task_id", ""),
        units_per_second=UNITS,
    )


def read_deletion(body: object) -> str:
    """The voice that is to be deleted."""
    voice: str = known_fields(body, {"voice_id": str}).get("voice_id", "")
    if not voice:
        raise invalid("voice_id is required")
    return voice


async def recording_at(link: str) -> bytes | None:
    """The recording behind a link, if a voice can be made of it."""
    async with aiohttp.ClientSession() as session, session.get(link.partition("[")[0]) as answer:
        if answer.status != 200:
            return None
        file = await answer.read()
    try:
        seconds, peak = await asyncio.to_thread(heard, file)
    except (av.error.FFmpegError, ValueError):
        return None
    return file if SHORTEST <= seconds <= LONGEST and peak > 0.01 else None


def id_of(task_id: str) -> str:
    """The id of the voice that a task makes."""
    return f"93{task_id[-6:]}"


def result_of(voice_id: str) -> dict[str, Any]:
    """The result of a task."""
    voice = {
        "voice_id": voice_id,
        "voice_name": "v",
        "trial_url": "https://cdn.example.org/t.mp3",
        "owned_by": "1001",
    }
    return {"voices": [voice]}
