"""Our own links: what is signed is read again, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.links import LIFE_MS, Link, check, sign

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
NOW = 1_795_000_000_000
LINK = Link(id="a" * 22, purpose="member", expires_ms=NOW + LIFE_MS["member"])


def test_a_signed_link_is_read_until_its_end_and_not_a_moment_longer() -> None:
    token = sign(LINK, KEY)
    assert check(token, KEY, NOW) == LINK
    assert check(token, KEY, LINK.expires_ms - 1) == LINK
    assert check(token, KEY, LINK.expires_ms) is None


def test_a_vendor_has_two_hours_and_a_member_seven_days() -> None:
    assert LIFE_MS == {"vendor": 7_200_000, "member": 604_800_000}


def test_a_link_of_a_clock_that_was_far_ahead_does_not_last_for_years() -> None:
    assert check(sign(LINK, KEY), KEY, NOW - 1) is None


def test_another_key_is_another_bot() -> None:
    assert check(sign(LINK, OTHER_KEY), KEY, NOW) is None


def test_a_vendors_link_cannot_be_turned_into_a_members() -> None:
    vendor = Link(id="a" * 22, purpose="vendor", expires_ms=NOW + LIFE_MS["vendor"])
    token = sign(vendor, KEY)
    assert check(token, KEY, NOW) == vendor
    assert check(token.replace(".v.", ".m."), KEY, NOW) is None


@given(st.data())
def test_no_changed_character_goes_unnoticed(data: st.DataObject) -> None:
    token = sign(LINK, KEY)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters().filter(lambda char: char != token[place]))
    # The last character of a signature carries two bits that mean nothing: they have to be right as well.
    assert check(token[:place] + other + token[place + 1 :], KEY, NOW) is None


@given(st.text(max_size=120))
def test_no_text_is_a_link(text: str) -> None:
    assert check(text, KEY, NOW) is None


@pytest.mark.parametrize(
    "token",
    [
        "",
        "...",
        "../../secret.key",
        sign(LINK, KEY) + ".",
        sign(LINK, KEY) + "\n",
        "٣" * 22 + sign(LINK, KEY)[22:],
        f"{'a' * 22}.m.{NOW + 1}.{'s' * 43}",
    ],
)
def test_what_only_looks_like_one_is_refused(token: str) -> None:
    assert check(token, KEY, NOW) is None
