"""Files in a wish: which role they get, what is refused before anything is paid."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.desk import House
from bot.core.errors import Refusal
from bot.core.model import Plan, Text, Wish
from bot.core.planner import REFUSALS, PlanContext, audio_windows, needs_confirm, plan
from bot.core.ports.hearing import Deaf
from providers.catalogue import load
from tests.unit.bot.core.worlds import catalogue, file, told, wish, world

PICTURE = file("first-frame", "image")
LAST = file("last-frame", "image")
REFERENCE = file("reference-image", "image")
VOICE_NOTE = file("reference-audio", "audio", seconds=6, mime="audio/ogg")


def melody(**options: object) -> Wish:
    return wish("a song", model="melody-1", **options)


def refused(asked: Wish, context: PlanContext | None = None) -> Refusal:
    with pytest.raises(Refusal) as caught:
        plan(asked, context or world())
    assert caught.value.code in REFUSALS
    assert told(Text(key=f"refusal.{caught.value.code}", facts=caught.value.facts)).endswith(".")
    return caught.value


def planned(asked: Wish, context: PlanContext | None = None) -> Plan:
    return plan(asked, context or world())


@pytest.mark.parametrize(
    ("model", "media", "mode"),
    [
        ("scripted-native", (), "text"),
        ("scripted-native", (PICTURE,), "first-frame"),
        ("scripted-silent", (PICTURE, LAST), "first-last"),
        ("scripted-silent", (LAST, PICTURE), "first-last"),
        ("scripted-voice", (REFERENCE, VOICE_NOTE), "references"),
        ("melody-1", (VOICE_NOTE,), "references"),
    ],
)
def test_the_files_decide_the_mode(model: str, media: tuple[object, ...], mode: str) -> None:
    found = planned(wish("a song", model=model, media=media))
    assert found.request.mode == mode and found.request.media == media


def test_a_last_picture_without_a_first_is_refused() -> None:
    assert refused(wish(model="scripted-silent", media=(LAST,))).code == "needs_first_image"


def test_a_clip_is_changed_or_gone_on_from_by_the_words() -> None:
    clip = file("source-video", "video", seconds=7.2)
    changed = planned(wish("make it night", model="melody-1", media=(clip,)))
    assert changed.request.mode == "edit" and changed.request.input_seconds == 8
    assert planned(wish("continue the walk", model="melody-1", media=(clip,))).request.mode == "extend"
    assert planned(wish("sigue caminando", model="melody-1", media=(clip,))).request.mode == "extend"


def test_a_source_clip_that_costs_by_its_length_is_in_the_price() -> None:
    clip = file("source-video", "video", seconds=7.2)
    found = planned(wish("make it night", model="melody-1", media=(clip,)))
    assert found.cost_micro_usd == 8 * 33_300 + 8 * 20_000


def test_a_first_picture_that_only_works_as_reference_becomes_one_and_that_is_said() -> None:
    found = planned(wish(model="scripted-voice", media=(PICTURE, VOICE_NOTE)))
    assert found.request.media[0].role == "reference-image"
    assert [text.key for text in found.adjustments] == ["adjust.image_as_reference"]
    assert "adjusted" in needs_confirm(found, House())


def test_a_recording_without_the_picture_that_it_needs_gets_a_plain_one_and_that_is_asked_about() -> None:
    found = planned(wish(model="scripted-voice", media=(VOICE_NOTE,)))
    assert [item.role for item in found.request.media] == ["reference-audio", "reference-image"]
    assert [text.key for text in found.adjustments] == ["adjust.card"]
    assert "adjusted" in needs_confirm(found, House())


def test_too_many_pictures_are_refused_with_the_number_that_is_taken() -> None:
    refusal = refused(melody(media=(REFERENCE,) * 3))
    assert refusal.code == "media_too_many"
    assert (refusal.facts["asked"], refusal.facts["allowed"]) == (3, (2,))


def test_a_picture_of_any_size_and_format_is_planned_because_it_is_made_to_fit() -> None:
    for picture in (
        file("reference-image", "image", size=1001),
        file("reference-image", "image", mime="image/webp"),
    ):
        assert planned(melody(media=(picture,))).request.media == (picture,)


def test_a_clip_that_is_too_long_is_refused_with_the_limit() -> None:
    refusal = refused(melody(media=(file("source-video", "video", seconds=31),)))
    assert (refusal.code, refusal.facts["asked"], refusal.facts["allowed"]) == ("media_too_long", 31, 30)


# ---------------------------------------------------------------------------------------------
# Recordings


def test_any_format_of_recording_is_planned_and_its_target_named() -> None:
    found = planned(melody(media=(VOICE_NOTE,)))
    assert found.adjustments == ()
    (window,) = audio_windows(found, catalogue()).values()
    assert (window.formats, window.rate_hz) == (("mp3", "wav"), 24_000)
    assert (window.min_seconds, window.max_seconds) == (2, 15)


def test_a_recording_that_is_too_long_is_cut_and_that_is_said() -> None:
    found = planned(melody(media=(file("reference-audio", "audio", seconds=61.5),)))
    (text,) = found.adjustments
    assert text.key == "adjust.audio_trimmed" and text.facts == {"seconds": "61.5", "limit": "15"}


def test_a_recording_that_is_too_short_is_refused() -> None:
    refusal = refused(melody(media=(file("reference-audio", "audio", seconds=1.2),)))
    assert (refusal.code, refusal.facts["asked"], refusal.facts["allowed"]) == ("media_too_short", "1.2", "2")


def test_a_recording_for_a_model_that_takes_none_is_refused_with_models_that_do() -> None:
    refusal = refused(wish(media=(VOICE_NOTE,)))
    assert refusal.code == "audio_not_taken" and "melody-1" in refusal.facts["models"]


def test_a_purpose_that_a_model_has_no_use_for_is_refused() -> None:
    refusal = refused(melody(media=(VOICE_NOTE,), audio_as="voice"))
    assert (refusal.code, refusal.facts["audio_as"]) == ("audio_not_taken", "voice")


def test_dialogue_needs_somebody_who_hears_and_then_every_model_can() -> None:
    asked = wish(model="scripted-native", media=(VOICE_NOTE,), audio_as="dialogue")
    deaf = Deaf(env=("ACME_KEY",), extra="speech")
    refusal = refused(asked, world(deaf=deaf))
    assert refusal.code == "no_transcriber"
    assert (refusal.facts["env"], refusal.facts["extra"]) == (("ACME_KEY",), "speech")
    found = planned(asked, world(deaf=None))
    assert found.request.media == () and [text.key for text in found.notes] == ["note.dialogue"]


def test_words_that_were_heard_become_a_line_of_the_prompt_and_are_asked_about_once() -> None:
    asked = wish("An old sailor at the rail", model="scripted-native", words="Land ahoy", words_in="en")
    found = planned(replace(asked, heard=True), world())
    assert found.request.prompt == 'An old sailor at the rail. The speaker says: "Land ahoy"'
    (said,) = found.adjustments
    assert (said.key, said.facts["words"]) == ("adjust.dialogue", "Land ahoy")
    again = planned(asked, world())
    assert again.request.prompt == found.request.prompt and again.adjustments == ()
    assert [text.key for text in again.notes] == ["note.dialogue_words"]
    long = planned(replace(asked, words="word " * 40, seconds=4), world())
    assert long.notes[-1].key == "note.dialogue_long" and long.notes[-1].facts == {"needed": 16, "seconds": 4}


def test_a_voice_goes_in_as_reference_where_the_model_speaks_with_it() -> None:
    note = file("voice", "audio", seconds=6)
    found = planned(wish(model="scripted-voice", media=(REFERENCE, note), audio_as="voice"))
    assert [item.role for item in found.request.media] == ["reference-image", "reference-audio"]


def test_a_soundtrack_goes_in_where_the_model_plays_the_very_track() -> None:
    note = file("soundtrack", "audio", seconds=6)
    found = planned(melody(media=(note,), audio_as="soundtrack"))
    assert found.request.media[0].role == "reference-audio" and found.sound_path == "native"


def test_a_soundtrack_is_laid_under_only_where_the_bot_can_do_it() -> None:
    asked = wish(
        model="scripted-silent", media=(file("soundtrack", "audio", seconds=6),), audio_as="soundtrack"
    )
    assert refused(asked).code == "audio_not_taken"
    found = planned(asked, world(own_sound=frozenset({"soundtrack"})))
    assert found.sound_path == "soundtrack" and found.request.media == ()
    assert [text.key for text in found.notes] == ["note.soundtrack"]
    assert found.sound_credits == 25 * 30 // 100


def test_a_reference_stays_one_beside_a_recording_with_another_purpose() -> None:
    media = (file("reference-audio", "audio", seconds=5), file("voice", "audio", seconds=5))
    refusal = refused(wish(model="scripted-voice", media=(REFERENCE, *media), audio_as="voice"))
    assert (refusal.code, refusal.facts["asked"]) == ("media_too_many", 2)


def test_a_clip_that_a_vendor_would_have_to_fetch_from_us_is_refused_before_paying() -> None:
    books = load(None)
    clip = file("source-video", "video", seconds=5.0)
    asked = wish("make it night", model="kling-o1", media=(clip,))
    reachable = world(catalogue=books, links=True, paid_ok=True)
    assert planned(asked, reachable).request.mode == "edit"
    assert refused(asked, world(catalogue=books)).code == "needs_public_address"


def test_recordings_that_fit_one_by_one_but_not_together_are_refused_before_paying() -> None:
    books = load(None)
    picture = file("reference-image", "image")
    notes = tuple(file("reference-audio", "audio", seconds=10, mime="audio/ogg") for _ in range(2))
    asked = wish("a song", model="seedance-2.0", media=(picture, *notes))
    found = refused(asked, world(catalogue=books))
    assert (found.code, found.facts["asked"], found.facts["allowed"]) == ("media_too_long", 20, 15)
