"""What stages of vendors with one key share: adapters of an account, and which one a scenario needs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from providers.base import ProviderConfig, VideoProvider, VideoRequest
from tests.contract.harness import Play, Scenario, Stage

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


class Closing(VideoProvider, Protocol):
    """An adapter that holds a client."""

    async def close(self) -> None:
        """Let go of it."""


class Vendor(Protocol):
    """A stand-in that listens, with its jobs."""

    url: str
    jobs: Any


P = TypeVar("P", bound=Closing)
V = TypeVar("V", bound=Vendor)


class AccountStage(Stage, Generic[P, V]):
    """One account at one vendor.

    Attributes:
        provider: our id. keys: a good key, one without funds, one that nobody knows.
        path: what the base URL has after the host. faults: words for the prompt, by scenario.
    """

    provider: ClassVar[str]
    keys: ClassVar[tuple[str, str, str]]
    path: ClassVar[str] = ""
    faults: ClassVar[Mapping[Scenario, str]]
    words: ClassVar[str] = "a cat sings"

    def __init__(self, vendor: V, folder: Path) -> None:
        """Use a vendor that is listening."""
        self.vendor = vendor
        self.secrets = (*self.keys, "sig=")
        self.folder = folder
        self._opened: list[P] = []

    @abstractmethod
    def make(self, config: ProviderConfig) -> P:
        """An adapter."""

    @abstractmethod
    def plain(self, prompt: str) -> VideoRequest:
        """The request of most scenarios."""

    def adapter(
        self, key: str | None = None, *, base_url: str = "", timeout: float = 10, **options: str
    ) -> P:
        """An adapter for an account: the good one, or another; "" for no key at all."""
        key = self.keys[0] if key is None else key
        provider = self.make(
            ProviderConfig(
                id=self.provider,
                base_url=base_url or f"{self.vendor.url}{self.path}",
                keys={self.env[0]: key} if key else {},
                work_dir=self.folder,
                timeout_seconds=timeout,
                options=options,
            )
        )
        self._opened.append(provider)
        return provider

    def play(self, scenario: Scenario) -> Play:
        """Put the fault into the prompt, or use another key."""
        _, broke, wrong = self.keys
        match scenario:
            case "bad-key":
                provider = self.adapter(wrong)
            case "no-key":
                provider = self.adapter("")
            case "no-funds":
                provider = self.adapter(broke)
            case "unplugged":
                # Port 9 (discard) is served nowhere.
                provider = self.adapter(base_url=f"http://127.0.0.1:9{self.path}")
            case "slow-after-accept":
                provider = self.adapter(timeout=0.2)
            case _:
                provider = self.adapter()
        return Play(provider=provider, request=self.plain(f"{self.words} {self.faults.get(scenario, '')}"))

    def restarted(self) -> VideoProvider:
        """A new adapter with the same key."""
        return self.adapter()

    def without_key(self) -> VideoProvider:
        """An adapter without keys."""
        return self.adapter("")

    def jobs(self) -> int:
        """Jobs of the vendor."""
        return len(self.vendor.jobs)

    async def close(self) -> None:
        """Close all adapters."""
        for provider in self._opened:
            await provider.close()
