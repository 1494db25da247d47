"""ElevenLabs: recorded exchanges, the forms of its errors, words with times, and what is refused unsent."""

from __future__ import annotations

import asyncio
import importlib.util
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from providers.base import (
    ClonedVoice,
    CloneRequest,
    Done,
    Failed,
    ProviderConfig,
    SoundRequest,
    Ticket,
    VoiceSlots,
)
from providers.errors import (
    BadKey,
    BadRequest,
    Expired,
    ModelGone,
    NoFunds,
    OutcomeUnknown,
    PromptModerated,
    ProviderError,
    RateLimited,
    Unsupported,
)
from providers.http import Answer
from providers.sound.elevenlabs import ElevenLabs, build_call
from providers.wire.elevenlabs import fault_of, kind_of
from tests.contract.sound_harness import faulty, silent_clip, spoken, wanted
from tests.contract.stage_elevenlabs import ElevenStage, elevenlabs
from tests.fakes.elevenlabs import GOOD_KEY, VOICES
from tests.unit.providers.video.playback import answers, form_parts, index, playing, recorded

FOLDER = "elevenlabs"
RACHEL = "21m00Tcm4TlvDq8ikWAM"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[ElevenStage]:
    """The fake and its makers."""
    async with elevenlabs(tmp_path) as opened:
        yield opened


def maker(url: str) -> ElevenLabs:
    return ElevenLabs(
        ProviderConfig(
            id=FOLDER,
            base_url=url,
            keys={"ELEVENLABS_API_KEY": "sk_test_dummy_key"},
            work_dir=Path(),
            timeout_seconds=5,
        )
    )


def played(scenario: str) -> dict[str, Any]:
    """The recorded answer as it can be played; sound is not kept in recordings."""
    (answer,) = answers(FOLDER, scenario)
    return answer if "json" in answer else {**answer, "text": "sound"}


def expected(scenario: str) -> dict[str, Any]:
    """The recorded body, apart from what the index says is left unsaid."""
    name = index(FOLDER)["scenario"][scenario]
    body = dict(recorded(FOLDER, scenario)["request"]["json"])
    for field in index(FOLDER)["unsaid"].get(name, []):
        del body[field]
    return body


REQUESTS = {
    "speech with times": SoundRequest(
        kind="speech", text="Hi", voice=RACHEL, api_name="eleven_multilingual_v2", language="en"
    ),
    "effect": SoundRequest(
        kind="effect", text="waves on a pebble beach", seconds=8.0, api_name="eleven_text_to_sound_v2"
    ),
    "music": SoundRequest(kind="music", text="calm piano under a sunrise", seconds=15.0, api_name="music_v1"),
}


@pytest.mark.parametrize("scenario", REQUESTS)
async def test_a_wish_is_sent_as_the_official_sdk_sends_it(scenario: str, tmp_path: Path) -> None:
    wish = recorded(FOLDER, scenario)["request"]
    async with playing(played(scenario)) as server:
        eleven = maker(server.url)
        try:
            await eleven.submit_sound(REQUESTS[scenario], job_key="job-42", into=tmp_path / "a")
        except OutcomeUnknown:
            assert scenario != "speech with times"  # the others' recordings hold no sound
        await eleven.close()
    (heard,) = server.heard
    assert (heard["method"], heard["path"]) == (wish["method"], wish["path"])
    assert heard["query"] == [["output_format", "mp3_44100_128"]]
    assert heard["headers"]["xi-api-key"] == wish["headers"]["xi-api-key"]
    assert heard["json"] == expected(scenario)


async def test_a_clip_is_sent_as_the_form_that_the_sdk_sends(tmp_path: Path) -> None:
    wish = recorded(FOLDER, "music to a picture")["request"]
    request = SoundRequest(kind="foley", text="tense strings", seconds=4.0, video=silent_clip(tmp_path))
    async with playing({"status": 200, "text": "sound"}) as server:
        eleven = maker(server.url)
        with pytest.raises(OutcomeUnknown):
            await eleven.submit_sound(request, job_key="job-42", into=tmp_path / "a")
        await eleven.close()
    (heard,) = server.heard
    assert (heard["path"], heard["query"]) == (wish["path"], wish["query"])
    sent = {part["name"]: part for part in form_parts(heard)}
    recorded_parts = {part["name"]: part for part in wish["multipart"] if part["name"] != "tags"}
    assert set(sent) == set(recorded_parts)
    assert sent["description"] == recorded_parts["description"] and sent["add_sfx"]["value"] == "true"
    assert sent["videos"]["content_type"] == recorded_parts["videos"]["content_type"]
    assert sent["videos"]["filename"] == "source-video.mp4"  # never the member's own name for it


async def test_the_recorded_times_become_words(tmp_path: Path) -> None:
    async with playing(played("speech with times")) as server:
        eleven = maker(server.url)
        ticket = await eleven.submit_sound(REQUESTS["speech with times"], job_key="job", into=tmp_path / "a")
        asset = await eleven.fetch(Done(ticket=ticket), tmp_path / "a")
        await eleven.close()
    (word,) = asset.words
    assert (word.text, word.start_seconds, word.end_seconds) == ("Hi", 0.0, 0.25)
    assert (tmp_path / "a").read_bytes() == b"ID3xx"
    assert asset.facts == {"voice": RACHEL} and asset.mime == "audio/mpeg"


async def test_words_are_what_stands_between_spaces(stage: ElevenStage, tmp_path: Path) -> None:
    request = wanted(stage.routes["speech"], "speech", " Who's   there?\nNobody. ")
    eleven = stage.adapter()
    ticket = await eleven.submit_sound(request, job_key="job", into=tmp_path / "a")
    asset = await eleven.fetch(Done(ticket=ticket), tmp_path / "a")
    assert [word.text for word in asset.words] == ["Who's", "there?", "Nobody."]
    starts = [word.start_seconds for word in asset.words]
    assert starts == sorted(starts) and starts[0] > 0


async def test_times_that_do_not_fit_the_text_are_left_out_and_the_voice_is_kept(
    stage: ElevenStage, tmp_path: Path
) -> None:
    request = faulty(wanted(stage.routes["speech"], "speech", "Hello."), "[fault:untimed]")
    eleven = stage.adapter()
    ticket = await eleven.submit_sound(request, job_key="job", into=tmp_path / "a")
    asset = await eleven.fetch(Done(ticket=ticket), tmp_path / "a")
    assert asset.words == () and asset.size_bytes > 1000


async def test_a_ticket_stays_small_however_long_the_text_is(stage: ElevenStage, tmp_path: Path) -> None:
    request = wanted(stage.routes["speech"], "speech", "word " * 500)
    ticket = await stage.adapter().submit_sound(request, job_key="job", into=tmp_path / "a")
    assert "words" not in ticket.data and len(ticket.to_json()) < 1000


def answer(status: int, body: Any) -> Answer:
    return Answer(status=status, headers={}, body=json.dumps(body).encode())


ERRORS: dict[str, tuple[int, Any, type[ProviderError]]] = {
    "an empty account comes as 401": (401, {"detail": {"status": "quota_exceeded"}}, NoFunds),
    "a key without the right": (401, {"detail": {"status": "missing_permissions"}}, BadKey),
    "a plan without the right": (403, {"detail": {"status": "only_for_creator+"}}, NoFunds),
    "a right that is missing": (403, {"detail": "Forbidden"}, BadKey),
    "a model that is gone": (400, {"detail": {"status": "model_not_found"}}, ModelGone),
    "a bill": (402, {"detail": "payment required"}, NoFunds),
    "the newer form": (429, {"detail": {"code": "system_busy", "status": "x"}}, RateLimited),
    "a known word in the older place": (
        400,
        {"detail": {"code": "e1", "status": "bad_prompt"}},
        PromptModerated,
    ),
    "a voice that is gone": (404, {"detail": {"status": "voice_not_found"}}, BadRequest),
    "no room for a voice": (400, {"detail": {"status": "voice_limit_reached"}}, NoFunds),
    "they gave up waiting": (408, {"detail": {"status": "timeout"}}, OutcomeUnknown),
    "plain words": (400, {"detail": "bad"}, BadRequest),
    "fields": (422, {"detail": [{"loc": ["body", "text"], "msg": "no", "type": "x"}]}, BadRequest),
    "nothing that can be read": (400, ["?"], BadRequest),
    "an empty list": (422, {"detail": []}, BadRequest),
}


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_means_what_it_costs(name: str) -> None:
    status, body, kind = ERRORS[name]
    assert kind_of(status, fault_of(answer(status, body))) is kind


@pytest.mark.parametrize("scenario", ["bad key", "rate limit", "bad request", "wrong field"])
async def test_recorded_errors_are_told_in_the_vendors_words(scenario: str, tmp_path: Path) -> None:
    kinds = {
        "bad key": BadKey,
        "rate limit": RateLimited,
        "bad request": BadRequest,
        "wrong field": BadRequest,
    }
    async with playing(played(scenario)) as server:
        eleven = maker(server.url)
        with pytest.raises(kinds[scenario]) as caught:
            await eleven.submit_sound(REQUESTS["effect"], job_key="job", into=tmp_path / "a")
        await eleven.close()
    said = {
        "bad key": "Invalid API key",
        "rate limit": "Too many concurrent requests.",
        "bad request": "bad",
        "wrong field": "text: Field required",
    }
    assert caught.value.said == said[scenario]


async def test_a_cleaned_prompt_is_passed_on_when_a_name_was_refused(
    stage: ElevenStage, tmp_path: Path
) -> None:
    request = wanted(stage.routes["music"], "music", "like a band [fault:submit-bad-prompt]", seconds=4.0)
    with pytest.raises(PromptModerated) as caught:
        await stage.adapter().submit_sound(request, job_key="job", into=tmp_path / "a")
    assert caught.value.said == "The prompt names an artist. Instead: calm"


UNSENDABLE = {
    "an effect without a length": SoundRequest(kind="effect", text="x"),
    "an effect that is too long": SoundRequest(kind="effect", text="x", seconds=31.0),
    "music without a length": SoundRequest(kind="music", text="x"),
    "a picture that is not there": SoundRequest(kind="foley", text="x", seconds=4.0),
    "words without a voice": SoundRequest(kind="speech", text="x"),
    "something to keep out": SoundRequest(kind="effect", text="x", seconds=1.0, negative="music"),
}


@pytest.mark.parametrize("name", UNSENDABLE)
async def test_what_has_no_words_is_not_sent(name: str, stage: ElevenStage, tmp_path: Path) -> None:
    with pytest.raises(Unsupported) as caught:
        await stage.adapter().submit_sound(UNSENDABLE[name], job_key="job", into=tmp_path / "a")
    assert caught.value.provider == "elevenlabs" and stage.vendor.seen == []


def test_a_voice_cannot_lead_to_another_address() -> None:
    call = build_call(SoundRequest(kind="speech", text="x", voice="../user?a=b#c"))
    assert call.path == "/v1/text-to-speech/..%2Fuser%3Fa%3Db%23c/with-timestamps"


async def test_a_sound_that_cannot_be_kept_may_have_been_paid(stage: ElevenStage, tmp_path: Path) -> None:
    request = wanted(stage.routes["effects"], "effect", "click", seconds=1.0)
    with pytest.raises(OutcomeUnknown, match="could not be kept"):
        await stage.adapter().submit_sound(request, job_key="job", into=tmp_path / "missing" / "a")
    assert stage.jobs() == 1


async def test_a_ticket_without_a_file_is_over(stage: ElevenStage, tmp_path: Path) -> None:
    ticket = Ticket(provider="elevenlabs", model="elevenlabs/effects", remote_id="req_1")
    progress = await stage.adapter().poll(ticket)
    assert isinstance(progress, Failed) and isinstance(progress.error, Expired)
    with pytest.raises(Expired):
        await stage.adapter().fetch(Done(ticket=ticket), tmp_path / "a")


async def test_every_voice_of_the_catalogue_is_one_that_the_vendor_has(
    stage: ElevenStage, tmp_path: Path
) -> None:
    known = {voice.id for route in stage.routes.values() for voice in route.voices}
    assert known == set(VOICES)
    stranger = replace(wanted(stage.routes["speech"], "speech", "Hi."), voice="nobody")
    with pytest.raises(BadRequest, match="nobody was not found"):
        await stage.adapter().submit_sound(stranger, job_key="job", into=tmp_path / "a")


# ---- voices out of recordings


async def test_a_recording_is_sent_as_the_form_that_the_sdk_sends(tmp_path: Path) -> None:
    wish = recorded(FOLDER, "voice out of a recording")
    request = CloneRequest(
        recording=spoken(tmp_path, 12.0),
        name="alice voice note",
        route="elevenlabs/voice",
        options={"denoise": True},
    )
    async with playing(played("voice out of a recording")) as server:
        eleven = maker(server.url)
        ticket = await eleven.create_voice(request, job_key="job-42")
        voice = await eleven.poll_voice(ticket)
        await eleven.close()
    (heard,) = server.heard
    assert (heard["method"], heard["path"]) == (wish["request"]["method"], wish["request"]["path"])
    sent = {part["name"]: part for part in form_parts(heard)}
    parts = {part["name"]: part for part in wish["request"]["multipart"]}
    unsaid = index(FOLDER)["unsaid"]["voice_clone_ivc.json"]
    assert set(sent) == set(parts) - set(unsaid)
    for field in ("name", "remove_background_noise"):
        assert sent[field] == parts[field]
    assert (sent["files"]["filename"], sent["files"]["content_type"]) == ("voice.mp3", "audio/mpeg")
    assert voice == ClonedVoice(id="cloned123")


async def test_a_voice_is_deleted_counted_and_looked_up_as_the_sdk_does(tmp_path: Path) -> None:
    scenarios = ("voice is deleted", "places for voices", "voice by its name")
    async with playing(*(played(scenario) for scenario in scenarios)) as server:
        eleven = maker(server.url)
        await eleven.delete_voice("cloned123")
        slots = await eleven.voice_slots()
        request = CloneRequest(recording=spoken(tmp_path, 12.0), name="rachel", route="elevenlabs/voice")
        assert await eleven.find_voice(request, job_key="job") is None  # hers is called Rachel
        await eleven.close()
    assert slots == VoiceSlots(used=1, limit=30)
    for heard, scenario in zip(server.heard, scenarios, strict=True):
        wish = recorded(FOLDER, scenario)["request"]
        assert (heard["method"], heard["path"]) == (wish["method"], wish["path"])
        assert heard["headers"]["xi-api-key"] == wish["headers"]["xi-api-key"]
    unsaid = index(FOLDER)["unsaid"]["voices_search.json"]
    recorded_query = dict(recorded(FOLDER, scenarios[2])["request"]["query"])
    query = dict(server.heard[2]["query"])
    assert set(query) == set(recorded_query) - set(unsaid) and query["search"] == "rachel"


async def test_a_deletion_that_is_not_allowed_is_no_deletion(stage: ElevenStage) -> None:
    with pytest.raises(BadKey):
        await stage.adapter_for("bad-key").delete_voice("v1")


# ---- the maker's SDK


@pytest.mark.filterwarnings("ignore")
@pytest.mark.skipif(
    importlib.util.find_spec("elevenlabs") is None, reason="elevenlabs is not installed (extra sdk)"
)
async def test_the_official_sdk_makes_the_same_sounds_at_the_stand_in(
    stage: ElevenStage, tmp_path: Path
) -> None:
    module = importlib.import_module("elevenlabs.client")
    clip = silent_clip(tmp_path).path.read_bytes()
    voice = spoken(tmp_path, 12.0).path.read_bytes()

    def run() -> tuple[Any, list[bytes]]:
        with httpx.Client() as http:
            sdk = module.ElevenLabs(api_key=GOOD_KEY, base_url=stage.vendor.url, httpx_client=http)
            timed = sdk.text_to_speech.convert_with_timestamps(
                VOICES[0], text="Hi there", model_id="eleven_flash_v2_5", output_format="mp3_44100_128"
            )
            effect = sdk.text_to_sound_effects.convert(text="click", duration_seconds=1.0)
            music = sdk.music.compose(
                prompt="calm", music_length_ms=3000, model_id="music_v1", force_instrumental=True
            )
            picture = sdk.music.video_to_music(
                videos=[("clip.mp4", clip, "video/mp4")], description="calm", add_sfx=True
            )
            cloned = sdk.voices.ivc.create(name="me", files=[("me.mp3", voice, "audio/mpeg")], labels={})
            places = sdk.user.subscription.get()
            assert (places.voice_slots_used, places.voice_limit) == (1, stage.vendor.limit)
            found = sdk.voices.search(search="me", page_size=10)
            assert [one.voice_id for one in found.voices] == [cloned.voice_id]
            assert sdk.voices.delete(cloned.voice_id).status == "ok"
            return timed, [b"".join(one) for one in (effect, music, picture)]

    timed, sounds = await asyncio.to_thread(run)
    assert stage.vendor.clones == {}
    assert "".join(timed.alignment.characters) == "Hi there"
    assert all(len(sound) > 1000 for sound in sounds) and stage.jobs() == 5
