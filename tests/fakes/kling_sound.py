"""How the fake Kling reads a request for the sound of a clip, and what it gives back.

It never fetches the clip: every one that is handed in is five seconds long. Both prompts must be there: what
the vendor makes where one is missing is nobody's wish.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.fakes.kling_rules import LINK, Order, invalid, known_fields

PATH = "video-to-audio"
SECONDS = 5
FIELDS = {
    "video_url": str,
    "video_id": str,
    "sound_effect_prompt": str,
    "bgm_prompt": str,
    "asmr_mode": bool,
    "external_task_id": str,
    "callback_url": str,
}
UNITS = Decimal("0.25")


def read_sound(body: object) -> Order:
    """Read a request.

    Raises:
        Refusal: 1201 for anything wrong.
    """
    body = known_fields(body, FIELDS)
    if ("video_url" in body) == ("video_id" in body):
        raise invalid("either video_url or video_id")
    if "video_url" in body and not LINK.fullmatch(body["video_url"]):
        raise invalid("video_url is invalid")
    for name in ("sound_effect_prompt", "bgm_prompt"):
        if not 0 < len(body.get(name, "")) <= 200:
            raise invalid(f"{name} must be a text of 1 to 200 characters")
    return Order(
        prompt=body["sound_effect_prompt"],
        seconds=SECONDS,
        aspect="16:9",
        audible=True,
        external_id=body.get("external_task_id", ""),
        units_per_second=UNITS / SECONDS,
    )


def result_of(clip: dict[str, str]) -> dict[str, Any]:
    """The result of a task, from the clip that it is the sound of."""
    sound = clip["url"].replace(".mp4?", ".wav?")
    length = {"duration_mp3": clip["duration"], "duration_wav": clip["duration"]}
    audio = {"id": f"a{clip['id']}", "url_mp3": sound, "url_wav": sound, **length}
    return {"videos": [clip], "audios": [audio]}
