"""The stand-ins of Hailuo, H3, PixVerse and Sora-shaped services refuse what the vendors refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.fakes import minimax_h3, minimax_hailuo, pixverse
from tests.fakes.openai_sora import GOOD_KEY, FakeSora

HAILUO = {"model": "MiniMax-Hailuo-02", "prompt": "a", "duration": 6, "resolution": "768P"}
FRAME = "https://example.com/a.png"
H3 = {
    "model": "MiniMax-H3",
    "content": [{"type": "text", "text": "a"}],
    "ratio": "16:9",
    "duration": 5,
    "resolution": "768P",
}
PIXVERSE = {"model": "v5", "prompt": "a", "duration": 5, "quality": "720p", "aspect_ratio": "16:9"}
SORA = {"model": "sora-2", "prompt": "a", "seconds": "4", "size": "1280x720"}


def image(role: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": FRAME}, "role": role}


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 7},
        {"duration": "6"},
        {"duration": 10, "resolution": "1080P"},
        {"resolution": "512P"},
        {"resolution": "768p"},
        {"model": "MiniMax-Hailuo-2.3-Fast"},
        {"model": "MiniMax-Hailuo-2.3", "first_frame_image": FRAME, "last_frame_image": FRAME},
        {"last_frame_image": FRAME},
        {"first_frame_image": "data:image/png;base64,AAAA", "prompt": "x" * 2001},
        {"first_frame_image": "iVBORw0KGgo="},
        {"prompt": ""},
    ],
)
def test_hailuo_refuses(changes: dict[str, Any]) -> None:
    minimax_hailuo.check_order(HAILUO)
    with pytest.raises(minimax_hailuo.Refusal):
        minimax_hailuo.check_order(HAILUO | changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"duration": 16},
        {"ratio": "adaptive"},
        {"resolution": "768p"},
        {"content": [*H3["content"], image("first_frame"), image("reference_image")]},  # type: ignore[misc]
        {"content": [*H3["content"], image("last_frame")]},  # type: ignore[misc]
        {"content": [image("first_frame")]},
        {"content": [*H3["content"], *[image("reference_image")] * 10]},  # type: ignore[misc]
        {"seed": 7},
    ],
)
def test_h3_refuses(changes: dict[str, Any]) -> None:
    minimax_h3.check_order(H3)
    with pytest.raises(minimax_h3.Refusal):
        minimax_h3.check_order(H3 | changes)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("text", {"generate_audio_switch": True}),
        ("text", {"model": "v6"}),
        ("text", {"duration": 10}),
        ("text", {"model": "v5.5", "generate_audio_switch": True, "quality": "1080p", "duration": 10}),
        ("text", {"quality": "720P"}),
        ("text", {"seed": 2**31}),
        ("text", {"img_id": 42}),
        ("img", {"img_id": 42}),
        ("transition", {"first_frame_img_id": 42}),
    ],
)
def test_pixverse_refuses(kind: str, changes: dict[str, Any]) -> None:
    pixverse.check_order("text", PIXVERSE)
    with pytest.raises(pixverse.Refusal):
        pixverse.check_order(kind, PIXVERSE | changes)


Send = Callable[[httpx.AsyncClient], Any]


@pytest.mark.parametrize(
    ("send", "code"),
    [
        (lambda http: http.post("/videos", json=SORA | {"seconds": 4}), "invalid_type"),
        (lambda http: http.post("/videos", json=SORA | {"seconds": "5"}), "invalid_value"),
        (lambda http: http.post("/videos", json=SORA | {"seed": 7}), "unknown_parameter"),
        (lambda http: http.post("/videos", json=SORA | {"size": "1920x1080"}), "invalid_value"),
        (lambda http: http.post("/videos", json=SORA | {"model": "sora-1"}), "model_not_found"),
        (lambda http: http.post("/videos", data=SORA), "invalid_value"),
        (
            lambda http: http.post(
                "/videos", files={k: (None, v) for k, v in (SORA | {"input_reference": FRAME}).items()}
            ),
            "invalid_value",
        ),
    ],
)
async def test_a_sora_shaped_service_refuses(send: Send, code: str) -> None:
    async with (
        FakeSora() as vendor,
        httpx.AsyncClient(
            base_url=vendor.base_url, headers={"Authorization": f"Bearer {GOOD_KEY}"}, verify=False
        ) as http,
    ):
        refused = await send(http)
    assert refused.status_code in (400, 404) and refused.json()["error"]["code"] == code
    assert not vendor.jobs
