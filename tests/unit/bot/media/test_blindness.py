"""Before the vote nothing but picture and sound tells which model made a clip: a classifier that learns on
200 comparisons finds the model in 200 others no better than by lot.

It sees all bytes outside the coded pictures and sounds, file size, frame rate, length, names, ids, letters,
order and every word that is shown. How many bytes a coded picture has is the picture itself, so the tables
of these sizes are left out. The same classifier finds the model of nearly every clip as it came.
"""

from __future__ import annotations

import random
import shutil
import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.core import contest_views as views
from bot.core.compare import Contest, Leg
from bot.core.model import Destination, MediaInfo, Wish
from bot.core.replies import ClipView
from bot.core.requests.asking import new_id
from bot.core.requests.contests import lots
from bot.media.side_by_side import pad_alike
from bot.media.worker import MediaWorker
from tests.fakes.clips import make_clip

Made = Callable[..., Path]
Vector = NDArray[np.float64]
SETS, LEARNT = 400, 200
CONTENTS = 5
_HEAD = 1600
_AS_THEY_COME = 160  # clips: enough to see that the classifier works
_INSIDE = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"udta", b"edts", b"dinf")
_PICTURES_THEMSELVES = (b"mdat", b"free", b"stsz", b"stco", b"co64")
# What gives models away as their clips come: rate, size, sound, encoder, container and what is written in it.
MODELS: tuple[dict[str, object], ...] = (
    {"fps": 24, "width": 128, "height": 72, "metadata": {"title": "Veo"}},
    {"fps": 30, "width": 160, "height": 90, "faststart": True},
    {"fps": 24, "width": 144, "height": 80, "video_codec": "mpeg4", "metadata": {"comment": "Kling 2.6"}},
    {"fps": 12, "width": 128, "height": 72, "metadata": {"artist": "Sora"}, "faststart": True},
)


@pytest.fixture
async def copies(
    made: Made, media: MediaWorker, tmp_path: Path
) -> list[list[tuple[Path, Path, Path, MediaInfo]]]:
    """For each content and model: the clip as it came, its copy, its sound alone, the copy's facts."""
    found = []
    for content in range(CONTENTS):
        clips = [
            made(make_clip, "clip.mp4", seconds=1.0 + 0.05 * at, seed=content, **model)
            for at, model in enumerate(MODELS)
        ]
        pictures = [tmp_path / f"{content}-{at}.mp4" for at in range(len(MODELS))]
        sounds = [path.with_suffix(".m4a") for path in pictures]
        infos = await media.copies(clips, pictures, seconds=1.0, width=128, height=72)
        await media.sounds(pictures, sounds, seconds=1.0)
        found.append(list(zip(clips, pictures, sounds, infos, strict=True)))
    return found


def test_a_classifier_finds_models_as_they_come_and_not_in_a_comparison(
    copies: list[list[tuple[Path, Path, Path, MediaInfo]]], tmp_path: Path
) -> None:
    shown: list[tuple[Vector, int]] = []
    raw: list[tuple[Vector, int]] = []
    cache: dict[tuple[int, int], Vector] = {}
    for seed in range(SETS):
        chance = random.Random(seed)
        contents = chance.sample(range(CONTENTS), len(MODELS))
        letters = lots(len(MODELS), chance)
        contest = a_contest(letters)
        chosen = [copies[content][at] for at, content in enumerate(contents)]
        files = [tmp_path / f"set-{letter}.mp4" for letter in letters]
        for (_, copy, _, _), file in zip(chosen, files, strict=True):
            shutil.copyfile(copy, file)
        pad_alike(files)
        for at, (letter, file) in enumerate(zip(letters, files, strict=True)):
            clip, _, sound, info = chosen[at]
            key = (contents[at], at)
            if key not in cache:
                cache[key] = outside(clip)
            raw.append((cache[key], at))
            view = ClipView(
                job=f"{contest.id}.{letter}",
                path=file,
                info=replace(info, size_bytes=file.stat().st_size),
                file_name=f"talkreel-{contest.id}-{letter}.mp4",
                alt="a fox",
            )
            leg = contest.leg(letter)
            assert leg is not None
            said = (views.waiting(contest, leg, ready=2), views.clip(contest, leg, view))
            shown.append((np.concatenate([outside(file), outside(sound), told(said, view, letter)]), at))
    assert accuracy(raw[:_AS_THEY_COME]) > 0.9, "the classifier would not find a model that gives itself away"
    assert accuracy(shown) < 0.35


def a_contest(letters: list[str]) -> Contest:
    """A comparison whose models were given these letters, with ids as they are really made."""
    legs = [
        Leg(
            letter=letter,
            job=new_id(),
            model=f"m{at}",
            model_name=f"Model {at}",
            credits=40 + at,
            purse="paid",
        )
        for at, letter in enumerate(letters)
    ]
    return Contest(
        id=new_id(),
        wallet="w1",
        person="discord:1",
        server="discord:9",
        destination=Destination(platform="discord", channel="c"),
        wish=Wish(prompt="a fox"),
        legs=tuple(sorted(legs, key=lambda leg: leg.letter)),
        seconds=1,
    )


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Names and contents of the boxes of a file, those inside others too, pictures and sounds left out."""
    at = 0
    while at + 8 <= len(data):
        size, name = struct.unpack(">I4s", data[at : at + 8])
        if size < 8:
            return
        if name in _INSIDE:
            yield from boxes(data[at + 8 : at + size])
        elif name not in _PICTURES_THEMSELVES:
            yield name, data[at + 8 : at + size]
        at += size


def outside(path: Path) -> Vector:
    """All bytes outside the coded pictures and sounds, and the size of the file."""
    data = path.read_bytes()
    plain = b"".join(name + body for name, body in boxes(data))[:_HEAD]
    head = np.zeros(_HEAD)
    head[: len(plain)] = np.frombuffer(plain, np.uint8)
    return np.append(head, [len(data), len(plain)])


def told(said: tuple[object, ...], view: ClipView, letter: str) -> Vector:
    """What is said and shown beside the clip, as counts of characters; its letter and its facts."""
    text = repr([(one.lines, one.buttons, one.facts, one.job) for one in said])  # type: ignore[attr-defined]
    counts = np.bincount(np.frombuffer(f"{text}{view.file_name}".encode(), np.uint8), minlength=256)
    info = view.info
    facts = [ord(letter), info.size_bytes, info.fps, info.seconds, info.width, info.height, len(text)]
    return np.concatenate([counts[:256].astype(np.float64), np.array(facts, np.float64)])


def accuracy(found: list[tuple[Vector, int]]) -> float:
    """How often the model of a clip is named: the better of two classifiers, learnt on the first half."""
    vectors = np.stack([vector for vector, _ in found])
    truth = np.array([model for _, model in found])
    vectors = vectors[:, vectors.std(axis=0) > 0]
    if not vectors.size:
        return 0.25  # all are the same: nothing to go by
    vectors = (vectors - vectors.mean(axis=0)) / vectors.std(axis=0)
    cut = len(found) * LEARNT // SETS
    learnt, tried = vectors[:cut], vectors[cut:]
    apart = ((tried[:, None, :64] - learnt[None, :, :64]) ** 2).sum(axis=2)
    nearest = float((truth[:cut][apart.argmin(axis=1)] == truth[cut:]).mean())
    return max(nearest, _linear(learnt, truth[:cut], tried, truth[cut:]))


def _linear(learnt: Vector, truth: NDArray[np.int64], tried: Vector, right: NDArray[np.int64]) -> float:
    """Softmax regression."""
    weights = np.zeros((learnt.shape[1], len(MODELS)))
    wanted = np.eye(len(MODELS))[truth]
    for _ in range(150):
        level = learnt @ weights
        chance = np.exp(level - level.max(axis=1, keepdims=True))
        chance /= chance.sum(axis=1, keepdims=True)
        weights += 0.5 * (learnt.T @ (wanted - chance) / len(learnt) - 0.01 * weights)
    return float(((tried @ weights).argmax(axis=1) == right).mean())
