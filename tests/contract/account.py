"""What stages of vendors with one key share: adapters of an account, and which one a scenario needs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sized
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Generic, Protocol, TypeVar

from providers.base import ProviderConfig, SoundMaker, SoundRequest, VideoProvider, VideoRequest
from tests.contract.harness import Play, Scenario, Stage
from tests.contract.sound_harness import SoundPlay, SoundStage, faulty

# Faults that every stand-in knows by these names.
COMMON_FAULTS: Mapping[Scenario, str] = {
    "queued": "[fault:queue-ms=60000]",
    "running": "[fault:queue-ms=0][fault:run-ms=60000]",
    "failed": "[fault:end-failed]",
    "cut-after-accept": "[fault:lost-cut]",
    "slow-after-accept": "[fault:lost-hang]",
    "garbage-after-accept": "[fault:lost-garbage]",
    "poll-garbage": "[fault:poll-garbage]",
    "poll-error": "[fault:poll-error]",
    "poll-limit": "[fault:poll-limit]",
    "poll-cut": "[fault:poll-cut*2]",
    "unknown-job": "[fault:gone]",
    "cut-download": "[fault:file-cut]",
    "moved-file": "[fault:file-moved]",
    "slow-file": "[fault:file-slow]",
    "not-a-clip": "[fault:file-html]",
    "endless-file": "[fault:file-endless]",
}


class Closing(Protocol):
    """Something that holds a client."""

    async def close(self) -> None:
        """Let go of it."""


class ClosingVideo(VideoProvider, Closing, Protocol):
    """An adapter for clips that holds a client."""


class ClosingSound(SoundMaker, Closing, Protocol):
    """A maker of sound that holds a client."""


class Vendor(Protocol):
    """A stand-in that listens, with its jobs."""

    @property
    def url(self) -> str:
        """Where it listens."""
        ...

    @property
    def jobs(self) -> Sized:
        """What it made."""
        ...


A = TypeVar("A", bound=Closing)
P = TypeVar("P", bound=ClosingVideo)
M = TypeVar("M", bound=ClosingSound)
V = TypeVar("V", bound=Vendor)


class Account(ABC, Generic[A, V]):
    """One account at one vendor, and the adapters that were opened for it.

    Attributes:
        provider: our id. keys: a good key, one without funds, one that nobody knows.
        path: what the base URL has after the host. faults: words for the prompt, by scenario.
        patience_seconds: of an adapter whose vendor hangs.
    """

    provider: str
    env: tuple[str, ...]
    keys: ClassVar[tuple[str, str, str]]
    path: ClassVar[str] = ""
    faults: Mapping[Scenario, str]
    patience_seconds: ClassVar[float] = 0.2

    def __init__(self, vendor: V, folder: Path) -> None:
        """Use a vendor that is listening."""
        self.vendor = vendor
        self.secrets: tuple[str, ...] = (*self.keys, "sig=")
        self.folder = folder
        self._opened: list[A] = []

    @abstractmethod
    def make(self, config: ProviderConfig) -> A:
        """An adapter."""

    def address(self) -> str:
        """Where the vendor is."""
        return f"{self.vendor.url}{self.path}"

    def configured(self, key: str, base_url: str) -> ProviderConfig:
        """What an adapter is given; "" is no key at all."""
        keys = {self.env[0]: key} if key else {}
        return ProviderConfig(id=self.provider, base_url=base_url, keys=keys, work_dir=self.folder)

    def adapter(
        self, key: str | None = None, *, base_url: str = "", timeout: float = 10, **options: str
    ) -> A:
        """An adapter for an account: the good one, or another; "" for no key at all."""
        config = self.configured(self.keys[0] if key is None else key, base_url or self.address())
        made = self.make(replace(config, timeout_seconds=timeout, options=options))
        self._opened.append(made)
        return made

    def adapter_for(self, scenario: Scenario) -> A:
        """The adapter that a scenario needs: mostly the good account's."""
        _, broke, wrong = self.keys
        match scenario:
            case "bad-key":
                return self.adapter(wrong)
            case "no-key":
                return self.adapter("")
            case "no-funds":
                return self.adapter(broke)
            case "unplugged":
                # Port 9 (discard) is served nowhere.
                return self.adapter(base_url=f"http://127.0.0.1:9{self.path}")
            case "slow-after-accept":
                return self.adapter(timeout=self.patience_seconds)
            case _:
                return self.adapter()

    def jobs(self) -> int:
        """Jobs of the vendor."""
        return len(self.vendor.jobs)

    async def close(self) -> None:
        """Close all adapters."""
        for made in self._opened:
            await made.close()


class AccountStage(Account[P, V], Stage, Generic[P, V]):
    """An account where clips are made."""

    words: ClassVar[str] = "a cat sings"

    @abstractmethod
    def plain(self, prompt: str) -> VideoRequest:
        """The request of most scenarios."""

    def play(self, scenario: Scenario) -> Play:
        """Put the fault into the prompt, or use another key."""
        request = self.plain(f"{self.words} {self.faults.get(scenario, '')}")
        return Play(provider=self.adapter_for(scenario), request=request)

    def restarted(self) -> VideoProvider:
        """A new adapter with the same key."""
        return self.adapter()

    def without_key(self) -> VideoProvider:
        """An adapter without keys."""
        return self.adapter("")


class SoundAccountStage(Account[M, V], SoundStage, Generic[M, V]):
    """An account where sound is made."""

    patience_seconds = 0.1

    @abstractmethod
    def wish(self) -> SoundRequest:
        """The request of most scenarios."""

    def play(self, scenario: Scenario) -> SoundPlay:
        """Put the fault into the text, or use another key."""
        request = faulty(self.wish(), self.faults.get(scenario, ""))
        return SoundPlay(maker=self.adapter_for(scenario), request=request)

    def restarted(self) -> SoundMaker:
        """A new maker with the same key."""
        return self.adapter()
