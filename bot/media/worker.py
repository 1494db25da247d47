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
    lengths_differ        seconds, source_seconds                          a larger copy is no copy
    not_larger            width, height, source_width, source_height
    does_not_fit          limit                 no step of the fit ladder comes under the limit
    bad_file              reason                it took more memory or time than one file may
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from bot.core.model import AudioWindow, FitResult, MediaInfo, SoundCheck, VoiceResult
from bot.core.quality import Offset, Quality
from bot.core.sounds import MixPiece
from bot.media.calling import LONG_SECONDS, QUICK_SECONDS, OnProgress
from bot.media.comparing import ComparisonWork

_THUMBNAIL_SIDE = 320


class MediaWorker(ComparisonWork):
    """The core's `Media` port on a pool of limited processes, started when they are needed."""

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

    async def quality(self, path: Path) -> Quality:
        """Measure a finished clip's sound and its offset against the picture; takes seconds, not moments.

        Raises:
            MediaRefused: damaged, unknown_type …
        """
        found = await self._ask("quality", path=path)
        offsets = {name: Offset(**found[name]) for name in ("lip", "impact") if found[name] is not None}
        return Quality(**{**found, **offsets})

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
                timeout_seconds=LONG_SECONDS,
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
                timeout_seconds=LONG_SECONDS,
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
                timeout_seconds=LONG_SECONDS,
                video=video,
                pieces=plain,
                into=into,
                keep_sound=keep_sound,
                loudness_target_lufs=loudness_target_lufs,
            )
        )

    async def put_back(self, picture: Path, clip: Path, into: Path, *, tolerance_seconds: float) -> MediaInfo:
        """The picture of a larger copy with the sound of the clip it was made of, both packet by packet.

        Raises:
            MediaRefused: lengths_differ, not_larger, no_picture, damaged …
            StorageFull: the disk is full.
        """
        return MediaInfo(
            **await self._ask(
                "put_back",
                timeout_seconds=LONG_SECONDS,
                picture=picture,
                clip=clip,
                into=into,
                tolerance_seconds=tolerance_seconds,
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
            "fit", on_progress, timeout_seconds=LONG_SECONDS, path=path, into=into, goal=goal
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

    async def card(self, into: Path) -> MediaInfo:
        """A plain grey picture with nothing on it, as PNG.

        Raises:
            StorageFull: the disk is full.
        """
        return MediaInfo(**await self._ask("card", into=into))

    async def ambience(self, into: Path, *, seconds: float, seed: int) -> None:
        """A quiet free ambience as wav, to mend a clip whose sound is missing.

        Raises:
            StorageFull: the disk is full.
        """
        await self._call("ambience", None, QUICK_SECONDS, into=str(into), seconds=seconds, seed=seed)
