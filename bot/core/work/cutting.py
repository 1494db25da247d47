"""The files of a comparison: neutral copies, their sounds alone, the film. Decides nothing, says nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from bot.core.compare import Contest
from bot.core.model import Job, MediaInfo
from bot.core.replies import ClipView
from bot.core.work.workshop import Workshop

_LONG_SIDE: Final = 1280
_POSTER_WIDTH: Final = 640


async def copied(shop: Workshop, contest: Contest, jobs: Mapping[str, Job]) -> Contest:
    """The comparison with a neutral copy of each clip that was not given up, alike in all that tells a model.

    Raises:
        MediaRefused: a clip cannot be read.
        StorageFull: the disk is full.
    """
    able = [leg for leg in contest.legs if not leg.outcome]
    clips = [clip for leg in able if (clip := jobs[leg.job].clip) is not None]
    width, height = common_size([clip.info for clip in clips])
    scratch = shop.blobs.scratch(_folder(contest))
    copies = [scratch / f"{leg.letter}.mp4" for leg in able]
    sounds = [scratch / f"{leg.letter}.m4a" for leg in able]
    try:
        await shop.media.copies(
            [shop.blobs.path(clip.blob) for clip in clips],
            copies,
            seconds=float(contest.seconds),
            width=width,
            height=height,
            limit_bytes=contest.limit_bytes,
        )
        await shop.media.sounds(copies, sounds, seconds=float(contest.seconds))
        made = {
            leg.letter: replace(
                leg, copy=await shop.blobs.put(copy), sound=await shop.blobs.put(sound), shown=False
            )
            for leg, copy, sound in zip(able, copies, sounds, strict=True)
        }
    finally:
        await put_away(shop, contest)
    legs = tuple(made.get(leg.letter, leg) for leg in contest.legs)
    return replace(contest, legs=legs, width=width, height=height, film="", ears="")


async def filmed(shop: Workshop, contest: Contest, *, blind: bool) -> str:
    """Address of the side-by-side film; `blind`: of the round in which only letters are seen.

    Raises:
        MediaRefused, StorageFull: as the workers say.
    """
    into = shop.blobs.scratch(_folder(contest)) / "film.mp4"
    width, height = film_size(contest.width, contest.height)
    try:
        await shop.media.film(
            [shop.blobs.path(leg.copy) for leg in contest.judged],
            contest.letters,
            into,
            seconds=float(contest.seconds),
            width=width,
            height=height,
            limit_bytes=contest.limit_bytes,
            blind=blind,
        )
        return await shop.blobs.put(into)
    finally:
        await put_away(shop, contest)


async def view_of(shop: Workshop, contest: Contest, name: str, address: str) -> ClipView:
    """A file of the comparison as chats take it, under a name that says nothing.

    Its poster lies in the scratch folder, to be put away by `put_away` when the file is shown.
    """
    path = shop.blobs.path(address)
    poster = shop.blobs.scratch(_folder(contest)) / f"{name}.jpg"
    await shop.media.poster(path, poster, width=_POSTER_WIDTH)
    return ClipView(
        job=f"{contest.id}.{name}",
        path=path,
        info=await shop.media.inspect(path),
        file_name=f"talkreel-{contest.id}-{name}.mp4",
        alt=contest.wish.prompt,
        poster=poster,
    )


async def put_away(shop: Workshop, contest: Contest) -> None:
    """Remove what was only needed on the way."""
    await shop.blobs.discard_scratch(_folder(contest))


def _folder(contest: Contest) -> str:
    return f"contest-{contest.id}"


def whole_view(shop: Workshop, job: Job) -> ClipView:
    """A leg's own clip, with its name."""
    assert job.clip is not None
    return ClipView(
        job=job.id,
        path=shop.blobs.path(job.clip.blob),
        info=job.clip.info,
        file_name=f"talkreel-{job.id}.mp4",
        alt=job.wish.prompt,
        poster=shop.blobs.path(job.clip.poster) if job.clip.poster else None,
    )


def common_size(infos: Sequence[MediaInfo]) -> tuple[int, int]:
    """The size of the smallest clip, at most 1280 pixels long, in even numbers."""
    smallest = min(infos, key=lambda info: info.width * info.height)
    width, height = max(2, smallest.width), max(2, smallest.height)
    scale = min(1.0, _LONG_SIDE / max(width, height))
    return max(2, int(width * scale) // 2 * 2), max(2, int(height * scale) // 2 * 2)


def film_size(width: int, height: int) -> tuple[int, int]:
    """The size of the film: the shape of the clips, twice as large but at most 1280 pixels long, in fours."""
    scale = min(2.0, _LONG_SIDE / max(width, height, 1))
    return max(4, int(width * scale) // 4 * 4), max(4, int(height * scale) // 4 * 4)
