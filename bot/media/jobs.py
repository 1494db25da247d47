"""The functions of the media worker. Each answers with a value or with a refusal, both as JSON.

Imported only inside the limited worker process; `bot/media/worker.py` is the other end.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec
from av.error import FFmpegError

from bot.core.errors import MediaRefused
from bot.core.model import AudioWindow
from bot.core.sheets import Board, Sheet
from bot.core.sounds import MixPiece
from bot.media import board, keeping, probe, side_by_side, soundtrack, trace
from bot.media import fit as fitting
from bot.media import poster as pictures
from bot.media import quality as measures
from bot.media import voice as voices
from bot.media.limits import InputLimits
from bot.media.reader import raise_if_system
from providers.process import Report


def inspect(progress: Report, *, path: str, limits: dict[str, Any]) -> dict[str, Any]:
    """See `probe.inspect`."""
    return _answer(lambda: asdict(probe.inspect(Path(path), InputLimits(**limits))))


def verify(
    progress: Report,
    *,
    path: str,
    expect_sound: bool,
    seconds: float,
    tolerance_seconds: float,
    limits: dict[str, Any],
) -> dict[str, Any]:
    """See `probe.verify`."""
    return _answer(
        lambda: asdict(
            probe.verify(
                Path(path),
                expect_sound=expect_sound,
                seconds=seconds,
                tolerance_seconds=tolerance_seconds,
                limits=InputLimits(**limits),
            )
        )
    )


def quality(progress: Report, *, path: str, limits: dict[str, Any]) -> dict[str, Any]:
    """See `quality.measured`."""
    return _answer(lambda: asdict(measures.measured(Path(path), limits=InputLimits(**limits))))


def finish(
    progress: Report, *, path: str, into: str, remove_sound: bool, limits: dict[str, Any]
) -> dict[str, Any]:
    """See `fit.finish`."""

    def work() -> Any:
        done = fitting.finish(
            Path(path),
            Path(into),
            remove_sound=remove_sound,
            limits=InputLimits(**limits),
            progress=progress,
        )
        return asdict(done)

    return _answer(work, into)


def lay_under(
    progress: Report,
    *,
    video: str,
    audio: str,
    into: str,
    keep_sound: bool,
    gain_db: float,
    at_seconds: float,
    loudness_target_lufs: float,
    limits: dict[str, Any],
) -> dict[str, Any]:
    """See `soundtrack.lay_under`."""

    def work() -> Any:
        done = soundtrack.lay_under(
            Path(video),
            Path(audio),
            Path(into),
            keep_sound=keep_sound,
            gain_db=gain_db,
            at_seconds=at_seconds,
            loudness_target_lufs=loudness_target_lufs,
            limits=InputLimits(**limits),
        )
        return asdict(done)

    return _answer(work, into)


def mix(
    progress: Report,
    *,
    video: str,
    pieces: list[dict[str, Any]],
    into: str,
    keep_sound: bool,
    loudness_target_lufs: float,
    limits: dict[str, Any],
) -> dict[str, Any]:
    """See `soundtrack.mix`."""

    def work() -> Any:
        done = soundtrack.mix(
            Path(video),
            [MixPiece(**{**piece, "path": Path(piece["path"])}) for piece in pieces],
            Path(into),
            keep_sound=keep_sound,
            loudness_target_lufs=loudness_target_lufs,
            limits=InputLimits(**limits),
        )
        return asdict(done)

    return _answer(work, into)


def put_back(
    progress: Report, *, picture: str, clip: str, into: str, tolerance_seconds: float, limits: dict[str, Any]
) -> dict[str, Any]:
    """See `keeping.put_back`."""

    def work() -> Any:
        done = keeping.put_back(
            Path(picture),
            Path(clip),
            Path(into),
            tolerance_seconds=tolerance_seconds,
            limits=InputLimits(**limits),
        )
        return asdict(done)

    return _answer(work, into)


def poster(
    progress: Report, *, path: str, into: str, max_width: int, max_height: int, limits: dict[str, Any]
) -> dict[str, Any]:
    """See `poster.poster`."""

    def work() -> Any:
        return pictures.poster(
            Path(path),
            Path(into),
            max_width=max_width,
            max_height=max_height,
            limits=InputLimits(**limits),
        )

    return _answer(work, into)


def fit(
    progress: Report, *, path: str, into: str, goal: dict[str, Any], limits: dict[str, Any]
) -> dict[str, Any]:
    """See `fit.fit`."""

    def work() -> Any:
        done = fitting.fit(
            Path(path),
            Path(into),
            goal=fitting.Goal(**goal),
            limits=InputLimits(**limits),
            progress=progress,
        )
        return {"step": done.step, "path": str(done.path), "info": asdict(done.info)}

    return _answer(work, into)


def voice(
    progress: Report, *, path: str, into: str, window: dict[str, Any], limits: dict[str, Any]
) -> dict[str, Any]:
    """See `voice.reference`."""

    def work() -> Any:
        asked = AudioWindow(**{**window, "formats": tuple(window["formats"])})
        done = voices.reference(Path(path), Path(into), window=asked, limits=InputLimits(**limits))
        return {**asdict(done), "path": str(done.path)}

    return _answer(work, into)


def image(
    progress: Report,
    *,
    path: str,
    into: str,
    max_side: int,
    max_bytes: int,
    formats: list[str],
    limits: dict[str, Any],
) -> dict[str, Any]:
    """See `poster.image`."""

    def work() -> Any:
        done = pictures.image(
            Path(path),
            Path(into),
            max_side=max_side,
            max_bytes=max_bytes,
            formats=tuple(formats),
            limits=InputLimits(**limits),
        )
        return asdict(done)

    return _answer(work, into)


def card(progress: Report, *, into: str, limits: dict[str, Any]) -> dict[str, Any]:
    """See `poster.card`."""
    return _answer(lambda: asdict(pictures.card(Path(into), limits=InputLimits(**limits))), into)


def ambience(progress: Report, *, into: str, seconds: float, seed: int) -> dict[str, Any]:
    """See `voice.ambience`."""
    return _answer(lambda: voices.ambience(Path(into), seconds=seconds, seed=seed), into)


def copies(
    progress: Report,
    *,
    paths: list[str],
    intos: list[str],
    seconds: float,
    width: int,
    height: int,
    limit_bytes: int,
    limits: dict[str, Any],
) -> dict[str, Any]:
    """See `side_by_side.copies`."""

    def work() -> Any:
        done = side_by_side.copies(
            [Path(path) for path in paths],
            [Path(into) for into in intos],
            seconds=seconds,
            width=width,
            height=height,
            limit_bytes=limit_bytes,
            limits=InputLimits(**limits),
            progress=progress,
        )
        return [asdict(info) for info in done]

    return _answer(work, *intos)


def sounds(
    progress: Report, *, paths: list[str], intos: list[str], seconds: float, limits: dict[str, Any]
) -> dict[str, Any]:
    """See `side_by_side.sounds`."""

    def work() -> Any:
        done = side_by_side.sounds(
            [Path(path) for path in paths],
            [Path(into) for into in intos],
            seconds=seconds,
            limits=InputLimits(**limits),
        )
        return [asdict(info) for info in done]

    return _answer(work, *intos)


def film(
    progress: Report,
    *,
    paths: list[str],
    letters: list[str],
    into: str,
    seconds: float,
    width: int,
    height: int,
    limit_bytes: int,
    blind: bool,
    limits: dict[str, Any],
) -> dict[str, Any]:
    """See `side_by_side.film`."""

    def work() -> Any:
        done = side_by_side.film(
            [Path(path) for path in paths],
            letters,
            Path(into),
            seconds=seconds,
            width=width,
            height=height,
            limit_bytes=limit_bytes,
            limits=InputLimits(**limits),
            progress=progress,
            blind=blind,
        )
        return asdict(done)

    return _answer(work, into)


def draw(progress: Report, *, kind: str, what: dict[str, Any], into: str) -> dict[str, Any]:
    """See `board.card` and `board.leaderboard`."""

    def work() -> None:
        picture = (
            board.card(msgspec.convert(what, Sheet))
            if kind == "card"
            else board.leaderboard(msgspec.convert(what, Board))
        )
        Path(into).write_bytes(picture)

    return _answer(work, into)


def traces(
    progress: Report, *, path: str, wave: str, spectrum: str, seconds: float, limits: dict[str, Any]
) -> dict[str, Any]:
    """See `trace.draw`."""

    def work() -> None:
        trace.draw(Path(path), Path(wave), Path(spectrum), seconds=seconds, limits=InputLimits(**limits))

    return _answer(work, wave, spectrum)


def _answer(work: Callable[[], Any], *intos: str) -> dict[str, Any]:
    """A refusal is an answer, not a failure; half a file is not left behind."""
    try:
        return {"value": work()}
    except BaseException as error:
        for into in intos:
            with suppress(OSError):
                Path(into).unlink(missing_ok=True)
        if isinstance(error, MediaRefused):
            return {"refused": error.code, "facts": error.facts}
        if isinstance(error, FFmpegError | struct.error | UnicodeError):
            raise_if_system(error)
            return {"refused": "damaged", "facts": {}}
        raise
