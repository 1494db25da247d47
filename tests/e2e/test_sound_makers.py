"""Sound for clips of silent models: who makes it, what it costs, what happens where a maker fails."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

from bot.core.model import Job
from bot.settings import ProviderSettings
from providers.base import Adapter, Asset, Done, Failed, Progress, SoundRequest, Ticket
from providers.errors import VendorFault
from providers.registry import Registry
from tests.e2e.stage import ADA, CATALOGUE, Stage, open_stage
from tests.fakes.clips import make_voice_note
from tests.fakes.sound_booth import GOOD_KEY, HZ, SoundBooth, catalogue
from tests.fakes.verifiers import loudness, needs_ffmpeg, packet_sums, seconds_of

RATE = 48_000
ASKS = {
    "line": 'Rain at a window. A man says: "Did you hear the rain tonight?"',
    "effects": "rain on a tin roof @1.2s door slam",
    "music": "a hill, music: slow sad piano",
    "all": 'Rain on a tin roof. A woman says: "Did you hear it?" @3.5s door slam, music: slow sad piano',
    "nothing": "a meadow",
    "no music": "a jazz band on a hill, no music",
}
MAKERS = ("paid", "foley", "paid failing", "built-in")


class FreeMaker:
    """A maker that costs nothing, in place of the built-in one, whose voice takes long to load."""

    id = "animatic"

    def __init__(self) -> None:
        self.asked: list[SoundRequest] = []
        self.broken = False

    async def submit_sound(self, request: SoundRequest, *, job_key: str, into: Path) -> Ticket:
        self.asked.append(request)
        make_voice_note(into, seconds=request.seconds or 1.5, container="wav")
        return Ticket(provider=self.id, model="", remote_id=job_key)

    async def poll(self, ticket: Ticket) -> Progress:
        if self.broken:
            return Failed(error=VendorFault("no sound today", provider=self.id))
        return Done(ticket=ticket)

    async def fetch(self, done: Done, into: Path) -> Asset:
        return Asset(path=into, mime="audio/wav", size_bytes=0)


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> FreeMaker:
    """The bot's own maker is quick."""
    made, real = FreeMaker(), Registry.get

    def get(self: Registry, provider: str) -> Adapter:
        return made if provider == "animatic" else real(self, provider)

    monkeypatch.setattr(Registry, "get", get)
    monkeypatch.setattr("bot.app.voice_missing", lambda registry, catalogue: None)
    return made


@asynccontextmanager
async def studio(
    folder: Path,
    booth: SoundBooth,
    *kinds: str,
    lost: str = "blind",
    **more: Any,
) -> AsyncIterator[Stage]:
    """A stage whose operator has a key for the booth, which makes these kinds."""
    async with open_stage(
        folder,
        catalogue=catalogue(folder / "catalogue", CATALOGUE, kinds=kinds, lost=lost),
        vendors={"booth": ProviderSettings(base_url=f"{booth.url}/{lost}")},
        keys={"BOOTH_API_KEY": GOOD_KEY},
        **more,
    ) as stage:
        yield stage


def heard(path: Path) -> NDArray[np.float64]:
    """The sound of a clip, one channel."""
    with av.open(str(path), format="mp4") as clip:
        parts = [frame.to_ndarray()[0] for frame in clip.decode(audio=0) if isinstance(frame, AudioFrame)]
    return np.concatenate(parts).astype(np.float64)


def strength(sound: NDArray[np.float64], hz: float, start: float, end: float) -> float:
    """How strong one pitch is between two moments."""
    part = sound[round(start * RATE) : round(end * RATE)]
    return float(abs(np.sum(part * np.exp(-2j * np.pi * hz * np.arange(part.size) / RATE))) / part.size)


async def made(stage: Stage, words: str) -> Job:
    """A clip of the silent model, confirmed where the quote asks."""
    asked = await stage.say(ADA, f"/generate {words} --model scripted-silent --seconds 5")
    if asked.reply.kind == "quote":
        asked = await stage.press(ADA, "confirm", asked.quote)
    return await stage.ended(asked.job, seconds=90)


async def details(stage: Stage, job: str) -> str:
    """What the button Details says."""
    return (await stage.press(ADA, "details", job)).text


@needs_ffmpeg
async def test_the_quote_names_makers_and_price_of_the_sound_apart_and_all_of_it_is_heard(
    tmp_path: Path, free: FreeMaker
) -> None:
    async with SoundBooth() as booth, studio(tmp_path, booth, "speech", "effect", "music") as stage:
        asked = await stage.say(ADA, f"/generate {ASKS['all']} --model scripted-silent --seconds 5")
        # 16 characters, 2 s and 5 s of effects, 5 s of music: $0.016 + $0.028 + $0.03
        assert "picture 25 + sound 8 credits (Booth speech, Booth effect and Booth music)" in asked.text
        job = await stage.ended(asked.job)
        assert await stage.spent() == 33
        assert float(await stage.booked_usd()) == pytest.approx(0.25 + 0.016 + 0.028 + 0.03)
        (task,) = stage.tasks
        drawn = str(task)
        assert "tin roof" in drawn and "@3.5s" not in drawn and "piano" not in drawn, "it draws what is seen"
        assert [order.body["text"] for order in booth.of("speech")] == ["Did you hear it?"]
        assert free.asked == []
        clip = stage.clip_of(job.id)
        sound = heard(clip)
        lufs, peak = loudness(clip)
        assert lufs == pytest.approx(-16, abs=0.5) and peak <= -1
        assert seconds_of(clip, "audio") == pytest.approx(seconds_of(clip, "video"), abs=0.05)
        assert job.clip is not None
        assert packet_sums(clip, "video") == packet_sums(stage.app.blobs.path(job.clip.original), "video")
        (voice,) = [piece for piece in job.clip.pieces if piece.role == "voice"]
        assert voice.at_seconds is not None
        spoken = strength(sound, HZ["speech"], voice.at_seconds + 0.1, voice.at_seconds + 1.0)
        assert spoken > 10 * strength(sound, HZ["speech"], 4.0, 4.9)
        told = await details(stage, job.id)
        assert "Sound: 8 credits of the price" in told
        assert "Voice at " in told and "· Booth speech · 2 credits" in told
        assert "Sound at 3.5 s: “door slam” · Booth effect" in told and "Music" in told
        quiet = await stage.say(ADA, "/generate rain, no sound --model scripted-silent --seconds 5")
        assert "none is added, as you asked" in quiet.text and "Booth" not in quiet.text
        await stage.ended(quiet.job)
        assert await stage.spent() == 33 + 25


async def test_a_maker_that_fails_is_replaced_and_what_it_would_have_cost_comes_back(
    tmp_path: Path, free: FreeMaker, whole: bool
) -> None:
    faults = ("take-and-break", "fail", *(("refuse", "break", "never") if whole else ()))
    async with SoundBooth() as booth, studio(tmp_path, booth, "speech", "effect") as stage:
        for number, fault in enumerate(faults, start=1):
            spent, booked = await stage.spent(), float(await stage.booked_usd())
            ordered, told_before = len(booth.of("speech")), len(await stage.notes())
            booth.faults = [("speech", fault)] * 9
            job = await made(stage, ASKS["line"])
            assert job.state == "delivered" and job.clip is not None, fault
            assert "Part of the sound was made at no cost, so" in stage.read(job.id), fault
            assert await stage.spent() - spent == 25 + 2, "the effects are paid, the voice is not"
            assert [request.kind for request in free.asked] == ["speech"] * number
            bought = len(booth.of("speech")) - ordered
            assert bought == (0 if fault in ("refuse", "break") else 1), "nothing is bought twice"
            assert "instead of Booth speech" in await details(stage, job.id), fault
            due = 0.0 if fault == "refuse" else 0.03
            assert float(await stage.booked_usd()) - booked == pytest.approx(0.25 + 0.02 + due), fault
            in_vain = fault in ("break", "take-and-break", "refuse")
            assert (len(await stage.notes()) > told_before) is in_vain, fault
            await stage.app.store.change_health("booth/speech", lambda found: replace(found, failures=0))
        # The picture fails: no sound is ordered, and only the picture stays on the budget.
        stage.rule("end-failed")
        orders, spent = len(booth.orders), await stage.spent()
        booked = float(await stage.booked_usd())
        job = await made(stage, ASKS["effects"])
        assert job.state == "released" and len(booth.orders) == orders and await stage.spent() == spent
        assert float(await stage.booked_usd()) - booked == pytest.approx(0.25)
        # Nobody can make anything: the clip is silent, says so, and gives the sound's price back.
        free.broken, booth.faults = True, [("", "refuse")] * 9
        job = await made(stage, ASKS["effects"])
        assert "· silent" in stage.read(job.id) and "came back" in stage.read(job.id)
        assert await stage.spent() == spent + 25


@pytest.mark.whole
async def test_a_maker_that_knows_our_key_is_asked_again_and_sells_once(
    tmp_path: Path, free: FreeMaker
) -> None:
    async with SoundBooth() as booth, studio(tmp_path, booth, "speech", "effect", lost="key") as stage:
        booth.fault("take-and-break", kind="speech")
        job = await stage.ended(
            (await stage.say(ADA, f"/generate {ASKS['line']} --model scripted-silent")).job
        )
        assert job.clip is not None and job.clip.refunded_credits == 0
        assert len(booth.of("speech")) == 1 and free.asked == []


@pytest.mark.whole
async def test_the_operator_decides_who_is_asked_first(tmp_path: Path, free: FreeMaker) -> None:
    order: dict[str, Any] = {"sound_with": ("booth/effect", "booth/foley")}
    async with SoundBooth() as booth, studio(tmp_path, booth, "foley", "effect", "speech", **order) as stage:
        job = await made(stage, ASKS["all"])
        assert booth.of("foley") == [] and len(booth.of("effect")) == 2
        assert booth.of("speech") == [], "a maker that is not listed is not asked"
        assert job.clip is not None
        assert {piece.role: piece.maker for piece in job.clip.pieces}["voice"] == "Built-in sound"


def cells(whole: bool) -> list[tuple[str, str]]:
    """Every ask with every maker, or a sample in which each occurs but the real built-in one."""
    every = [(ask, maker) for ask in ASKS for maker in MAKERS]
    # "all" is asked of paid makers and of failing ones by the stories above.
    sample = [("line", "paid"), ("effects", "foley"), ("music", "paid failing"), ("no music", "foley")]
    return every if whole else sample


@needs_ffmpeg
@pytest.mark.parametrize("kinds", [("speech", "effect", "music"), ("foley", "speech"), ()])
async def test_whatever_is_asked_of_whoever_makes_it_is_heard_as_planned(
    tmp_path: Path, whole: bool, kinds: tuple[str, ...], request: pytest.FixtureRequest
) -> None:
    mine = {3: ("paid", "paid failing"), 2: ("foley",), 0: ("built-in",)}[len(kinds)]
    asks = [(ask, maker) for ask, maker in cells(whole) if maker in mine]
    if not asks:
        pytest.skip("in the sample it is the built-in maker of the tests; see test_sound_promise.py")
    if kinds:
        request.getfixturevalue("free")
    async with SoundBooth() as booth, studio(tmp_path, booth, *kinds) as stage:
        for ask, maker in asks:
            booth.faults = [("", "refuse")] * 9 if maker == "paid failing" else []
            await judged(stage, await made(stage, ASKS[ask]), f"{ask} by {maker}")


async def judged(stage: Stage, job: Job, cell: str) -> None:
    """Loudness, peak, length, picture, and that whoever was planned is heard where they were planned."""
    assert job.clip is not None and job.plan.score is not None, cell
    clip = stage.clip_of(job.id)
    lufs, peak = loudness(clip)
    assert lufs == pytest.approx(-16, abs=0.5) and peak <= -1, cell
    assert seconds_of(clip, "audio") == pytest.approx(seconds_of(clip, "video"), abs=0.05), cell
    assert packet_sums(clip, "video") == packet_sums(stage.app.blobs.path(job.clip.original), "video"), cell
    sound = heard(clip)
    for piece in job.clip.pieces:
        assert piece.maker, cell
        start = piece.at_seconds or 0.0
        part = sound[round((start + 0.05) * RATE) : round((start + 0.8) * RATE)]
        assert 20 * np.log10(np.sqrt(np.mean(part**2))) > -45, (cell, piece)
    roles = {piece.role for piece in job.clip.pieces}
    assert ("voice" in roles) is bool(job.plan.score.plan.lines), cell
    assert ("music" in roles) is bool(job.plan.score.plan.music), cell


@pytest.mark.parametrize(
    ("budget", "bought"), [(100, True), pytest.param("0.41", False, marks=pytest.mark.whole)]
)
async def test_a_broken_clip_is_mended_by_paid_makers_only_if_the_operator_wants_that_and_has_room(
    tmp_path: Path, free: FreeMaker, budget: Any, bought: bool
) -> None:
    more: dict[str, Any] = {"repair_with_paid": True, "budget_usd_day": budget}
    async with SoundBooth() as booth, studio(tmp_path, booth, "effect", **more) as stage:
        stage.rule("clip-no-track")
        job = await stage.buy("/generate a door slams in the rain --model scripted-native --seconds 4")
        assert "so we mended it" in stage.read(job.id) and await stage.spent() == 40
        assert len(booth.orders) == int(bought) and len(free.asked) == int(not bought)
        cost = 0.40 + (0.016 if bought else 0.0)
        assert float(await stage.booked_usd()) == pytest.approx(cost)
        assert ("Booth effect" in await details(stage, job.id)) is bought
