"""Rights, errors as replies, and the same commands from every front-end."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.desk import Attachment
from bot.core.dispatch import Dispatch
from bot.core.model import MediaInfo
from tests.fakes.desk import FakeMedia, here, made_file, someone
from tests.unit.bot.core.conftest import Office


class _BrokenMedia(FakeMedia):
    async def inspect(self, path: Path) -> MediaInfo:
        raise RuntimeError("secret inner workings")


async def test_what_nobody_foresaw_is_logged_under_an_id_and_never_shown(
    office: Office, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken = replace(office, desk=replace(office.desk, media=_BrokenMedia()))
    picture = Attachment(path=made_file(tmp_path / "cat.png", "image"), name="cat.png")
    with caplog.at_level(logging.ERROR):
        reply = await broken.ask("a cat", files={"image": [picture]})
    trouble = reply.facts["id"]
    assert office.read(reply) == f"Something went wrong here (id {trouble}); nothing was charged."
    assert trouble in caplog.text
    assert "secret inner workings" in caplog.text
    assert office.jobs.started == []


async def test_options_from_a_menu_do_the_same_as_typed_words(office: Office) -> None:
    await office.allot(500)
    dispatch = Dispatch(office.desk)
    picked = await dispatch.command(
        someone(),
        "generate",
        {"prompt": "a cat", "model": "scripted-native", "seconds": 8, "sound": True, "seed": None},
        destination=here(),
        request_key="picked",
    )
    typed = await office.ask("/generate a cat --model scripted-native --seconds 8 --sound on")
    assert office.read(picked) == office.read(typed)


async def test_an_unknown_command_names_the_nearest(office: Office) -> None:
    assert office.read(await office.ask("/modles")) == "There is no command “modles”; try /models."


async def test_a_button_of_another_version_says_so(office: Office) -> None:
    said = office.read(await office.press("paint", "x"))
    assert said == "This button no longer does anything; use the commands instead."


async def test_refusals_are_for_the_person_alone_and_carry_their_code_for_scripts(office: Office) -> None:
    reply = await office.ask("/generate a cat --seconds banana")
    assert reply.private
    assert (reply.kind, reply.facts["code"], reply.facts["charged"]) == ("refusal", "not_a_number", 0)


async def test_refusals_read_well_in_spanish_too(office: Office) -> None:
    reply = await office.ask("/generate a cat --seconds banana")
    assert office.read(reply, "es-MX") == (
        "seconds necesita un número entero, por ejemplo 8, y no “banana”.\nNo se ha cobrado nada."
    )


async def test_a_server_is_remembered_by_its_name(office: Office) -> None:
    await office.ask("/credits")
    assert (await office.desk.store.server("discord:s1")).name == "Film club"


async def test_help_lists_what_the_person_may_use(office: Office) -> None:
    member = office.read(await office.ask("/help"))
    admin = office.read(await office.ask("/help", someone(admin=True)))
    assert "/generate: Make a clip with sound" in member
    assert "/quota" not in member
    assert "/quota grant: Give a member credits that do not expire" in admin
    detail = office.read(await office.ask("/help /generate"))
    assert "audio_as: What the recording is for (reference, voice or soundtrack)" in detail


async def test_credits_show_both_purses_and_when_they_renew(office: Office) -> None:
    assert office.read(await office.ask("/credits")) == (
        "Paid models: you have no credits here; the operator has allotted none to this server.\n"
        "Built-in renderer: 20 of 20 free clips left; they renew in 13 h.\n"
        "In the making: 0 of at most 3."
    )
    await office.allot(100)
    await office.ask("a cat --model scripted-native --seconds 4")
    assert office.read(await office.ask("/credits")) == (
        "Paid models: 60 of 100 credits left; they renew in 13 days.\n"
        "Held for clips in the making: 40 credits.\n"
        "Shared in this server's allotment: 60 of 100 credits left; they renew in 13 days.\n"
        "What holds for you: everybody's limit.\n"
        "Built-in renderer: 20 of 20 free clips left; they renew in 13 h.\n"
        "In the making: 1 of at most 3."
    )
    operator = office.read(await office.ask("/credits", someone("2", operator=True)))
    assert operator.startswith("Paid models: you draw on the operator's budget; 0 credits so far today.")


async def test_a_demo_shows_and_offers_the_built_in_renderer_only(office: Office) -> None:
    demo = office.with_house(demo=True)
    assert "Paid models" not in office.read(await demo.ask("/credits"))
    models = office.read(await demo.ask("/models"))
    assert "drawn" in models and "scripted" not in models
    said = office.read(await demo.ask("a cat --model scripted-native"))
    assert said == (
        "Only the built-in renderer is open here, so Scripted Native is not; use drawn.\nNothing was charged."
    )
