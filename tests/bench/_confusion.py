"""Clips of known offset, by the built-in renderer and by other code, and what is said of them."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from bot.core.quality import Offset
from bot.media import listening
from bot.media.limits import InputLimits
from bot.media.motion import Pictures, small_pictures
from bot.media.offsets import impact_offset, lip_offset
from bot.media.reader import opened
from bot.media.sound import read_sound
from providers.base import Done, Failed, ProviderConfig, VideoRequest
from providers.local.animatic import Animatic
from tests.fakes import synced

MOST_MS = 60
OFFSETS = (-300, -200, -100, -40, 0, 40, 100, 200, 300)
NOISES: tuple[synced.Noise, ...] = ("clean", "rain", "music")
BLOWS: tuple[synced.Blow, ...] = ("ball", "hammer", "clap", "lamp")
Looked = Literal["lip", "impact"]
TALKERS = (
    'A woman looks at us in a quiet room. She says: "Good morning, I have been waiting for you since seven."',
    'A sailor at sea in a storm. He shouts: "Hold the line and do not let go of the rope!"',
    'A man on a stage, cheerful jazz. He says: "Welcome to the show, my friends, tonight we will dance."',
    'Una mujer en la cocina dice: "Buenos días, hoy vamos a preparar una sopa de tomate."',
    'A woman in the desert says: "Nobody told me that the water would be gone by noon."',
    'Close-up of a man in a room: "When I was young we had no car and no money, but a song for every day."',
    'City at dusk, sad music, a woman says: "I left the keys under the mat, as we agreed."',
    'A man in the snow says: "We should turn back before the night comes, and before the wind does."',
)
STRIKERS = (
    "A city by day. @1.1s explosion, @2.9s explosion, @4.2s explosion",
    "A field at night in a storm. @1.2s thunder, @3.1s thunder, @4.4s thunder",
    "A desert by day. @1.3s explosion, @2.2s explosion, @4.0s explosion",
    "Fireworks over the sea, @0.8s bang, @1.9s bang, @3.3s bang",
)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A clip as the estimators take it, its sound at 48 kHz."""

    source: str
    looked: Looked
    pictures: Pictures
    sound: synced.Samples


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One clip with its sound moved: the truth (None = the sound belongs to another clip) and the answer."""

    source: str
    looked: Looked
    noise: synced.Noise
    truth: int | None
    answer: Offset

    @property
    def outcome(self) -> Literal["right", "unsure", "wrong"]:
        """What came of it."""
        if not self.answer.sure or self.answer.ms is None:
            return "unsure"
        return "right" if self.truth is not None and abs(self.answer.ms - self.truth) <= MOST_MS else "wrong"


def drawn(seeds: Sequence[int]) -> Iterator[Seen]:
    """Talking faces and things that strike, one at a time."""
    for seed in seeds:
        made = synced.talker(seed=seed)
        yield Seen(source="drawn", looked="lip", pictures=synced.small(made), sound=made.sound)
        for kind in BLOWS:
            struck = synced.blows(seed=seed, kind=kind)
            yield Seen(source=kind, looked="impact", pictures=synced.small(struck), sound=struck.sound)


def rendered(talkers: Sequence[str], strikers: Sequence[str]) -> Iterator[Seen]:
    """Clips of the built-in renderer: people who speak, and cues that are seen."""
    with tempfile.TemporaryDirectory() as folder:
        paths = asyncio.run(_render(Path(folder), (*talkers, *strikers)))
        for number, path in enumerate(paths):
            looked: Looked = "lip" if number < len(talkers) else "impact"
            yield _read(path, looked)


async def _render(folder: Path, prompts: Sequence[str]) -> list[Path]:
    renderer = Animatic(ProviderConfig(id="animatic", base_url="", keys={}, work_dir=folder / "work"))
    paths = []
    try:
        for number, prompt in enumerate(prompts):
            request = VideoRequest(
                model="animatic", prompt=prompt, seconds=6, aspect="16:9", resolution="480p", sound=True
            )
            ticket = await renderer.submit(request, job_key=f"clip-{number}")
            while not isinstance(progress := await renderer.poll(ticket), Done):
                if isinstance(progress, Failed):
                    raise progress.error
                await asyncio.sleep(0.05)
            paths.append((await renderer.fetch(progress, folder / f"{number}.mp4")).path)
    finally:
        await renderer.close()
    return paths


def _read(path: Path, looked: Looked) -> Seen:
    limits = InputLimits()
    with opened(path, limits) as source:
        pictures = small_pictures(source, limits, max_seconds=20.0)
    with opened(path, limits) as source:
        sound = read_sound(source, rate_hz=synced.RATE_HZ, channels=1).samples[0]
    return Seen(source="renderer", looked=looked, pictures=pictures, sound=sound)


def cells(clips: Iterable[Seen], noises: Sequence[synced.Noise], offsets: Sequence[int]) -> Iterator[Cell]:
    """Every clip under every noise at every offset; and under the sound of the one before it."""
    before: dict[Looked, synced.Samples] = {}
    for number, clip in enumerate(clips):
        for noise in noises:
            for offset in offsets:
                heard = synced.over(synced.moved(clip.sound, offset), noise, seed=number)
                yield _cell(clip, noise, offset, heard)
        other = before.get(clip.looked)
        if other is not None:
            yield _cell(clip, "clean", None, np.resize(other, len(clip.sound)))
        before[clip.looked] = clip.sound


def _cell(clip: Seen, noise: synced.Noise, truth: int | None, heard: synced.Samples) -> Cell:
    sound = synced.at_16_khz(heard)
    if clip.looked == "lip":
        spoken = listening.spoken(sound)
        answer = lip_offset(clip.pictures, sound, spoken=(True,) * 9999 if spoken is None else spoken)
    else:
        answer = impact_offset(clip.pictures, sound)
    return Cell(source=clip.source, looked=clip.looked, noise=noise, truth=truth, answer=answer)


def confusion(found: Sequence[Cell]) -> str:
    """How often which clips are answered rightly, not at all, and wrongly."""

    def kind(cell: Cell) -> tuple[str, str, str]:
        return cell.looked, cell.source, cell.noise if cell.truth is not None else "another clip's sound"

    rows = Counter((kind(cell), cell.outcome) for cell in found)
    out = [f"    {'looked for':<10} {'clips':<10} {'sound':<22} {'right':>6} {'unsure':>6} {'wrong':>6}"]
    for key in sorted({row[0] for row in rows}):
        counts = " ".join(f"{rows[(key, outcome)]:>6}" for outcome in ("right", "unsure", "wrong"))
        out.append(f"    {key[0]:<10} {key[1]:<10} {key[2]:<22} {counts}")
    return "\n".join(out)


def share(found: Iterable[Cell]) -> float:
    """Per cent that were answered, rightly or not."""
    asked = list(found)
    return 100 * sum(cell.outcome != "unsure" for cell in asked) / max(1, len(asked))
