"""Compared clips as neutral copies, as sound alone, and as one film in which the sound goes round.

Worker only. Nothing in a result but the decoded picture and sound tells one model from another: same size,
rate, length, loudness, encoder, and the same number of bytes for all copies of a set.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import repeat
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from bot.core.model import MediaInfo
from bot.media.limits import InputLimits
from bot.media.probe import own_info
from bot.media.reader import opened
from bot.media.rewrite import SOUND_RATE_HZ
from bot.media.sound import Samples, fitted, frames_of, level, read_sound
from bot.media.tile import Canvas, pictures, write
from providers.process import Report

RATE = 24
LOUDNESS_LUFS = -16.0
_CEILING_DBTP = -1.5
_FRAME = (210, 54, 150)  # amber, in Y, U, V
_FRAME_PIXELS = 6
_FADE_SECONDS = 0.03
_SOUND_BITS_PER_SECOND = 160_000
_INDEX_BYTES = 1 << 20
# The decoder's description in an MPEG-4 file: tag 4, its length, AAC, kind, buffer, then two rates.
_RATES = re.compile(rb"esds.{4,40}?\x04\x80\x80\x80.\x40.{4}(?P<rates>.{8})", re.DOTALL)


def copies(
    paths: Sequence[Path],
    intos: Sequence[Path],
    *,
    seconds: float,
    width: int,
    height: int,
    limit_bytes: int = 0,
    limits: InputLimits,
    progress: Report,
) -> list[MediaInfo]:
    """One neutral copy of each clip, to be judged; the originals stay as they are.

    Args:
        paths, intos: clips and where their copies go.
        seconds: common length; a shorter clip stands still and silent at its end.
        width, height: common size, even numbers.
        limit_bytes: each will be smaller; 0 = no limit.
        limits: of each clip.
        progress: told the fraction that is done.

    Raises:
        MediaRefused: no_picture, damaged …
    """
    most = _picture_bits(limit_bytes, seconds)
    for number, (path, into) in enumerate(zip(paths, intos, strict=True)):
        sound = _levelled(path, seconds, limits)
        shown = pictures(path, width=width, height=height, rate=RATE, limits=limits)
        count = round(seconds * RATE)
        write(
            into,
            shown,
            sound,
            width=width,
            height=height,
            rate=RATE,
            count=count,
            most_bits_per_second=most,
            alike=True,
        )
        progress(fraction=round((number + 1) / len(paths), 3))
    for into in intos:
        _without_rates(into)
    pad_alike(intos)
    return [own_info(into, limits) for into in intos]


def sounds(
    paths: Sequence[Path], intos: Sequence[Path], *, seconds: float, limits: InputLimits
) -> list[MediaInfo]:
    """The sound of each clip alone, as m4a files of one length, loudness and size."""
    for path, into in zip(paths, intos, strict=True):
        options = {"movflags": "faststart", "fflags": "bitexact", "write_btrt": "0"}
        with av.open(str(into.resolve()), "w", format="ipod", options=options) as out:
            track = out.add_stream("aac", rate=SOUND_RATE_HZ, layout="stereo")
            track.bit_rate = _SOUND_BITS_PER_SECOND
            for frame in frames_of(_levelled(path, seconds, limits), SOUND_RATE_HZ, size=1024):
                out.mux(track.encode(frame))
            out.mux(track.encode(None))
        _without_rates(into)
    pad_alike(intos)
    return [own_info(into, limits) for into in intos]


def film(
    paths: Sequence[Path],
    letters: Sequence[str],
    into: Path,
    *,
    seconds: float,
    width: int,
    height: int,
    limit_bytes: int,
    limits: InputLimits,
    progress: Report,
    blind: bool = False,
) -> MediaInfo:
    """All clips in a grid with their letters, played once for each: its turn has its sound and its frame.

    Args:
        paths, letters: 2–4 clips and what they are called.
        into: the film, `len(paths) × seconds` long.
        seconds: length of one turn.
        width, height: of the film, multiples of 4.
        limit_bytes: it will be smaller; 0 = no limit.
        limits: of each clip.
        progress: told the fraction that is done.
        blind: the letters alone, for ears only.

    Raises:
        MediaRefused: no_picture, damaged …
    """
    turns = len(paths)
    count = round(seconds * RATE)
    heard = np.concatenate([_faded(_levelled(path, seconds, limits)) for path in paths], axis=1)
    cells = _cells(turns, width, height)
    signs = [_sign(letter, max(24, cells[0][3] // 8)) for letter in letters]
    tiles = [
        repeat(Canvas.black(w, h)) if blind else pictures(path, width=w, height=h, rate=RATE, limits=limits)
        for _ in range(turns)
        for path, (_, _, w, h) in zip(paths, cells, strict=True)
    ]
    write(
        into,
        _grid(tiles, cells, signs, width, height, count, progress),
        heard,
        width=width,
        height=height,
        rate=RATE,
        count=count * turns,
        quality=23,
        most_bits_per_second=_picture_bits(limit_bytes, turns * seconds),
    )
    return own_info(into, limits)


def _picture_bits(limit_bytes: int, seconds: float) -> int:
    """What is left for the picture of a file below a limit; 0 = no limit."""
    if not limit_bytes:
        return 0
    return max(120_000, int((limit_bytes * 0.92 - 40_000) * 8 / seconds) - 200_000)


def _grid(
    tiles: Sequence[Iterator[Canvas]],
    cells: Sequence[tuple[int, int, int, int]],
    signs: Sequence[tuple[Canvas, Canvas]],
    width: int,
    height: int,
    count: int,
    progress: Report,
) -> Iterator[Canvas]:
    turns = len(cells)
    for turn in range(turns):
        playing = tiles[turn * turns : (turn + 1) * turns]
        for number in range(count):
            canvas = Canvas.black(width, height)
            for at, (tile, (x, y, w, h)) in enumerate(zip(playing, cells, strict=True)):
                canvas.put(next(tile), x, y)
                if at == turn:
                    _framed(canvas, x, y, w, h)
                canvas.put(signs[at][at == turn], x + 16, y + 16)
            yield canvas
            if number % RATE == 0:
                progress(fraction=round((turn + number / count) / turns, 3))


def _cells(turns: int, width: int, height: int) -> list[tuple[int, int, int, int]]:
    """Where the tiles lie: x, y, width, height; two stand side by side or above each other."""
    if turns == 2:
        if width >= height:
            w, h = width // 4 * 2, height // 2 * 2
            return [(0, 0, w, h), (w, 0, w, h)]
        w, h = width // 2 * 2, height // 4 * 2
        return [(0, 0, w, h), (0, h, w, h)]
    w, h = width // 4 * 2, height // 4 * 2
    return [(at % 2 * w, at // 2 * h, w, h) for at in range(turns)]


def _framed(canvas: Canvas, x: int, y: int, width: int, height: int) -> None:
    edge = _FRAME_PIXELS
    canvas.fill(x, y, width, edge, _FRAME)
    canvas.fill(x, y + height - edge, width, edge, _FRAME)
    canvas.fill(x, y, edge, height, _FRAME)
    canvas.fill(x + width - edge, y, edge, height, _FRAME)


def _sign(letter: str, size: int) -> tuple[Canvas, Canvas]:
    """A letter on a dark ground, and on the frame's colour while its clip is heard."""
    side = size // 2 * 2 + 16
    picture = Image.new("L", (side, side), 0)
    font = ImageFont.load_default(size=size)
    ImageDraw.Draw(picture).text((side / 2, side / 2), letter, fill=255, font=font, anchor="mm")
    ink = np.asarray(picture, np.float32) / np.float32(255)
    return _inked(ink, ground=(30, 128, 128), letter=235), _inked(ink, ground=_FRAME, letter=16)


def _inked(ink: NDArray[np.float32], *, ground: tuple[int, int, int], letter: int) -> Canvas:
    side = ink.shape[0]
    canvas = Canvas.black(side, side)
    canvas.fill(0, 0, side, side, ground)
    canvas.y[:] = np.round(ground[0] + (letter - ground[0]) * ink).astype(np.uint8)
    return canvas


def _levelled(path: Path, seconds: float, limits: InputLimits) -> Samples:
    """A clip's sound, exactly so long, at the loudness that all are judged at; silence where it has none."""
    count = round(seconds * SOUND_RATE_HZ)
    with opened(path, limits) as clip:
        if clip.sound is None:
            return np.zeros((2, count), np.float32)
        heard = read_sound(clip, rate_hz=SOUND_RATE_HZ, channels=2, max_seconds=seconds).samples
    louder, _ = level(
        fitted(heard, count), SOUND_RATE_HZ, target_lufs=LOUDNESS_LUFS, ceiling_dbtp=_CEILING_DBTP
    )
    return louder


def _faded(samples: Samples) -> Samples:
    """Soft ends, so that the sound goes from clip to clip without a click."""
    edge = min(samples.shape[1], round(_FADE_SECONDS * SOUND_RATE_HZ))
    shaped = samples.copy()
    shaped[:, :edge] *= np.linspace(0, 1, edge, dtype=np.float32)
    shaped[:, samples.shape[1] - edge :] *= np.linspace(1, 0, edge, dtype=np.float32)
    return shaped


def _without_rates(path: Path) -> None:
    """Write the rate that was asked for over the one that came out, which tells how busy the sound is."""
    with path.open("r+b") as file:
        head = file.read(_INDEX_BYTES)
        found = _RATES.search(head)
        if found is not None:
            file.seek(found.start("rates"))
            file.write(_SOUND_BITS_PER_SECOND.to_bytes(4, "big") * 2)


def pad_alike(paths: Sequence[Path]) -> None:
    """Bring all files to one size with an empty box at the end, so that sizes tell nothing."""
    most = max(path.stat().st_size for path in paths) + 8
    for path in paths:
        gap = most - path.stat().st_size
        with path.open("ab") as file:
            file.write(gap.to_bytes(4, "big") + b"free" + bytes(gap - 8))
