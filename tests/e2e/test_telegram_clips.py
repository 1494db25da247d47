"""Stories on Telegram about clips: from the command to a film that plays in the chat where it was asked for.

All stories share one running bot; each has its own people and chats.
"""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import AsyncIterator
from pathlib import Path

import av
import pytest
import pytest_asyncio

from tests.e2e.telegram_stage import NATIVE, TelegramStage, open_telegram, plain
from tests.fakes.clips import make_image, make_voice_note
from tests.fakes.telegram_values import Place, Posted, Someone
from tests.fakes.vendor import GOOD_KEY

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TelegramStage]:
    async with open_telegram(tmp_path_factory.mktemp("clips")) as opened:
        await opened.allow("direct")
        yield opened


@pytest.fixture(autouse=True)
def keys(_nobodys_settings: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the guard of each test takes away is this bot's own."""
    for route in ("KEY", "LOOKUP", "BLIND"):
        monkeypatch.setenv(f"SCRIPTED_{route}_API_KEY", GOOD_KEY)


def voice(folder: Path, seconds: float = 5.0) -> bytes:
    return make_voice_note(folder / f"{os.urandom(4).hex()}.ogg", seconds=seconds).read_bytes()


def picture(folder: Path) -> bytes:
    return make_image(folder / "her.jpg", width=320, height=320).read_bytes()


async def card_of(stage: TelegramStage, place: Place, *, after: int = 0) -> Posted:
    return await stage.until(place, lambda m: m.text.startswith("New clip"), after=after)


async def test_a_command_in_a_group_becomes_a_clip_that_plays(stage: TelegramStage) -> None:
    world = stage.telegram.world
    ada = world.person("Ada")
    group = world.group("Film club", ada)
    await stage.allow(group)
    stage.vendor.script.add([{"match": {}, "faults": ["run-ms=1500"], "uses": 1}])
    asked = world.say(ada, group, f"/generate a cat sings in the rain {NATIVE}")
    clip = await stage.clip(group)
    assert clip.reply_to == asked.id
    assert "It cost 40 credits." in plain(clip.text)
    assert {"Again", "Details"} <= set(clip.labels)
    assert clip.video is not None and (clip.video["width"], clip.video["height"]) == (320, 180)
    with av.open(io.BytesIO(stage.bytes_of(clip)), "r") as film:
        assert film.streams.video and film.streams.audio
    ready = await stage.until(group, lambda m: "ready" in m.text)
    assert ready.reply_to == clip.id
    assert len(group.of_bot()) == 2, "one message became the clip"
    assert "40 credits held" in plain(clip.texts[0]) or "40 credits held" in plain(clip.texts[1])
    assert {"typing", "record_video"} <= set(group.actions)
    assert await stage.spent(ada) == 40


async def test_a_card_shows_the_price_as_it_changes_and_becomes_the_clip(stage: TelegramStage) -> None:
    world = stage.telegram.world
    ben = world.person("Ben")
    chat = world.private(ben)
    world.say(ben, chat, "/generate a dog barks at the moon")
    card = await card_of(stage, chat)
    assert "“a dog barks at the moon”" in card.text

    async def choose(field: str, answer: str) -> None:
        world.press(ben, card, field)
        await stage.until(chat, lambda m: m is card and not m.text.startswith("New clip"))
        world.press(ben, card, answer)
        await stage.until(chat, lambda m: m is card and m.text.startswith("New clip"))

    await choose("Model", "Scripted Native")
    assert "Generate · 40 credits" in plain(card.labels[-2])
    await choose("Length", "8 s")
    assert "Generate · 80 credits" in plain(card.labels[-2])
    await choose("Shape", "9:16")
    await choose("Sound", "off")
    assert "Generate · 56 credits" in plain(card.labels[-2]), card.labels
    assert "Price: 56 credits" in plain(card.text)
    world.press(ben, card, "Generate")
    clip = await stage.clip(chat)
    assert clip is card, "the card became the clip"
    job = (await stage.jobs(ben))[0]
    request = job.plan.request
    assert (request.seconds, request.aspect, request.sound, job.charged) == (8, "9:16", False, 56)
    assert "It cost 56 credits." in plain(clip.text)


async def test_a_card_without_a_prompt_asks_for_it_and_takes_the_next_message(
    stage: TelegramStage, tmp_path: Path
) -> None:
    world = stage.telegram.world
    cleo = world.person("Cleo", language="es-MX")
    chat = world.private(cleo)
    world.say(cleo, chat, "/generate")
    await stage.until(chat, "¿Qué debe verse y oírse?")
    ask = await stage.until(chat, lambda m: (m.markup or {}).get("force_reply") is True)
    said = world.say(cleo, chat, 'el mar de noche, "buenas noches"')
    card = await stage.until(chat, lambda m: "buenas noches" in m.text, after=said.id)
    assert ask.deleted and card.labels[0] == "✎ Texto"
    world.press(cleo, card, "Imagen")
    ask = await stage.until(chat, lambda m: (m.markup or {}).get("force_reply") is True, after=card.id)
    sent = world.send(cleo, chat, "photo", picture(tmp_path), width=320, height=320, reply_to=ask)
    card = await card_of_es(stage, chat, after=sent.id)
    assert any("Imagen: ✓" in label for label in card.labels)
    world.press(cleo, card, "Cerrar")
    await stage.settled(lambda: chat.of_bot() == [], "a closed card leaves nothing behind")
    assert await stage.jobs(cleo) == ()


async def card_of_es(stage: TelegramStage, place: Place, *, after: int) -> Posted:
    return await stage.until(place, lambda m: m.text.startswith("Clip nuevo"), after=after)


async def test_a_card_in_a_group_is_filled_in_by_the_one_who_opened_it(stage: TelegramStage) -> None:
    world = stage.telegram.world
    pia, quin = world.person("Pia"), world.person("Quin")
    group = world.group("Cards", pia, quin)
    await stage.allow(group)
    world.say(pia, group, "/generate")
    card = await card_of(stage, group)
    ask = await stage.until(group, lambda m: (m.markup or {}).get("force_reply") is True)
    assert ask.text.startswith("Pia: ") and ask.content["entities"][0]["user"]["id"] == pia.id
    assert "Somebody else" in await world.press(quin, card, "Model").answer()
    world.say(quin, group, "a thief", reply_to=ask)
    world.say(pia, group, "a magpie", reply_to=ask)
    filled = await stage.until(group, lambda m: "“a magpie”" in m.text)
    world.press(pia, filled, "Close")
    await stage.settled(lambda: group.of_bot() == [], "a closed card leaves nothing behind")
    late = world.press(pia, filled, "Model")
    assert "card is closed" in await late.answer()


async def test_a_clip_asked_for_in_a_topic_stays_in_it_and_general_is_never_named(
    stage: TelegramStage,
) -> None:
    world = stage.telegram.world
    dan = world.person("Dan")
    forum = world.forum("Studio", dan, topics=("Cats", "Dogs"))
    await stage.allow(forum)
    cats = next(topic for topic, name in forum.topics.items() if name == "Cats")
    asked = world.say(dan, forum, f"/generate a purring cat {NATIVE}", topic=cats)
    general = world.say(dan, forum, f"/generate --spoiler a parrot {NATIVE}")
    clip = await stage.until(forum, lambda m: m.video is not None and m.reply_to == asked.id)
    plainly = await stage.until(forum, lambda m: m.video is not None and m.reply_to == general.id)
    assert (clip.topic, plainly.topic) == (cats, 0)
    media = [values["media"] for name, values in stage.telegram.log if name == "editMessageMedia"]
    assert [one.get("has_spoiler", False) for one in media[-2:]].count(True) == 1
    await stage.until(forum, lambda m: "ready" in m.text and m.topic == cats)


async def test_a_picture_with_the_command_as_an_answer_to_a_voice_note_makes_it_speak(
    stage: TelegramStage, tmp_path: Path
) -> None:
    world = stage.telegram.world
    eve, finn = world.person("Eve"), world.person("Finn")
    group = world.group("Choir", eve, finn)
    await stage.allow(group)
    note = world.send(finn, group, "voice", voice(tmp_path, 23), duration=23, mime_type="audio/ogg")
    world.send(
        eve,
        group,
        "photo",
        picture(tmp_path),
        caption="/generate she reads the letter --model scripted-voice --seconds 4",
        reply_to=note,
        width=320,
        height=320,
    )
    quote = await stage.until(group, lambda m: "Your 23 s recording" in plain(m.text))
    assert "00:00 to 00:15, wav" in plain(quote.text)
    orders = len(stage.vendor.memory.submits)
    stranger = world.press(finn, quote, "Confirm")
    assert "somebody else" in await stranger.answer()
    world.press(eve, quote, "Confirm")
    clip = await stage.clip(group)
    assert clip is quote, "the quote became the clip"
    # The vendor decodes the recording and refuses all but 2 to 15 s of wav or mp3.
    sent = stage.vendor.memory.submits[orders]["body"]["inputs"]
    assert sorted(item["role"] for item in sent) == ["reference_audio", "reference_image"]
    # Another voice note as an answer to the clip: the same picture and words, with this recording.
    other = world.send(eve, group, "voice", voice(tmp_path, 6), duration=6, reply_to=clip)
    quote = await stage.until(group, lambda m: m.reply_to == other.id)
    assert "Your 6 s recording" in plain(quote.text)
    world.press(eve, quote, "Confirm")
    await stage.clip(group, after=other.id)
    again, first = await stage.jobs(eve)
    assert again.wish.prompt == first.wish.prompt and again.wish.media[0] == first.wish.media[0]
    assert len({item.path for job in (again, first) for item in job.wish.media}) == 3


async def test_a_voice_note_under_a_clip_asks_for_the_same_with_it(
    stage: TelegramStage, tmp_path: Path
) -> None:
    world = stage.telegram.world
    gil = world.person("Gil")
    group = world.group("Radio", gil)
    await stage.allow(group)
    world.say(gil, group, f"/generate a speaking robot {NATIVE}")
    clip = await stage.clip(group)
    said = world.send(gil, group, "voice", voice(tmp_path), duration=5, reply_to=clip)
    answer = await stage.until(group, lambda m: m.reply_to == said.id)
    # This model takes no recording: what becomes of it is asked first, in the words of the core.
    assert "takes no recording; yours is laid under" in answer.text
    assert "nothing is held until you confirm" in answer.text
    # With these words it is laid under that very clip, and no model is asked.
    world.send(gil, group, "voice", voice(tmp_path), duration=5, reply_to=clip, caption="foley at=0.5s")
    laid = await stage.clip(group, after=answer.id)
    assert "It cost nothing." in laid.text


async def test_a_bare_voice_note_in_private_asks_what_it_is_for(stage: TelegramStage, tmp_path: Path) -> None:
    world = stage.telegram.world
    hal = world.person("Hal")
    chat = world.private(hal)
    world.send(hal, chat, "voice", voice(tmp_path), duration=5)
    asks = await stage.until(chat, "What is this recording for?")
    assert [label.split(":")[0] for label in asks.labels][:2] == ["Reference", "Voice"]
    world.press(hal, asks, "Soundtrack")
    card = await card_of(stage, chat)
    assert "Audio: 5 s ✕" in [plain(label) for label in card.labels]
    assert any("Soundtrack" in label for label in card.labels)
    assert not any("Generate" in label for label in card.labels), "there is nothing to be seen yet"
    ask = await stage.until(chat, lambda m: (m.markup or {}).get("force_reply") is True)
    world.press(hal, card, "Model")
    await stage.until(chat, "Which model?")
    world.press(hal, card, "Animatic")
    said = world.say(hal, chat, "a choir on a hill")
    card = await card_of(stage, chat, after=said.id)
    assert ask.deleted, "the question was still open while something else was chosen"
    assert "“a choir on a hill”" in card.text
    assert "Audio: 5 s ✕" in [plain(label) for label in card.labels]


async def test_a_recording_of_21_megabytes_is_refused_with_the_limit(stage: TelegramStage) -> None:
    world = stage.telegram.world
    ida = world.person("Ida")
    group = world.group("Long talks", ida)
    await stage.allow(group)
    note = world.send(ida, group, "audio", b"x", size=21_000_000, duration=3600, file_name="talk.mp3")
    world.say(ida, group, f"/generate a talk {NATIVE}", reply_to=note)
    answer = await stage.until(group, "20 MB")
    assert plain(answer.text) == (
        "“talk.mp3”: Telegram hands files of at most 20 MB to bots, and this one has 21 MB; "
        "send a shorter or smaller one.\nNothing was charged."
    )
    # Where Telegram does not say the size, it says so when the file is asked for.
    unsaid = world.send(ida, group, "document", b"x", file_name="talk.wav", mime_type="audio/wav")
    next(iter(f for f in world.files.values() if f.path.endswith("talk.wav"))).size = 21_000_000
    unsaid.content["document"].pop("file_size")
    world.say(ida, group, f"/generate a talk {NATIVE}", reply_to=unsaid)
    await stage.until(group, lambda m: "talk.wav" in m.text and "20 MB" in plain(m.text))
    assert await stage.jobs(ida) == ()


async def test_buttons_under_a_clip_work_for_whoever_sees_it(stage: TelegramStage) -> None:
    world = stage.telegram.world
    jo, kit = world.person("Jo"), world.person("Kit")
    group = world.group("Cinema", jo, kit)
    await stage.allow(group)
    world.say(jo, group, f"/generate a whale {NATIVE}")
    clip = await stage.clip(group)
    details = world.press(kit, clip, "Details")
    await details.answer()
    await stage.until(world.private(kit), "a whale")
    world.press(kit, clip, "Again")
    again = await stage.clip(group, after=clip.id)
    assert again.reply_to == clip.id
    assert await stage.spent(kit) == 40
    world.press(jo, clip, "Edit")
    form = await stage.until(group, lambda m: "a whale" in m.text and m.video is None and bool(m.labels))
    world.press(jo, form, form.labels[0])
    ask = await stage.until(group, lambda m: (m.markup or {}).get("force_reply") is True)
    said = world.say(jo, group, "two whales", reply_to=ask)
    form = await stage.until(group, lambda m: "two whales" in m.text, after=said.id)
    assert ask.deleted
    world.press(jo, form, form.labels[-2])
    await stage.clip(group, after=again.id)
    assert [job.wish.prompt for job in await stage.jobs(jo)] == ["two whales", "a whale"]


async def test_forged_and_late_buttons_do_nothing(stage: TelegramStage) -> None:
    world = stage.telegram.world
    lea, max_ = world.person("Lea"), world.person("Max")
    group = world.group("Locks", lea, max_)
    await stage.allow(group)
    world.say(lea, group, f"/generate a lock {NATIVE}")
    clip = await stage.clip(group)
    job = (await stage.jobs(lea))[0].id
    forged = world.press(max_, clip, "", data=f"b|delete|{job}|AAAAAAAAAAAA")
    assert "no longer does anything" in await forged.answer()
    mine = clip.button("Again")["callback_data"]
    moved = world.press(max_, clip, "", data=mine.replace("again", "delete"))
    assert "no longer does anything" in await moved.answer()
    assert not clip.deleted
    world.press(max_, clip, "Again", old=True)  # the query is too old to be answered; the press counts
    await stage.clip(group, after=clip.id)
    assert len(await stage.jobs(max_)) == 1
    for name, values in stage.telegram.log:
        for row in (values.get("reply_markup") or {}).get("inline_keyboard", []):
            assert all(len(button.get("callback_data", "").encode()) <= 64 for button in row), name


async def being_made(stage: TelegramStage, who: Someone, group: Place, prompt: str) -> Posted:
    """The message of a clip that would never be ready."""
    stage.vendor.script.add([{"match": {}, "faults": ["forever"], "uses": 1}])
    asked = stage.telegram.world.say(who, group, f"/generate {prompt} {NATIVE}")
    return await stage.until(group, lambda m: m.reply_to == asked.id and "Cancel" in m.labels)


async def test_a_clip_is_stopped_by_an_answer_to_it_or_by_its_button(stage: TelegramStage) -> None:
    world = stage.telegram.world
    ola = world.person("Ola")
    group = world.group("Brakes", ola)
    await stage.allow(group)
    first = await being_made(stage, ola, group, "a train")
    world.say(ola, group, "/cancel", reply_to=first)
    await stage.settled(lambda: first.labels == [], f"it runs on: {first.text}")
    second = await being_made(stage, ola, group, "a tram")
    world.press(ola, second, "Cancel")
    await stage.settled(lambda: second.labels == [], f"it runs on: {second.text}")
    assert first.text == second.text
    assert await stage.spent(ola) == 0


async def test_two_pictures_sent_together_are_references(stage: TelegramStage, tmp_path: Path) -> None:
    world = stage.telegram.world
    nia = world.person("Nia")
    chat = world.private(nia)
    for caption in ("/generate they meet --model scripted-native", ""):
        world.send(nia, chat, "photo", picture(tmp_path), caption=caption, album="A1", width=320, height=320)
    answer = await stage.until(chat, "cannot make a clip with references")
    assert "Nothing was charged" in answer.text
    await stage.quiet()
    assert len(chat.of_bot()) == 1, "an album is answered once"


async def test_people_who_write_at_the_same_time_are_served_side_by_side_and_each_in_order(
    stage: TelegramStage,
) -> None:
    world = stage.telegram.world
    people = [world.person(f"Person{number}") for number in range(6)]
    for one in people:
        for words in ("/help", "/models", "/credits"):
            world.say(one, world.private(one), words)
    await asyncio.gather(
        *(stage.until(world.private(one), lambda m: "free" in m.text.lower() and m.id > 15) for one in people)
    )
    for one in people:
        firsts = [message.text.split()[0] for message in world.private(one).of_bot()]
        assert len(firsts) >= 3 and firsts == [m.text.split()[0] for m in world.private(people[0]).of_bot()]
