"""What a person reads and pays from `/generate` to the start of a job."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.desk import Attachment
from bot.core.errors import StorageFull
from bot.core.records import Block, Server
from bot.store.blobs import FileBlobs
from tests.fakes.desk import made_file, someone
from tests.unit.bot.core.conftest import Office

NATIVE = "--model scripted-native"


def attached(folder: Path, name: str, kind: str, seconds: float = 0.0) -> Attachment:
    """A file that came with a command."""
    return Attachment(path=made_file(folder / name, kind, seconds), name=name)


async def test_a_newcomer_gets_a_free_clip_at_once_and_sees_what_it_takes(office: Office) -> None:
    reply = await office.ask("a cat sings in the rain")
    assert reply.kind == "progress"
    assert office.read(reply) == (
        "Drawn (built in) · 5 s · 720p · 16:9 · sound: by the model\n"
        "Chosen for you: Drawn (built in)\n"
        f"1 free clip held, counted when the clip is there · {reply.job}\n"
        "Cancel"
    )
    (job,) = office.jobs.started
    assert (job.id, job.plan.credits, job.wish.prompt) == (reply.job, 1, "a cat sings in the rain")


async def test_a_job_id_is_short_and_easy_to_type(office: Office) -> None:
    ids = {(await office.ask("a cat", someone(str(n)))).job for n in range(20)}
    assert len(ids) == 20
    assert all(len(id) == 8 and id.isalnum() and id == id.lower() for id in ids)


async def test_a_dear_clip_asks_first_and_holds_nothing_until_it_is_confirmed(office: Office) -> None:
    await office.allot(100)
    quote = await office.ask(f"a cat {NATIVE} --seconds 8")
    assert (quote.kind, office.jobs.started) == ("quote", [])
    assert office.read(quote) == (
        "Scripted Native · 8 s · 720p · 16:9 · sound: by the model\n"
        "Price: 80 credits\n"
        "You have 100 credits.\n"
        "The offer is open for 10 min; nothing is held until you confirm.\n"
        "Confirm · 80 credits\n"
        "No, thanks"
    )
    assert "100 of 100 credits" in office.read(await office.ask("/credits"))
    started = await office.press("confirm", quote.facts["quote"])
    assert started.kind == "progress"
    assert "80 credits held" in office.read(started)
    assert "20 of 100 credits left" in office.read(await office.ask("/credits"))


async def test_a_cheap_clip_that_is_just_what_was_asked_runs_at_once(office: Office) -> None:
    await office.allot(100)
    assert (await office.ask(f"a cat {NATIVE} --seconds 4")).kind == "progress"


async def test_a_quote_can_be_confirmed_once(office: Office) -> None:
    await office.allot(200)
    quote = await office.ask(f"a cat {NATIVE} --seconds 8")
    first, second = await asyncio.gather(
        office.press("confirm", quote.facts["quote"]), office.press("confirm", quote.facts["quote"])
    )
    assert sorted((first.kind, second.kind)) == ["progress", "refusal"]
    assert len(office.jobs.started) == 1


async def test_a_quote_of_somebody_else_stays_open_for_its_owner(office: Office) -> None:
    await office.allot(200)
    quote = await office.ask(f"a cat {NATIVE} --seconds 8")
    other = await office.press("confirm", quote.facts["quote"], someone("2"))
    assert office.read(other) == "This offer was made to somebody else.\nNothing was charged."
    assert (await office.press("confirm", quote.facts["quote"])).kind == "progress"


async def test_a_quote_is_gone_after_ten_minutes_or_when_it_was_dropped(office: Office) -> None:
    await office.allot(200)
    late = await office.ask(f"a cat {NATIVE} --seconds 8")
    office.clock.advance(601)
    gone = "This offer is no longer open; ask again with /generate.\nNothing was charged."
    assert office.read(await office.press("confirm", late.facts["quote"])) == gone
    quote = await office.ask(f"a cat {NATIVE} --seconds 8")
    dropped = await office.press("dismiss", quote.facts["quote"])
    assert office.read(dropped) == "Dropped; nothing was charged."
    assert office.read(await office.press("confirm", quote.facts["quote"])) == gone


async def test_a_changed_price_is_asked_again_and_never_taken(office: Office) -> None:
    await office.allot(500)
    quote = await office.ask(f"a cat {NATIVE} --seconds 8")
    dearer = office.with_house(markup=office.desk.house.markup * 2)
    asked = await dearer.press("confirm", quote.facts["quote"])
    assert (asked.kind, office.jobs.started) == ("quote", [])
    assert office.read(asked).startswith("The price has changed, so please confirm again.\n")
    assert "Confirm · 160 credits" in office.read(asked)
    assert (await dearer.press("confirm", asked.facts["quote"])).kind == "progress"
    assert office.jobs.started[0].plan.credits == 160


async def test_the_same_event_twice_makes_one_job(office: Office) -> None:
    first = await office.ask("a cat", key="interaction-7")
    again = await office.ask("a cat", key="interaction-7")
    assert again.job == first.job
    assert "19 of 20 free clips left" in office.read(await office.ask("/credits"))


async def test_two_commands_at_the_same_moment_with_credits_for_one(office: Office) -> None:
    await office.allot(50)
    replies = await asyncio.gather(*(office.ask(f"a cat {NATIVE} --seconds 4") for _ in range(2)))
    assert sorted(reply.kind for reply in replies) == ["progress", "refusal"]
    refusal = next(reply for reply in replies if reply.kind == "refusal")
    assert office.read(refusal) == (
        "This clip costs 40 credits, and with 10 you are 30 short; your credits renew in 13 days; "
        "everybody's limit applies.\n"
        "Nothing was charged."
    )
    assert len(office.jobs.started) == 1


async def test_too_few_credits_are_refused_with_what_is_missing_and_when_they_renew(office: Office) -> None:
    await office.allot(30)
    said = office.read(await office.ask(f"a cat {NATIVE} --seconds 8"))
    assert said == (
        "This clip costs 80 credits, and with 30 you are 50 short; your credits renew in 13 days; "
        "everybody's limit applies.\n"
        "Nothing was charged."
    )


async def test_free_clips_run_out_and_say_when_they_renew(office: Office) -> None:
    short = office.with_house(free_clips_per_day=1)
    await short.ask("a cat")
    assert office.read(await short.ask("a cat")) == (
        "Your free clips are used up; they renew in 13 h.\nNothing was charged."
    )


async def test_a_paid_model_on_an_unknown_server_names_who_can_open_it(office: Office) -> None:
    expected = (
        "The operator of this bot has allotted this server no credits for paid models, "
        "and only the operator can raise that.\nNothing was charged."
    )
    assert office.read(await office.ask(f"a cat {NATIVE}")) == expected
    direct = await office.ask(f"a cat {NATIVE}", someone(server="direct"))
    assert "has allotted private chats no credits" in office.read(direct)
    assert office.jobs.started == []


async def test_more_clips_at_once_than_allowed_are_refused(office: Office) -> None:
    for _ in range(3):
        await office.ask("a cat")
    said = office.read(await office.ask("a cat"))
    assert said.startswith("You already have as many clips in the making as you may have at once")


async def test_the_operators_budget_stands_above_everybody(office: Office) -> None:
    poor = office.with_house(budget_day_usd=office.desk.house.credit_usd)
    said = office.read(await poor.ask(f"a cat {NATIVE} --seconds 4", someone(operator=True)))
    assert said == (
        "The operator's budget for paid models is used up: this clip needs $0.39 more; it renews in 13 h.\n"
        "Nothing was charged."
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/generate a cat --seconds banana", "seconds takes a whole number such as 8, not “banana”."),
        (
            "/generate a cat --model drawn --seconds 999",
            "seconds cannot be 999 on Drawn (built in); it can be 2–20.",
        ),
        ("/generate " + "a" * 5000, "prompt has 5,000 characters; at most 4,000 are allowed."),
        ("/generate", "The prompt is empty; say in a few words what the clip shall show."),
        (
            "/generate a cat --model scripted-natve",
            "There is no model “scripted-natve”; try scripted-native, "
            "scripted-native-blind or scripted-voice.",
        ),
        ("/generate a cat --modl drawn", "/generate has no option “modl”; did you mean --model?"),
    ],
)
async def test_a_bad_wish_gets_one_plain_sentence_and_costs_nothing(
    office: Office, text: str, said: str
) -> None:
    reply = await office.ask(text)
    assert office.read(reply) == f"{said}\nNothing was charged."
    assert reply.private
    assert office.jobs.started == []


async def test_a_retired_model_says_so_and_names_a_living_one(office: Office) -> None:
    said = office.read(await office.ask("a cat --model scripted-retired"))
    assert said.startswith("Scripted Retired was retired by its maker")
    assert said.endswith("Nothing was charged.")


async def test_a_missing_key_is_named_with_the_model_that_needs_none(office: Office) -> None:
    keyless = office.without_keys("odd")
    assert office.read(await keyless.ask("a cat --model melody-1")) == (
        "The bot has no key for Melody 1; its operator has to set ODD_KEY and ODD_SECRET, "
        "or use drawn, which needs none.\nNothing was charged."
    )


@pytest.mark.parametrize("prompt", ["🐱🎤🌧️", "قطة تغني تحت المطر", 'a man says "go" and “stay”'])
async def test_emoji_right_to_left_words_and_quotes_reach_the_model_as_typed(
    office: Office, prompt: str
) -> None:
    assert (await office.ask(prompt)).kind == "progress"
    assert office.jobs.started[0].plan.request.prompt == prompt


async def test_a_blocked_member_reads_why_and_for_how_long(office: Office) -> None:
    wallet = await office.desk.store.wallet("discord:1", "")
    until = office.clock.now_ms() + 3 * 3_600_000
    await office.desk.store.block(
        Block(server="discord:s1", wallet=wallet, until_ms=until, reason="spam", actor="discord:9")
    )
    assert office.read(await office.ask("a cat")) == (
        "You may not make clips here for another 3 h; the reason given is “spam”.\nNothing was charged."
    )
    assert (await office.ask("a cat", someone("2"))).kind == "progress"


async def test_a_pause_after_refused_clips_says_so(office: Office) -> None:
    wallet = await office.desk.store.wallet("discord:1", "")
    until = office.clock.now_ms() + 86_400_000
    await office.desk.store.block(
        Block(server="", wallet=wallet, until_ms=until, reason="pause", actor="talkreel")
    )
    assert office.read(await office.ask("a cat")) == (
        "After several refused or unconfirmed clips you are paused for another 24 h.\nNothing was charged."
    )


async def test_a_model_that_the_server_switched_off_is_refused(office: Office) -> None:
    settings = {"models_denied": ["drawn"]}
    await office.desk.store.save_server(Server(id="discord:s1", name="Film club", settings=settings))
    said = office.read(await office.ask("a cat --model drawn"))
    assert said.startswith("Drawn (built in) is switched off on this server")


# ---------------------------------------------------------------------------------------------
# Files


async def test_a_long_voice_note_is_cut_to_the_models_window_and_the_quote_says_so(
    office: Office, tmp_path: Path
) -> None:
    await office.allot(1000)
    note = attached(tmp_path, "voice-message.ogg", "audio", 23.0)
    files = {"audio": [note], "references": [attached(tmp_path, "hero.png", "image")]}
    quote = await office.ask("@hero sings --model scripted-voice", files=files)
    assert quote.kind == "quote"
    assert "Your 23 s recording → 00:00 to 00:15, wav" in office.read(quote)
    assert (await office.press("confirm", quote.facts["quote"])).kind == "progress"
    item, hero = office.jobs.started[0].plan.request.media
    assert (hero.role, hero.name) == ("reference-image", "hero")
    assert (item.kind, item.mime, item.seconds) == ("audio", "audio/wav", 15.0)
    assert item.path.read_text("utf-8").startswith("audio 15")
    assert item.path.is_relative_to(office.folder / "data")
    assert note.path.read_text("utf-8") == "audio 23.0"


async def test_a_recording_alone_gets_a_plain_card_where_the_model_wants_a_picture_with_it(
    office: Office, tmp_path: Path
) -> None:
    await office.allot(1000)
    note = attached(tmp_path, "voice-message.ogg", "audio", 5.0)
    reply = await office.ask("a cat --model scripted-voice", files={"audio": [note]})
    assert reply.kind == "quote"
    said = office.read(reply).splitlines()
    assert said[1:4] == [
        "Scripted Voice takes a recording only beside a picture; "
        "as you sent none, a plain grey card goes along.",
        "Your 5 s recording → 00:00 to 00:05, wav",
        "By sending it you confirm that whoever is heard agrees.",
    ]


async def test_files_of_a_job_outlive_the_message_they_came_with(office: Office, tmp_path: Path) -> None:
    await office.allot(1000)
    picture = attached(tmp_path, "cat.png", "image")
    reply = await office.ask(f"a cat {NATIVE} --seconds 4", files={"image": [picture]})
    assert reply.kind == "progress"
    picture.path.unlink()
    (item,) = office.jobs.started[0].plan.request.media
    assert (item.role, item.path.read_text("utf-8")) == ("first-frame", "image 0.0")
    assert list((office.folder / "data" / "scratch").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "kind", "option", "said"),
    [
        ("nothing.mp3", "", "audio", "“nothing.mp3”: The file is empty; send one with something in it."),
        (
            "cover.mp3",
            "image",
            "audio",
            "“cover.mp3”: This is a picture, and a recording is needed for audio.",
        ),
        ("cat.png", "video", "image", "“cat.png”: This is a video, and a picture is needed for image."),
        ("mute.mp4", "mute", "audio", "“mute.mp4”: There is no sound in this file; send a recording."),
        (
            "notes.doc",
            "words",
            "image",
            "“notes.doc”: This kind of file is not known; send a picture, a recording or a video.",
        ),
    ],
)
async def test_a_file_is_judged_by_its_bytes_and_refused_by_its_name(
    office: Office, tmp_path: Path, name: str, kind: str, option: str, said: str
) -> None:
    reply = await office.ask("a cat", files={option: [attached(tmp_path, name, kind)]})
    assert office.read(reply) == f"{said}\nNothing was charged."
    assert office.jobs.started == []


async def test_a_file_over_the_limit_is_refused_unread_with_both_sizes(
    office: Office, tmp_path: Path
) -> None:
    path = tmp_path / "film.mp4"
    with path.open("wb") as file:
        file.truncate(300_000_000)
    files = {"video": [Attachment(path=path, name="film.mp4")]}
    assert office.read(await office.ask("a cat", files=files)) == (
        "“film.mp4”: The file is 300 MB, which is too large; at most 100 MB are allowed.\n"
        "Nothing was charged."
    )
    assert office.media.inspected == []


async def test_a_file_that_is_not_there_is_refused_like_any_other(office: Office, tmp_path: Path) -> None:
    for path in (tmp_path / "nope.mp3", tmp_path):
        reply = await office.ask("a cat", files={"audio": [Attachment(path=path, name="nope.mp3")]})
        assert office.read(reply) == (
            "“nope.mp3”: There is no such file, or it cannot be read.\nNothing was charged."
        )


class _FullBlobs(FileBlobs):
    async def put(self, path: Path) -> str:
        raise StorageFull


async def test_a_full_disk_is_said_in_one_sentence(office: Office, tmp_path: Path) -> None:
    full = replace(office, desk=replace(office.desk, blobs=_FullBlobs(tmp_path / "full")))
    picture = attached(tmp_path, "cat.png", "image")
    assert office.read(await full.ask("a cat", files={"image": [picture]})) == (
        "The bot's disk is full, so no new clips can be made until the operator makes room.\n"
        "Nothing was charged."
    )


# ---------------------------------------------------------------------------------------------
# Again


async def test_again_makes_the_same_wish_at_the_cost_of_whoever_pressed(office: Office) -> None:
    first = await office.ask("a cat sings")
    second = await office.press("again", first.job, someone("2"))
    assert second.kind == "progress"
    mine, theirs = office.jobs.started
    assert theirs.id != mine.id
    assert (theirs.wish, theirs.person) == (mine.wish, "discord:2")
    assert mine.wallet != theirs.wallet


async def test_again_without_its_files_asks_for_them(office: Office, tmp_path: Path) -> None:
    await office.allot(1000)
    picture = attached(tmp_path, "cat.png", "image")
    first = await office.ask(f"a cat {NATIVE} --seconds 4", files={"image": [picture]})
    office.jobs.started[0].wish.media[0].path.unlink()
    assert office.read(await office.press("again", first.job)) == (
        "The files of that clip are no longer kept, so send them again with /generate.\nNothing was charged."
    )


async def test_again_under_a_clip_of_another_server_is_refused(office: Office) -> None:
    first = await office.ask("a cat sings")
    reply = await office.press("again", first.job, someone("2", server="discord:s2"))
    assert office.read(reply).startswith("You have no clip")
