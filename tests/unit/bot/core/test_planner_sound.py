"""Who makes the sound of a silent clip, and what that costs: the operator's order, keys, health, prices."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from bot.core.desk import House
from bot.core.errors import BadSettings, Refusal
from bot.core.model import Plan, Wish
from bot.core.planner import PlanContext, plan
from bot.core.planner.scoring import known_makers
from bot.core.records import RouteHealth
from bot.core.sounds import MixPiece, SoundWish
from providers.catalogue import Catalogue, load
from tests.fakes.sound_booth import catalogue
from tests.unit.bot.core.worlds import NOW_MS, TODAY

FAKES = Path(__file__).parents[3] / "fakes" / "catalogue"
PROMPT = 'Rain on a roof. A woman says: "Hello there." @2s door slam, music: slow piano'


@cache
def booth() -> Catalogue:
    """The scripted vendor and a booth that makes everything."""
    kinds = ("speech", "effect", "music", "foley")
    return load(catalogue(Path(mkdtemp(prefix="booth-")), FAKES, kinds=kinds))


def world(*, keys: frozenset[str] = frozenset({"booth", "scripted-key"}), **more: Any) -> PlanContext:
    """A house with these keys; the built-in maker is always there."""
    choices = {name: more.pop(name) for name in ("sound_with", "voice_missing", "markup") if name in more}
    return PlanContext(
        catalogue=booth(),
        house=House(adds_sound=True, **choices),
        has_key=lambda provider: provider in keys or provider == "animatic",
        missing_env=lambda provider: (),
        now_ms=NOW_MS,
        today=TODAY,
        **more,
    )


def planned(prompt: str = PROMPT, context: PlanContext | None = None) -> Plan:
    """The plan for a silent clip of 5 s."""
    return plan(Wish(prompt=prompt, model="scripted-silent", seconds=5), context or world())


def first_makers(made: Plan) -> dict[str, str]:
    """Who is asked first for each part."""
    assert made.score is not None
    return {piece.role: piece.takers[0].route for piece in made.score.pieces}


def test_the_first_that_can_do_a_part_is_asked_for_it_and_the_built_in_maker_stands_by() -> None:
    made = planned()
    assert first_makers(made) == {
        "voice": "booth/speech",
        "effect": "booth/effect",
        "bed": "booth/foley",
        "music": "booth/music",
    }
    assert made.score is not None
    assert all(piece.takers[-1].route == "animatic/sound" for piece in made.score.pieces)
    assert made.score.makers == ("Booth speech", "Booth effect", "Booth foley", "Booth music")


def test_the_price_is_rounded_up_once_and_shared_out_exactly() -> None:
    made = planned()
    assert made.score is not None
    # 12 characters, 2 s of an effect, one look at the picture, 5 s of music
    assert made.score.cost_micro_usd == 12_000 + 8_000 + 30_000 + 30_000
    assert made.cost_micro_usd == 250_000 + 80_000 and made.picture_micro_usd == 250_000
    assert (made.credits, made.score.credits, made.sound_credits) == (33, 8, 8)
    assert sum(piece.credits for piece in made.score.pieces) == 8
    dear = planned(context=world(markup="1.5"))
    assert dear.score is not None and dear.credits == 50
    assert sum(piece.credits for piece in dear.score.pieces) == dear.score.credits == 50 - 38


def test_the_operator_decides_who_is_asked() -> None:
    made = planned(context=world(sound_with=("booth/foley", "booth/music")))
    assert first_makers(made) == {
        "voice": "animatic/sound",
        "effect": "animatic/sound",
        "bed": "booth/foley",
        "music": "booth/music",
    }
    by_provider = planned(context=world(sound_with=("booth",)))
    assert first_makers(by_provider)["voice"] == "booth/speech"
    assert known_makers(("booth", "animatic/sound"), booth()) == ("booth", "animatic/sound")
    with pytest.raises(BadSettings, match="nobody makes no sound"):
        known_makers(("nobody",), booth())


def test_who_has_no_key_or_is_ill_is_not_asked() -> None:
    assert set(first_makers(planned(context=world(keys=frozenset({"scripted-key"})))).values()) == {
        "animatic/sound"
    }
    ill = RouteHealth(route="booth/speech", failures=9, opened_ms=NOW_MS, last_ok_ms=0, last_error="x")
    made = planned(context=world(health={"booth/speech": ill}))
    assert first_makers(made)["voice"] == "animatic/sound" and first_makers(made)["music"] == "booth/music"


def test_what_nobody_asked_for_costs_nothing_unless_the_operator_says_so() -> None:
    made = planned("a meadow")
    assert first_makers(made) == {"bed": "animatic/sound"} and made.credits == 25
    assert [note.key for note in made.notes] == ["note.sound_added"]
    assert first_makers(planned("a meadow", world(sound_with=("booth/foley",)))) == {"bed": "booth/foley"}


def test_words_that_nobody_can_say_are_asked_about_first() -> None:
    alone = world(keys=frozenset({"scripted-key"}), voice_missing="no voice is installed.")
    assert [note.key for note in planned(context=alone).adjustments] == ["adjust.unspoken"]
    french = planned("Elle dit : « Bonjour à tous, où est-ce ? »", world(keys=frozenset({"scripted-key"})))
    assert [note.key for note in french.adjustments] == ["adjust.unspoken_language"]
    long = planned(f'A man says: "{"so many words " * 30}"')
    assert "adjust.words_cut" in [note.key for note in long.adjustments]


@pytest.mark.parametrize(("prompt", "sound"), [("rain, no sound", None), ("rain", False)])
def test_silence_on_request_is_silence(prompt: str, sound: bool | None) -> None:
    made = plan(Wish(prompt=prompt, model="scripted-silent", seconds=5, sound=sound), world())
    assert made.sound_path == "silent" and made.score is None and made.credits == 25


def test_who_draws_is_not_told_of_sounds() -> None:
    assert planned().request.prompt == 'Rain on a roof. A woman says: "Hello there."'


ASKED = SoundWish(
    job="aaaaaaaa",
    clip=Path("/clip.mp4"),
    way="replace",
    words="sound @1s: thunder\nvoice: Hello",
    route="scripted-key/scripted-silent",
    provider="scripted-key",
    model_name="Scripted Silent",
    seconds=5.0,
    resolution="720p",
    aspect="16:9",
)


def test_a_new_sound_costs_the_sound_alone() -> None:
    made = plan(Wish(prompt="a hill", model="scripted-silent", sound_for=ASKED), world())
    assert made.sound_only and made.purse == "paid" and made.picture_micro_usd == 0
    assert made.cost_micro_usd == 8_000 + 5_000 and made.credits == made.sound_credits == 2
    assert set(first_makers(made)) == {"voice", "effect"}, "what is not in the plan is not made"
    free = plan(
        Wish(prompt="a hill", model="scripted-silent", sound_for=ASKED),
        world(keys=frozenset({"scripted-key"})),
    )
    assert (free.purse, free.credits, free.cost_micro_usd) == ("free", 0, 0)
    with pytest.raises(Refusal) as caught:
        plan(Wish(prompt="x", model="scripted-silent", sound_for=replace(ASKED, words="no sound")), world())
    assert caught.value.code == "sound_nothing"


@pytest.mark.parametrize("words", ["sound @5s: thunder", "rain\nvoice @7,5s: Hello"])
def test_what_begins_after_the_end_of_a_clip_is_refused_and_never_bought(words: str) -> None:
    with pytest.raises(Refusal) as caught:
        plan(Wish(prompt="x", model="scripted-silent", sound_for=replace(ASKED, words=words)), world())
    assert caught.value.code == "laid_late" and caught.value.facts["seconds"] == "5.0"


def test_a_sound_that_a_prompt_wants_after_the_end_is_asked_about_and_not_bought() -> None:
    wish = Wish(prompt="@1s thunder @9s door slam @12s bell", model="scripted-silent", seconds=5)
    made = plan(wish, world())
    (late,) = [one for one in made.adjustments if one.key == "adjust.sounds_late"]
    assert late.facts["moments"] == ("9 s", "12 s") and made.score is not None
    assert [piece.at_seconds for piece in made.score.pieces if piece.role == "effect"] == [1.0]


def test_recordings_laid_by_hand_cost_nothing_at_all() -> None:
    slam = MixPiece(path=Path("/slam.wav"), role=None, at_seconds=1.2, gain_db=-6.0)
    asked = replace(ASKED, way="by-hand", words="", laid=(slam,))
    made = plan(Wish(prompt="a hill", model="scripted-silent", sound_for=asked), world(keys=frozenset()))
    assert (made.purse, made.credits, made.cost_micro_usd) == ("free", 0, 0)
    assert made.score is not None and made.score.laid == (slam,) and made.score.keep_own
