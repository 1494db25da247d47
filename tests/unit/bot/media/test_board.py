"""The report card and the leaderboard as pictures: light, small, and what they show lies where it belongs."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bot.core.sheets import Board, Cell, Column, Group, Line, Place, Sheet
from bot.media.board import INKS, MOST_BYTES, card, leaderboard
from bot.media.worker import MediaWorker
from providers.lettering import LETTERS, drawable, fitted, font

Pixels = NDArray[np.int16]


def pixels(png: bytes) -> Pixels:
    assert png.startswith(b"\x89PNG") and len(png) <= MOST_BYTES
    with Image.open(BytesIO(png)) as picture:
        return np.asarray(picture.convert("RGB"), np.int16)


def near(picture: Pixels, colour: str, most: int = 20) -> NDArray[np.bool_]:
    """Where a picture has about this colour."""
    wanted = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    return np.asarray(np.abs(picture - wanted).max(axis=2) < most)


def sheet(*columns: Column, at: float | None = 0.5, text: str = "-16.2 LUFS") -> Sheet:
    cells = tuple(Cell(text=text, at=at, known=at is not None) for _ in columns)
    line = Line(label="Loudness", cells=cells)
    return Sheet(
        title="Report card", subtitle="“A cat”", columns=columns,
        groups=(Group(title="Sound", lines=(line,) * 6), Group(title="Making", lines=(line,) * 5)),
        foot="So.",
    )  # fmt: skip


@pytest.mark.parametrize("legs", [2, 4])
def test_a_card_is_light_and_has_a_mark_of_its_own_colour_for_every_number(legs: int) -> None:
    columns = [Column(letter=letter, name="A long name of a model, Pro Max") for letter in "ABCD"[:legs]]
    low, high = (pixels(card(sheet(*columns, at=at))) for at in (0.1, 0.9))
    assert low.shape[1] < 1280 and float((low > 230).all(axis=2).mean()) > 0.85
    for number, ink in enumerate(INKS):
        places = [np.flatnonzero(near(one[230:], ink).any(axis=0)) for one in (low, high)]
        assert all(len(place) > 0 for place in places) is (number < legs)
        if number < legs:
            assert places[1].min() - places[0].min() > 120  # the mark went to the right
    # What was not measured is grey words without a mark.
    empty = pixels(card(sheet(*columns, at=None, text="not measured")))
    assert not any(near(empty[230:], ink).any() for ink in INKS)


def test_names_never_run_into_each_other_and_one_without_letters_is_replaced_by_its_id() -> None:
    long, blank = (
        pixels(card(sheet(*(Column(letter=c, name=name) for c in "ABCD")))) for name in ("W" * 60, " ")
    )
    written = np.flatnonzero((np.abs(long - blank).max(axis=2) > 60).any(axis=0))
    gaps = [after - before for before, after in pairwise(written) if after - before > 8]
    assert len(gaps) == 3
    hebrew = sheet(Column(letter="A", name="\u2068שלום\u2069", id="shalom-1"), Column(letter="B"))
    latin = sheet(Column(letter="A", name="shalom-1"), Column(letter="B"))
    assert card(hebrew) == card(latin)


def place(name: str, at: float, reach: float) -> Place:
    return Place(
        name=name, id=name, rank="1–2", strength="+0.1", at=at, low=at - reach, high=at + reach,
        cells=("88", "120", "2 min"),
    )  # fmt: skip


def test_an_interval_is_drawn_as_wide_as_it_is_and_a_surer_model_has_a_narrower_one() -> None:
    places = (place("One", 1.0, 0.4), place("Two", 0.0, 0.8), place("Three", -1.0, 0.2))
    board = Board(
        title="Leaderboard", subtitle="", name_head="Model", strength_head="Strength", heads=("a", "b", "c"),
        weaker="weaker", stronger="stronger", places=places, foot=("Too few votes: Sora.",),
    )  # fmt: skip
    picture = pixels(leaderboard(board))
    rows = [picture[140 + 66 * at : 140 + 66 * (at + 1)] for at in range(3)]
    bars = [np.flatnonzero(near(row[:, 380:800], "#9aa3e2", 16).any(axis=0)) for row in rows]
    widths = [int(bar.max() - bar.min()) for bar in bars]
    assert widths[1] / widths[0] == pytest.approx(2, abs=0.1)
    assert widths[0] / widths[2] == pytest.approx(2, abs=0.15)
    middles = [int(bar.max() + bar.min()) / 2 for bar in bars]
    assert middles[0] > middles[1] > middles[2]
    assert middles[0] - middles[1] == pytest.approx(middles[1] - middles[2], abs=3)
    many = replace(board, places=tuple(place(f"Model {n}", 2 - n / 5, 0.5) for n in range(20)))
    assert pixels(leaderboard(many)).shape[0] > 1300


async def test_the_worker_draws_what_it_is_given(media: MediaWorker, tmp_path: Path) -> None:
    one = sheet(Column(letter="A", name="Ñandú"), Column(letter="B"))
    await media.draw(one, tmp_path / "card.png")
    assert (tmp_path / "card.png").read_bytes() == card(one)


def test_the_font_has_every_letter_that_it_says_it_has() -> None:
    used = font(20)
    nothing = bytes(used.getmask("\ue123"))
    assert [char for char in sorted(LETTERS) if bytes(used.getmask(char)) == nothing] == []
    assert drawable("Ñandú  “ok”\nשלום ﬁ ǎ 中 ✓ −3") == "Ñandú “ok” fi a –3"
    assert fitted("abcdefghij" * 9, used, 100).endswith("…")
    assert used.getlength(fitted("abcdefghij" * 9, used, 100)) <= 100
