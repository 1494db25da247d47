"""All vendors of the catalogue on one street: a stand-in for each on a real socket, with address and keys.

A provider of the catalogue that has no stall here fails `test_models_story.py`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.core.model import Job
from bot.settings import ProviderSettings
from providers.catalogue import Catalogue, Provider, load
from providers.video import kling_legacy
from tests.fakes import (
    alibaba_wan,
    bytedance_seedance,
    comfyui,
    elevenlabs,
    fal,
    google_omni,
    kling,
    kunlun_skyreels,
    minimax_hailuo,
    pixverse,
    replicate,
    suno_gateway,
    wavespeed,
    xai_grok_imagine,
)
from tests.fakes.alibaba_wan import FakeWan
from tests.fakes.bytedance_seedance import FakeArk
from tests.fakes.comfyui import FakeComfy
from tests.fakes.elevenlabs import FakeElevenLabs
from tests.fakes.fal import FakeFal
from tests.fakes.google_account import make_account
from tests.fakes.google_omni import FakeOmni
from tests.fakes.google_veo import FakeVeo
from tests.fakes.kling import FakeKling
from tests.fakes.kunlun_skyreels import FakeSkyreels
from tests.fakes.minimax_h3 import FakeH3
from tests.fakes.minimax_hailuo import FakeMinimax
from tests.fakes.pixverse import FakePixverse
from tests.fakes.replicate import FakeReplicate
from tests.fakes.suno_gateway import FakeSuno
from tests.fakes.wavespeed import FakeWavespeed
from tests.fakes.xai_grok_imagine import FakeGrok


@dataclass(frozen=True, kw_only=True)
class Stall:
    """Where one vendor can be reached, and what it wants to see."""

    base_url: str
    keys: Mapping[str, str]
    options: Mapping[str, str] = field(default_factory=dict)
    vendor: Any = None


@asynccontextmanager
async def _kling(folder: Path) -> AsyncIterator[Stall]:
    async with FakeKling() as vendor:
        yield Stall(base_url=vendor.url, keys={"KLING_API_KEY": kling.GOOD_KEY}, vendor=vendor)


@asynccontextmanager
async def _kling_legacy(folder: Path) -> AsyncIterator[Stall]:
    async with FakeKling() as vendor:
        keys = dict(zip(kling_legacy.ENV, kling.GOOD_PAIR, strict=True))
        yield Stall(base_url=vendor.url, keys=keys, vendor=vendor)


@asynccontextmanager
async def _byteplus(folder: Path) -> AsyncIterator[Stall]:
    async with FakeArk("byteplus") as vendor:
        yield Stall(base_url=vendor.url, keys={"ARK_API_KEY": bytedance_seedance.GOOD_KEY}, vendor=vendor)


@asynccontextmanager
async def _volcengine(folder: Path) -> AsyncIterator[Stall]:
    async with FakeArk("volcengine") as vendor:
        keys = {"VOLCENGINE_API_KEY": bytedance_seedance.GOOD_KEY}
        yield Stall(base_url=vendor.url, keys=keys, vendor=vendor)


@asynccontextmanager
async def _veo(folder: Path) -> AsyncIterator[Stall]:
    async with FakeVeo() as vendor:
        account = make_account(folder / "account.json", vendor.token_uri)
        yield Stall(
            base_url=vendor.url,
            keys={"GOOGLE_APPLICATION_CREDENTIALS": str(account)},
            options={"storage_url": vendor.url},
            vendor=vendor,
        )


@asynccontextmanager
async def _omni(folder: Path) -> AsyncIterator[Stall]:
    async with FakeOmni() as vendor:
        yield Stall(base_url=vendor.url, keys={"GEMINI_API_KEY": google_omni.GOOD_KEY}, vendor=vendor)


@asynccontextmanager
async def _fal(folder: Path) -> AsyncIterator[Stall]:
    async with FakeFal() as vendor:
        yield Stall(
            base_url=vendor.url,
            keys={"FAL_KEY": fal.GOOD_KEY},
            options={"storage_url": vendor.url},
            vendor=vendor,
        )


@asynccontextmanager
async def _wavespeed(folder: Path) -> AsyncIterator[Stall]:
    async with FakeWavespeed() as vendor:
        keys = {"WAVESPEED_API_KEY": wavespeed.GOOD_KEY}
        yield Stall(base_url=vendor.url, keys=keys, vendor=vendor)


@asynccontextmanager
async def _hailuo(folder: Path) -> AsyncIterator[Stall]:
    async with FakeMinimax() as vendor:
        keys = {"MINIMAX_API_KEY": minimax_hailuo.GOOD_KEY}
        yield Stall(base_url=vendor.url, keys=keys, vendor=vendor)


@asynccontextmanager
async def _h3(folder: Path) -> AsyncIterator[Stall]:
    async with FakeH3() as vendor:
        keys = {"MINIMAX_API_KEY": minimax_hailuo.GOOD_KEY}
        yield Stall(base_url=vendor.url, keys=keys, vendor=vendor)


@asynccontextmanager
async def _pixverse(folder: Path) -> AsyncIterator[Stall]:
    async with FakePixverse() as vendor:
        yield Stall(base_url=vendor.url, keys={"PIXVERSE_API_KEY": pixverse.GOOD_KEY}, vendor=vendor)


@asynccontextmanager
async def _grok(folder: Path) -> AsyncIterator[Stall]:
    async with FakeGrok() as vendor:
        keys = {"XAI_API_KEY": xai_grok_imagine.GOOD_KEY}
        yield Stall(base_url=f"{vendor.url}/v1", keys=keys, vendor=vendor)


@asynccontextmanager
async def _wan(folder: Path) -> AsyncIterator[Stall]:
    async with FakeWan() as vendor:
        keys = {"DASHSCOPE_API_KEY": alibaba_wan.GOOD_KEY}
        yield Stall(base_url=f"{vendor.url}/api/v1", keys=keys, vendor=vendor)


@asynccontextmanager
async def _skyreels(folder: Path) -> AsyncIterator[Stall]:
    async with FakeSkyreels() as vendor:
        keys = {"SKYREELS_API_KEY": kunlun_skyreels.GOOD_KEY}
        yield Stall(base_url=vendor.url, keys=keys, vendor=vendor)


@asynccontextmanager
async def _comfyui(folder: Path) -> AsyncIterator[Stall]:
    async with FakeComfy() as vendor:
        keys = {"COMFYUI_URL": vendor.url, "COMFYUI_TOKEN": comfyui.GOOD_KEY}
        yield Stall(base_url=vendor.url, keys=keys, vendor=vendor)


@asynccontextmanager
async def _elevenlabs(folder: Path) -> AsyncIterator[Stall]:
    async with FakeElevenLabs() as vendor:
        keys = {"ELEVENLABS_API_KEY": elevenlabs.GOOD_KEY}
        yield Stall(base_url=vendor.url, keys=keys, vendor=vendor)


@asynccontextmanager
async def _replicate(folder: Path) -> AsyncIterator[Stall]:
    async with FakeReplicate() as vendor:
        keys = {"REPLICATE_API_TOKEN": replicate.GOOD_KEY}
        yield Stall(base_url=f"{vendor.url}/v1", keys=keys, vendor=vendor)


@asynccontextmanager
async def _suno_gateway(folder: Path) -> AsyncIterator[Stall]:
    async with FakeSuno() as vendor:
        keys = {"SUNO_GATEWAY_URL": vendor.base, "SUNO_GATEWAY_KEY": suno_gateway.GOOD_KEY}
        yield Stall(base_url=vendor.base, keys=keys, vendor=vendor)


STALLS: Mapping[str, Callable[[Path], AbstractAsyncContextManager[Stall]]] = {
    "kling": _kling,
    "kling-legacy": _kling_legacy,
    "bytedance-seedance": _byteplus,
    "volcengine-seedance": _volcengine,
    "google-veo": _veo,
    "google-omni": _omni,
    "fal": _fal,
    "wavespeed": _wavespeed,
    "xai-grok-imagine": _grok,
    "minimax-hailuo": _hailuo,
    "minimax-h3": _h3,
    "pixverse": _pixverse,
    "alibaba-wan": _wan,
    "kunlun-skyreels": _skyreels,
    "comfyui": _comfyui,
    "replicate": _replicate,
    "elevenlabs": _elevenlabs,
    "suno-gateway": _suno_gateway,
}


def vendors() -> tuple[Provider, ...]:
    """The providers that have to be set up before they can make clips or sound."""
    catalogue = load()
    making = {route.provider for model in catalogue.models() for route in model.routes}
    making |= {route.provider for route in catalogue.sounds if route.kinds != {"transcript"}}
    return tuple(one for one in catalogue.providers.values() if one.adapter and one.env and one.id in making)


@dataclass(frozen=True, kw_only=True)
class Street:
    """Open stalls by provider id, and what a bot needs to find them."""

    stalls: Mapping[str, Stall]
    catalogue_dir: Path

    @property
    def keys(self) -> dict[str, str]:
        """The variables of all vendors."""
        return {name: key for stall in self.stalls.values() for name, key in stall.keys.items()}

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of a bot on this street, where nobody is made to wait."""
        return {
            "catalogue_dir": self.catalogue_dir,
            "providers": {
                name: ProviderSettings(base_url=stall.base_url, options=dict(stall.options), concurrent=8)
                for name, stall in self.stalls.items()
            },
        }


@asynccontextmanager
async def open_street(folder: Path, only: Collection[str]) -> AsyncIterator[Street]:
    """Open the stalls of some providers; `folder` holds key files and a quicker pace."""
    own = folder / "catalogue"
    own.mkdir(parents=True)
    pace = "first_seconds = 0.02, every_seconds = 0.05, deadline_seconds = 60, per_second = 100"
    async with AsyncExitStack() as stack:
        stalls = {}
        for name in only:
            stalls[name] = await stack.enter_async_context(STALLS[name](folder))
            text = f'[provider]\nid = "{name}"\npoll = {{ {pace} }}\n'
            (own / f"{name}.toml").write_text(text, "utf-8")
        yield Street(stalls=stalls, catalogue_dir=own)


def models_on(street: Street, catalogue: Catalogue) -> list[str]:
    """Ids of the living models that the vendors of a street make clips with from words alone."""
    return [
        model.id
        for model in catalogue.models()
        if any(
            route.provider in street.stalls
            and any("text" in shape.modes for shape in route.offered)
            and route.alive_on(route.lifecycle.checked)
            for route in model.routes
        )
    ]


def wrong_with(job: Job, lines: Sequence[str], street: Street) -> list[str]:
    """Everything that is not as it should be with a clip and with what was said of it in the end."""
    clip, plan = job.clip, job.plan
    if clip is None:
        return [f"no clip: {lines}"]
    heard = clip.info.has_audio
    facts = {
        "delivered": job.state == "delivered",
        "by a vendor of this street": plan.provider in street.stalls,
        "billed as planned": (job.money, job.charged) == ("settled", plan.credits),
        "costs something": plan.purse == "free" or (plan.credits > 0 and plan.cost_micro_usd > 0),
        "cost as the vendor reports it": job.cost_micro_usd == plan.cost_micro_usd,
        "the bill is read": any(str(plan.credits) in line for line in lines),
        "checked": clip.sound.verdict == ("none-expected" if plan.sound_path == "silent" else "ok"),
        "sound as promised": clip.sound_path == plan.sound_path and heard == (plan.sound_path != "silent"),
        "as long as asked": abs(clip.info.seconds - plan.request.seconds) <= 0.25,
        "playable in a chat": clip.info.video_codec == "h264" and clip.info.faststart,
    }
    return [name for name, true in facts.items() if not true]
