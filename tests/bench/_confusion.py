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
    "A quiet village street at dawn. @0.9s door slam, @2.4s door slam, @4.3s door slam",
    "A pirate ship at sea, @1.0s explosion, @2.7s explosion, @3.9s crash",
    "A laboratory at night: @0.8s glass breaks, @2.0s glass breaks, @3.7s explosion, @5.1s glass breaks",
    "A construction site by day. @0.7s thud, @2.2s crash, @3.1s thud, @4.8s crash",
    "An old castle in fog. @1.2s knock, @2.9s knock, @4.6s knock",
    "A parade through the city by day. @0.8s drum, @1.7s drum, @2.4s drum, @3.8s drum, @4.9s drum",
    "A swimming lake in summer. @0.9s splash, @2.1s splash, @3.0s splash, @4.6s splash",
    "A saloon in the desert. @1.1s gunshot, @2.0s gunshot, @3.6s gunshot, @4.5s glass breaks",
    "Un salón de noche. @0.9s portazo, @2.5s portazo, @3.7s cristales rotos, @4.8s golpe",
    "Una calle bajo la lluvia. @1.0s explosión, @2.6s explosión, @4.1s explosión",
    "Un concierto, un escenario. @0.8s tambor, @1.9s tambor, @2.6s tambor, @4.3s tambor",
    "Ein Wald bei Nacht. @0.7s Donner, @2.1s Donner, @3.9s Donner",
    "Eine Küche am Tag. @1.0s Knall, @2.2s Sturz, @3.0s Glas klirrt, @4.7s Knall",
    "Ein Garten im Schnee. @0.9s Schuss, @2.3s Schuss, @3.4s Schuss, @5.0s Schuss",
    "Une plage le matin. @1.1s plouf, @2.3s plouf, @4.0s plouf",
    "Une maison dans la forêt, @0.8s porte qui claque, @2.2s chute, @3.9s chute",
    "Une ville au crépuscule. @0.9s explosion, @1.8s explosion, @3.5s explosion, @4.4s explosion",
    "夜の部屋。@1.0s ドアが閉まる、@2.4s ガラスが割れる、@3.6s ドアが閉まる、@4.9s 落ちる音",
    "山の中、@0.9s 雷、@2.7s 雷、@4.2s 雷",
    "舞台。@0.7s 太鼓、@1.6s 太鼓、@3.0s 太鼓、@4.4s 太鼓",
    "낮의 거리. @1.0s 폭발, @2.3s 쿵, @3.4s 유리 깨지는 소리, @4.8s 쾅",
    "숲속의 호수. @0.8s 첨벙, @2.5s 첨벙, @4.1s 첨벙",
    "白天的城市。@0.9s 爆炸，@2.0s 砰，@3.3s 爆炸，@4.7s 砰",
    "海边。@1.2s 落水，@2.4s 落水，@3.9s 落水，@5.0s 落水",
    "A man walks down a hill. @0.8s thud, @1.9s thud, @3.5s thud, @4.2s thud",
    "A car in the desert at night. @1.3s crash, @2.4s explosion, @4.0s crash",
    'A woman in a room says: "Who is there?" @1.0s knock, @2.9s door slam, @4.4s thud',
    "Cheerful jazz on a stage. @0.9s drum, @2.1s crash, @2.9s drum, @4.6s drum",
    "A football field in the rain. @0.7s bang, @1.8s bang, @3.2s bang",
    "Space, a station above the planet. @1.0s explosion, @2.2s crash, @3.9s explosion",
)
CALM = (
    "A detective walks through heavy rain at night.",
    "A cat sits in a room, calm piano music.",
    "A city by day with cars.",
    "A beach at dusk, waves and gulls.",
    "A train crosses a bridge in the mountains.",
    "A stage, cheerful jazz music.",
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
    """One clip with its sound moved: the truth (None = there is none to be found) and the answer."""

    source: str
    looked: Looked
    sound: str
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


def rendered(prompts: Sequence[str], looked: Looked) -> Iterator[Seen]:
    """Clips of the built-in renderer: people who speak, or cues that are seen."""
    with tempfile.TemporaryDirectory() as folder:
        for path in asyncio.run(_render(Path(folder), prompts)):
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
    """Every clip under every noise at every offset; under the sound of the one before it, and under music."""
    before: dict[Looked, synced.Samples] = {}
    for number, clip in enumerate(clips):
        for noise in noises:
            for offset in offsets:
                heard = synced.over(synced.moved(clip.sound, offset), noise, seed=number)
                yield _cell(clip, noise, offset, heard)
        other = before.get(clip.looked)
        if other is not None:
            yield _cell(clip, "another clip's sound", None, np.resize(other, len(clip.sound)))
        if clip.looked == "impact":
            yield _cell(clip, "nothing but music", None, _music(len(clip.sound), number))
        before[clip.looked] = clip.sound


def calm(prompts: Sequence[str]) -> Iterator[Cell]:
    """Clips of the built-in renderer in which nothing strikes, with their own sound."""
    for clip in rendered(prompts, "impact"):
        yield _cell(clip, "no blow in it", None, clip.sound)


def _music(count: int, seed: int) -> synced.Samples:
    hush = np.random.default_rng(seed).standard_normal(count) * 1e-4
    return synced.over(hush.astype(np.float32), "music", seed=seed, below_db=-60)


def _cell(clip: Seen, sound: str, truth: int | None, heard: synced.Samples) -> Cell:
    samples = synced.at_16_khz(heard)
    if clip.looked == "lip":
        spoken = listening.spoken(samples)
        answer = lip_offset(clip.pictures, samples, spoken=(True,) * 9999 if spoken is None else spoken)
    else:
        answer = impact_offset(clip.pictures, samples)
    return Cell(source=clip.source, looked=clip.looked, sound=sound, truth=truth, answer=answer)


def confusion(found: Sequence[Cell]) -> str:
    """How often which clips are answered rightly, not at all, and wrongly."""

    def kind(cell: Cell) -> tuple[str, str, str]:
        return cell.looked, cell.source, cell.sound

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
