"""Sound is checked before it is paid for: mended by free means, or its share comes back."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.frame import AudioFrame

from providers.base import Adapter, Asset, Done, Failed, Progress, Running, SoundRequest, Ticket
from providers.errors import VendorFault
from providers.registry import Registry
from tests.e2e.stage import ADA, Stage, open_stage
from tests.fakes.clips import make_voice_note

BUY = "/generate a door slams --model scripted-native --seconds 4"


class FreeMaker:
    """A free sound maker that needs two looks to finish."""

    id = "animatic"

    def __init__(self) -> None:
        self.asked: list[SoundRequest] = []
        self.looks = 0

    async def submit_sound(self, request: SoundRequest, *, job_key: str, into: Path) -> Ticket:
        self.asked.append(request)
        make_voice_note(into, seconds=request.seconds, container="wav")
        return Ticket(provider=self.id, model="foley", remote_id=job_key)

    async def poll(self, ticket: Ticket) -> Progress:
        self.looks += 1
        return Running() if self.looks < 2 else Done(ticket=ticket)

    async def fetch(self, done: Done, into: Path) -> Asset:
        return Asset(path=into, mime="audio/wav", size_bytes=0)


@pytest.fixture
def maker(monkeypatch: pytest.MonkeyPatch) -> FreeMaker:
    """The bot has a free sound maker."""
    made, real = FreeMaker(), Registry.get

    def get(self: Registry, provider: str) -> Adapter:
        return made if provider == "animatic" else real(self, provider)

    monkeypatch.setattr(Registry, "get", get)
    return made


@pytest.fixture
def no_maker(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot has no free sound maker."""
    monkeypatch.setattr("bot.app.BUILT_IN", "nobody")


def heard(path: Path) -> tuple[float, float]:
    """Seconds and loudest sample of a clip's sound; (0, 0) without a track."""
    with av.open(str(path), format="mp4") as clip:
        if not clip.streams.audio:
            return 0.0, 0.0
        seconds = peak = 0.0
        for frame in clip.decode(audio=0):
            assert isinstance(frame, AudioFrame)
            seconds += frame.samples / frame.sample_rate
            peak = max(peak, float(np.abs(frame.to_ndarray()).max()))
    return seconds, peak


@pytest.mark.parametrize("fault", ["clip-no-track", "clip-silence", "clip-bad-audio"])
async def test_a_clip_without_usable_sound_is_mended_for_free_and_says_so(
    tmp_path: Path, maker: FreeMaker, fault: str
) -> None:
    async with open_stage(tmp_path) as stage:
        stage.rule(fault)
        job = await stage.buy(BUY)
        assert "The clip came without usable sound, so we mended it." in stage.read(job.id)
        assert "It cost 40 credits." in stage.read(job.id)
        seconds, peak = heard(stage.clip_of(job.id))
        assert seconds == pytest.approx(4.0, abs=0.1)
        assert peak > 0.05
        (asked,) = maker.asked
        assert (asked.kind, asked.text) == ("foley", "a door slams")
        assert asked.seconds == pytest.approx(4.0, abs=0.05)
        assert (await stage.spent(), stage.orders) == (40, 1)


@pytest.mark.parametrize("fault", ["clip-no-track", "clip-silence", "clip-bad-audio"])
async def test_sound_that_cannot_be_mended_gives_its_share_of_the_price_back(
    tmp_path: Path, no_maker: None, fault: str
) -> None:
    async with open_stage(tmp_path) as stage:
        stage.rule(fault)
        job = await stage.buy(BUY)
        # 4 s with sound are 40 credits, without it 28.
        assert "The sound could not be mended, so 12 credits came back." in stage.read(job.id)
        assert "It cost 28 credits." in stage.read(job.id)
        assert "· silent" in stage.read(job.id)
        movements = await stage.app.store.transfers(job=job.id)
        assert sorted((each.kind, each.amount) for each in movements) == [
            ("adjust", 12),
            ("hold", 40),
            ("settle", 40),
        ]
        assert await stage.spent() == 28
        assert heard(stage.clip_of(job.id))[1] < 0.001


async def test_sound_that_ends_too_early_is_brought_to_the_length_of_the_picture(
    tmp_path: Path, no_maker: None
) -> None:
    async with open_stage(tmp_path) as stage:
        stage.rule("clip-short-sound")
        job = await stage.buy(BUY)
        assert "so we mended it" in stage.read(job.id)
        seconds, peak = heard(stage.clip_of(job.id))
        assert seconds == pytest.approx(4.0, abs=0.1)
        assert peak > 0.05
        assert await stage.spent() == 40


async def test_a_clip_asked_for_without_sound_has_none_and_costs_less(stage: Stage) -> None:
    job = await stage.buy(BUY + " --sound off")
    assert "· silent" in stage.read(job.id)
    assert heard(stage.clip_of(job.id)) == (0.0, 0.0)
    assert await stage.spent() == 28


async def test_a_silent_model_says_so_before_it_is_bought(stage: Stage) -> None:
    quote = await stage.say(ADA, "/generate a meadow --model scripted-silent")
    assert "Scripted Silent makes no sound, so the clip will be silent." in quote.text
    assert "Price: 25 credits" in quote.text
    assert stage.orders == 0
    job = await stage.ended((await stage.press(ADA, "confirm", quote.quote)).job)
    assert "· silent" in stage.read(job.id)
    assert await stage.spent() == 25


async def test_a_file_that_came_in_half_is_fetched_once_more_before_the_job_is_given_up(
    stage: Stage,
) -> None:
    stage.rule("file-truncated")
    job = await stage.buy(BUY)
    assert (
        stage.read(job.id)
        == "The file that Scripted Native delivered cannot be played, so there is no clip.\n"
        "You were not charged."
    )
    assert stage.tasks[0].files == 2
    assert stage.orders == 1
    assert await stage.spent() == 0
    assert await stage.booked_usd() == stage.tasks[0].cost_usd, "the vendor is paid all the same"
    assert any(job.id in note for note in await stage.notes())


async def test_a_download_that_breaks_off_is_tried_again(stage: Stage) -> None:
    stage.rule("file-cut*2")
    job = await stage.buy(BUY)
    assert job.state == "delivered"
    assert stage.tasks[0].files == 3
    assert heard(stage.clip_of(job.id))[0] == pytest.approx(4.0, abs=0.1)


async def test_a_late_clip_without_sound_is_free_and_does_not_claim_to_have_any(
    tmp_path: Path, no_maker: None
) -> None:
    async with open_stage(tmp_path) as stage:
        stage.rule("clip-no-track", "run-ms=700")
        asked = await stage.say(ADA, BUY)
        await stage.until(asked.job, "polling")
        stage.clock.jump(61)
        job = await stage.ended(asked.job)
        assert "· silent" in stage.read(job.id)
        assert stage.read(job.id).endswith("It came after its time limit, so it is free.")
        assert await stage.spent() == 0


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("file-500*99", "Scripted Native could not be reached, so there is no clip."),
        ("file-larger", "The file that Scripted Native delivered cannot be played, so there is no clip."),
    ],
)
async def test_a_file_that_cannot_be_fetched_gives_the_credits_back_and_says_why(
    stage: Stage, fault: str, said: str
) -> None:
    stage.rule(fault)
    job = await stage.buy(BUY)
    assert stage.read(job.id) == f"{said}\nYou were not charged."
    assert await stage.spent() == 0
    assert any(job.id in note for note in await stage.notes())


async def test_a_free_maker_that_fails_leaves_the_clip_without_sound_and_gives_its_share_back(
    tmp_path: Path, maker: FreeMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def poll(ticket: Ticket) -> Progress:
        return Failed(error=VendorFault("no sound today"))

    monkeypatch.setattr(maker, "poll", poll)
    async with open_stage(tmp_path) as stage:
        stage.rule("clip-no-track")
        job = await stage.buy(BUY)
        assert "so 12 credits came back." in stage.read(job.id)
        assert await stage.spent() == 28


async def test_the_built_in_renderer_mends_a_clip_that_came_without_sound(stage: Stage) -> None:
    stage.rule("clip-no-track")
    job = await stage.ended((await stage.say(ADA, BUY)).job, seconds=60)
    assert "so we mended it" in stage.read(job.id)
    seconds, peak = heard(stage.clip_of(job.id))
    assert seconds == pytest.approx(4.0, abs=0.1)
    assert peak > 0.05
    assert await stage.spent() == 40
