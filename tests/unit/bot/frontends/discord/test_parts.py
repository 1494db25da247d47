"""The pure parts of the Discord front-end: what fits, what is escaped, what is learned and forgotten."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest

from bot.core.errors import DeliveryError, Forbidden, MessageGone, Refusal, TooLarge, TryLater
from bot.core.model import Text
from bot.core.wording import load_wording
from bot.frontends.discord.files import Fetcher, plain_name, recording
from bot.frontends.discord.forms import filled
from bot.frontends.discord.limits import DEFAULT_BASE, UPLOAD_TIERS, below, missing, permission_bits
from bot.frontends.discord.memory import FILE, Memory
from bot.frontends.discord.pressed import custom_id, read
from bot.frontends.discord.render import bar, escaped, parts, said
from bot.frontends.discord.wire import meant
from tests.fakes.clock import FakeClock

DAY_SECONDS = 86_400


def test_long_answers_are_parted_between_lines_and_nothing_is_lost() -> None:
    lines = [f"line {number} " + "x" * 90 for number in range(60)]
    made = parts(lines)
    assert all(len(part) <= 2000 for part in made) and len(made) > 1
    assert "\n".join(made).split("\n") == lines
    assert [len(part) for part in parts(["x" * 5000])] == [2000]
    (only,) = parts(lines, most=1)
    assert len(only) <= 2000 and only.endswith("…")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("**loud** _soft_ `code` ~~gone~~ ||hidden||", "\\*\\*loud"),
        ("# heading", "\\# heading"),
        ("- item", "\\- item"),
        ("> quote", "\\> quote"),
        ("1. first", "1\\. first"),
        ("-# small", "\\-# small"),
    ],
)
def test_what_people_write_shows_as_it_is(written: str, shown: str) -> None:
    assert escaped(written).startswith(shown)


def test_links_of_ours_stay_links() -> None:
    link = "https://clips.example.org/f/a_b_c*d"
    assert escaped(f"see {link}") == f"see {link}"


def test_people_roles_and_channels_are_shown_by_name() -> None:
    words = load_wording(strict=True)
    member = Text(key="quota.unblocked", facts={"member": "discord:123456789012345678"})
    assert said(member, words, "en") == "<@123456789012345678> may make clips here again."
    role = Text(key="quota.whom_role", facts={"subject": "123456789012345678"})
    assert said(role, words, "en") == "role <@&123456789012345678>"
    channel = Text(key="quota.whom_channel", facts={"subject": "discord:123456789012345678"})
    assert said(channel, words, "en") == "channel <#123456789012345678>"
    prompt = Text(key="job.prompt", facts={"prompt": "not discord:12 and @everyone"})
    assert "not discord:12" in said(prompt, words, "en")


def test_a_name_that_cannot_be_read_back_is_never_given() -> None:
    assert read(custom_id("button", "other-model", "abcdefgh")) == ("button", "other-model", "abcdefgh")
    for target in ("a/b", "x" * 100, "a b"):
        with pytest.raises(ValueError, match="t:again"):
            custom_id("button", "again", target)
    for foreign in ("", "again", "t:Again:x", "t:again", "x:again:y", "t:again:x\n", "t:again:x" * 20):
        assert read(foreign) is None


def test_a_refused_size_is_followed_by_the_next_smaller_that_discord_has_ever_taken() -> None:
    assert below(26 << 20) == 25 << 20
    assert below((10 << 20) + 1) == 10 << 20
    assert below(10 << 20) == 8 << 20
    assert below(1000) == 800
    assert list(UPLOAD_TIERS) == sorted(UPLOAD_TIERS)


async def test_a_learned_limit_outlives_a_restart_and_is_forgotten_after_a_month(
    tmp_path: Path, clock: FakeClock
) -> None:
    memory = Memory(tmp_path, clock)
    assert memory.upload_bytes("discord:1", 500 << 20) == 500 << 20
    assert await memory.refused("discord:1", 30 << 20) == 25 << 20
    assert await memory.refused("discord:1", 25 << 20) == 20 << 20
    again = Memory(tmp_path, clock)
    assert again.upload_bytes("discord:1", 500 << 20) == 20 << 20
    assert again.upload_bytes("discord:1", 8 << 20) == 8 << 20, "what Discord says is never exceeded"
    assert again.upload_bytes("discord:2", 10 << 20) == 10 << 20
    await clock.sleep(31 * DAY_SECONDS)
    assert again.upload_bytes("discord:1", 500 << 20) == 500 << 20


async def test_a_damaged_memory_is_begun_anew(tmp_path: Path, clock: FakeClock) -> None:
    for text in ("{", "[]", '{"uploads": 3, "commands": []}'):
        (tmp_path / FILE).write_text(text, "utf-8")
        memory = Memory(tmp_path, clock)
        assert memory.commands("1") == "" and memory.upload_bytes("discord:1", 7) == 7
        await memory.has_commands("1", "mark")
        assert Memory(tmp_path, clock).commands("1") == "mark"


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (404, 10008, MessageGone),
        (400, 30046, MessageGone),
        (404, 10003, Forbidden),
        (403, 50001, Forbidden),
        (403, 50013, Forbidden),
        (403, 50007, Forbidden),
        (413, 40005, TooLarge),
        (413, 0, TooLarge),
        (429, 0, TryLater),
        (400, 50035, TryLater),
        (503, 0, TryLater),
    ],
)
def test_what_discord_says_is_understood(status: int, code: int, kind: type[DeliveryError]) -> None:
    answer = cast(Any, SimpleNamespace(status=status, reason="no"))
    assert type(meant(discord.HTTPException(answer, {"code": code, "message": "no"}))) is kind


def test_a_long_rate_limit_is_handed_on_with_its_length() -> None:
    error = meant(discord.RateLimited(321.0))
    assert isinstance(error, TryLater) and error.retry_after_seconds == 321.0
    assert isinstance(meant(TimeoutError()), TryLater)


async def test_files_come_from_discord_alone(tmp_path: Path) -> None:
    fetcher = Fetcher(DEFAULT_BASE)
    for url in (
        "https://example.org/a.ogg",
        "http://cdn.discordapp.com/a.ogg",
        "https://cdn.discordapp.com.example.org/a.ogg",
        "file:///etc/passwd",
        "",
    ):
        with pytest.raises(Refusal, match="unreadable"):
            await fetcher.fetch({"audio": [{"url": url, "filename": "a"}]}, tmp_path, limit_bytes=10)
    with pytest.raises(Refusal, match="too_many_bytes"):
        await fetcher.fetch(
            {"audio": [{"url": "https://cdn.discordapp.com/a", "size": 11}]}, tmp_path, limit_bytes=10
        )
    await fetcher.close()


def test_a_recording_is_what_says_so_or_is_a_voice_message() -> None:
    voice = {"id": "1", "content_type": "application/octet-stream"}
    assert recording({"attachments": [voice], "flags": 1 << 13}) == voice
    assert recording({"attachments": [voice]}) is None
    film = {"id": "2", "content_type": "video/mp4"}
    assert recording({"attachments": [{"id": "1", "content_type": "image/png"}, film]}) == film
    assert recording({}) is None


def test_names_of_files_lose_folders_and_invisible_marks() -> None:
    assert plain_name("../../etc/pass\u202ewd") == "passwd"
    assert plain_name("") == "file"
    assert len(plain_name("x" * 500)) == 120


def test_the_last_place_of_a_form_holds_several_answers() -> None:
    def place(text: str) -> dict[str, Any]:
        inner = {"type": 4, "custom_id": "_more.seed.negative", "value": text}
        return {"components": [{"type": 18, "component": inner}]}

    assert filled(place("seed: 7\n\nNegative: a: b")).values == {"seed": "7", "negative": "a: b"}
    assert filled(place("")).values == {"seed": "", "negative": ""}
    for wrong in ("speed: 7", "seven"):
        with pytest.raises(Refusal, match="unknown_option_list"):
            filled(place(wrong))


def test_permissions_that_lack_are_named() -> None:
    assert missing(permission_bits()) == ()
    assert missing(1 << 3) == (), "an administrator may do everything"
    assert missing(permission_bits() & ~(1 << 15)) == ("Attach Files",)


def test_a_bar_shows_how_far_it_is() -> None:
    assert (bar(0.0), bar(0.42), bar(1.7)) == ("▱" * 10, "▰▰▰▰▱▱▱▱▱▱", "▰" * 10)
