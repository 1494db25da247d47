"""A Suno gateway: recorded exchanges, codes inside of HTTP 200, and that it is off until it is set up."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from providers.base import Done, Failed, ProviderConfig, SoundRequest, Ticket
from providers.catalogue import PriceUnknown, Provider, load, sound_price
from providers.errors import (
    BadKey,
    BadRequest,
    Expired,
    MissingKey,
    NoFunds,
    OutcomeUnknown,
    OutputModerated,
    PromptModerated,
    ProviderError,
    RateLimited,
    Unreachable,
    Unsupported,
    VendorFault,
)
from providers.registry import Registry
from providers.sound.suno_gateway import SunoGateway
from tests.contract.sound_harness import faulty, shipped
from tests.contract.stage_suno_gateway import SunoStage, suno_gateway
from tests.contract.test_sound_maker import ended, finished
from tests.unit.providers.video.playback import index, playing, recorded

FOLDER = "suno-gateway"
TASK = "5c79be8e0c1f4b7d9a3e6f5a4b3c2d1e"
TICKET = Ticket(provider=FOLDER, model="suno-gateway/music", remote_id=TASK)
BED = SoundRequest(
    kind="music",
    text="calm piano bed for a sunrise clip",
    seconds=8.0,
    route="suno-gateway/music",
    api_name="V5",
)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[SunoStage]:
    """The fake and its makers."""
    async with suno_gateway(tmp_path) as opened:
        yield opened


def maker(url: str, key: str = "dummy-key") -> SunoGateway:
    return SunoGateway(
        ProviderConfig(
            id=FOLDER,
            base_url=f"{url}/api/v1" if url else "",
            keys={"SUNO_GATEWAY_URL": "https://elsewhere.example", "SUNO_GATEWAY_KEY": key} if key else {},
            work_dir=Path(),
            timeout_seconds=5,
        )
    )


async def polled(scenario: str) -> Any:
    async with playing(recorded(FOLDER, scenario)["response_used"]) as server:
        gateway = maker(server.url)
        progress = await gateway.poll(TICKET)
        await gateway.close()
    (heard,) = server.heard
    wish = recorded(FOLDER, scenario)["request"]
    assert (heard["method"], heard["path"]) == (wish["method"], wish["path"])
    assert heard["query"] == [["taskId", TASK]]
    assert heard["headers"]["authorization"] == wish["headers"]["Authorization"]
    return progress


async def test_a_bed_is_asked_for_as_recorded(tmp_path: Path) -> None:
    wish = recorded(FOLDER, "music")
    async with playing(wish["response_used"]) as server:
        gateway = maker(server.url)
        ticket = await gateway.submit_sound(BED, job_key="job-42", into=tmp_path / "a")
        await gateway.close()
    (heard,) = server.heard
    table, name = index(FOLDER), "generate_instrumental.json"
    body = {key: value for key, value in wish["request"]["json"].items() if key not in table["unsaid"][name]}
    assert (heard["method"], heard["path"]) == (wish["request"]["method"], wish["request"]["path"])
    assert heard["json"] == body | table["variation"][name]
    assert ticket.remote_id == TASK


async def test_recorded_standings_are_understood() -> None:
    assert type(await polled("waiting")).__name__ == "Queued"
    done = await polled("done")
    assert isinstance(done, Done) and done.url == "https://example.invalid/a.mp3"
    withheld = await polled("withheld words")
    assert isinstance(withheld, Failed) and type(withheld.error) is OutputModerated
    assert withheld.error.said == "sensitive word"


@pytest.mark.parametrize(("scenario", "kind"), [("no credits", NoFunds), ("bad key", BadKey)])
async def test_recorded_errors_hide_in_a_success(
    scenario: str, kind: type[ProviderError], tmp_path: Path
) -> None:
    async with playing(recorded(FOLDER, scenario)["response_used"]) as server:
        gateway = maker(server.url)
        with pytest.raises(kind) as caught:
            await gateway.submit_sound(BED, job_key="job-42", into=tmp_path / "a")
        await gateway.close()
    assert "SUNO_GATEWAY_KEY" in caught.value.env


REFUSALS: dict[str, type[ProviderError]] = {
    "submit-words": PromptModerated,
    "submit-405": RateLimited,
    "submit-413": BadRequest,
    "submit-430": RateLimited,
    "submit-455": RateLimited,
    "submit-500": OutcomeUnknown,
    "submit-999": OutcomeUnknown,
}


@pytest.mark.parametrize("fault", REFUSALS)
async def test_a_code_means_what_it_costs(fault: str, stage: SunoStage, tmp_path: Path) -> None:
    with pytest.raises(ProviderError) as caught:
        await stage.adapter().submit_sound(
            faulty(stage.wish(), f"[fault:{fault}]"), job_key="j", into=tmp_path / "a"
        )
    assert type(caught.value) is REFUSALS[fault] and stage.jobs() == 0


async def test_the_first_song_is_enough(stage: SunoStage, tmp_path: Path) -> None:
    gateway = stage.adapter()
    request = faulty(stage.wish(), "[fault:first-song][fault:run-ms=60000]")
    ticket = await gateway.submit_sound(request, job_key="job", into=tmp_path / "a")
    await gateway.fetch(await finished(gateway, ticket), tmp_path / "a")
    assert (tmp_path / "a").stat().st_size > 1000


async def test_a_callback_that_nobody_answered_does_not_spoil_the_song(
    stage: SunoStage, tmp_path: Path
) -> None:
    gateway = stage.adapter()
    request = faulty(stage.wish(), "[fault:no-callback]")
    ticket = await gateway.submit_sound(request, job_key="job", into=tmp_path / "a")
    assert isinstance(await ended(gateway, ticket), Done)
    gone = faulty(stage.wish(), "[fault:end-task]")
    failed = await ended(gateway, await gateway.submit_sound(gone, job_key="job-2", into=tmp_path / "a"))
    assert isinstance(failed, Failed) and type(failed.error) is VendorFault


async def test_what_is_no_answer_says_nothing_about_the_song(stage: SunoStage, tmp_path: Path) -> None:
    gateway = stage.adapter()
    for number, (fault, words) in enumerate({"poll-strange": "PONDERING", "linkless": "link"}.items()):
        request = faulty(stage.wish(), f"[fault:{fault}][fault:queue-ms=0][fault:run-ms=0]")
        ticket = await gateway.submit_sound(request, job_key=f"job-{number}", into=tmp_path / "a")
        with pytest.raises(Unreachable, match=words):
            await gateway.poll(ticket)
    strange = await gateway.poll(Ticket(provider=FOLDER, model="suno-gateway/music", remote_id="?"))
    assert isinstance(strange, Failed) and type(strange.error) is Expired
    with pytest.raises(Unreachable, match="no key"):
        await stage.adapter("").poll(ticket)


async def test_only_music_that_is_described_is_asked_for(stage: SunoStage, tmp_path: Path) -> None:
    for request in (SoundRequest(kind="effect", text="x", seconds=1.0), SoundRequest(kind="music", text="")):
        with pytest.raises(Unsupported):
            await stage.adapter().submit_sound(request, job_key="job", into=tmp_path / "a")
    assert stage.vendor.seen == []


async def test_it_is_off_until_address_and_key_and_price_are_set(tmp_path: Path) -> None:
    route = shipped().sound("suno-gateway/music")
    assert route.third_party and route.by_operator
    with pytest.raises(PriceUnknown):
        sound_price(route, BED, date(2026, 11, 28))
    for keys in ({}, {"SUNO_GATEWAY_KEY": "k"}, {"SUNO_GATEWAY_URL": "https://gateway.example/api/v1"}):

        def config(entry: Provider, keys: dict[str, str] = keys) -> ProviderConfig:
            return ProviderConfig(id=entry.id, base_url=entry.base_url, keys=keys, work_dir=tmp_path)

        registry = Registry(shipped(), config)
        assert not registry.has_key("suno-gateway")
        with pytest.raises(MissingKey):
            registry.get("suno-gateway")


def test_the_file_in_the_operators_guide_puts_it_on_offer(tmp_path: Path) -> None:
    guide = (Path(__file__).parents[4] / "docs" / "operating.md").read_text("utf-8")
    (example,) = [
        block for block in re.findall(r"```toml\n(.*?)```", guide, re.DOTALL) if "suno-gateway" in block
    ]
    (tmp_path / "mine.toml").write_text(example, "utf-8")
    route = load(tmp_path).sound("suno-gateway/music")
    assert sound_price(route, BED, date(2026, 11, 28)).usd == Decimal("0.06")
    assert "unofficial" in route.name and route.third_party
