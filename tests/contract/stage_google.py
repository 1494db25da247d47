"""The stages of Veo on Vertex and of Gemini Omni for the contract suite."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal

from providers.base import MediaInput, ProviderConfig, Role, VideoRequest
from providers.video.google_omni import GoogleOmni
from providers.video.google_veo import GoogleVeo
from tests.contract.harness import Play, Scenario, Stage
from tests.fakes.clips import make_clip, make_image
from tests.fakes.google_account import make_account
from tests.fakes.google_omni import BROKE_KEY, GOOD_KEY, FakeOmni
from tests.fakes.google_server import GoogleServer
from tests.fakes.google_veo import FakeVeo

BASE = "https://{location}-aiplatform.googleapis.com"
KEY_FILE = "GOOGLE_APPLICATION_CREDENTIALS"

_FAULTS: Mapping[Scenario, str] = {
    "queued": "queue",
    "running": "run",
    "failed": "end-failed",
    "moderated": "end-moderated",
    "refused-prompt": "submit-rules",
    "bad-request": "submit-invalid",
    "model-gone": "submit-gone",
    "no-funds": "submit-billing",
    "rate-limit": "submit-limit=7",
    "rate-limit-plain": "submit-limit=none",
    "server-error": "submit-500",
    "cut-after-accept": "lost-cut",
    "slow-after-accept": "lost-hang",
    "garbage-after-accept": "lost-garbage",
    "poll-garbage": "poll-garbage",
    "poll-error": "poll-500",
    "poll-limit": "poll-429",
    "poll-cut": "poll-cut",
    "unknown-job": "poll-gone",
    "cancel-late": "cancel-late",
    "expired-link": "file-gone",
    "cut-download": "file-cut",
    "moved-file": "file-moved",
    "slow-file": "file-slow",
    "not-a-clip": "file-html",
    "endless-file": "file-huge",
}
_UNPLUGGED = "http://127.0.0.1:9"


def _file(
    path: Path, role: Role, kind: Literal["image", "video"], mime: str, seconds: float = 0.0
) -> MediaInput:
    return MediaInput(
        role=role, kind=kind, path=path, mime=mime, size_bytes=path.stat().st_size, seconds=seconds
    )


class _GoogleStage(Stage):
    lost = "blind"

    def __init__(self, folder: Path, server: GoogleServer) -> None:
        """Use a server that is listening."""
        self.folder = folder
        self.opened: list[GoogleVeo | GoogleOmni] = []
        self._server = server

    @abstractmethod
    def adapter(self, scenario: Scenario = "good") -> GoogleVeo | GoogleOmni:
        """An adapter as a scenario needs it."""

    @abstractmethod
    def text(self) -> VideoRequest:
        """The plainest request."""

    def play(self, scenario: Scenario) -> Play:
        """Put the fault into the prompt, or use another key, address or patience."""
        fault = _FAULTS.get(scenario, "")
        prompt = f"a cat sings [fault:{fault}]" if fault else "a cat sings"
        return Play(provider=self.adapter(scenario), request=replace(self.text(), prompt=prompt))

    def restarted(self) -> GoogleVeo | GoogleOmni:
        """A new adapter for the same account."""
        return self.adapter()

    def without_key(self) -> GoogleVeo | GoogleOmni:
        """An adapter without keys."""
        return self.adapter("no-key")

    def jobs(self) -> int:
        """Jobs of the vendor."""
        return len(self._server.jobs)

    def picture(self, name: str, role: Role) -> MediaInput:
        """A picture for a request."""
        path = make_image(self.folder / name, width=128, height=96)
        return replace(_file(path, role, "image", "image/png"), name=name.partition(".")[0])

    def clip(self, name: str, role: Role, seconds: float) -> MediaInput:
        """A clip for a request."""
        path = make_clip(self.folder / name, seconds=seconds, width=64, height=48)
        return _file(path, role, "video", "video/mp4", seconds)


class VeoStage(_GoogleStage):
    """Vertex, with or without a bucket."""

    env = (KEY_FILE,)
    secrets = ("ya29.", "PRIVATE KEY", "eyJ")
    resumes = False

    def __init__(self, folder: Path, server: FakeVeo, *, bucket: str = "") -> None:
        """Use a server that is listening."""
        super().__init__(folder, server)
        self._veo = server
        self._bucket = bucket

    def adapter(self, scenario: Scenario = "good") -> GoogleVeo:
        """An adapter as a scenario needs it."""
        changes = {"client_email": "stranger@elsewhere.example"} if scenario == "bad-key" else {}
        path = make_account(self.folder / f"{scenario}.json", self._veo.token_uri, **changes)
        made = GoogleVeo(
            ProviderConfig(
                id="google-veo",
                base_url=_UNPLUGGED if scenario == "unplugged" else self._veo.url,
                keys={} if scenario == "no-key" else {KEY_FILE: str(path)},
                work_dir=self.folder,
                timeout_seconds=0.5 if scenario == "slow-after-accept" else 10,
                options={"bucket": self._bucket, "storage_url": self._veo.url},
            )
        )
        self.opened.append(made)
        return made

    def text(self) -> VideoRequest:
        """The plainest request."""
        return VideoRequest(model="veo-3.1", api_name="veo-3.1-generate-001", prompt="a cat sings", seconds=4)

    def shapes(self) -> Mapping[str, VideoRequest]:
        """All models, modes and inputs. Extensions return both parts: see tests/unit/providers/video."""
        text = self.text()
        eight = replace(text, seconds=8)
        first, last = self.picture("first.png", "first-frame"), self.picture("last.png", "last-frame")
        heroes = (self.picture("hero.png", "reference-image"), self.picture("place.png", "reference-image"))
        return {
            "text": text,
            "text, no sound, upright": replace(text, sound=False, aspect="9:16", seconds=6),
            "seed and negative prompt": replace(text, seed=7, negative="rain"),
            "4K": replace(eight, resolution="4k"),
            "fast, 1080p": replace(eight, api_name="veo-3.1-fast-generate-001", resolution="1080p"),
            "lite, first frame": replace(
                text, api_name="veo-3.1-lite-generate-001", mode="first-frame", media=(first,)
            ),
            "first and last frame": replace(eight, mode="first-last", media=(first, last)),
            "references": replace(eight, mode="references", prompt="@hero in @place", media=heroes),
        }


class OmniStage(_GoogleStage):
    """The Interactions API."""

    env = ("GEMINI_API_KEY",)
    secrets = (GOOD_KEY, BROKE_KEY, "AIza")

    def adapter(self, scenario: Scenario = "good") -> GoogleOmni:
        """An adapter as a scenario needs it."""
        key = {"bad-key": "AIza-wrong-0001", "no-key": "", "no-funds": BROKE_KEY}.get(scenario, GOOD_KEY)
        made = GoogleOmni(
            ProviderConfig(
                id="google-omni",
                base_url=_UNPLUGGED if scenario == "unplugged" else self._server.url,
                keys={self.env[0]: key} if key else {},
                work_dir=self.folder,
                timeout_seconds=0.5 if scenario == "slow-after-accept" else 10,
            )
        )
        self.opened.append(made)
        return made

    def text(self) -> VideoRequest:
        """The plainest request."""
        return VideoRequest(
            model="gemini-omni-1.2", api_name="gemini-omni-1.2-flash", prompt="a cat sings", seconds=4
        )

    def shapes(self) -> Mapping[str, VideoRequest]:
        """All models, modes and inputs. Extensions return both parts: see tests/unit/providers/video."""
        text = self.text()
        first, last = self.picture("first.png", "first-frame"), self.picture("last.png", "last-frame")
        hero = self.picture("hero.png", "reference-image")
        moves = self.clip("moves.mp4", "reference-video", 1)
        source = self.clip("source.mp4", "source-video", 2)
        return {
            "text": text,
            "1.1, upright, 4K": replace(
                text, api_name="gemini-omni-1.1-flash", aspect="9:16", resolution="4k", seconds=3
            ),
            "seed": replace(text, seed=7),
            "first frame": replace(text, mode="first-frame", media=(first,)),
            "first and last frame": replace(text, mode="first-last", media=(first, last)),
            "references": replace(text, mode="references", prompt="@hero dances", media=(hero, moves)),
            "edit": replace(text, mode="edit", prompt="make it snow", seconds=2, media=(source,)),
        }


@asynccontextmanager
async def veo(folder: Path, *, bucket: str = "") -> AsyncIterator[VeoStage]:
    """Opens the stage of Veo, with or without a bucket."""
    async with FakeVeo() as server:
        opened = VeoStage(folder, server, bucket=bucket)
        yield opened
        for adapter in opened.opened:
            await adapter.close()


@asynccontextmanager
async def omni(folder: Path) -> AsyncIterator[OmniStage]:
    """Opens the stage of Omni."""
    async with FakeOmni() as server:
        opened = OmniStage(folder, server)
        yield opened
        for adapter in opened.opened:
            await adapter.close()
