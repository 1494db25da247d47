"""Sound without a picture: a silent clip is mended with it, exactly as long and as loud as it should be."""

from __future__ import annotations

import asyncio
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from bot.media.worker import MediaWorker
from providers.base import CanSpeak, Done, Failed, ProviderConfig, SoundMaker, SoundRequest, Ticket
from providers.errors import Unsupported
from providers.local import animatic as module
from providers.local import job, mix
from providers.local.animatic import Animatic
from providers.local.noise import RATE
from providers.local.recording import load_recording
from providers.local.voice import INSTALL, voice_available
from tests.fakes.clips import make_clip

needs_voice = pytest.mark.skipif(voice_available() is not None, reason=str(voice_available()))


@pytest.fixture
def config(tmp_path: Path) -> ProviderConfig:
    return ProviderConfig(id="animatic", base_url="", keys={}, work_dir=tmp_path / "work")


@pytest.fixture
async def animatic(config: ProviderConfig) -> AsyncIterator[Animatic]:
    provider = Animatic(config)
    yield provider
    await provider.close()


async def made(maker: SoundMaker, request: SoundRequest, into: Path, key: str = "job-sound") -> Path:
    ticket = await maker.submit_sound(request, job_key=key, into=into)
    return await ended(maker, ticket, into)


async def ended(maker: SoundMaker, ticket: Ticket, into: Path) -> Path:
    for _ in range(6000):
        progress = await maker.poll(ticket)
        if isinstance(progress, Failed):
            raise progress.error
        if isinstance(progress, Done):
            asset = await maker.fetch(progress, into)
            assert asset.mime == "audio/wav"
            assert asset.size_bytes > 10_000
            return asset.path
        await asyncio.sleep(0.01)
    raise AssertionError("the sound did not end")


async def test_a_silent_clip_is_mended_into_one_that_passes_the_sound_check(
    animatic: Animatic, tmp_path: Path
) -> None:
    silent = tmp_path / "silent.mp4"
    make_clip(silent, seconds=5.2, sound="none")
    media = MediaWorker(workers=1)
    try:
        before = await media.verify(silent, expect_sound=True, seconds=5, tolerance_seconds=0.25)
        assert before.verdict != "ok"
        request = SoundRequest(
            kind="foley", text="rain on a city street, @1s door slam", seconds=before.picture_seconds
        )
        sound = await made(animatic, request, tmp_path / "sound.wav")
        info = await media.lay_under(silent, sound, tmp_path / "mended.mp4", keep_sound=False)
        after = await media.verify(
            tmp_path / "mended.mp4", expect_sound=True, seconds=info.seconds, tolerance_seconds=0.1
        )
        assert after.verdict == "ok"
    finally:
        await media.close()


async def test_it_is_a_sound_maker_that_says_what_its_voice_lacks(
    animatic: Animatic, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(animatic, SoundMaker)
    assert isinstance(animatic, CanSpeak)
    assert animatic.voice_missing() == voice_available()
    monkeypatch.setattr(module, "voice_available", lambda: f"Not installed; {INSTALL} adds it.")
    said = animatic.voice_missing()
    assert said is not None
    assert "pip install '.[voice]'" in said


async def test_the_sound_outlives_a_restart(
    animatic: Animatic, config: ProviderConfig, tmp_path: Path
) -> None:
    request = SoundRequest(kind="effect", text="glass breaks", seconds=1.0)
    ticket = await animatic.submit_sound(request, job_key="k", into=tmp_path / "a.wav")
    await animatic.close()
    restarted = Animatic(config)
    try:
        path = await ended(restarted, Ticket.from_json(ticket.to_json()), tmp_path / "a.wav")
        assert load_recording(path, 9).shape == (2, RATE)
        assert list(config.work_dir.iterdir()) == []
    finally:
        await restarted.close()


@pytest.mark.parametrize(("kind", "seconds"), [("speech", 2.0), ("effect", 0.0), ("foley", 999.0)])
async def test_what_cannot_be_made_is_refused_at_once(
    animatic: Animatic, kind: str, seconds: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "voice_available", lambda: "The voice is not installed.")
    with pytest.raises(Unsupported, match=r"not installed|makes sound of 0\.3 to 180 seconds"):
        await animatic.submit_sound(
            SoundRequest(kind=kind, text="hello", seconds=seconds),  # type: ignore[arg-type]
            job_key="k",
            into=tmp_path / "a.wav",
        )


def render(path: Path, kind: str, text: str, seconds: float, **more: object) -> np.ndarray:
    order = {"kind": kind, "text": text, "seconds": seconds, **more}
    job.sound(lambda *_, **__: None, order=order, out=str(path))
    with wave.open(str(path)) as opened:
        assert (opened.getframerate(), opened.getnchannels()) == (RATE, 2)
        samples = np.frombuffer(opened.readframes(opened.getnframes()), "<i2").reshape(-1, 2).T
    return (samples / 32767).astype(np.float32)


@pytest.mark.parametrize("seconds", [0.5, 2.0, 4.0417, 7.3, 20.0])
def test_it_is_exactly_as_long_and_as_loud_as_wanted(tmp_path: Path, seconds: float) -> None:
    sound = render(tmp_path / "a.wav", "foley", "waves on the beach, a gull", seconds)
    assert sound.shape[1] == round(seconds * RATE)
    assert mix.loudness(sound) == pytest.approx(-16.0, abs=0.7)
    assert 20 * np.log10(mix.true_peak(sound)) <= -1.0


def test_an_effect_comes_at_once_and_without_music(tmp_path: Path) -> None:
    slam = render(tmp_path / "a.wav", "effect", "a heavy door slams", 3.0)
    level = np.abs(slam).max(axis=0)
    assert level[: RATE // 5].max() > 4 * level[2 * RATE :].max()


def test_a_foley_text_with_quotes_is_heard_even_without_a_voice(tmp_path: Path) -> None:
    sound = render(tmp_path / "a.wav", "foley", 'Rain. She says "Hello there."', 3.0, speaks=False)
    assert mix.loudness(sound) == pytest.approx(-16.0, abs=0.7)


@needs_voice
def test_speech_alone_takes_as_long_as_the_words_do(tmp_path: Path) -> None:
    short = render(tmp_path / "a.wav", "speech", "Good morning.", 0.0)
    longer = render(tmp_path / "b.wav", "speech", "Good morning, and welcome to our little town.", 0.0)
    assert 0.5 * RATE < short.shape[1] < longer.shape[1] < 6 * RATE
