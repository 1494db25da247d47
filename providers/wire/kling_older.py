"""What Kling makes below `/v1` alone, for the adapters of both generations: sound, lips, avatars, voices.

Both kinds of keys open these paths (seen live by third parties, 2026-09-20). Each job says by the path of its
ticket what it is; whatever is none of these is the adapter's own.
"""

from __future__ import annotations

from pathlib import Path

from providers.base import Asset, Done, LipRequest, Progress, SoundRequest, Ticket, VideoRequest
from providers.wire import kling_avatar, kling_lips, kling_sound
from providers.wire.kling import KlingWire
from providers.wire.kling_avatar import KlingAvatar
from providers.wire.kling_lips import KlingLips
from providers.wire.kling_sound import KlingSound
from providers.wire.kling_voices import KlingVoices


class KlingOlder(KlingVoices):
    """The steps of `SoundMaker`, `LipSyncer` and `VoiceCloner`, and pictures that talk; to inherit."""

    def __init__(self, wire: KlingWire) -> None:
        """Nothing is sent."""
        super().__init__(wire)
        self._sound = KlingSound(wire)
        self._lips = KlingLips(wire)
        self._avatars = KlingAvatar(wire)

    async def submit_sound(self, request: SoundRequest, *, job_key: str, into: Path) -> Ticket:
        """Start making sound for a clip, once per key; `into` is not written before `fetch`."""
        return await self._sound.submit(request, job_key=job_key)

    async def submit_lips(self, request: LipRequest, *, job_key: str) -> Ticket:
        """Start moving the lips in a clip, once per key."""
        return await self._lips.submit(request, job_key=job_key)

    async def submit_older(self, request: VideoRequest, *, job_key: str) -> Ticket | None:
        """Start a clip that is made here alone, once per key; None if it is none of these."""
        if request.api_name != kling_avatar.NAME:
            return None
        return await self._avatars.submit(request, job_key=job_key)

    async def fetch(self, done: Done, into: Path) -> Asset:
        """Stream the file to `into`."""
        return await self._wire.fetch(done, into)

    async def poll_older(self, ticket: Ticket) -> Progress | None:
        """Ask once how a job stands; None if it is none of these."""
        match ticket.endpoint:
            case kling_sound.PATH:
                return await self._sound.poll(ticket)
            case kling_lips.PATH:
                return await self._lips.poll(ticket)
            case kling_avatar.PATH:
                return await self._avatars.poll(ticket)
        return None
