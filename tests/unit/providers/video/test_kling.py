"""Kling's requests: what its API would do silently, charge for, or call by another name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from providers.base import MediaInput, Shot, VideoRequest
from providers.errors import Unsupported
from providers.video import kling, kling_legacy
from providers.video.kling import Kling, build_payload, shots_text
from providers.video.kling_legacy import KlingLegacy
from tests.fakes.kling import FakeKling
from tests.unit.providers.video.playback import asked, config, linked

PATH = Path("nowhere.png")
FIRST = MediaInput(role="first-frame", kind="image", path=PATH, mime="image/png", size_bytes=9)
LAST = replace(FIRST, role="last-frame")
HERO = linked("reference-image", "hero", "hero.png")
SOURCE, STYLE = linked("source-video", "", "clip.mp4"), linked("reference-video", "", "clip.mp4")


def payload(request: VideoRequest, **elements: str) -> dict[str, Any]:
    """What would be sent, with the word FILE for each file."""
    return build_payload(request, ["FILE"] * len(request.media), elements=elements, job_key="job")


def settings(request: VideoRequest) -> dict[str, Any]:
    found: dict[str, Any] = payload(request)["settings"]
    return found


def words(request: VideoRequest, **elements: str) -> str:
    """The prompt as it is sent."""
    sent = payload(request, **elements)
    return str(sent["prompt"] if "prompt" in sent else sent["contents"][0]["text"])


# ---- fields that must be there, or must not


@pytest.mark.parametrize("model", ["kling-3.0", "kling-3.0-omni"])
def test_one_shot_is_asked_for_aloud_because_many_are_the_default(model: str) -> None:
    assert settings(asked(model, "waves"))["multi_shot"] is False


@pytest.mark.parametrize("model", ["kling-2.6", "kling-2.5-turbo", "kling-3.0-turbo", "kling-o1"])
def test_models_without_shots_are_not_told_about_them(model: str) -> None:
    request = asked(model, "waves", sound=False)
    assert "multi_shot" not in settings(request)
    with pytest.raises(Unsupported):
        payload(replace(request, shots=(Shot(prompt="a", seconds=5),)))


@pytest.mark.parametrize("model", ["kling-2.5-turbo", "kling-3.0-turbo"])
@pytest.mark.parametrize("sound", [True, False])
def test_models_without_a_sound_switch_are_not_sent_one(model: str, sound: bool) -> None:
    assert "audio" not in settings(asked(model, "waves", sound=sound))


def test_sound_of_its_own_is_never_asked_of_o1() -> None:
    with pytest.raises(Unsupported, match="no sound"):
        payload(asked("kling-o1", "waves", sound=True))
    with pytest.raises(Unsupported, match="no sound"):
        kling_legacy.build_payload(asked("kling-video-o1", "waves", sound=True), [], job_key="job")


def test_pictures_decide_the_aspect() -> None:
    frames = asked("kling-3.0", "waves", mode="first-last", media=(FIRST, LAST), aspect="9:16")
    assert "aspect_ratio" not in settings(frames)
    assert [part["type"] for part in payload(frames)["contents"]] == ["prompt", "first_frame", "last_frame"]
    omni = asked("kling-3.0-omni", "waves", mode="first-frame", media=(FIRST,), aspect="9:16")
    assert "aspect_ratio" not in settings(omni)
    assert (
        settings(asked("kling-3.0-omni", "waves", mode="references", media=(HERO,)))["aspect_ratio"] == "16:9"
    )


@pytest.mark.parametrize(("sound", "word"), [(True, "original"), (False, "off")])
@pytest.mark.parametrize("model", ["kling-o1", "kling-3.0-omni"])
def test_an_edit_keeps_the_sound_and_the_length_of_its_source(model: str, sound: bool, word: str) -> None:
    found = settings(asked(model, "snow", mode="edit", media=(SOURCE,), sound=sound, seconds=10))
    assert found["audio"] == word
    assert not {"duration", "aspect_ratio"} & set(found)
    assert found.get("multi_shot", False) is False


def test_an_edit_in_several_shots_is_not_sent() -> None:
    shots = (Shot(prompt="a", seconds=5), Shot(prompt="b", seconds=5))
    with pytest.raises(Unsupported):
        payload(asked("kling-3.0-omni", "snow", mode="edit", media=(SOURCE,), shots=shots, seconds=10))


def test_imitating_a_clip_is_silent_and_allowed_several_shots() -> None:
    request = asked("kling-3.0-omni", "waves", mode="references", media=(STYLE,), sound=False)
    assert (settings(request)["audio"], settings(request)["multi_shot"]) == ("off", True)


def test_length_is_a_number_here_and_a_text_there() -> None:
    request = asked("kling-2.6", "waves", seconds=10)
    assert settings(request)["duration"] == 10
    old = kling_legacy.build_payload(replace(request, api_name="kling-v2-6"), [], job_key="job")
    assert (old["duration"], old["mode"], old["model_name"]) == ("10", "std", "kling-v2-6")


# ---- several shots


def test_shots_are_numbered_and_what_is_said_of_all_opens_the_first() -> None:
    shots = (Shot(prompt="a door; it opens", seconds=2), Shot(prompt="rain\nfalls", seconds=3))
    told = shots_text("A quiet street.", shots)
    assert told == "shot 1, 2, A quiet street. a door, it opens; shot 2, 3, rain falls;"
    request = asked("kling-3.0", "A quiet street.", shots=shots)
    assert settings(request)["multi_shot"] is True


def test_the_older_api_has_a_list_of_shots() -> None:
    shots = (Shot(prompt="a", seconds=2), Shot(prompt="b", seconds=3))
    sent = kling_legacy.build_payload(asked("kling-v3", "street", shots=shots), [], job_key="job")
    assert sent["multi_shot"] is True and sent["shot_type"] == "customize"
    assert sent["multi_prompt"][1] == {"index": 2, "prompt": "b", "duration": "3"}


# ---- names in the prompt


@pytest.mark.parametrize(
    ("prompt", "told"),
    [
        ("@hero walks", "@image_1 walks"),
        ("@HERO, then @place.", "@image_1, then @image_2."),
        ("@heroine waits for @hero", "@heroine waits for @image_1"),
        ("mail me@hero or @hero", "mail me@hero or @image_1"),
        ("@image_1 stays", "@image_1 stays"),
    ],
)
def test_names_become_the_vendors_ids(prompt: str, told: str) -> None:
    place = linked("reference-image", "place", "place.png")
    request = asked("kling-3.0-omni", prompt, mode="references", media=(HERO, place))
    assert words(request) == told
    assert [part.get("id") for part in payload(request)["contents"]] == [None, "image_1", "image_2"]


def test_a_named_first_frame_is_said_in_plain_words_where_there_are_no_ids() -> None:
    first = replace(FIRST, name="hero")
    assert words(asked("kling-2.6", "@hero sings", mode="first-frame", media=(first,))) == "hero sings"


def test_the_older_api_has_its_own_brackets() -> None:
    request = asked("kling-v3-omni", "@hero meets @Film", mode="references", sound=False, media=(HERO,))
    sent = kling_legacy.build_payload(
        replace(request, media=(HERO, replace(STYLE, name="film"))), ["A", "B"], job_key="job"
    )
    assert sent["prompt"] == "<<<image_1>>> meets <<<video_1>>>"
    assert sent["video_list"] == [{"video_url": "B", "refer_type": "feature", "keep_original_sound": "no"}]


def test_an_element_of_the_account_is_used_when_it_is_mentioned() -> None:
    request = asked("kling-3.0", "@Hero sings", mode="first-frame", media=(FIRST,))
    sent = payload(request, hero="321", other="5")
    assert sent["contents"][2:] == [{"type": "element", "element_id": "321", "id": "hero"}]
    assert words(request, hero="321") == "@hero sings"
    assert len(payload(replace(request, prompt="she sings"), hero="321")["contents"]) == 2


def test_elements_whose_names_contain_each_other_are_renamed() -> None:
    request = asked("kling-3.0-omni", "@zhang meets @zhangsan")
    assert words(request, zhang="1", zhangsan="2") == "@element_1 meets @element_2"


def test_a_file_with_the_name_of_an_element_is_meant() -> None:
    request = asked("kling-3.0-omni", "@hero sings", mode="references", media=(HERO,))
    assert words(request, hero="321") == "@image_1 sings"
    assert len(payload(request, hero="321")["contents"]) == 2


@pytest.mark.parametrize(
    ("request_", "names"),
    [
        (asked("kling-3.0", "@a @b @c @d", mode="first-frame", media=(FIRST,)), 4),
        (asked("kling-3.0", "@a sings"), 1),
        (asked("kling-2.6", "@a sings", mode="first-frame", media=(FIRST,)), 1),
        (asked("kling-3.0-omni", "@a @b @c @d", mode="references", media=(HERO,) * 4), 4),
        (asked("kling-3.0-omni", "@a", mode="edit", media=(SOURCE, *(HERO,) * 4)), 1),
        (asked("kling-o1", "@a", mode="first-last", media=(FIRST, LAST), sound=False), 1),
    ],
)
def test_more_elements_than_fit_are_not_sent(request_: VideoRequest, names: int) -> None:
    elements = dict(zip("abcd"[:names], "1234", strict=False))
    with pytest.raises(Unsupported, match="elements"):
        payload(request_, **elements)


# ---- files


@pytest.mark.parametrize("maker", [Kling, KlingLegacy])
async def test_a_clip_without_a_public_address_is_not_sent(maker: Any) -> None:
    name = "kling-o1" if maker is Kling else "kling-video-o1"
    request = asked(name, "snow", mode="edit", media=(replace(SOURCE, url=""),))
    async with FakeKling() as vendor:
        provider = maker(config("kling" if maker is Kling else "kling-legacy", vendor.url))
        with pytest.raises(Unsupported, match="public address"):
            await provider.submit(request, job_key="job")
        await provider.close()
    assert vendor.seen == []


@pytest.mark.parametrize("maker", [Kling, KlingLegacy])
async def test_a_recording_is_never_sent(maker: Any) -> None:
    voice = MediaInput(role="voice", kind="audio", path=PATH, mime="audio/wav", size_bytes=9, seconds=3)
    name = "kling-2.6" if maker is Kling else "kling-v2-6"
    provider = maker(config("kling" if maker is Kling else "kling-legacy", "http://127.0.0.1:9"))
    with pytest.raises(Unsupported, match="recordings"):
        await provider.submit(asked(name, "hi", media=(voice,)), job_key="job")
    await provider.close()


def test_a_clip_and_many_pictures_do_not_go_together() -> None:
    with pytest.raises(Unsupported, match="pictures"):
        payload(asked("kling-o1", "x", mode="references", sound=False, media=(STYLE, *(HERO,) * 5)))
    with pytest.raises(Unsupported, match="no clips"):
        payload(asked("kling-3.0", "x", mode="references", media=(STYLE,)))


def test_the_older_api_names_frames_by_their_place() -> None:
    request = asked("kling-v2-6", "x", mode="first-last", media=(FIRST, LAST), sound=False)
    sent = kling_legacy.build_payload(replace(request, negative="rain"), ["A", "B"], job_key="job")
    assert (sent["image"], sent["image_tail"], sent["negative_prompt"]) == ("A", "B", "rain")
    assert kling_legacy.path_of(request) == "/v1/videos/image2video"
    omni = replace(request, api_name="kling-v3-omni")
    images = kling_legacy.build_payload(omni, ["A", "B"], job_key="job")["image_list"]
    assert [image["type"] for image in images] == ["first_frame", "end_frame"]


def test_the_tables_of_both_adapters_know_the_same_models() -> None:
    assert len(kling.DIALECTS) == len(kling_legacy.DIALECTS) + 1
