"""The seam between the bot and everything that makes pictures, sound or words.

Frozen values and a few small Protocols; no I/O here. Files are handed over as paths on this
machine; an adapter passes bytes on in its vendor's own way.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from providers.errors import ProviderError
from providers.media import MODES as MODES
from providers.media import ClonedVoice as ClonedVoice
from providers.media import CloneRequest as CloneRequest
from providers.media import LipRequest as LipRequest
from providers.media import Made as Made
from providers.media import MediaInput as MediaInput
from providers.media import MediaKind as MediaKind
from providers.media import Mode as Mode
from providers.media import Role as Role
from providers.media import Shot as Shot
from providers.media import SoundKind as SoundKind
from providers.media import SoundRequest as SoundRequest
from providers.media import Transcript as Transcript
from providers.media import VoiceSlots as VoiceSlots
from providers.media import Word as Word


@dataclass(frozen=True, kw_only=True)
class VideoRequest:
    """One clip, normalised: capability check, price and payload all read this value.

    Attributes:
        model: our id of the model.
        api_name: the vendor's name for it on this route, from the catalogue; sent on the wire.
        prompt: what to show and say, free of @-cues that the bot itself consumes.
        mode: which way of making a clip.
        seconds: length of the clip.
        aspect: "16:9", "9:16", "1:1" …
        resolution: "480p", "720p", "1080p", "4k" …
        sound: whether the vendor shall make sound.
        negative: what to keep out, or "".
        seed: repeats a clip where the vendor can.
        media: files, in the order the user gave them.
        shots: several shots in order, or empty.
        input_seconds: seconds of source and reference video, for prices that count them.
        options: vendor switches from the catalogue or the operator.
        voices: the vendor's ids of voices to speak with; the prompt says @voice_1 for the first.
    """

    model: str
    api_name: str = ""
    prompt: str
    mode: Mode = "text"
    seconds: int
    aspect: str = "16:9"
    resolution: str = "720p"
    sound: bool = True
    negative: str = ""
    seed: int | None = None
    media: tuple[MediaInput, ...] = ()
    shots: tuple[Shot, ...] = ()
    input_seconds: int = 0
    options: Mapping[str, str | int | bool] = field(default_factory=dict)
    voices: tuple[str, ...] = ()

    def with_role(self, *roles: Role) -> tuple[MediaInput, ...]:
        """The files that have one of these roles, in order."""
        return tuple(item for item in self.media if item.role in roles)


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """A submitted job at a provider. Saved before the first poll; a restart polls it again.

    Attributes:
        provider: our id of the provider.
        model: our id of the model.
        remote_id: the vendor's id of the job.
        endpoint: where to ask, if the vendor's answer said so; else "".
        data: small vendor facts that later calls need; no secrets, no signed links.
    """

    provider: str
    model: str
    remote_id: str
    endpoint: str = ""
    data: Mapping[str, str | int] = field(default_factory=dict)

    def to_json(self) -> str:
        """The ticket as stored in the job row."""
        return json.dumps(
            {
                "provider": self.provider,
                "model": self.model,
                "remote_id": self.remote_id,
                "endpoint": self.endpoint,
                "data": dict(self.data),
            },
            separators=(",", ":"),
        )

    @classmethod
    def from_json(cls, text: str) -> Ticket:
        """Read a stored ticket."""
        raw: dict[str, Any] = json.loads(text)
        return cls(
            provider=raw["provider"],
            model=raw["model"],
            remote_id=raw["remote_id"],
            endpoint=raw["endpoint"],
            data=raw["data"],
        )


@dataclass(frozen=True, kw_only=True)
class Queued:
    """Waiting at the vendor. `position` counts from 1, where the vendor says it."""

    position: int | None = None


@dataclass(frozen=True, kw_only=True)
class Running:
    """Being made. `fraction` is 0–1, only where the vendor gives a real one."""

    fraction: float | None = None


@dataclass(frozen=True, kw_only=True)
class Done:
    """Finished at the vendor and ready to be fetched.

    Attributes:
        ticket: the job.
        url: where the file lies; secret, never stored, logged or shown.
        cost_usd: what the vendor says it cost, where it does.
        counted: what the vendor says it counted, by the unit of its price list, where it does.
        data: facts for the clip's details (seed, frame rate, the vendor's own notes).
    """

    ticket: Ticket
    url: str = field(default="", repr=False)
    cost_usd: Decimal | None = None
    counted: Mapping[str, Decimal] = field(default_factory=dict)
    data: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Failed:
    """Ended without a clip. `billed` tells whether the vendor charges for it, where it says so.

    `stopped`: not by itself, but because somebody stopped it there; we, if we asked for it.
    """

    error: ProviderError
    billed: bool | None = None
    stopped: bool = False


Progress = Queued | Running | Done | Failed
VoiceProgress = Queued | Running | ClonedVoice | Failed


@dataclass(frozen=True, kw_only=True)
class Asset:
    """A fetched file.

    Attributes:
        path: where it was written.
        mime: what the vendor says it is.
        size_bytes: length of the file.
        facts: what a person may want to know under *Details* (voice, renderer, seed …).
        words: when each spoken word is heard, where the maker of speech says so.
    """

    path: Path
    mime: str
    size_bytes: int
    facts: Mapping[str, str] = field(default_factory=dict)
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ProviderConfig:
    """What an adapter is given: plain values, never the environment.

    Attributes:
        id: our id of the provider.
        base_url: where its API is, operator's choice first.
        keys: credentials by environment variable name; a missing one is absent.
        work_dir: a folder of its own for temporary files.
        timeout_seconds: limit of one call.
        options: the operator's own settings for this provider.
    """

    id: str
    base_url: str
    keys: Mapping[str, str] = field(repr=False)
    work_dir: Path
    timeout_seconds: float = 60.0
    options: Mapping[str, str] = field(default_factory=dict)


class VideoProvider(Protocol):
    """Makes clips. Calls are short; waiting, retries and money are the engine's business."""

    id: str

    async def submit(self, request: VideoRequest, *, job_key: str) -> Ticket:
        """Start a job, once.

        Args:
            request: what to make; already checked against the catalogue.
            job_key: our name for the job, to repeat or find it safely where the vendor can.

        Raises:
            NotSent: nothing left this machine.
            Refused: the vendor said no; nothing was started.
            OutcomeUnknown: the answer never came; a job may exist.
        """
        ...

    async def poll(self, ticket: Ticket) -> Progress:
        """Ask once how the job stands.

        Raises:
            Unreachable: no usable answer; ask again later.
        """
        ...

    async def fetch(self, done: Done, into: Path) -> Asset:
        """Stream the finished file to `into`, within the size limit.

        Raises:
            Unreachable: the download broke; poll and fetch again.
            Expired: the vendor no longer has the file.
        """
        ...


@runtime_checkable
class CanCancel(Protocol):
    """A provider that can stop a job."""

    async def cancel(self, ticket: Ticket) -> bool:
        """Stop the job. True only if the vendor confirms that it stopped and is not billed."""
        ...


@runtime_checkable
class CanFindLost(Protocol):
    """A provider whose jobs can be listed or looked up after a lost answer."""

    async def find_lost(self, request: VideoRequest, *, job_key: str, since_ms: int) -> list[Ticket]:
        """All jobs that may be the lost one: same request, started at or after `since_ms`.

        The engine adopts a single match that no other job of ours owns; it never submits again.
        """
        ...


@runtime_checkable
class CanClose(Protocol):
    """A provider that holds something to let go of: a client, a worker process."""

    async def close(self) -> None:
        """Let go of everything. Called once, at the end."""
        ...


@runtime_checkable
class CanSpeak(Protocol):
    """A renderer of our own that speaks only if an optional part is installed."""

    def voice_missing(self) -> str | None:
        """Why it cannot speak, in one sentence that names the remedy; None if it can. Only looks."""
        ...


@runtime_checkable
class SoundMaker(Protocol):
    """Makes speech, effects, music or foley; the same three steps as video.

    Of what it hands over only the audio track is meant: some vendors give the clip back with sound in it.
    """

    id: str

    async def submit_sound(self, request: SoundRequest, *, job_key: str, into: Path) -> Ticket:
        """Start, once. A vendor that answers with the sound itself writes it to `into` at once.

        Its ticket is `Done` at the first poll, and `fetch` with the same `into` finds the file there.

        Raises:
            NotSent, Refused, OutcomeUnknown: as in `VideoProvider.submit`.
        """
        ...

    async def poll(self, ticket: Ticket) -> Progress:
        """Ask once how it stands."""
        ...

    async def fetch(self, done: Done, into: Path) -> Asset:
        """Write the finished sound to `into`."""
        ...


@runtime_checkable
class LipSyncer(Protocol):
    """Moves the lips in a clip to a recording; what it hands over is the new clip."""

    id: str

    async def submit_lips(self, request: LipRequest, *, job_key: str) -> Ticket:
        """Start, once; errors as in `VideoProvider.submit`."""
        ...

    async def poll(self, ticket: Ticket) -> Progress:
        """Ask once how it stands."""
        ...

    async def fetch(self, done: Done, into: Path) -> Asset:
        """Stream the finished clip to `into`."""
        ...


@runtime_checkable
class VoiceCloner(Protocol):
    """Makes voices out of recordings; each stays until it is deleted, which its orderer has to see to."""

    id: str

    async def voice_slots(self) -> VoiceSlots | None:
        """How many places the account has for such voices; None where the vendor does not say.

        Raises:
            MissingKey, BadKey, NoFunds: no account, or a plan without such voices. Unreachable: ask again.
        """
        ...

    async def create_voice(self, request: CloneRequest, *, job_key: str) -> Ticket:
        """Start, once; errors as in `VideoProvider.submit`. NoFunds: no place is free, too."""
        ...

    async def find_voice(self, request: CloneRequest, *, job_key: str) -> Ticket | None:
        """What became of a creation whose answer was lost; None = nothing was made. Errors as in `poll`."""
        ...

    async def poll_voice(self, ticket: Ticket) -> VoiceProgress:
        """Ask once how it stands; errors as in `VideoProvider.poll`."""
        ...

    async def delete_voice(self, voice_id: str) -> None:
        """Delete a voice; one that is gone already is as good.

        Raises:
            MissingKey, Refused: the account may not; the operator has to look.
            Unreachable: nobody knows whether it is gone; do it again later.
        """
        ...


@runtime_checkable
class Transcriber(Protocol):
    """Turns speech into words."""

    id: str

    async def transcribe(self, audio: MediaInput, *, language: str = "") -> Transcript:
        """The words of a recording; `language` is a hint.

        Raises:
            NotSent: no key, or a local model is not installed.
            Refused: the vendor said no.
            Unreachable: no answer; may be asked again.
        """
        ...


@runtime_checkable
class CanHear(Protocol):
    """A transcriber of our own that listens only if an optional part is installed."""

    def hearing_missing(self) -> str | None:
        """Why it cannot listen, in one sentence that names the remedy; None if it can. Only looks."""
        ...


Adapter = VideoProvider | SoundMaker | LipSyncer | VoiceCloner | Transcriber
AdapterFactory = Callable[[ProviderConfig], Adapter]
