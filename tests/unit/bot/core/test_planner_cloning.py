"""A voice that is made of a recording: for which clips, by whom, at what price, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.core.desk import Desk, House
from bot.core.errors import Refusal
from bot.core.model import Plan, Text, Wish
from bot.core.planner import (
    OWN_SOUND,
    PlanContext,
    can_lend,
    clone_window,
    detour,
    offers,
    plan,
    voice_makers,
)
from bot.core.records import RouteHealth
from bot.core.requests.quoted import _priced
from bot.core.sounds import SoundWish
from bot.core.wishes import sound_files, wish_from_plain, wish_to_plain
from bot.core.wording import load_wording
from providers.base import MediaInput
from providers.catalogue import Catalogue, load
from tests.unit.bot.core.worlds import NOW_MS

NOTE = MediaInput(
    role="reference-audio", kind="audio", path=Path("n.ogg"), mime="audio/ogg", size_bytes=9000, seconds=14.0
)
FACE = MediaInput(
    role="first-frame",
    kind="image",
    path=Path("f.png"),
    mime="image/png",
    size_bytes=99,
    width=1280,
    height=720,
)
ASKED = 'Rain. A woman says: "Did you hear it?"'
SILENT = "hailuo-2.3"
KEYS = ("minimax-hailuo", "elevenlabs")


@cache
def shipped() -> Catalogue:
    return load()


def world(*keys: str, links: bool = True, health: Any = None, **choices: Any) -> PlanContext:
    known = shipped()
    return PlanContext(
        catalogue=known,
        house=House(adds_sound=True, **choices),
        has_key=lambda provider: provider in ("animatic", *keys),
        missing_env=lambda provider: known.provider(provider).env,
        now_ms=NOW_MS,
        today=date(2026, 11, 28),
        own_sound=OWN_SOUND,
        links=links,
        health=health or {},
    )


def planned(*keys: str, prompt: str = ASKED, context: PlanContext | None = None, **wish: Any) -> Plan:
    asked: dict[str, Any] = {"model": SILENT, "media": (NOTE,), "audio_as": "reference", **wish}
    return plan(Wish(prompt=prompt, **asked), context or world(*(keys or KEYS)))


def refused(*keys: str, **more: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        planned(*keys, **more)
    for language in ("en", "es"):  # each is a sentence, with all that it needs
        said = load_wording().say(
            Text(key=f"refusal.{caught.value.code}", facts=caught.value.facts), language
        )
        assert said.endswith(".") and "{" not in said
    return caught.value


def cloned(made: Plan) -> list[str]:
    assert made.score is not None
    return [piece.text for piece in made.score.pieces if piece.cloned]


def keys_of(texts: tuple[Text, ...]) -> list[str]:
    return [text.key for text in texts]


# ---------------------------------------------------------------------------------------------
# Spoken with the sound that is added


def test_the_words_of_a_silent_clip_are_spoken_with_a_voice_made_of_the_recording() -> None:
    made = planned()
    assert made.voice is not None and made.sound_path == "soundtrack" and made.request.media == ()
    assert (made.voice.route, made.voice.serves) == ("elevenlabs/voice", "elevenlabs/speech")
    assert made.voice.recording == replace(NOTE, role="voice") and not made.speaks_itself
    assert cloned(made) == ["Did you hear it?"]
    # Making it costs nothing at ElevenLabs; what it says is paid like any speech.
    assert (made.voice.cost_micro_usd, made.voice.credits) == (0, 0)
    stock = planned(audio_as=None, media=())
    assert (made.credits, made.cost_micro_usd) == (stock.credits, stock.cost_micro_usd)
    # It is never done unasked.
    assert keys_of(made.adjustments) == ["adjust.voice_made"]
    assert made.adjustments[0].facts == {"maker": "ElevenLabs"}


def test_a_recording_that_nobody_called_a_reference_makes_no_voice() -> None:
    laid = planned(audio_as=None)
    assert laid.voice is None and keys_of(laid.adjustments) == ["adjust.soundtrack"]
    assert planned(audio_as="soundtrack").voice is None
    assert refused(audio_as="voice", media=(replace(NOTE, role="voice"),)).code == "audio_not_taken"


def test_the_first_speaker_gets_the_voice_and_so_do_lines_of_nobody() -> None:
    made = planned(prompt='Ada says: "Hello." A man says: "Goodbye."')
    assert cloned(made) == ["Hello."]
    (note,) = [text for text in made.notes if text.key == "note.voice_first"]
    assert note.facts == {"line": "Goodbye.", "more": 0}
    alone = planned(prompt='"One." @2s "Two."')
    assert cloned(alone) == ["One.", "Two."] and "note.voice_first" not in keys_of(alone.notes)
    later = planned(prompt='"One." Then a man says: "Two." A woman says: "Three."')
    assert cloned(later) == ["One.", "Two."]


def test_who_speaks_with_the_voice_is_asked_first_whatever_the_order_of_makers() -> None:
    other = planned(context=world(*KEYS, sound_with=("elevenlabs/speech-flash", "elevenlabs/speech")))
    assert other.voice is not None and other.voice.serves == "elevenlabs/speech-flash"
    assert other.score is not None
    assert other.score.pieces[0].takers[0].route == "elevenlabs/speech-flash"
    # An operator who pays no maker of sound pays nobody for a voice either.
    nobody = refused(context=world(*KEYS, sound_with=("animatic",)))
    assert nobody.code == "audio_not_taken"


def test_a_recording_too_long_is_cut_and_said_and_one_too_short_is_refused_with_what_is_needed() -> None:
    long = planned(media=(replace(NOTE, seconds=300.0),))
    assert keys_of(long.adjustments) == ["adjust.voice_made", "adjust.audio_trimmed"]
    assert long.adjustments[1].facts == {"seconds": "300.0", "limit": "120"}
    window = clone_window(long, shipped())
    assert window is not None and (window.min_seconds, window.max_seconds) == (10, 120)
    assert window.formats == ("wav", "mp3") and window.max_bytes == 10_000_000
    short = refused(media=(replace(NOTE, seconds=3.2),))
    assert (short.code, short.facts["asked"], short.facts["least"]) == ("voice_too_short", "3.2", "10")


@pytest.mark.parametrize(
    ("code", "wish"),
    [
        ("voice_no_line", {"prompt": "a woman at a window"}),
        ("voice_unheard", {"sound": False}),
        ("voice_unheard", {"prompt": f"{ASKED}, no sound"}),
        ("voice_unheard", {"prompt": f"{ASKED}, no voice"}),
        ("audio_not_taken", {"media": (NOTE, NOTE)}),
    ],
)
def test_a_voice_that_nobody_would_hear_is_not_made(code: str, wish: dict[str, Any]) -> None:
    assert refused(**wish).code == code


def test_without_a_key_the_sentence_says_which_would_help_and_who_hears_recordings() -> None:
    found = refused("minimax-hailuo", "bytedance-seedance")
    assert (found.code, found.facts["env"]) == ("no_voice_maker", ("ELEVENLABS_API_KEY",))
    assert "seedance-2.0" in found.facts["models"]


def test_an_operator_can_forbid_it_and_then_it_is_not_offered() -> None:
    context = world(*KEYS, voices_from_recordings=False)
    found = refused(context=context)
    assert (found.code, found.facts["audio_as"]) == ("audio_not_taken", "reference")
    route = shipped().model(SILENT).routes[0]
    assert can_lend(route, world(*KEYS)) and not can_lend(route, context)
    assert voice_makers(None, world(*KEYS)) and voice_makers(None, context) == ()


def test_a_maker_that_fails_lately_is_not_asked() -> None:
    route = "elevenlabs/voice"
    down = RouteHealth(route=route, failures=50, opened_ms=NOW_MS)
    assert refused(context=world(*KEYS, health={route: down})).code == "no_voice_maker"


def test_what_costs_nothing_stays_at_no_cost_and_the_built_in_renderer_hears_the_recording_itself() -> None:
    made = planned("elevenlabs", model="animatic")
    assert made.voice is None and made.purse == "free" and made.sound_path == "native"


# ---------------------------------------------------------------------------------------------
# Spoken by the model


def test_kling_2_6_speaks_itself_for_the_higher_price_of_a_second_and_the_making_of_the_voice() -> None:
    made = planned("kling", model="kling-2.6", media=(NOTE, FACE), seconds=5)
    assert made.voice is not None and made.speaks_itself and made.score is None
    assert (made.voice.route, made.voice.serves) == ("kling/voice", "kling/kling-2.6")
    assert made.request.mode == "first-frame" and [item.role for item in made.request.media] == [
        "first-frame"
    ]
    assert made.request.sound and made.request.voices == (), "the id comes when the voice is made"
    # 5 s at 1.2 units of 14 cents, and 0.05 units for the voice
    assert (made.picture_micro_usd, made.voice.cost_micro_usd) == (840_000, 7_000)
    assert (made.credits, made.voice.credits, made.cost_micro_usd) == (85, 1, 847_000)
    assert made.sound_credits == 84 - 35 + 1, "what a silent clip costs less, and the voice"
    plain = planned("kling", model="kling-2.6", media=(FACE,), seconds=5, audio_as=None)
    assert plain.credits == 70
    assert keys_of(made.adjustments) == ["adjust.voice_made", "adjust.voice_by_link"]


def test_kling_speaks_what_is_told_without_quotation_marks_and_only_where_it_can() -> None:
    pair = (NOTE, FACE)
    told = planned("kling", model="kling-2.6", media=pair, prompt="She whispers a secret to the camera")
    assert told.voice is not None and told.speaks_itself
    assert refused("kling", model="kling-2.6", media=pair, prompt="a boat on a lake").code == "voice_no_line"
    assert refused("kling", model="kling-2.6").code == "voice_needs_picture"
    far = refused(model="kling-2.6", media=pair, context=world("kling", links=False))
    assert (far.code, far.facts["model"]) == ("needs_public_address", "Kling custom voice")
    small = refused("kling", model="kling-2.6", media=pair, resolution="720p")
    assert (small.facts["field"], small.facts["allowed"]) == ("resolution", ("1080p",))


def test_a_clip_whose_voice_lies_with_its_provider_has_no_other_route() -> None:
    keys = ("kling", "kling-legacy", "fal")
    wish = Wish(prompt=ASKED, model="kling-2.6", media=(NOTE, FACE), audio_as="reference", seconds=5)
    made = plan(wish, world(*keys))
    assert made.speaks_itself and detour(wish, made, world(*keys)) is None


def test_another_route_of_a_silent_model_keeps_the_voice_and_the_recording_as_it_was_converted() -> None:
    keys = (*KEYS, "replicate")
    wish = Wish(prompt=ASKED, model=SILENT, media=(NOTE,), audio_as="reference", seconds=6)
    made = plan(wish, world(*keys))
    assert made.voice is not None and made.score is not None
    cut = replace(made.voice, recording=replace(NOTE, role="voice", path=Path("cut.wav"), mime="audio/wav"))
    dear = replace(made, voice=cut, credits=10_000, cost_micro_usd=10**9)
    other = detour(wish, dear, world(*keys))
    assert other is not None and other.route != made.route
    assert other.voice == cut and other.score == made.score


def test_the_price_that_a_vendor_tells_is_put_together_with_the_sound_and_the_voice() -> None:
    made = planned()
    assert made.voice is not None and made.score is not None
    desk = cast(Desk, SimpleNamespace(house=House(), clock=SimpleNamespace(now_ms=lambda: NOW_MS)))
    dear = replace(made, voice=replace(made.voice, cost_micro_usd=70_000, credits=7))
    told = _priced(dear, Decimal("0.50"), desk)
    assert told.voice is not None and told.score is not None
    # 50 cents for the picture, the sound as before, 7 cents for the voice; rounded up once
    assert told.cost_micro_usd == 500_000 + made.score.cost_micro_usd + 70_000
    assert told.credits == -(-told.cost_micro_usd // 10_000)
    assert told.sound_credits == told.score.credits + told.voice.credits
    assert told.picture_micro_usd == 500_000


def test_a_recording_of_unknown_length_is_looked_at_when_it_is_there() -> None:
    assert planned(media=(replace(NOTE, seconds=0.0),)).voice is not None


# ---------------------------------------------------------------------------------------------
# Which model, and a new sound


def test_auto_takes_who_hears_the_recording_before_who_needs_a_voice_made_of_it() -> None:
    keys = (*KEYS, "bytedance-seedance", "google-veo")
    assert planned(*keys, model="auto").model.startswith("seedance")
    # Without such a model, one whose words can be spoken with the voice; never one that can do neither.
    left = planned(*KEYS, "google-veo", model="auto")
    assert left.voice is not None and left.model.startswith("hailuo")
    assert planned(*KEYS, "google-veo", model="auto", audio_as=None).voice is None
    # The sentence is that of a model that nearly can.
    assert refused(*KEYS, "google-veo", model="auto", prompt="a boat").code == "voice_no_line"


def test_models_are_offered_with_a_reference_where_they_can_do_it() -> None:
    found = offers(world(*KEYS, "google-veo"), Wish(prompt=ASKED, media=(NOTE,), audio_as="reference"))
    able = {offer.model for offer in found if not offer.why_not}
    assert SILENT in able and not any(model.startswith("veo-3") for model in able)


def new_sound(words: str, note: MediaInput = NOTE) -> Wish:
    asked = SoundWish(
        job="j1",
        clip=Path("ab/cd"),
        way="replace",
        words=words,
        lent=note,
        route="google-veo/veo-3.1",
        provider="google-veo",
        model_name="Veo 3.1",
        seconds=5.0,
        resolution="720p",
        aspect="16:9",
    )
    return Wish(prompt="a woman", model="veo-3.1", sound_for=asked)


def test_a_new_sound_is_spoken_with_the_voice_whatever_made_the_clip() -> None:
    made = plan(new_sound("voice (woman): Did you hear it?\nsound: rain"), world("elevenlabs"))
    assert made.voice is not None and cloned(made) == ["Did you hear it?"] and made.sound_only
    assert made.purse == "paid" and "adjust.voice_made" in keys_of(made.adjustments)
    for words, code in (("sound: rain", "voice_no_line"), ("no voice", "voice_unheard")):
        with pytest.raises(Refusal) as caught:
            plan(new_sound(words), world("elevenlabs"))
        assert caught.value.code == code
    wish = new_sound("voice: Hello", replace(NOTE, path=Path("12/34")))
    assert wish_from_plain(wish_to_plain(wish)) == wish and "1234" in sound_files(wish)
