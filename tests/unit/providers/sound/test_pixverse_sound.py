"""PixVerse's sound under a clip and lips to a recording: recorded exchanges, bills, and what is not sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from providers.base import LipRequest, Made, MediaInput, ProviderConfig, SoundRequest
from providers.catalogue import sound_price
from providers.errors import ProviderError, Unsupported
from providers.video.pixverse import Pixverse
from tests.contract.sound_harness import shipped
from tests.contract.stage_pixverse_sound import PixverseSoundStage, pixverse_sound
from tests.contract.test_sound_maker import finished
from tests.unit.providers.video.playback import answers, playing, requests, same_body, same_call

FOLDER = "pixverse"
OWN = MediaInput(
    role="source-video",
    kind="video",
    path=Path("nowhere"),
    mime="video/mp4",
    size_bytes=10,
    seconds=5.0,
    made=Made(provider=FOLDER, remote_id="301", at_ms=1),
)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[PixverseSoundStage]:
    """The fake and its makers."""
    async with pixverse_sound(tmp_path) as opened:
        yield opened


def adapter(url: str) -> Pixverse:
    return Pixverse(
        ProviderConfig(
            id=FOLDER,
            base_url=url,
            keys={"PIXVERSE_API_KEY": "test-key"},
            work_dir=Path(),
            timeout_seconds=5,
        )
    )


async def test_sound_under_a_clip_of_its_own_is_asked_for_as_recorded(tmp_path: Path) -> None:
    request = SoundRequest(kind="foley", text="waves", seconds=5.0, video=OWN, route="pixverse/foley")
    async with playing(*answers(FOLDER, "sound under a clip")) as server:
        maker = adapter(server.url)
        ticket = await maker.submit_sound(request, job_key="job-42", into=tmp_path / "a")
        await maker.close()
    same_call(server.heard[0], requests(FOLDER, "sound under a clip")[0], "API-KEY", "Content-Type")
    same_body(server.heard[0], FOLDER, "sound under a clip")
    UUID(server.heard[0]["headers"]["ai-trace-id"])
    assert ticket.remote_id == "301"


async def test_lips_to_a_recording_are_asked_for_as_recorded(tmp_path: Path) -> None:
    path = tmp_path / "voice.mp3"
    path.write_bytes(b"\0" * 35)
    voice = MediaInput(role="voice", kind="audio", path=path, mime="audio/mpeg", size_bytes=35, seconds=3)
    upload = answers(FOLDER, "recording handed over")[0]
    async with playing(upload, *answers(FOLDER, "lips to a recording")) as server:
        maker = adapter(server.url)
        await maker.submit_lips(LipRequest(video=OWN, audio=voice, route="pixverse/lips"), job_key="job-42")
        await maker.close()
    same_call(server.heard[0], requests(FOLDER, "recording handed over")[0], "API-KEY")
    same_call(server.heard[1], requests(FOLDER, "lips to a recording")[0], "API-KEY", "Content-Type")
    same_body(server.heard[1], FOLDER, "lips to a recording")


async def test_the_bill_is_ten_credits_for_five_seconds_begun(
    stage: PixverseSoundStage, tmp_path: Path
) -> None:
    maker, wish = stage.adapter(), stage.wish()
    done = await finished(maker, await maker.submit_sound(wish, job_key="job", into=tmp_path / "a"))
    route = shipped().sound("pixverse/foley")
    assert done.cost_usd == sound_price(route, wish, date(2026, 11, 28)).usd == Decimal("0.10")
    assert sound_price(route, replace(wish, seconds=8.0), date(2026, 11, 28)).usd == Decimal("0.20")
    body = next(iter(stage.vendor.jobs.values())).body
    assert body["original_sound_switch"] is False and body["sound_effect_content"] == "waves"


async def test_what_has_no_words_is_not_sent(stage: PixverseSoundStage, tmp_path: Path) -> None:
    wish = stage.wish()
    assert wish.video is not None
    gone = replace(wish, video=replace(wish.video, path=tmp_path / "gone.mp4"))
    for request in (
        replace(wish, kind="music"),
        replace(wish, video=None),
        replace(wish, negative="x"),
        gone,
    ):
        with pytest.raises(ProviderError) as caught:
            await stage.adapter().submit_sound(request, job_key="job", into=tmp_path / "a")
        assert (caught.value.provider, caught.value.model) == ("pixverse", "pixverse/foley")
        assert isinstance(caught.value, Unsupported) or request is gone
    assert stage.vendor.seen == []
