"""ComfyUI: its answers as recorded, and its traps: ids, the queue, seeds, files, tokens, own graphs."""

from __future__ import annotations

import asyncio
import json
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from providers.base import Done, Failed, ProviderConfig, Queued, Running, Ticket, VideoProvider
from providers.catalogue import check_catalogue, load
from providers.errors import (
    BadKey,
    BadRequest,
    Expired,
    MissingKey,
    ModelGone,
    NotSent,
    OutcomeUnknown,
    ProviderError,
    RateLimited,
    Unreachable,
    Unsupported,
    VendorFault,
)
from providers.video.comfyui import ComfyUI, find_clip, read_error
from providers.wire.workflows import SHIPPED
from tests.contract.stage_comfyui import ComfyStage, comfyui, picture, recording, wish
from tests.fakes.comfyui import GOOD_KEY, FakeComfy
from tests.fakes.comfyui_nodes import check_graph
from tests.fakes.studio import Refusal
from tests.unit.providers.video import plans
from tests.unit.providers.video.plans import TODAY, catalogue, given
from tests.unit.providers.video.playback import answer, playing, recorded
from tests.unit.providers.wire.test_workflows import EXAMPLES

ID = "comfyui"
EMPTY = {"status": 200, "json": {"queue_running": [], "queue_pending": []}}


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[ComfyStage]:
    """The server, listening."""
    async with comfyui(tmp_path) as opened:
        yield opened


def config(url: str, **options: str) -> ProviderConfig:
    keys = {"COMFYUI_URL": url}
    return ProviderConfig(id=ID, base_url="", keys=keys, work_dir=Path(), timeout_seconds=5, options=options)


def ticket(remote_id: str) -> Ticket:
    return Ticket(provider=ID, model="ltx-2.3", remote_id=remote_id, data={"output": "4"})


async def ended(adapter: VideoProvider, started: Ticket) -> Done | Failed:
    async with asyncio.timeout(10):
        while True:
            progress = await adapter.poll(started)
            if isinstance(progress, Done | Failed):
                return progress
            await asyncio.sleep(0.02)


def sent(stage: ComfyStage) -> list[dict[str, Any]]:
    """The bodies of all jobs."""
    return [call.body for call in stage.server.seen if (call.method, call.path) == ("POST", "/prompt")]


# ---------------------------------------------------------------------------------------------
# As recorded


async def polled(scenario: str, *before: dict[str, Any]) -> Any:
    identity = recorded(ID, scenario)["request"]["path"].rpartition("/")[2]
    async with playing(*before, answer(ID, scenario)) as server:
        adapter = ComfyUI(config(server.url))
        progress = await adapter.poll(ticket(identity))
        await adapter.close()
    assert server.heard[-1]["path"] == recorded(ID, scenario)["request"]["path"]
    return progress, server.url


async def test_a_clip_of_a_real_server_is_found_under_images_and_asked_for_as_it_was() -> None:
    done, url = await polled("done", EMPTY)
    wanted = "&".join(f"{name}={value}" for name, value in recorded(ID, "file")["request"]["query"])
    assert isinstance(done, Done) and done.url == f"{url}/view?{wanted}"


async def test_how_a_real_server_tells_of_an_end_without_a_clip() -> None:
    failed, _ = await polled("failed", EMPTY)
    assert isinstance(failed, Failed) and type(failed.error) is VendorFault
    assert failed.error.said.startswith("LoadAudio: [Errno 1094995529] Invalid data found")
    assert failed.error.vendor_code == "av.error.InvalidDataError"
    stopped, _ = await polled("interrupted", EMPTY)
    assert isinstance(stopped, Failed) and "interrupted" in stopped.error.said
    lost, _ = await polled("not in the history", EMPTY)
    assert isinstance(lost, Failed) and type(lost.error) is Expired


async def test_the_queue_of_a_real_server_is_read() -> None:
    waiting = answer(ID, "queue")
    (entry,) = waiting["json"]["queue_pending"]
    at_work = {"status": 200, "json": {"queue_running": [entry], "queue_pending": []}}
    for told, wanted in ((waiting, Queued(position=1)), (at_work, Running())):
        async with playing(told) as server:
            adapter = ComfyUI(config(server.url))
            assert await adapter.poll(ticket(entry[1])) == wanted
            await adapter.close()


@pytest.mark.parametrize(
    ("scenario", "kind", "code", "words"),
    [
        ("unknown node", ModelGone, "invalid_prompt", "NoSuchNode does not exist"),
        ("invalid value", BadRequest, "invalid_input_type", "EmptyImage: Failed to convert"),
        ("input file missing", BadRequest, "custom_validation_failed", "does_not_exist.wav"),
        ("no outputs", BadRequest, "prompt_no_outputs", "Prompt has no outputs"),
        ("no prompt", BadRequest, "no_prompt", "No prompt provided"),
    ],
)
def test_a_refusal_of_a_real_server_is_understood(
    scenario: str, kind: type[ProviderError], code: str, words: str
) -> None:
    told = answer(ID, scenario)
    found = read_error(told["status"], told["json"])
    assert found[:2] == (kind, code) and words in found[2]


@pytest.mark.parametrize("scenario", ["unknown node", "invalid value", "input file missing", "no outputs"])
async def test_the_stand_in_refuses_what_the_real_server_refused(scenario: str) -> None:
    graph = recorded(ID, scenario)["request"]["json"]["prompt"]
    with pytest.raises(Refusal) as caught:
        check_graph(graph, ())
    body, real = caught.value.body, answer(ID, scenario)["json"]
    assert body["error"]["type"] == real["error"]["type"]
    for node, told in real["node_errors"].items():
        assert body["node_errors"][node]["errors"][0]["type"] == told["errors"][0]["type"]


def test_the_stand_in_takes_what_the_real_server_took() -> None:
    check_graph(recorded(ID, "clip")["request"]["json"]["prompt"], ("note.wav",))


async def test_stopping_and_uploading_are_said_as_they_were(stage: ComfyStage, tmp_path: Path) -> None:
    adapter = stage.adapter()
    waiting = await adapter.submit(wish(prompt="[fault:queue-ms=60000]"), job_key="a")
    assert await adapter.cancel(waiting) is True
    stop = stage.server.seen[-3]
    assert (stop.path, set(stop.body)) == ("/queue", set(recorded(ID, "drop")["request"]["json"]))
    running = await adapter.submit(wish(prompt="[fault:queue-ms=0][fault:run-ms=60000]"), job_key="b")
    assert await adapter.cancel(running) is True
    stop = stage.server.seen[-3]
    assert (stop.path, set(stop.body)) == ("/interrupt", set(recorded(ID, "interrupt")["request"]["json"]))
    assert await adapter.cancel(running) is False, "what has ended cannot be stopped"
    fields = recorded(ID, "upload of a recording")["request"]["multipart"]
    assert [field["name"] for field in fields] == ["image", "type", "overwrite"]
    media = (picture(tmp_path), recording(tmp_path))
    await adapter.submit(wish(mode="first-frame", media=media), job_key="c")
    names = sorted(stage.server.uploads)
    assert names[0].endswith("-1-first-frame.png") and names[1].endswith("-2-soundtrack.wav")
    assert not any("cat" in name for name in names), "names that people gave to files stay here"
    nodes = sent(stage)[-1]["prompt"]
    assert [nodes["12"]["inputs"]["image"], nodes["9"]["inputs"]["audio"]] == names


# ---------------------------------------------------------------------------------------------
# Ids, seeds, the queue


async def test_the_same_job_has_the_same_id_and_is_never_put_into_the_queue_twice(stage: ComfyStage) -> None:
    with pytest.raises(OutcomeUnknown):
        await stage.adapter().submit(wish(prompt="[fault:lost-cut]"), job_key="job-1")
    again = await stage.adapter().submit(wish(prompt="[fault:lost-cut]"), job_key="job-1")
    assert isinstance(await ended(stage.adapter(), again), Done)
    later = await stage.adapter().submit(wish(prompt="[fault:lost-cut]"), job_key="job-1")
    assert later.remote_id == again.remote_id and stage.server.taken == 1
    other = await stage.adapter().submit(wish(), job_key="job-2")
    assert other.remote_id != again.remote_id and stage.server.taken == 2


async def test_each_job_has_a_seed_of_its_own_unless_one_was_asked_for(stage: ComfyStage) -> None:
    adapter = stage.adapter()
    for number in range(3):
        await adapter.submit(wish(), job_key=f"job-{number}")
    await adapter.submit(wish(seed=7), job_key="seeded")
    seeds = [body["prompt"]["21"]["inputs"]["noise_seed"] for body in sent(stage)]
    assert len(set(seeds)) == 4 and seeds[-1] == 7


async def test_the_place_in_the_queue_follows_the_numbers_not_the_list(stage: ComfyStage) -> None:
    adapter = stage.adapter()
    jobs = [await adapter.submit(wish(prompt="[fault:queue-ms=60000]"), job_key=f"job-{n}") for n in range(3)]
    assert [await adapter.poll(job) for job in jobs] == [Queued(position=n) for n in (1, 2, 3)]
    with pytest.raises(RateLimited, match="3 jobs are waiting"):
        await stage.adapter(max_pending="3").submit(wish(), job_key="one more")


async def test_a_lack_of_memory_empties_the_card_for_the_next_job(stage: ComfyStage) -> None:
    adapter = stage.adapter()
    failed = await ended(adapter, await adapter.submit(wish(prompt="[fault:end-memory]"), job_key="job"))
    assert isinstance(failed, Failed) and type(failed.error) is VendorFault and stage.server.free == 1
    await ended(adapter, await adapter.submit(wish(prompt="[fault:end-failed]"), job_key="other"))
    assert stage.server.free == 1


# ---------------------------------------------------------------------------------------------
# Files


@pytest.mark.parametrize("fault", ["as-gifs", "with-preview", "no-status"])
async def test_the_clip_is_found_wherever_it_is_listed(stage: ComfyStage, fault: str, tmp_path: Path) -> None:
    adapter = stage.adapter()
    done = await ended(adapter, await adapter.submit(wish(prompt=f"[fault:{fault}]"), job_key="job"))
    assert isinstance(done, Done)
    assert (await adapter.fetch(done, tmp_path / "clip.mp4")).size_bytes > 1000


async def test_pictures_and_passing_files_are_no_clip(stage: ComfyStage) -> None:
    adapter = stage.adapter()
    failed = await ended(adapter, await adapter.submit(wish(prompt="[fault:no-clip]"), job_key="job"))
    assert isinstance(failed, Failed) and failed.error.said == "no clip among the outputs"
    assert find_clip({"1": {"images": [{"filename": "a.mp4", "subfolder": "", "type": "temp"}]}}, "1") is None
    assert find_clip({"1": {"text": ["a"], "images": None}, "2": "x"}, "1") is None


# ---------------------------------------------------------------------------------------------
# Address and token


async def test_without_an_address_nothing_is_sent_and_the_variable_is_named(stage: ComfyStage) -> None:
    with pytest.raises(MissingKey) as caught:
        await stage.adapter(url="").submit(wish(), job_key="job")
    assert caught.value.env == ("COMFYUI_URL",) and stage.server.seen == []


async def test_a_wrong_token_is_told_and_loses_no_job(stage: ComfyStage) -> None:
    started = await stage.adapter().submit(wish(), job_key="job")
    wrong = stage.adapter("something else")
    with pytest.raises(BadKey) as caught:
        await wrong.submit(wish(), job_key="other")
    assert caught.value.env == ("COMFYUI_TOKEN",)
    with pytest.raises(Unreachable):
        await wrong.poll(started)


async def test_a_server_without_a_proxy_is_sent_no_token(tmp_path: Path) -> None:
    async with FakeComfy(token="") as server:
        adapter = ComfyUI(config(server.url))
        done = await ended(adapter, await adapter.submit(wish(), job_key="job"))
        assert isinstance(done, Done)
        await adapter.fetch(done, tmp_path / "clip.mp4")
        await adapter.close()
    assert not any("authorization" in call.headers for call in server.seen)


@pytest.mark.parametrize(
    ("token", "options", "header", "value"),
    [
        (GOOD_KEY, {}, "authorization", f"Bearer {GOOD_KEY}"),
        ("Basic Zm9vOmJhcg==", {}, "authorization", "Basic Zm9vOmJhcg=="),
        ("k-123456", {"auth_header": "X-API-Key"}, "x-api-key", "k-123456"),
    ],
)
async def test_a_proxy_gets_its_token_as_it_wants_it(
    stage: ComfyStage, token: str, options: dict[str, str], header: str, value: str
) -> None:
    adapter = stage.adapter(token, timeout=10, **options)
    try:
        await adapter.submit(wish(), job_key="job")
    except ProviderError as error:
        assert token not in repr(vars(error))
    assert stage.server.seen and all(call.headers.get(header) == value for call in stage.server.seen)


async def test_a_server_in_trouble_before_the_submit_was_sent_nothing() -> None:
    async with playing({"status": 500, "json": {}}) as server:
        adapter = ComfyUI(config(server.url))
        with pytest.raises(NotSent):
            await adapter.submit(wish(), job_key="job")
        await adapter.close()
    assert {call["method"] for call in server.heard} == {"GET"}


# ---------------------------------------------------------------------------------------------
# Graphs


async def test_a_workflow_that_is_not_there_is_refused_before_anything_is_sent(stage: ComfyStage) -> None:
    for name in ("other", "../ltx-2.3", ""):
        with pytest.raises(Unsupported) as caught:
            await stage.adapter().submit(wish(api_name=name), job_key="job")
        assert caught.value.provider == ID
    with pytest.raises(Unsupported):
        await stage.adapter().submit(wish(negative="rain"), job_key="job")
    assert stage.server.seen == []


async def test_a_model_file_that_is_not_installed_closes_the_model_and_is_named(stage: ComfyStage) -> None:
    graph = json.loads((SHIPPED / "ltx-2.3-text.json").read_text("utf-8"))
    graph["1"]["inputs"]["ckpt_name"] = "ltx-9.safetensors"
    mapping = (SHIPPED / "ltx-2.3.toml").read_text("utf-8").replace("ltx-2.3-text.json", "own.json")
    with pytest.raises(ModelGone, match=r"ltx-9\.safetensors") as caught:
        await stage.own(json.dumps(graph), mapping).submit(wish(api_name="own"), job_key="job")
    assert caught.value.vendor_code == "value_not_in_list"


# ---------------------------------------------------------------------------------------------
# The catalogue


def test_everything_that_is_offered_has_a_price_and_it_is_nothing() -> None:
    assert check_catalogue(catalogue(ID), TODAY) == ()
    plan = plans.planned(ID, "ltx-2")
    assert (plan.purse, plan.cost_micro_usd) == ("free", 0)
    assert plan.request.api_name == "ltx-2.3" and plan.request.sound


def test_an_operator_can_take_credits_and_add_models_as_the_guide_says(tmp_path: Path) -> None:
    _, own, price = EXAMPLES
    (tmp_path / "comfyui.toml").write_text(own, "utf-8")
    (tmp_path / "price.toml").write_text(price, "utf-8")
    books = load(tmp_path)
    assert tomllib.loads(price)["provider"]["purse"] == books.provider(ID).purse == "paid"
    (route,) = (route for route in books.model("mine").routes if route.provider == ID)
    assert route.api_name == "mine"
    (ltx,) = (route for route in books.model("ltx-2.3").routes if route.provider == ID)
    assert any(str(row.amount) == "0.01" for row in ltx.prices)


def test_what_it_does_not_make_is_refused() -> None:
    frame, sound = given("first-frame"), given("soundtrack", "audio", seconds=5)
    assert plans.planned(ID, "ltx-2.3", frame, sound).request.mode == "first-frame"
    assert plans.refused(ID, "ltx-2.3", seconds=11).facts["allowed"] == tuple(range(2, 11))
    assert plans.refused(ID, "ltx-2.3", resolution="1080p").facts["allowed"] == ("480p", "720p")
    assert plans.refused(ID, "ltx-2.3", given("last-frame")).code
    assert plans.refused(ID, "ltx-2.3", sound).code
