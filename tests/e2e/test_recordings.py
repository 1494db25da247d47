"""Forty recordings × every model that takes one: what goes out is valid and inside the model's window, or the
person reads why not before anything is paid. A sample by default, every cell with TALKREEL_TEST=all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, cast

import pytest

from bot.core.desk import Attachment, Desk, House
from bot.core.errors import Refusal
from bot.core.model import AudioAs, Plan, Text, Wish
from bot.core.planner import PlanContext, plan
from bot.core.requests.reception import Recording, convert, receive, with_recordings
from bot.core.wording import Wording, load_wording
from bot.media.worker import MediaWorker
from bot.store.blobs import open_blobs
from providers.base import MediaInput, Mode
from providers.catalogue import Catalogue, Route, Window, file_format, load
from tests.fakes.clock import FakeClock
from tests.fakes.recordings import Sample, make_all
from tests.fakes.verifiers import ffprobe, needs_ffprobe

CODECS = {"wav": "pcm_s16le", "mp3": "mp3", "m4a": "aac", "ogg": "opus", "flac": "flac"}
LIMITS = ("too_short", "media_too_short")
PURPOSES: dict[str, AudioAs] = {"reference-audio": "reference", "voice": "voice", "soundtrack": "soundtrack"}


@dataclass(frozen=True, kw_only=True)
class Target:
    """A model on one of its routes, and what it takes a recording for."""

    route: Route
    window: Window
    mode: Mode

    def __str__(self) -> str:
        return f"{self.route.id} as {self.window.role} ({self.mode})"


def targets(catalogue: Catalogue) -> Iterator[Target]:
    """Everything that takes a recording and has a price."""
    for model in catalogue.models():
        for route in model.routes:
            if not route.offered:
                continue
            for window in route.windows:
                if window.kind == "audio":
                    modes = window.modes or ("text",)
                    yield Target(route=route, window=window, mode=modes[0])


def company(target: Target) -> tuple[MediaInput, ...]:
    """The pictures that the model demands beside a recording; where a card is made for it, none."""
    roles = {"first-frame": "first-frame", "references": "reference-image"}
    role: Any = roles.get(target.mode)
    lonely = target.mode == "references" and not target.window.one_each
    if role is None or lonely:
        return ()
    return (MediaInput(role=role, kind="image", path=Path("p"), mime="image/png", size_bytes=90_000),)


def planned(target: Target, wish: Wish, catalogue: Catalogue) -> Plan:
    """The plan on this very route."""
    context = PlanContext(
        catalogue=catalogue,
        house=House(),
        has_key=lambda provider: provider == target.route.provider,
        missing_env=lambda provider: () if provider == target.route.provider else ("KEY",),
        now_ms=1_796_000_000_000,
        today=date(2026, 11, 28),
        links=True,
    )
    return plan(wish, context)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """The real media worker and the real blob store; nothing else is needed."""
    media = MediaWorker(workers=1)
    nothing = cast(Any, None)
    yield Desk(
        catalogue=load(),
        store=nothing,
        providers=nothing,
        media=media,
        blobs=await open_blobs(tmp_path / "data"),
        clock=FakeClock(),
        jobs=nothing,
        house=House(),
    )
    await media.close()


@needs_ffprobe
async def test_every_recording_fits_every_model_or_is_refused_in_a_sentence(
    desk: Desk, tmp_path: Path, whole: bool
) -> None:
    samples = make_all(tmp_path / "sent", whole=whole)
    assert len(samples) == (40 if whole else 22)
    known = tuple(targets(desk.catalogue))
    assert len({target.route.model for target in known}) >= 11
    wording = load_wording(strict=True)
    wrong = []
    for number, sample in enumerate(samples):
        for target in known if whole else (known[number % len(known)],):
            found = await outcome(desk, sample, target, wording)
            if found:
                wrong.append(f"{sample.path.name} → {target}: {found}")
    assert wrong == []


async def outcome(desk: Desk, sample: Sample, target: Target, wording: Wording) -> str:
    """What is wrong with what became of a recording; "" = nothing."""
    purpose = PURPOSES[target.window.role]
    try:
        sent = {"audio": (Attachment(path=sample.path, name=sample.path.name),)}
        media = (*await receive(desk, sent, audio_as=purpose), *company(target))
        wish = Wish(prompt="She speaks", model=target.route.model, media=media, audio_as=purpose)
        made = planned(target, wish, desk.catalogue)
        (recording,) = await convert(desk, made, key="k")
        made = with_recordings(made, (recording,), purpose)
    except Refusal as refusal:
        said = wording.say(Text(key=f"refusal.{refusal.code}", facts=refusal.facts))
        return refused(sample, target, refusal.code, said)
    if sample.codes:
        return f"accepted, and {sorted(sample.codes)} was right"
    return accepted(sample, target, made, recording, wording)


def refused(sample: Sample, target: Target, code: str, said: str) -> str:
    least = target.window.min_seconds or 0.0
    if sample.codes:
        right = code in sample.codes
    else:
        right = code in LIMITS and sample.seconds < least + 0.1 and f"{least:g}" in said
    return "" if right and said.endswith(".") else f"{code}: {said}"


def accepted(sample: Sample, target: Target, made: Plan, recording: Recording, wording: Wording) -> str:
    window, shown = target.window, ffprobe(recording.item.path)
    (stream,) = shown["streams"]
    seconds = float(shown["format"]["duration"])
    form = file_format(recording.item)
    form = {"mp4": "m4a"}.get(form, form)
    lines = [wording.say(text) for text in (*made.adjustments, recording.said())]
    checks = {
        f"{form} is not among {window.formats}": not window.formats or form in window.formats,
        f"{stream['codec_name']} is no {form}": stream["codec_name"] == CODECS[form],
        f"{seconds} s are too short": seconds >= (window.min_seconds or 0.0) - 0.001,
        f"{seconds} s are too long": seconds <= (window.max_seconds or 1e9) + 0.001,
        "it is longer than what was sent": seconds <= sample.seconds + 0.35,
        f"{shown['format']['size']} bytes are too many": int(shown["format"]["size"])
        <= (window.max_bytes or 1e12),
        f"{stream['sample_rate']} Hz": window.rate in (None, int(stream["sample_rate"])),
        f"the quote does not say it: {lines}": f"recording → 00:00 to 00:{min(int(seconds), 59):02}"
        in lines[-1]
        or recording.from_seconds >= 0.5
        or sample.seconds > 59,
        f"a cut is not said: {lines}": sample.seconds <= (window.max_seconds or 1e9)
        or any("are used" in line for line in lines),
        f"a distortion is not said: {lines}": sample.distorted <= any("distorted" in line for line in lines)
        or sample.seconds < 1,
        f"a distortion is made up: {lines}": sample.distorted
        or not any("distorted" in line for line in lines),
    }
    return "; ".join(said for said, right in checks.items() if not right)
