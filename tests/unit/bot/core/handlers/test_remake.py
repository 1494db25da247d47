"""Forms under a clip: the old wish filled in, and what the answers make of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.core.desk import Attachment
from bot.core.replies import FormView, Reply
from tests.fakes.desk import made_file, someone
from tests.unit.bot.core.conftest import Office

TITLE_CHARACTERS = 45  # what the title of a window holds
CHOICES = 25


def form(reply: Reply) -> FormView:
    """The form of a reply."""
    assert reply.kind == "form" and reply.form is not None, reply
    return reply.form


def answers(reply: Reply, **changed: str) -> dict[str, str]:
    """The answers as they stand in the form, but for some."""
    return {field.name: field.value for field in form(reply).fields} | changed


async def edited(office: Office, job: str, **changed: str) -> Reply:
    """Open the form of a clip and send it."""
    return await office.submit("edit", job, answers(await office.press("edit", job), **changed))


async def test_edit_shows_what_was_asked(office: Office) -> None:
    await office.allot(500)
    words = "a cat --model scripted-native --seconds 4 --aspect 9:16 --sound off --seed 7 --negative dogs"
    job = (await office.ask(words)).job
    reply = await office.press("edit", job)
    assert answers(reply) == {
        "prompt": "a cat",
        "model": "scripted-native",
        "seconds": "4",
        "aspect": "9:16",
        "resolution": "auto",
        "sound": "off",
        "negative": "dogs",
        "seed": "7",
    }
    assert (form(reply).action, form(reply).target, reply.private) == ("edit", job, True)


async def test_a_form_can_be_shown_on_every_platform(office: Office) -> None:
    await office.allot(500)
    job = (await office.ask("a cat")).job
    for action in ("edit", "other-model"):
        view = form(await office.press(action, job))
        for language in office.wording.languages:
            words = [office.wording.say(text, language) for text in (view.title, view.submit)]
            words += [office.wording.say(field.label, language) for field in view.fields]
            assert all(0 < len(word) <= TITLE_CHARACTERS for word in words)
        for field in view.fields:
            values = [choice.value for choice in field.choices]
            assert len(values) <= CHOICES and all(values) and len(set(values)) == len(values)
            assert not values or not field.value or field.value in values, field.name


async def test_an_edited_prompt_keeps_everything_else(office: Office) -> None:
    await office.allot(500)
    job = (await office.ask("a cat --model scripted-native --seconds 4 --seed 7")).job
    reply = await edited(office, job, prompt="a dog")
    assert reply.kind == "progress", office.read(reply)
    old, new = office.jobs.started
    assert new.wish.prompt == "a dog"
    assert (new.wish.model, new.wish.seconds, new.wish.seed, new.wish.sound) == (
        old.wish.model,
        old.wish.seconds,
        old.wish.seed,
        None,
    )


async def test_an_answer_left_empty_takes_the_wish_back(office: Office) -> None:
    await office.allot(500)
    job = (await office.ask("a cat --model scripted-native --seconds 4 --seed 7 --negative dogs")).job
    await edited(office, job, seconds="", seed="", negative="", model="auto")
    new = office.jobs.started[-1]
    assert (new.wish.seconds, new.wish.seed, new.wish.negative, new.wish.model) == (None, None, "", "auto")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"prompt": " "}, "The prompt is empty; say in a few words what the clip shall show."),
        ({"seconds": "soon"}, "seconds takes a whole number such as 8, not “soon”."),
        ({"seconds": "3"}, "seconds cannot be 3 on Scripted Native; it can be 4, 6 or 8."),
        ({"model": "scripted-nativ"}, "There is no model “scripted-nativ”; try scripted-native"),
    ],
)
async def test_impossible_answers_are_refused_like_typed_ones(
    office: Office, changed: dict[str, str], said: str
) -> None:
    await office.allot(500)
    job = (await office.ask("a cat --model scripted-native --seconds 4")).job
    reply = await edited(office, job, **changed)
    assert office.read(reply).startswith(said), office.read(reply)
    assert office.read(reply).endswith("Nothing was charged.")
    assert len(office.jobs.started) == 1


async def test_a_dearer_edit_asks_first(office: Office) -> None:
    await office.allot(500)
    job = (await office.ask("a cat --model scripted-native --seconds 4")).job
    reply = await edited(office, job, seconds="8")
    assert (reply.kind, reply.facts["credits"]) == ("quote", 80)


async def test_sound_switched_on_again_is_a_wish_of_its_own(office: Office) -> None:
    await office.allot(500)
    job = (await office.ask("a cat --model scripted-native --seconds 4 --sound off")).job
    await edited(office, job, sound="on")
    assert office.jobs.started[-1].wish.sound is True


async def test_files_stay_unless_others_take_their_place(office: Office, tmp_path: Path) -> None:
    await office.allot(500)
    old = Attachment(path=made_file(tmp_path / "old.png", "image"), name="old.png")
    new = Attachment(path=made_file(tmp_path / "new.png", "image", 1.0), name="new.png")
    words = "a cat --model scripted-native --seconds 4"
    job = (await office.ask(words, files={"image": [old]})).job
    assert office.jobs.started[-1].plan.request.mode == "first-frame"
    await edited(office, job, prompt="a dog")
    kept = office.jobs.started[-1]
    assert kept.wish.media == office.jobs.started[0].wish.media
    form_reply = await office.press("edit", job)
    await office.submit("edit", job, answers(form_reply), files={"image": [new]})
    (item,) = office.jobs.started[-1].wish.media
    assert item.path != kept.wish.media[0].path
    item.path.unlink()
    gone = await office.press("edit", office.jobs.started[-1].id)
    assert office.read(gone).startswith("The files of that clip are no longer kept")


async def test_other_model_offers_those_that_can_do_the_same_with_price_and_sound(office: Office) -> None:
    await office.allot(500)
    job = (await office.ask("a cat --model scripted-native --seconds 4")).job
    reply = await office.press("other-model", job)
    (field,) = form(reply).fields
    offered = {choice.value: choice for choice in field.choices}
    assert "scripted-native" not in offered and "unpriced-1" not in offered
    said = {
        name: office.wording.say(choice.hint) for name, choice in offered.items() if choice.hint is not None
    }
    assert said["drawn"] == "free, counted by the clip · sound: its own"
    assert said["melody-1"] == "14 credits · sound: its own"
    started = await office.submit("other-model", job, {"model": "melody-1"})
    assert started.kind == "progress"
    new = office.jobs.started[-1]
    assert (new.plan.model, new.wish.prompt, new.wish.seconds) == ("melody-1", "a cat", 4)


async def test_a_form_for_a_clip_that_one_does_not_see_is_refused(office: Office) -> None:
    job = (await office.ask("a cat")).job
    stranger = someone("2", server="discord:s2")
    for action in ("edit", "other-model"):
        assert office.read(await office.press(action, job, stranger)).startswith("You have no clip")
        sent = await office.submit(action, job, {"prompt": "mine", "model": "drawn"}, stranger)
        assert office.read(sent).startswith("You have no clip")
    assert len(office.jobs.started) == 1


async def test_a_form_that_no_longer_exists_says_so(office: Office) -> None:
    job = (await office.ask("a cat")).job
    assert office.read(await office.submit("paint", job, {})).startswith(
        "This button no longer does anything"
    )
