"""Voices on their way to a vendor: told from melodies in words, asked about where an address shows them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.core.desk import House
from bot.core.model import Job, Plan, Wish
from bot.core.planner import PlanContext, plan
from bot.core.work.addresses import addressed
from bot.core.work.workshop import Workshop
from providers.base import MediaInput, ProviderConfig
from providers.catalogue import Catalogue, load
from providers.video.wavespeed import Wavespeed
from providers.wire.fal import FalQueue
from tests.unit.bot.core.worlds import NOW_MS, file, told

HERO = file("reference-image", "image")
VOICE = file("voice", "audio", seconds=6, mime="audio/ogg")


@cache
def catalogue() -> Catalogue:
    return load()


def planned(model: str, provider: str, *, links: bool, **wishes: Any) -> Plan:
    context = PlanContext(
        catalogue=catalogue(),
        house=House(),
        has_key=lambda name: name == provider,
        missing_env=lambda name: () if name == provider else ("KEY",),
        now_ms=NOW_MS,
        today=date(2026, 11, 28),
        links=links,
    )
    wish = {"prompt": "She reads a letter", "media": (HERO, VOICE), "audio_as": "voice"} | wishes
    return plan(Wish(model=model, **wish), context)


@pytest.mark.parametrize(
    ("model", "provider", "told_so"),
    [
        ("seedance-2.0", "bytedance-seedance", True),
        ("seedance-2.0", "fal", True),
        ("seedance-2.5", "bytedance-seedance", True),
        ("minimax-h3", "minimax-h3", True),
        ("skyreels-v4", "kunlun-skyreels", False),  # there it belongs to the picture
        ("wan-2.7", "alibaba-wan", False),
    ],
)
def test_a_voice_is_told_from_a_melody_where_only_words_can(model: str, provider: str, told_so: bool) -> None:
    found = planned(model, provider, links=True)
    sentence = "Whoever speaks does so with this voice: @recording."
    assert (sentence in found.request.prompt) is told_so
    assert ("note.voice_told" in [text.key for text in found.notes]) is told_so
    if told_so:
        (recording,) = found.request.with_role("reference-audio")
        assert recording.name == "recording"
        assert (
            planned(model, provider, links=True, audio_as="reference").request.prompt == "She reads a letter"
        )


def test_a_voice_that_the_prompt_names_itself_is_left_to_it() -> None:
    her = replace(VOICE, name="her")
    found = planned(
        "seedance-2.0", "bytedance-seedance", links=True, prompt="She speaks like @her", media=(HERO, her)
    )
    assert found.request.prompt == "She speaks like @her" and found.notes == ()


@pytest.mark.parametrize(
    ("model", "provider", "links", "asked"),
    [
        ("seedance-2.0", "bytedance-seedance", True, ""),  # inside the request
        ("wan-2.6", "alibaba-wan", True, ""),  # in the vendor's own store, signed
        ("skyreels-v4", "kunlun-skyreels", True, "adjust.voice_by_link"),
        ("seedance-2.0", "fal", True, "adjust.voice_by_link"),
        ("seedance-2.0", "fal", False, "adjust.voice_public"),
        ("seedance-2.0", "wavespeed", False, "adjust.voice_public"),
    ],
)
def test_a_voice_that_an_address_leads_to_is_asked_about_first(
    model: str, provider: str, links: bool, asked: str
) -> None:
    media = (HERO, VOICE) if model != "wan-2.6" else (VOICE,)
    found = planned(model, provider, links=links, media=media, audio_as="reference")
    texts = [text for text in found.adjustments if "voice" in text.key]
    assert [text.key for text in texts] == ([asked] if asked else [])
    assert all(told(text).endswith(".") for text in texts)


class OurLinks:
    """Addresses of ours."""

    async def make(self, purpose: str, address: str, **_: Any) -> str:
        """One that says what it is for."""
        return f"https://bot.example/{purpose}/{address}"


@pytest.mark.parametrize(("provider", "linked"), [("fal", True), ("bytedance-seedance", False)])
async def test_our_own_address_is_preferred_to_a_public_store(provider: str, linked: bool) -> None:
    made = planned("seedance-2.0", provider, links=True, audio_as="reference")
    shop = cast(Workshop, SimpleNamespace(catalogue=catalogue(), links=OurLinks()))
    job = cast(Job, SimpleNamespace(id="j", wallet="w", plan=made))
    request = await addressed(shop, job)
    assert request is not None
    urls = {item.role: item.url for item in request.media}
    assert urls["reference-audio"].startswith("https://bot.example/vendor/") is linked
    assert urls["reference-image"] == "", "only voices are worth the detour"


async def test_an_address_of_ours_is_handed_on_and_nothing_is_uploaded(tmp_path: Path) -> None:
    item: MediaInput = replace(VOICE, url="https://bot.example/vendor/a")
    nowhere = ProviderConfig(
        id="x",
        base_url="http://127.0.0.1:9",
        keys={"FAL_KEY": "k", "WAVESPEED_API_KEY": "k"},
        work_dir=tmp_path,
    )
    queue = FalQueue(replace(nowhere, options={"storage_url": "http://127.0.0.1:9"}), env=("FAL_KEY",))
    other = Wavespeed(nowhere)
    assert await queue.store(item, model="m") == item.url
    assert await other._store(item, "m") == item.url
    await queue.close()
    await other.close()
