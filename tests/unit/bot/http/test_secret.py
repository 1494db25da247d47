"""The key that signs: made once, for its owner's eyes."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.core.errors import BadSettings
from bot.http.secret import FILE, purpose_key, secret_key


def test_the_key_is_made_once_and_kept(tmp_path: Path) -> None:
    first = secret_key(tmp_path)
    assert len(first) >= 32
    assert secret_key(tmp_path) == first
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


@pytest.mark.skipif(os.name != "posix", reason="rights of files")
def test_the_key_can_be_read_by_its_owner_alone(tmp_path: Path) -> None:
    secret_key(tmp_path)
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_two_starts_at_once_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: secret_key(tmp_path), range(16)))) == 1


def test_a_key_of_the_operators_own_is_used_and_must_be_long(tmp_path: Path) -> None:
    assert secret_key(tmp_path, "x" * 32) == b"x" * 32
    with pytest.raises(BadSettings, match="TALKREEL_SECRET_KEY must have at least 32"):
        secret_key(tmp_path, "short")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_key_is_not_silently_replaced(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("oops")
    with pytest.raises(BadSettings, match="damaged"):
        secret_key(tmp_path)


def test_each_purpose_has_a_key_of_its_own() -> None:
    assert len({purpose_key(b"k", "a"), purpose_key(b"k", "b"), purpose_key(b"l", "a")}) == 3
