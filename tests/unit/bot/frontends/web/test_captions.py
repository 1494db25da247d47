"""Captions of known words."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from bot.frontends.web.captions import captions


def test_lines_share_the_clip_where_nobody_knows_when_they_are_said() -> None:
    text = captions(["Did you hear that?", "No."], seconds=4.0)
    assert text.startswith("WEBVTT\n\n00:00:00.200 --> ")
    assert text.index("Did you hear") < text.index("No.")
    assert re.findall(r"--> (\S+)", text)[-1] == "00:00:03.800"


def test_known_times_are_used() -> None:
    text = captions(["One.", "Two."], seconds=8.0, spoken="0.4–2.1, 63.0-64.25")
    assert "00:00:00.400 --> 00:00:02.100\nOne." in text
    assert "Two." not in text  # said to begin after the end of the clip
    assert "00:01:03.000 --> 00:01:04.250\nTwo." in captions(["Two."], seconds=70, spoken="63.0-64.25")


def test_times_for_another_number_of_lines_are_not_trusted() -> None:
    assert "00:00:00.200" in captions(["One.", "Two."], seconds=4.0, spoken="0.4–2.1")


def test_without_words_there_are_no_cues() -> None:
    assert "-->" not in captions([], seconds=4.0)


@given(st.lists(st.text(min_size=1, max_size=80), max_size=6), st.floats(0.5, 60.0))
def test_words_cannot_break_out_of_their_cue(lines: list[str], seconds: float) -> None:
    text = captions(lines, seconds=seconds)
    cues = [part for part in text.split("\n\n") if "-->" in part.partition("\n")[0]]
    assert text.count("\n\n") <= len(lines) + 1
    assert len(cues) == len([line for line in lines if line.split()])
    assert not any("<" in cue.partition("\n")[2] or "-->" in cue.partition("\n")[2] for cue in cues)
