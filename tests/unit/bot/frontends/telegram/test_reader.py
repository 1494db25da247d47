"""What updates say: people, anonymous admins, channels, topics, files, moves."""

from __future__ import annotations

from typing import Any

import pytest

from bot.frontends.telegram.reader import Moved, Pressed, Said, Standing, chat_of, read

BOT = 7
GROUP = {"id": -100, "type": "supergroup", "title": "Club"}
ADA = {"id": 1, "is_bot": False, "first_name": "Ada", "last_name": "L", "language_code": "es"}


def message(**more: Any) -> dict[str, Any]:
    return {"update_id": 1, "message": {"message_id": 5, "date": 1, "chat": GROUP, "from": ADA, **more}}


def said(**more: Any) -> Said:
    found = read(message(**more), bot=BOT)
    assert isinstance(found, Said)
    return found


def test_somebody_in_a_group() -> None:
    found = said(text="/help")
    assert (found.sender.name, found.sender.language, found.chat.id, found.chat.topic) == (
        "Ada L",
        "es",
        -100,
        0,
    )
    assert chat_of(message(text="x")) == -100


@pytest.mark.parametrize(
    ("more", "topic"),
    [
        ({"message_thread_id": 44, "is_topic_message": True}, 44),
        ({"message_thread_id": 1, "is_topic_message": True}, 0),  # General must never be named
        ({"message_thread_id": 44}, 0),  # a thread of answers in a group without topics
    ],
)
def test_topics(more: dict[str, Any], topic: int) -> None:
    assert said(text="x", **more).chat.topic == topic


def test_the_message_that_opened_a_topic_is_not_answered() -> None:
    opener = {"message_id": 44, "date": 1, "chat": GROUP, "from": ADA, "forum_topic_created": {}}
    found = said(text="x", message_thread_id=44, is_topic_message=True, reply_to_message=opener)
    assert found.reply is None


@pytest.mark.parametrize(
    ("sender_chat", "anonymous", "foreign"),
    [(GROUP, True, False), ({"id": -200, "type": "channel", "title": "News"}, False, True)],
)
def test_who_writes_on_behalf_of_whom(sender_chat: dict[str, Any], anonymous: bool, foreign: bool) -> None:
    sender = said(text="/quota", sender_chat=sender_chat).sender
    assert (sender.anonymous, sender.foreign) == (anonymous, foreign)


def test_posts_of_a_linked_channel_are_nothing_to_us() -> None:
    channel = {"id": -200, "type": "channel", "title": "News"}
    assert read(message(text="/quota", sender_chat=channel, is_automatic_forward=True), bot=BOT) is None
    service = {"id": 777000, "is_bot": False, "first_name": "Telegram"}
    assert read(message(text="/quota", **{"from": service}), bot=BOT) is None


@pytest.mark.parametrize(
    ("form", "media", "kind"),
    [
        ("voice", {"mime_type": "audio/ogg"}, "audio"),
        ("video_note", {"length": 240}, "audio"),
        ("audio", {}, "audio"),
        ("document", {"mime_type": "audio/x-wav"}, "audio"),
        ("document", {"mime_type": "image/png"}, "image"),
        ("document", {"mime_type": "video/mp4"}, "video"),
        ("video", {}, "video"),
    ],
)
def test_what_a_file_seems_to_be(form: str, media: dict[str, Any], kind: str) -> None:
    body = {"file_id": "F", "file_unique_id": "u", "duration": 3, "file_size": 9, **media}
    (file,) = said(**{form: body}).files
    assert (file.kind, file.form, file.seconds, file.size_bytes) == (kind, form, 3.0, 9)


def test_the_largest_size_of_a_photo_is_taken() -> None:
    sizes = [{"file_id": f"P{n}", "file_unique_id": "u", "width": n, "height": n} for n in (90, 800, 320)]
    assert said(photo=sizes, caption="/generate x").files[0].file == "P800"


def test_people_without_a_user_name_are_found_by_their_mention() -> None:
    text = "🎬 /quota grant --member Ben"
    entity = {"type": "text_mention", "offset": 25, "length": 3, "user": {"id": 9, "is_bot": False}}
    assert said(text=text, entities=[entity]).people == {"Ben": 9}


def test_moves_come_from_both_sides() -> None:
    from_old = read(message(migrate_to_chat_id=-900), bot=BOT)
    from_new = read(message(migrate_from_chat_id=-50), bot=BOT)
    assert isinstance(from_old, Moved) and (from_old.old, from_old.new) == (-100, -900)
    assert isinstance(from_new, Moved) and (from_new.old, from_new.new) == (-50, -100)


def test_being_added_and_removed() -> None:
    def change(before: str, after: str) -> Standing:
        state = {"user": {"id": BOT}}
        body = {
            "chat": GROUP,
            "from": ADA,
            "date": 1,
            "old_chat_member": {"status": before, **state},
            "new_chat_member": {"status": after, **state},
        }
        found = read({"update_id": 2, "my_chat_member": body}, bot=BOT)
        assert isinstance(found, Standing)
        return found

    assert (change("left", "member").was_member, change("left", "administrator").member) == (False, True)
    assert not change("member", "kicked").member


def test_a_pressed_button_under_a_message_that_is_too_old_still_has_its_place() -> None:
    query = {"id": "q", "from": ADA, "chat_instance": "c", "data": "d"}
    old = {"chat": GROUP, "message_id": 3, "date": 0}
    found = read({"update_id": 3, "callback_query": {**query, "message": old}}, bot=BOT)
    assert isinstance(found, Pressed) and (found.chat.id, found.message) == (-100, 3)
    assert read({"update_id": 4, "callback_query": query}, bot=BOT) is None


@pytest.mark.parametrize("update", [{}, {"update_id": 1}, {"update_id": 1, "poll": {}}])
def test_what_is_not_known_is_left_alone(update: dict[str, Any]) -> None:
    assert read(update, bot=BOT) is None and chat_of(update) == 0
