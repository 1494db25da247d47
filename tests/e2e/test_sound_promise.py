"""Sound is checked before it is paid for: mended by free means, or its share comes back."""

from __future__ import annotations

import wave
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.frame import AudioFrame

from providers.base import Adapter, Asset, Done, Failed, Progress, Running, SoundRequest, Ticket
from providers.errors import VendorFault
from providers.registry import Registry
from tests.e2e.stage import ADA, Stage, open_stage
from tests.fakes.clips import make_voice_note, tone
from tests.fakes.verifiers import loudness, needs_ffmpeg, packet_sums

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


def write_tone(path: Path, *, seconds: float, hz: float) -> None:
    """A recording of one pure tone."""
    samples = (tone(seconds, hz=hz) * 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 48_000, samples.size, "NONE", ""))
        file.writeframes(samples.tobytes())


def strength(path: Path, hz: float) -> float:
    """How strong one pitch is in a clip's sound."""
    with av.open(str(path), format="mp4") as clip:
        parts = [frame.to_ndarray()[0] for frame in clip.decode(audio=0) if isinstance(frame, AudioFrame)]
    samples = np.concatenate(parts)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(samples.size)))
    place = round(hz * samples.size / 48_000)
    return float(spectrum[place - 3 : place + 4].max())


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


async def test_a_silent_model_says_so_before_it_is_bought(tmp_path: Path, no_maker: None) -> None:
    async with open_stage(tmp_path) as stage:
        quote = await stage.say(ADA, "/generate a meadow --model scripted-silent")
        assert "Scripted Silent makes no sound, so the clip will be silent." in quote.text
        assert "Price: 25 credits" in quote.text
        assert stage.orders == 0
        job = await stage.ended((await stage.press(ADA, "confirm", quote.quote)).job)
        assert "· silent" in stage.read(job.id)
        assert await stage.spent() == 25


@needs_ffmpeg
@pytest.mark.parametrize("words", ["", " --sound on"])
async def test_a_silent_models_clip_is_given_a_sound_at_no_cost_and_says_so_first(
    tmp_path: Path, maker: FreeMaker, words: str
) -> None:
    async with open_stage(tmp_path) as stage:
        asked = await stage.say(ADA, f"/generate rain on a roof --model scripted-silent{words}")
        assert "the built-in sound maker adds it, at no cost" in asked.text
        job = await stage.ended(asked.job)
        (request,) = maker.asked
        assert (request.kind, request.text) == ("foley", "rain on a roof")
        assert request.seconds == pytest.approx(5.0, abs=0.1)
        shown = stage.clip_of(job.id)
        assert "sound added by us" in stage.read(job.id) and "mended" not in stage.read(job.id)
        seconds, peak = heard(shown)
        assert seconds == pytest.approx(5.0, abs=0.05) and peak > 0.05
        assert loudness(shown)[0] == pytest.approx(-16, abs=0.5) and loudness(shown)[1] <= -1
        assert await stage.spent() == 25
        assert job.clip is not None
        original = stage.app.blobs.path(job.clip.original)
        assert packet_sums(shown, "video") == packet_sums(original, "video"), "the picture is untouched"


async def test_a_silent_model_stays_silent_on_request(tmp_path: Path, maker: FreeMaker) -> None:
    async with open_stage(tmp_path) as stage:
        job = await stage.buy("/generate a meadow --model scripted-silent --sound off")
        assert "· silent" in stage.read(job.id) and maker.asked == []
        assert heard(stage.clip_of(job.id)) == (0.0, 0.0)


async def test_a_maker_that_fails_for_a_silent_model_gives_the_sound_share_back(
    tmp_path: Path, maker: FreeMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(ticket: Ticket) -> Progress:
        return Failed(error=VendorFault("no sound today", provider="animatic"))

    monkeypatch.setattr(maker, "poll", broken)
    async with open_stage(tmp_path) as stage:
        job = await stage.buy("/generate a meadow --model scripted-silent")
        assert "so 7 credits came back" in stage.read(job.id) and "· silent" in stage.read(job.id)
        assert await stage.spent() == 18


async def test_words_that_nobody_can_speak_are_said_before_the_clip_is_bought(
    tmp_path: Path, maker: FreeMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.app.voice_missing", lambda registry, catalogue: "no voice is installed.")
    async with open_stage(tmp_path) as stage:
        asked = await stage.say(ADA, '/generate She says: "hello" --model scripted-silent')
        assert asked.quote and "without the words in quotation marks: no voice is installed." in asked.text
        assert stage.orders == 0


@pytest.mark.parametrize(("model", "seconds"), [("scripted-silent", 5), ("scripted-native", 4)])
async def test_a_recording_is_laid_under_the_clip_of_a_model_that_takes_none(
    tmp_path: Path, maker: FreeMaker, model: str, seconds: int
) -> None:
    note = tmp_path / "note.wav"
    write_tone(note, seconds=3.0, hz=1234.0)
    async with open_stage(tmp_path / "stage") as stage:
        asked = await stage.say(
            ADA,
            f"/generate a meadow --model {model} --seconds {seconds} --audio_as soundtrack",
            files={"audio": [note]},
        )
        said = "laid under the sound that" if seconds == 4 else "your recording is laid under the picture"
        assert said in asked.text
        job = await stage.ended(asked.job)
        assert job.state == "delivered" and maker.asked == []
        assert strength(stage.clip_of(job.id), 1234.0) > 20 * strength(stage.clip_of(job.id), 1650.0)
        again = await stage.press(ADA, "again", job.id)
        assert (await stage.ended(again.job)).state == "delivered", "the recording is kept with the wish"


async def test_a_recording_that_a_model_does_not_take_is_asked_about_first(
    tmp_path: Path, maker: FreeMaker
) -> None:
    note = tmp_path / "note.wav"
    write_tone(note, seconds=3.0, hz=1234.0)
    async with open_stage(tmp_path / "stage") as stage:
        asked = await stage.say(ADA, "/generate a meadow --model scripted-silent", files={"audio": [note]})
        assert asked.quote and "takes no recording" in asked.text
        refused = await stage.say(
            ADA, "/generate a meadow --model scripted-silent --audio_as reference", files={"audio": [note]}
        )
        assert refused.code == "no_voice_maker" and stage.orders == 0


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
