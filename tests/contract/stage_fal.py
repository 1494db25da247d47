"""fal in the contract suite: the fake queue and the adapter, with requests as the catalogue makes them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

from providers.base import MediaInput, ProviderConfig, Shot, VideoProvider, VideoRequest
from providers.catalogue import Catalogue, load, shape_for
from providers.catalogue.model import Route
from providers.video.fal import Fal
from tests.contract.harness import Play, Scenario, Stage
from tests.contract.stage_bytedance_seedance import picture, recording
from tests.fakes.clips import make_clip
from tests.fakes.fal import BROKE_KEY, GOOD_KEY, FakeFal

WRONG_KEY = "5f0a71c2-cc63:wrong-77c0d2aa"
FAULTS: Mapping[Scenario, str] = {
    "queued": "[fault:queue-ms=60000]",
    "running": "[fault:queue-ms=0][fault:run-ms=60000]",
    "failed": "[fault:end-failed]",
    "moderated": "[fault:end-moderated]",
    "refused-prompt": "[fault:submit-moderated]",
    "bad-request": "[fault:submit-invalid]",
    "model-gone": "[fault:submit-gone]",
    "rate-limit": "[fault:submit-429=7]",
    "rate-limit-plain": "[fault:submit-429]",
    "server-error": "[fault:submit-500]",
    "cut-after-accept": "[fault:lost-cut]",
    "slow-after-accept": "[fault:lost-hang]",
    "garbage-after-accept": "[fault:lost-garbage]",
    "poll-garbage": "[fault:poll-garbage]",
    "poll-error": "[fault:poll-500]",
    "poll-limit": "[fault:poll-429]",
    "poll-cut": "[fault:poll-cut*2]",
    "unknown-job": "[fault:poll-404]",
    "cancel-late": "[fault:queue-ms=300][fault:cancel-late]",
    "expired-link": "[fault:file-404]",
    "cut-download": "[fault:file-cut]",
    "moved-file": "[fault:file-moved]",
    "slow-file": "[fault:file-slow]",
    "not-a-clip": "[fault:file-html]",
    "endless-file": "[fault:file-endless]",
}


@cache
def shipped() -> Catalogue:
    """The catalogue, read once."""
    return load()


def unlocked(catalogue: Catalogue, model: str, provider: str = "fal") -> Route:
    """The route to a model at a gateway, with the shapes that wait for a price of the operator."""
    route = catalogue.route(provider, model)
    return replace(route, shapes=tuple(replace(shape, by_operator=False) for shape in route.shapes))


def wish(route: Route, **changes: object) -> VideoRequest:
    """A request as a plan makes it: the shape's endpoint and the names of its fields."""
    shape = route.shapes[0]
    plain = VideoRequest(
        model=route.model,
        prompt="a cat sings",
        seconds=shape.seconds[0],
        resolution=shape.resolutions[0],
        aspect=shape.aspects[0],
        sound=shape.sound[0],
    )
    request = replace(plain, **changes)  # type: ignore[arg-type]
    found = shape_for(route, request)
    assert found is not None, request
    named = found.api_name or route.api_name
    return replace(request, api_name=named, options={**route.options, **found.options})


def film(folder: Path, *, name: str = "") -> MediaInput:
    """A clip of 4 s that an edit can start from."""
    path = folder / "film.mp4"
    if not path.exists():
        make_clip(path, seconds=4)
    size = path.stat().st_size
    return MediaInput(
        role="source-video",
        kind="video",
        path=path,
        mime="video/mp4",
        size_bytes=size,
        seconds=4.0,
        name=name,
    )


def enlarging(route: Route, source: MediaInput) -> VideoRequest:
    """A request for a larger copy of a clip of 720p, or of 480p where that is not taken."""
    sizes = {size for shape in route.shapes for size in shape.sources[:1]}
    width, height = (1280, 720) if "720p" in sizes else (854, 480)
    media = (replace(source, width=width, height=height, fps=24.0),)
    return wish(route, mode="upscale", media=media, seconds=4)


class FalStage(Stage):
    """One account."""

    lost = "blind"
    env = Fal.env

    def __init__(self, fal: FakeFal, folder: Path) -> None:
        """Use a vendor that is listening."""
        self.secrets = (GOOD_KEY, BROKE_KEY, WRONG_KEY, *(key.split(":")[1] for key in (GOOD_KEY, WRONG_KEY)))
        self.fal = fal
        self.catalogue = shipped()
        self._folder = folder
        self._opened: list[Fal] = []

    def adapter(self, key: str = GOOD_KEY, *, base_url: str = "", timeout: float = 10) -> Fal:
        """An adapter for an account."""
        provider = Fal(
            ProviderConfig(
                id="fal",
                base_url=base_url or self.fal.url,
                keys={"FAL_KEY": key} if key else {},
                work_dir=self._folder,
                timeout_seconds=timeout,
                options={"storage_url": self.fal.url},
            )
        )
        self._opened.append(provider)
        return provider

    def play(self, scenario: Scenario) -> Play:
        """Put the fault into the prompt, or use another key."""
        match scenario:
            case "bad-key":
                provider = self.adapter(WRONG_KEY)
            case "no-key":
                provider = self.adapter("")
            case "no-funds":
                provider = self.adapter(BROKE_KEY)
            case "unplugged":
                # Port 9 (discard) is served nowhere.
                provider = self.adapter(base_url="http://127.0.0.1:9")
            case "slow-after-accept":
                provider = self.adapter(timeout=0.2)
            case _:
                provider = self.adapter()
        route = self.catalogue.route("fal", "veo-3.1")
        return Play(
            provider=provider,
            request=wish(route, prompt=f"a cat sings {FAULTS.get(scenario, '')}", seconds=4),
        )

    def shapes(self) -> Mapping[str, VideoRequest]:
        """Every endpoint, once for each way of using it."""
        first, last = picture(self._folder, "first-frame"), picture(self._folder, "last-frame")
        hero, source = picture(self._folder, name="hero"), film(self._folder)
        found: dict[str, VideoRequest] = {}
        for model in ("seedance-2.0", "seedance-2.5", "kling-2.5-turbo", "kling-2.6", "kling-3.0", "veo-3.1"):
            route = unlocked(self.catalogue, model)
            found[f"{model}, text"] = wish(route)
        seedance, veo = unlocked(self.catalogue, "seedance-2.0-mini"), unlocked(self.catalogue, "veo-3.1")
        kling, o1 = unlocked(self.catalogue, "kling-3.0"), unlocked(self.catalogue, "kling-o1")
        turbo, omni = unlocked(self.catalogue, "kling-3.0-turbo"), unlocked(self.catalogue, "kling-3.0-omni")
        voice, style = recording(self._folder), replace(source, role="reference-video")
        ended = {"mode": "first-last", "aspect": "auto", "media": (first, last)}
        shots = (Shot(prompt="@hero waves", seconds=2), Shot(prompt="rain", seconds=2))
        edited = wish(o1, mode="edit", media=(source,), seconds=10, sound=True, resolution="1080p")
        return (
            found
            | {
                "seedance, first and last": wish(seedance, **ended, seconds=4),
                "seedance, voice": wish(
                    seedance, mode="references", prompt="@hero sings", media=(hero, voice), sound=False
                ),
                "seedance, clip": wish(seedance, mode="references", media=(style,), input_seconds=4),
                "veo, seed and words to avoid": wish(veo, seed=7, negative="rain"),
                "veo, first and last": wish(veo, **ended, seconds=8),
                "veo, pictures": wish(veo, mode="references", media=(hero,), seconds=8),
                "veo, extend": wish(veo, mode="extend", aspect="auto", media=(source,), seconds=7),
                "kling, shots": wish(kling, seconds=4, shots=shots),
                "kling, first and last": wish(kling, **ended),
                "kling turbo, first": wish(turbo, mode="first-frame", aspect="auto", media=(first,)),
                "o1, pictures": wish(o1, mode="references", aspect="16:9", media=(hero,), seconds=3),
                "o1, edit": replace(edited, seconds=4),  # as long as its source, whatever was priced
                "omni, imitate": wish(
                    omni, mode="references", aspect="9:16", media=(style, hero), sound=False, seconds=4
                ),
            }
            | self._more_shapes(first, last, hero, style)
            | {
                "a larger copy": enlarging(unlocked(self.catalogue, "bytedance-upscaler"), source),
                "a copy of twice the size": enlarging(unlocked(self.catalogue, "topaz-upscaler"), source),
            }
        )

    def _led_by(self, note: MediaInput, first: MediaInput) -> dict[str, VideoRequest]:
        """Clips as long as their recording, which may come in any of three roles."""
        ltx, seconds = unlocked(self.catalogue, "ltx-2.3"), max(2, round(note.seconds))
        voice, track = replace(note, role="voice"), replace(note, role="soundtrack")
        return {
            "ltx, recording": wish(ltx, media=(note,), seconds=seconds),
            "ltx, voice of a picture": wish(
                ltx, mode="first-frame", aspect="auto", media=(first, voice), seconds=seconds
            ),
            "ltx, track": wish(ltx, aspect="9:16", media=(track,), seconds=seconds),
            "avatar": wish(
                unlocked(self.catalogue, "kling-avatar"),
                mode="first-frame",
                aspect="auto",
                media=(first, voice),
                seconds=seconds,
            ),
        }

    def _more_shapes(
        self, first: MediaInput, last: MediaInput, hero: MediaInput, style: MediaInput
    ) -> dict[str, VideoRequest]:
        """The models whose makers are smaller houses here."""
        names = ("wan-2.6", "wan-2.6-flash", "wan-2.7", "grok-imagine-1.0", "hailuo-02", "pixverse-v5")
        wan, flash, newer, grok, hailuo, pixverse = (unlocked(self.catalogue, name) for name in names)
        begun = {"mode": "first-frame", "aspect": "auto", "media": (first,)}
        ended = {"mode": "first-last", "media": (first, last)}
        texts = ("wan-2.7", "grok-imagine-1.0", "hailuo-2.3", "pixverse-v5.5", "pixverse-v6")
        quiet = wish(flash, mode="references", aspect="9:16", media=(hero,), sound=False)
        edited = wish(
            grok, mode="edit", aspect="auto", media=(replace(style, role="source-video"),), seconds=8
        )
        return {f"{name}, text": wish(unlocked(self.catalogue, name)) for name in texts} | {
            "wan, recording": wish(
                wan, **(begun | {"media": (first, recording(self._folder))}), seed=7, negative="rain"
            ),
            "wan, clip": wish(wan, mode="references", aspect="16:9", media=(style,), seconds=5),
            "wan flash, silent": quiet,
            "wan 2.7, first and last": wish(newer, **ended, aspect="auto"),
            "wan 2.7, pictures": wish(newer, mode="references", media=(hero, style), seconds=10),
            "grok 1.5, first": wish(unlocked(self.catalogue, "grok-imagine-1.5"), **begun),
            "grok, pictures": wish(grok, mode="references", media=(hero,), prompt="@hero sings", seconds=3),
            "grok, edit": replace(edited, seconds=4),
            "hailuo, one length": wish(
                hailuo, **ended, aspect="auto", resolution="1080p", seconds=6, sound=False
            ),
            **self._led_by(recording(self._folder), first),
            "h3, recording": wish(
                unlocked(self.catalogue, "minimax-h3"),
                mode="references",
                prompt="@hero sings",
                media=(hero, recording(self._folder)),
            ),
            "pixverse, transition": wish(pixverse, **ended, aspect="16:9"),
        }

    def restarted(self) -> VideoProvider:
        """A new adapter with the same key."""
        return self.adapter()

    def without_key(self) -> VideoProvider:
        """An adapter without keys."""
        return self.adapter("")

    def jobs(self) -> int:
        """Jobs of the vendor."""
        return len(self.fal.jobs)

    async def close(self) -> None:
        """Close all adapters."""
        for provider in self._opened:
            await provider.close()


@asynccontextmanager
async def fal(folder: Path) -> AsyncIterator[FalStage]:
    """The stage."""
    async with FakeFal() as vendor:
        opened = FalStage(vendor, folder)
        yield opened
        await opened.close()
