"""Media work as the rest of the bot sees it: async methods whose work is done in limited processes.

Nothing here imports a decoder. Files are refused with `MediaRefused(code, **facts)`; sizes are bytes, lengths
seconds:

    empty                                       0 bytes
    unknown_type          (found)               not a picture, recording or clip the bot reads
    wrong_kind            wanted, found         a recording where a picture is needed
    too_large_dimensions  width, height, limit  `limit` pixels a side
    too_long              seconds, limit_seconds
    too_short             seconds, least        for an audio reference
    too_many_bytes        size, limit
    damaged                                     headers broken, cut off, or nothing in it can be decoded
    no_audio · silent                           nothing to hear where sound is needed
    no_picture                                  a recording where a clip is needed
    does_not_fit          limit                 no step of the fit ladder comes under the limit
    bad_file              reason                it took more memory or time than one file may
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bot.core.errors import MediaRefused, StorageFull
from bot.core.model import AudioWindow, FitResult, MediaInfo, SoundCheck, VoiceResult
from bot.core.sheets import Board, Sheet
from bot.core.sounds import MixPiece
from bot.media.limits import InputLimits
from providers.process import Limits, WorkerDied, WorkerFailed, WorkerPool

_QUICK_SECONDS, _LONG_SECONDS = 120.0, 1800.0
_THUMBNAIL_SIDE = 320
OnProgress = Callable[[Mapping[str, Any]], None]


class MediaWorker:
    """The core's `Media` port on a pool of limited processes, started when they are needed."""

    def __init__(
        self,
        *,
        workers: int = 2,
        idle_seconds: float = 120.0,
        limits: Limits | None = None,
        input_limits: InputLimits | None = None,
    ) -> None:
        """Prepare; nothing is started.

        Args:
            workers: media jobs at the same time.
            idle_seconds: how long an unused process stays warm.
            limits: of one process.
            input_limits: of one file.
        """
        self._pool = WorkerPool(
            "bot.media.jobs", size=workers, limits=limits or Limits(), idle_seconds=idle_seconds
        )
        self._inputs = (input_limits or InputLimits()).to_json()
        self._closing = False

    @property
    def warm(self) -> bool:
        """Whether a process is up, so that the next job starts at once."""
        return self._pool.warm

    async def inspect(self, path: Path) -> MediaInfo:
        """Judge a file by its bytes; its length is counted, not read from a header.

        Raises:
            MediaRefused: empty, too_many_bytes, unknown_type, damaged, too_large_dimensions, too_long.
        """
        return MediaInfo(**await self._ask("inspect", path=path))

    async def verify(
        self, path: Path, *, expect_sound: bool, seconds: float, tolerance_seconds: float
    ) -> SoundCheck:
        """Decode a clip's sound through the end and measure it.

        Args:
            path: the clip.
            expect_sound: false answers `none-expected` without looking further.
            seconds: what the sound's length is compared with where the file has no picture.
            tolerance_seconds: by how much the sound may be longer or shorter than the picture.

        Raises:
            MediaRefused: the file as such is unusable; a bad sound is a verdict, not a refusal.
        """
        found = await self._ask(
            "verify",
            path=path,
            expect_sound=expect_sound,
            seconds=seconds,
            tolerance_seconds=tolerance_seconds,
        )
        return SoundCheck(**found)

    async def finish(
        self, path: Path, into: Path, *, remove_sound: bool, on_progress: OnProgress | None = None
    ) -> MediaInfo:
        """H.264 + AAC mp4, faststart, no metadata; streams are copied where they already fit.

        Raises:
            MediaRefused: no_picture, damaged …
            StorageFull: the disk is full.
        """
        return MediaInfo(
            **await self._ask(
                "finish",
                on_progress,
                timeout_seconds=_LONG_SECONDS,
                path=path,
                into=into,
                remove_sound=remove_sound,
            )
        )

    async def lay_under(
        self,
        video: Path,
        audio: Path,
        into: Path,
        *,
        keep_sound: bool,
        gain_db: float = 0.0,
        at_seconds: float = 0.0,
        loudness_target_lufs: float = -16.0,
    ) -> MediaInfo:
        """Put sound under a clip, exactly as long as the picture; the picture is copied.

        Args:
            video, audio, into: the clip, any recording (or a clip with sound), the new clip.
            keep_sound: keep the clip's own sound; the new one steps back while it is loud.
            gain_db: of the new sound against the clip's own.
            at_seconds: where the new sound begins.
            loudness_target_lufs: of the result; its true peak stays at or below −1 dBTP.

        Raises:
            MediaRefused: no_picture, no_audio, silent, damaged …
            StorageFull: the disk is full.
        """
        return MediaInfo(
            **await self._ask(
                "lay_under",
                timeout_seconds=_LONG_SECONDS,
                video=video,
                audio=audio,
                into=into,
                keep_sound=keep_sound,
                gain_db=gain_db,
                at_seconds=at_seconds,
                loudness_target_lufs=loudness_target_lufs,
            )
        )

    async def mix(
        self,
        video: Path,
        pieces: Sequence[MixPiece],
        into: Path,
        *,
        keep_sound: bool,
        loudness_target_lufs: float = -16.0,
    ) -> MediaInfo:
        """Put pieces of sound under a clip at their places; speech leads, the rest steps back.

        Args and errors: as in `lay_under`; a piece without anything to hear is left out.
        """
        plain = [{**asdict(piece), "path": str(piece.path)} for piece in pieces]
        return MediaInfo(
            **await self._ask(
                "mix",
                timeout_seconds=_LONG_SECONDS,
                video=video,
                pieces=plain,
                into=into,
                keep_sound=keep_sound,
                loudness_target_lufs=loudness_target_lufs,
            )
        )

    async def poster(self, path: Path, into: Path, *, width: int) -> tuple[int, int]:
        """A JPEG of the clip, at most `width` pixels wide and 200 kB; returns width and height.

        Raises:
            MediaRefused: no_picture, damaged …
        """
        found = await self._ask("poster", path=path, into=into, max_width=width, max_height=0)
        return int(found[0]), int(found[1])

    async def thumbnail(self, path: Path, into: Path) -> tuple[int, int]:
        """A JPEG that fits into 320 × 320 pixels and 200 kB, as Telegram wants; returns width and height.

        Raises:
            MediaRefused: no_picture, damaged …
        """
        side = _THUMBNAIL_SIDE
        found = await self._ask("poster", path=path, into=into, max_width=side, max_height=side)
        return int(found[0]), int(found[1])

    async def fit(
        self,
        path: Path,
        into: Path,
        *,
        limit_bytes: int,
        max_seconds: float = 0.0,
        max_width: int = 0,
        max_height: int = 0,
        on_progress: OnProgress | None = None,
    ) -> FitResult:
        """The fit ladder with a hard size check; the sound keeps at least 96 kbit/s. 0 = no limit.

        Returns:
            The step and the file: `path` itself if it fits as it is, else `into`.

        Raises:
            MediaRefused: does_not_fit, too_long (nothing is cut off silently), no_picture, damaged …
            StorageFull: the disk is full.
        """
        goal = {
            "limit_bytes": limit_bytes,
            "max_seconds": max_seconds,
            "max_width": max_width,
            "max_height": max_height,
        }
        found = await self._ask(
            "fit", on_progress, timeout_seconds=_LONG_SECONDS, path=path, into=into, goal=goal
        )
        return FitResult(
            step=found["step"],
            path=path if found["step"] == "as-is" else into,
            info=MediaInfo(**found["info"]),
        )

    async def voice(self, path: Path, into: Path, *, window: AudioWindow) -> VoiceResult:
        """An audio reference inside `window` from any recording: trimmed, about −18 LUFS, cut, encoded.

        Raises:
            MediaRefused: no_audio, silent, too_short, too_many_bytes, damaged …
            StorageFull: the disk is full.
        """
        found = await self._ask("voice", path=path, into=into, window=asdict(window))
        return VoiceResult(**{**found, "path": into})

    async def image(
        self,
        path: Path,
        into: Path,
        *,
        max_side: int,
        max_bytes: int = 0,
        formats: tuple[str, ...] = ("jpeg", "png", "webp"),
    ) -> MediaInfo:
        """A user's picture made fit to send: upright, no metadata, at most `max_side` pixels a side.

        Raises:
            MediaRefused: wrong_kind, too_large_dimensions, too_many_bytes, damaged …
            StorageFull: the disk is full.
        """
        return MediaInfo(
            **await self._ask(
                "image", path=path, into=into, max_side=max_side, max_bytes=max_bytes, formats=formats
            )
        )

    async def ambience(self, into: Path, *, seconds: float, seed: int) -> None:
        """A quiet free ambience as wav, to mend a clip whose sound is missing.

        Raises:
            StorageFull: the disk is full.
        """
        await self._call("ambience", None, _QUICK_SECONDS, into=str(into), seconds=seconds, seed=seed)

    async def copies(
        self,
        paths: Sequence[Path],
        intos: Sequence[Path],
        *,
        seconds: float,
        width: int,
        height: int,
        limit_bytes: int = 0,
        on_progress: OnProgress | None = None,
    ) -> tuple[MediaInfo, ...]:
        """Neutral copies of compared clips: same size, rate, length, loudness and number of bytes.

        Raises:
            MediaRefused: no_picture, damaged …
            StorageFull: the disk is full.
        """
        found = await self._ask(
            "copies",
            on_progress,
            timeout_seconds=_LONG_SECONDS,
            paths=paths,
            intos=intos,
            seconds=seconds,
            width=width,
            height=height,
            limit_bytes=limit_bytes,
        )
        return tuple(MediaInfo(**info) for info in found)

    async def sounds(
        self, paths: Sequence[Path], intos: Sequence[Path], *, seconds: float
    ) -> tuple[MediaInfo, ...]:
        """The sound of compared clips alone, as m4a, alike in everything but what is heard.

        Raises:
            MediaRefused: damaged …
            StorageFull: the disk is full.
        """
        found = await self._ask("sounds", paths=paths, intos=intos, seconds=seconds)
        return tuple(MediaInfo(**info) for info in found)

    async def film(
        self,
        paths: Sequence[Path],
        letters: Sequence[str],
        into: Path,
        *,
        seconds: float,
        width: int,
        height: int,
        limit_bytes: int = 0,
        blind: bool = False,
        on_progress: OnProgress | None = None,
    ) -> MediaInfo:
        """2–4 clips in a grid with letters, played once for each: its turn has its sound and its frame;
        `blind`: the letters alone.

        Raises:
            MediaRefused: no_picture, damaged …
            StorageFull: the disk is full.
        """
        return MediaInfo(
            **await self._ask(
                "film",
                on_progress,
                timeout_seconds=_LONG_SECONDS,
                paths=paths,
                letters=letters,
                into=into,
                seconds=seconds,
                width=width,
                height=height,
                limit_bytes=limit_bytes,
                blind=blind,
            )
        )

    async def draw(self, what: Sheet | Board, into: Path) -> None:
        """A report card or a leaderboard as PNG of at most 300 KiB.

        Raises:
            StorageFull: the disk is full.
        """
        kind = "card" if isinstance(what, Sheet) else "leaderboard"
        await self._call("draw", None, _QUICK_SECONDS, kind=kind, what=asdict(what), into=str(into))

    async def traces(self, path: Path, wave: Path, spectrum: Path, *, seconds: float) -> None:
        """What a clip's sound looks like: its waveform and its spectrogram, two small PNGs of one width.

        Raises:
            MediaRefused: damaged.
            StorageFull: the disk is full.
        """
        await self._ask("traces", path=path, wave=wave, spectrum=spectrum, seconds=seconds)

    async def close(self) -> None:
        """End the workers."""
        self._closing = True
        await self._pool.close()

    async def _ask(
        self,
        function: str,
        on_progress: OnProgress | None = None,
        *,
        timeout_seconds: float = _QUICK_SECONDS,
        **arguments: Any,
    ) -> Any:
        plain = {key: _plain(value) for key, value in arguments.items()}
        return await self._call(function, on_progress, timeout_seconds, limits=self._inputs, **plain)

    async def _call(
        self, function: str, on_progress: OnProgress | None, timeout_seconds: float, **arguments: Any
    ) -> Any:
        try:
            answer = await self._pool.call(
                function, timeout_seconds=timeout_seconds, on_progress=on_progress, **arguments
            )
        except WorkerDied as error:
            if self._closing:
                raise  # the bot's end says nothing about the file
            if error.reason == "crash":
                raise MediaRefused("damaged") from error
            raise MediaRefused("bad_file", reason=error.reason) from error
        except WorkerFailed as error:
            if error.kind == "DiskFull":
                raise StorageFull("the disk of the data folder is full") from error
            if error.kind == "FileTooLarge":
                raise MediaRefused("too_many_bytes") from error
            raise
        if "refused" in answer:
            raise MediaRefused(answer["refused"], **answer["facts"])
        return answer["value"]


def _plain(value: Any) -> Any:
    """An argument as JSON can carry it."""
    if isinstance(value, Path):
        return str(value)
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value
