"""Takes in the files of a command: judged by their bytes, kept in the blob store, converted for a route.

The sender's own file is never moved or changed. Which role a file may play is the planner's business.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bot.core.desk import Attachment, Desk
from bot.core.errors import MediaRefused, Refusal
from bot.core.model import AudioAs, AudioWindow, Clip, Job, MediaInfo, Plan, Text, VoiceResult
from bot.core.names import as_name, mentions
from bot.core.planner import audio_windows, clone_window, lips_window, source_of
from providers.base import MediaInput, MediaKind, Role
from providers.catalogue import file_format

_DISTORTED: Final = 0.02  # of a recording: loud music has half of that, a shouted-at phone ten times as much
_SAID: Final = -1  # the place of a recording that no vendor of the picture gets
_LENT: Final = -2  # the place of one that lends its voice
_EVERYWHERE: Final = "aac"  # sound that every chat plays, and that is therefore never coded anew
_NAMED: Final = ("references", "image", "last_image")
_AUDIO_ROLES: Final[Mapping[AudioAs | None, Role]] = {"voice": "voice", "soundtrack": "soundtrack"}
_REFERENCES: Final[Mapping[MediaKind, Role]] = {
    "image": "reference-image",
    "audio": "reference-audio",
    "video": "reference-video",
}
_WANTED: Final[Mapping[str, tuple[MediaKind, Role]]] = {
    "image": ("image", "first-frame"),
    "last_image": ("image", "last-frame"),
    "video": ("video", "source-video"),
}


@dataclass(frozen=True, kw_only=True)
class Recording:
    """A recording as the route gets it, and which part of what was sent it is (seconds)."""

    place: int
    item: MediaInput
    source_seconds: float
    from_seconds: float
    to_seconds: float
    clipped_share: float = 0.0
    steady: bool = False

    def said(self) -> Text:
        """The line of the quote: your 23 s recording → 00:00 to 00:15, wav."""
        return Text(
            key="quote.audio_used",
            facts={
                "source": self.source_seconds,
                "from": self.from_seconds,
                "to": self.to_seconds,
                "format": file_format(self.item),
            },
        )


async def receive(
    desk: Desk, files: Mapping[str, tuple[Attachment, ...]], *, audio_as: AudioAs | None
) -> tuple[MediaInput, ...]:
    """Judge and keep every file, in the order of the options.

    Args:
        desk: the ports.
        files: by option of the command.
        audio_as: what the recording is for, if that was said.

    Raises:
        MediaRefused: with the name of the file.
        Refusal: `wrong_kind`.
        StorageFull: no room.
    """
    kept = []
    for option, attachments in files.items():
        for attachment in attachments:
            try:
                info = await _judged(desk, attachment)
            except MediaRefused as refused:
                raise MediaRefused(refused.code, **{**refused.facts, "file": attachment.name}) from None
            kind, role = _role(option, attachment, info, audio_as)
            kept.append(
                MediaInput(
                    role=role,
                    kind=kind,
                    path=desk.blobs.path(await desk.blobs.put(attachment.path)),
                    mime=info.mime,
                    size_bytes=info.size_bytes,
                    seconds=info.seconds,
                    width=info.width,
                    height=info.height,
                    fps=info.fps,
                    name=_name(option, attachment),
                )
            )
    return tuple(kept)


async def convert(desk: Desk, plan: Plan, *, key: str) -> tuple[Recording, ...]:
    """Make each recording of a plan what its route takes.

    Raises:
        MediaRefused: no sound in it, silent, too short.
        Refusal: `voice_no_speech`.
        StorageFull: no room.
    """
    made = []
    for place, window in audio_windows(plan, desk.catalogue).items():
        item = plan.request.media[place]
        into = desk.blobs.scratch(key) / f"recording-{place}"
        result = await desk.media.voice(item.path, into, window=window)
        made.append(_recording(place, item, result, desk.blobs.path(await desk.blobs.put(result.path))))
    said = plan.score.voice if plan.score is not None else None
    spoken = lips_window(plan, desk.catalogue, _picture_seconds(plan))
    if said is not None and spoken is not None:
        result = await desk.media.voice(said.path, desk.blobs.scratch(key) / "recording-said", window=spoken)
        kept = desk.blobs.path(await desk.blobs.put(result.path))
        made.append(_recording(_SAID, said, result, kept))
    lent, taken = plan.voice, clone_window(plan, desk.catalogue)
    if lent is not None and taken is not None:
        into = desk.blobs.scratch(key) / "recording-lent"
        result = await desk.media.voice(lent.recording.path, into, window=taken)
        if result.steady:
            raise Refusal("voice_no_speech", maker=lent.maker)
        kept = desk.blobs.path(await desk.blobs.put(result.path))
        made.append(_recording(_LENT, lent.recording, result, kept))
    return tuple(made)


async def require_heard(desk: Desk, plan: Plan, media: Iterable[MediaInput], *, key: str) -> None:
    """Listen to the recordings that will be laid under a clip as they are, as long as the clip lasts.

    Raises:
        MediaRefused: `silent`, `damaged` … StorageFull: no room.
    """
    score, paths = plan.score, [item.path for item in media if item.kind == "audio"]
    if score is not None:
        paths = [piece.path for piece in score.laid]
    elif plan.sound_path != "soundtrack" or any(item.kind == "audio" for item in plan.request.media):
        return
    window = AudioWindow(formats=("wav",), max_seconds=_picture_seconds(plan))
    for number, path in enumerate(paths):
        await desk.media.voice(path, desk.blobs.scratch(key) / f"laid-{number}", window=window)


def _picture_seconds(plan: Plan) -> float:
    """How long the clip is whose speaker says a recording: known exactly where it is there already."""
    return (
        plan.score.seconds if plan.score is not None and plan.score.seconds else float(plan.request.seconds)
    )


def with_recordings(plan: Plan, recordings: tuple[Recording, ...], audio_as: AudioAs | None = None) -> Plan:
    """The plan with the converted files in its request; what is wrong with them is asked about."""
    media, doubts = list(plan.request.media), []
    score, voice = plan.score, plan.voice
    for recording in recordings:
        if recording.place == _SAID and score is not None:
            score = replace(score, voice=replace(recording.item, role="voice"))
        elif recording.place == _LENT and voice is not None:
            voice = replace(voice, recording=replace(recording.item, role="voice"))
        else:
            media[recording.place] = recording.item
        if recording.clipped_share >= _DISTORTED:
            share = max(1, round(100 * recording.clipped_share))
            doubts.append(Text(key="adjust.distorted", facts={"share": share}))
        if recording.steady and (audio_as == "voice" or recording.item.role == "voice"):
            doubts.append(Text(key="adjust.no_speech"))
    adjustments = (*plan.adjustments, *doubts)
    request = replace(plan.request, media=tuple(media))
    return replace(plan, request=request, score=score, voice=voice, adjustments=adjustments)


async def receive_clip(desk: Desk, job: Job) -> MediaInput:
    """A finished clip as a file to start from: its maker's untouched one.

    Raises:
        Refusal: `clip_gone`.
    """
    clip = _clip_of(job)
    return (await _start_from(desk, job, clip.original or clip.blob))[0]


async def receive_heard(desk: Desk, job: Job) -> MediaInput:
    """A finished clip as it is heard: its maker's untouched file only where the sound in it is the clip's.

    Raises:
        Refusal: `clip_gone`.
    """
    clip = _clip_of(job)
    own = clip.sound_path in ("native", "kept") and not clip.repaired and not clip.pieces
    if own and clip.original:
        item, info = await _start_from(desk, job, clip.original)
        if info.audio_codec == _EVERYWHERE:
            return item
    return (await _start_from(desk, job, clip.blob))[0]


def _clip_of(job: Job) -> Clip:
    if job.clip is None:
        raise Refusal("clip_gone", id=job.id)
    return job.clip


async def _start_from(desk: Desk, job: Job, address: str) -> tuple[MediaInput, MediaInfo]:
    path = desk.blobs.path(address)
    if not await asyncio.to_thread(path.is_file):
        raise Refusal("clip_gone", id=job.id)
    info = await desk.media.inspect(path)
    return source_of(job, path=path, info=info), info


async def require_files(items: Iterable[MediaInput]) -> None:
    """Make sure that files of an earlier wish are still kept.

    Raises:
        Refusal: `files_gone`.
    """
    for item in items:
        if not await asyncio.to_thread(item.path.is_file):
            raise Refusal("files_gone")


async def _judged(desk: Desk, attachment: Attachment) -> MediaInfo:
    try:
        size = await asyncio.to_thread(_size_bytes, attachment.path)
    except OSError:
        raise MediaRefused("unreadable") from None
    limit = desk.house.max_upload_bytes
    if limit and size > limit:
        raise MediaRefused("too_many_bytes", size=size, limit=limit)
    return await desk.media.inspect(attachment.path)


def _size_bytes(path: Path) -> int:
    with path.open("rb") as file:
        return file.seek(0, 2)


def _role(
    option: str, attachment: Attachment, info: MediaInfo, audio_as: AudioAs | None
) -> tuple[MediaKind, Role]:
    if option == "audio":
        if info.kind == "image":
            raise Refusal("wrong_kind", option=option, wanted="audio", file=attachment.name, found=info.kind)
        if not info.has_audio:
            raise MediaRefused("no_audio", file=attachment.name)
        # A video note counts as the recording in it.
        return "audio", _AUDIO_ROLES.get(audio_as, "reference-audio")
    if option == "references":
        return info.kind, _REFERENCES[info.kind]
    wanted, role = _WANTED[option]
    if info.kind != wanted:
        raise Refusal("wrong_kind", option=option, wanted=wanted, file=attachment.name, found=info.kind)
    return wanted, role


def _name(option: str, attachment: Attachment) -> str:
    if option not in _NAMED:
        return ""
    said = mentions(attachment.caption)
    return said[0] if said else as_name(Path(attachment.name).stem)


def _recording(place: int, item: MediaInput, result: VoiceResult, path: Path) -> Recording:
    return Recording(
        place=place,
        item=replace(item, path=path, mime=result.mime, size_bytes=result.size_bytes, seconds=result.seconds),
        source_seconds=result.source_seconds,
        from_seconds=result.from_seconds,
        to_seconds=result.to_seconds,
        clipped_share=result.clipped_share,
        steady=result.steady,
    )
