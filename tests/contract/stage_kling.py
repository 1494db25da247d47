"""Kling in the contract suite: the fake vendor and both adapters."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args

from providers.base import MediaInput, Mode, ProviderConfig, Role, Shot, VideoProvider, VideoRequest
from providers.video import kling, kling_legacy
from tests.contract.harness import Play, Scenario, Stage
from tests.contract.sound_harness import spoken
from tests.fakes.clips import make_image
from tests.fakes.kling import BROKE_KEY, BROKE_PAIR, GOOD_KEY, GOOD_PAIR, FakeKling

Generation = Literal["kling", "kling-legacy"]
MODES: tuple[Mode, ...] = get_args(Mode)

WRONG = "kling-wrong-5d21aa"
KEYS: Mapping[Generation, Mapping[str, Mapping[str, str]]] = {
    "kling": {
        "good": {"KLING_API_KEY": GOOD_KEY},
        "broke": {"KLING_API_KEY": BROKE_KEY},
        "wrong": {"KLING_API_KEY": WRONG},
    },
    "kling-legacy": {
        "good": dict(zip(kling_legacy.ENV, GOOD_PAIR, strict=True)),
        "broke": dict(zip(kling_legacy.ENV, BROKE_PAIR, strict=True)),
        "wrong": {"KLING_ACCESS_KEY": GOOD_PAIR[0], "KLING_SECRET_KEY": WRONG},
    },
}
NAMES: Mapping[Generation, Mapping[str, str]] = {
    "kling": {"kling-avatar": "avatar", **{name: name for name in kling.DIALECTS}},
    "kling-legacy": {
        "kling-avatar": "avatar",
        "kling-2.5-turbo": "kling-v2-5-turbo",
        "kling-2.6": "kling-v2-6",
        "kling-3.0": "kling-v3",
        "kling-3.0-omni": "kling-v3-omni",
        "kling-o1": "kling-video-o1",
    },
}
FAULTS: Mapping[Scenario, str] = {
    "queued": "[fault:queue-ms=60000]",
    "running": "[fault:queue-ms=0][fault:run-ms=60000]",
    "failed": "[fault:end-failed]",
    "moderated": "[fault:end-moderated]",
    "refused-prompt": "[fault:submit-1301]",
    "bad-request": "[fault:submit-1201]",
    "model-gone": "[fault:submit-1203]",
    "rate-limit": "[fault:submit-1303]",
    "rate-limit-plain": "[fault:submit-1302]",
    "server-error": "[fault:submit-5000]",
    "cut-after-accept": "[fault:lost-cut]",
    "slow-after-accept": "[fault:lost-hang]",
    "garbage-after-accept": "[fault:lost-garbage]",
    "poll-garbage": "[fault:poll-garbage]",
    "poll-error": "[fault:poll-error]",
    "poll-limit": "[fault:poll-limit]",
    "poll-cut": "[fault:poll-cut*2]",
    "unknown-job": "[fault:gone]",
    "expired-link": "[fault:file-403]",
    "cut-download": "[fault:file-cut]",
    "moved-file": "[fault:file-moved]",
    "slow-file": "[fault:file-slow]",
    "not-a-clip": "[fault:file-html]",
    "endless-file": "[fault:file-endless]",
}


class KlingStage(Stage):
    """The fake Kling with one of its two adapters."""

    lost = "key"

    def __init__(self, vendor: FakeKling, generation: Generation, folder: Path) -> None:
        """Use a vendor that is listening."""
        self._vendor = vendor
        self._generation: Generation = generation
        self._folder = folder
        self._opened: list[kling.Kling | kling_legacy.KlingLegacy] = []
        self.env = kling.ENV if generation == "kling" else kling_legacy.ENV
        known = [key for keys in KEYS[generation].values() for key in keys.values()]
        self.secrets = (*known, "sig=", "eyJhbGciOi")

    def adapter(
        self, keys: str = "good", *, base_url: str = "", timeout: float = 10, **options: str
    ) -> VideoProvider:
        """An adapter with one of the sets of keys, or none."""
        maker = kling.Kling if self._generation == "kling" else kling_legacy.KlingLegacy
        provider = maker(
            ProviderConfig(
                id=self._generation,
                base_url=base_url or self._vendor.url,
                keys=KEYS[self._generation][keys] if keys else {},
                work_dir=self._folder,
                timeout_seconds=timeout,
                options=options,
            )
        )
        self._opened.append(provider)
        return provider

    def play(self, scenario: Scenario) -> Play:
        """Put the fault into the prompt, or use another key."""
        match scenario:
            case "bad-key":
                provider = self.adapter("wrong")
            case "no-key":
                provider = self.without_key()
            case "no-funds":
                provider = self.adapter("broke")
            case "unplugged":
                # Port 9 (discard) is served nowhere.
                provider = self.adapter(base_url="http://127.0.0.1:9")
            case "slow-after-accept":
                provider = self.adapter(timeout=0.3)
            case _:
                provider = self.adapter()
        prompt = f"a cat sings {FAULTS.get(scenario, '')}"
        return Play(provider=provider, request=replace(self.request("kling-2.6"), prompt=prompt))

    def request(self, model: str, **changes: Any) -> VideoRequest:
        """A plain request with sound, 1080p for 2.6."""
        usual: dict[str, Any] = {
            "model": model,
            "api_name": NAMES[self._generation][model],
            "prompt": "a cat sings",
            "seconds": 5,
            "resolution": "1080p",
            "options": {"unit_usd": "0.14"},
        }
        return VideoRequest(**(usual | changes))

    def shapes(self) -> Mapping[str, VideoRequest]:
        """All models, modes and inputs."""
        first, last = self._picture("first", "first-frame"), self._picture("last", "last-frame")
        hero, place = self._picture("hero", "reference-image"), self._picture("place", "reference-image")
        both, heroes = (first, last), (replace(hero, name="hero"), replace(place, name="place"))
        silent = {"sound": False, "resolution": "720p"}
        shots = (Shot(prompt="a door opens", seconds=2), Shot(prompt="she says: hello; and goes", seconds=3))
        omni, o1 = "kling-3.0-omni", "kling-o1"
        edit: dict[str, Any] = {"mode": "edit", "media": (self.clip("source-video"),), "seconds": 10}
        found = {
            "2.6 text with sound": self.request("kling-2.6"),
            "2.6 text silent": self.request("kling-2.6", aspect="9:16", **silent),
            "2.6 frame": self.request("kling-2.6", mode="first-frame", media=(first,)),
            "2.6 frame, in a voice": self.request(
                "kling-2.6", mode="first-frame", media=(first,), voices=("930801338081615883",)
            ),
            "2.6 frames": self.request("kling-2.6", mode="first-last", media=both, sound=False),
            "2.5 text": self.request("kling-2.5-turbo", aspect="1:1", **silent),
            "2.5 frames": self.request("kling-2.5-turbo", mode="first-last", media=both, sound=False),
            "3.0 text": self.request("kling-3.0", seconds=3, resolution="4k"),
            "3.0 shots": self.request("kling-3.0", shots=shots),
            "3.0 frame": self.request("kling-3.0", mode="first-frame", media=(first,)),
            "3.0 frames silent": self.request("kling-3.0", mode="first-last", media=both, **silent),
            "omni text": self.request(omni),
            "omni frames": self.request(omni, mode="first-last", media=both),
            "omni heroes": self.request(omni, mode="references", prompt="@hero in @place", media=heroes),
            "omni clip": self.request(
                omni, mode="references", media=(*heroes, self.clip("reference-video")), **silent
            ),
            "omni edit": self.request(omni, **edit),
            "o1 text": self.request(o1, **silent),
            "o1 frame": self.request(o1, mode="first-frame", media=(first,), seconds=10, **silent),
            "o1 heroes": self.request(o1, mode="references", media=heroes, **silent | {"seconds": 7}),
            "o1 edit keeps the sound": self.request(o1, **edit),
            "o1 edit drops it": self.request(o1, **edit | {"sound": False}),
            "avatar": self.request(
                "kling-avatar", mode="first-frame", media=(first, self._note()), seconds=3
            ),
        }
        if self._generation == "kling":
            found["turbo text"] = self.request("kling-3.0-turbo", seconds=3)
            found["turbo frame"] = self.request("kling-3.0-turbo", mode="first-frame", media=(first,))
        else:
            found["2.6 negative"] = self.request("kling-2.6", negative="rain")
        return found

    def restarted(self) -> VideoProvider:
        """A new adapter with the same key."""
        return self.adapter()

    def without_key(self) -> VideoProvider:
        """An adapter without keys."""
        return self.adapter("")

    def jobs(self) -> int:
        """Tasks of the vendor."""
        return len(self._vendor.jobs)

    async def close(self) -> None:
        """Close all adapters."""
        for provider in self._opened:
            await provider.close()

    def _picture(self, name: str, role: Role) -> MediaInput:
        path = make_image(self._folder / f"{name}.png", width=400, height=300)
        size = path.stat().st_size
        return MediaInput(role=role, kind="image", path=path, mime="image/png", size_bytes=size)

    def _note(self) -> MediaInput:
        """A recording that a picture is to say."""
        return replace(spoken(self._folder, 3.0), role="voice")

    def clip(self, role: Role) -> MediaInput:
        """A clip that the vendor is to fetch from an address of ours."""
        return MediaInput(
            role=role,
            kind="video",
            path=self._folder / "source.mp4",
            mime="video/mp4",
            size_bytes=1000,
            seconds=10.0,
            url="https://media.example.org/clip.mp4",
        )


def kling_stage(generation: Generation) -> Callable[[Path], AbstractAsyncContextManager[Stage]]:
    """Opens the stage of one of the two adapters."""

    @asynccontextmanager
    async def stage(folder: Path) -> AsyncIterator[Stage]:
        async with FakeKling() as vendor:
            opened = KlingStage(vendor, generation, folder)
            yield opened
            await opened.close()

    return stage
