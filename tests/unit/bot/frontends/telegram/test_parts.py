"""Small parts: pages and looks of texts, sealed buttons, turns in flood control, thumbnails, errors."""

from __future__ import annotations

import asyncio
import io
import time
from pathlib import Path
from typing import Any, cast

import pytest
from PIL import Image
from telegram.error import BadRequest, NetworkError, TelegramError
from telegram.error import Forbidden as Closed

from bot.core.errors import Forbidden, MediaRefused, MessageGone, TooLarge, TryLater
from bot.frontends.telegram.api import Api
from bot.frontends.telegram.limits import CALLBACK_BYTES, GROUP_MESSAGES_A_MINUTE
from bot.frontends.telegram.memory import Memory
from bot.frontends.telegram.pace import Pace
from bot.frontends.telegram.render import cut, in_rows, length, pages, quiet, without_joiners
from bot.frontends.telegram.seal import Seal
from bot.frontends.telegram.thumbnail import thumbnail
from bot.frontends.telegram.wire import Flooded, NoText, TooBig, TooOld, Unchanged, translated
from tests.fakes.clock import FakeClock


def test_long_texts_are_cut_between_lines_and_counted_as_telegram_counts() -> None:
    text = "\n".join(f"🎬 line {number} " + "x" * 90 for number in range(100))
    parts = pages(text)
    assert len(parts) == 3 and all(length(part) <= 4096 for part in parts)
    assert "\n".join(parts) == text
    assert pages("") == ("…",)
    assert length(cut("🎬" * 3000, 4096)) <= 4096 and cut("🎬" * 3000, 4096).endswith("…")


async def test_connections_are_closed_when_the_calls_that_are_out_have_ended(tmp_path: Path) -> None:
    said: list[str] = []
    going = asyncio.Event()

    class Line:
        async def shutdown(self) -> None:
            said.append("closed")

    async def call(chat: int) -> None:
        await going.wait()
        said.append("sent")

    memory = Memory(tmp_path, FakeClock())
    api = Api(cast(Any, None), connections=[cast(Any, Line())], memory=memory, pace=Pace())
    sending = asyncio.create_task(api._call(7, call))
    await asyncio.sleep(0.05)
    closing = asyncio.create_task(api.close())
    await asyncio.sleep(0.05)
    assert said == []
    going.set()
    await asyncio.gather(sending, closing)
    assert said == ["sent", "closed"]
    with pytest.raises(TryLater):
        await api._call(7, call)
    await memory.close()


def test_names_in_texts_call_nobody() -> None:
    assert quiet("ask @ada or mail a@b") == "ask @\u2060ada or mail a@\u2060b"
    assert without_joiners(quiet("sound @1s: bell")) == "sound @1s: bell"


def test_rows_of_buttons_are_as_wide_as_a_phone() -> None:
    labels = ["Again", "Edit", "Other model", "New sound", "Original file", "Details", "Delete"]
    rows = in_rows(labels)
    assert [place for row in rows for place in row] == list(range(7))
    assert all(len(row) <= 3 and sum(len(labels[place]) + 3 for place in row) <= 36 for row in rows)


async def test_the_meaning_of_a_button_survives_a_restart_and_cannot_be_changed(tmp_path: Path) -> None:
    long = ("p", "panel123", "set", "model", "a-model-with-a-name-that-is-much-longer-than-any-button-takes")
    memory = Memory(tmp_path, FakeClock())
    seal = Seal(memory)
    short, hidden = await seal.close("b", "again", "abcdefgh"), await seal.close(*long)
    await memory.close()
    again = Seal(Memory(tmp_path, FakeClock()))
    assert await again.open(short) == ("b", "again", "abcdefgh")
    assert await again.open(hidden) == long
    assert max(len(short.encode()), len(hidden.encode())) <= CALLBACK_BYTES
    for forged in (short.replace("again", "delete"), short[:-1] + "A", hidden[1:], "", "|", "b|again|x"):
        assert await again.open(forged) == (), forged
    await again._memory.close()
    other = Seal(Memory(tmp_path / "other", FakeClock()))
    assert await other.open(short) == (), "another bot's button"
    await other._memory.close()
    assert (tmp_path / "telegram.db").stat().st_mode & 0o077 == 0


async def test_progress_gives_way_before_a_group_is_full() -> None:
    pace = Pace()
    taken = 0
    while not await pace.turn(-5, most_seconds=0.0):
        taken += 1
    assert 8 <= taken < GROUP_MESSAGES_A_MINUTE - 4
    assert await pace.turn(-5, most_seconds=1.0) == 0.0, "what matters still has room"
    assert await pace.turn(-6, most_seconds=0.0) == 0.0, "other chats are not held up"


async def test_silence_that_telegram_asks_for_is_kept_in_that_chat_alone() -> None:
    pace = Pace()
    pace.stop(8, 0.3)
    assert await pace.turn(8, most_seconds=0.1) > 0.1
    assert await pace.turn(9, most_seconds=0.0) == 0.0
    before = time.monotonic()
    assert await pace.turn(8, most_seconds=5.0) == 0.0
    assert time.monotonic() - before >= 0.2


async def test_the_whole_bot_stays_below_thirty_a_second() -> None:
    pace = Pace()
    waits = await asyncio.gather(*(pace.turn(chat, most_seconds=0.01) for chat in range(1, 60)))
    assert sum(wait == 0.0 for wait in waits) <= 31


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1080, 1920), (200, 100)])
def test_a_thumbnail_fits_whatever_the_shape(width: int, height: int, tmp_path: Path) -> None:
    poster = tmp_path / "poster.jpg"
    Image.effect_noise((width, height), 90).convert("RGB").save(poster)
    made = thumbnail(poster)
    assert made is not None and len(made) < 200_000
    with Image.open(io.BytesIO(made)) as image:
        assert image.format == "JPEG" and max(image.size) <= 320
        assert abs(image.width / image.height - width / height) < 0.02


def test_without_a_poster_there_is_no_thumbnail(tmp_path: Path) -> None:
    assert thumbnail(None) is None
    assert thumbnail(tmp_path / "gone.jpg") is None


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (BadRequest("Message is not modified: specified new message content"), Unchanged),
        (BadRequest("Message to edit not found"), MessageGone),
        (BadRequest("Message can't be edited"), MessageGone),
        (BadRequest("Message thread not found"), Forbidden),
        (BadRequest("Chat not found"), Forbidden),
        (BadRequest("Not enough rights to send videos to the chat"), Forbidden),
        (BadRequest("Query is too old and response timeout expired or query id is invalid"), TooOld),
        (BadRequest("File is too big"), MediaRefused),
        (BadRequest("There is no text in the message to edit"), NoText),
        (BadRequest("Something new"), TryLater),
        (Closed("Forbidden: bot was blocked by the user"), Forbidden),
        (Closed("Forbidden: bot was kicked from the supergroup chat"), Forbidden),
        (TooBig("x"), TooLarge),
        (Flooded(7), TryLater),
        (NetworkError("gone"), TryLater),
    ],
)
def test_telegrams_errors_are_ours_by_what_follows_from_them(error: TelegramError, ours: type) -> None:
    assert type(translated(error)) is ours
