"""Addresses for files of a request that its vendor fetches by itself: made at the last moment, kept nowhere.

It decides nothing: that a request needs an address, and that there will be one, was planned before.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import cast

from bot.core.model import Job
from bot.core.ports import Links
from bot.core.wishes import address_of
from bot.core.work.workshop import Workshop
from providers.base import Done, Made, MediaInput, Ticket, VideoProvider, VideoRequest
from providers.catalogue import SoundRoute, UnknownModel, Window
from providers.errors import ProviderError
from providers.references import file_name


async def addressed(shop: Workshop, job: Job) -> VideoRequest | None:
    """The request of a job, complete; None if the vendor no longer hands out the clip it starts from, or
    nobody knows any more how its model takes files.

    A repetition of the same request names the same addresses of ours.
    """
    request = await _with_voice(shop, job)
    if not request.media:
        return request
    try:
        route = shop.catalogue.route(job.plan.provider, job.plan.model)
    except UnknownModel:
        return None
    public = shop.catalogue.provider(job.plan.provider).uploads_public

    def exposed(item: MediaInput, window: Window) -> bool:
        """Whether a voice would lie open at the vendor for longer than at an address of ours."""
        return public and item.kind == "audio" and window.upload == "vendor"

    media = list(request.media)
    for place, item in enumerate(media):
        window = route.window(item.role, request.mode)
        if window is None:
            continue
        if item.made is not None and window.by == "link":
            url = await _own_link(shop, job, item.made)
            if not url:
                return None
            media[place] = replace(item, url=url)
        elif (
            item.made is None
            and shop.links is not None
            and (window.upload == "link" or exposed(item, window))
        ):
            media[place] = replace(item, url=await _our_link(shop.links, job, item))
    return replace(request, media=tuple(media))


async def _with_voice(shop: Workshop, job: Job) -> VideoRequest:
    """The request, spoken with the voice that was made for the job."""
    kept = await shop.store.voice_of(job.id) if job.plan.speaks_itself else None
    return replace(job.plan.request, voices=(kept.voice_id,)) if kept and kept.voice_id else job.plan.request


async def shown(shop: Workshop, route: SoundRoute, job: Job, item: MediaInput) -> MediaInput:
    """A file as a maker of sound or of a voice is given it: behind an address of ours where it fetches files.

    A voice goes by such an address, too, where the maker would keep it open to anybody.
    """
    public = item.kind == "audio" and shop.catalogue.provider(route.provider).uploads_public
    if shop.links is None or not (route.by_link(item.role) or public):
        return item
    stored = replace(item, path=shop.blobs.path(await shop.blobs.put(item.path)))
    return replace(item, url=await _our_link(shop.links, job, stored))


async def _our_link(links: Links, job: Job, item: MediaInput) -> str:
    return await links.make(
        "vendor",
        address_of(item),
        mime=item.mime,
        name=file_name(item),
        job=job.id,
        wallet=job.wallet,
    )


async def _own_link(shop: Workshop, job: Job, made: Made) -> str:
    """The vendor's own link to an earlier clip of ours, or "" if it gives none."""
    source = await shop.store.job(made.job)
    if source is None or not source.ticket:
        return ""
    adapter = cast(VideoProvider, shop.providers.get(job.plan.provider))
    try:
        async with asyncio.timeout(shop.pace.call_seconds):
            progress = await adapter.poll(Ticket.from_json(source.ticket))
    except (ProviderError, TimeoutError):
        return ""
    return progress.url if isinstance(progress, Done) else ""
