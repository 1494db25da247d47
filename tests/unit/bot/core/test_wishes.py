"""Wishes survive being stored with a quote."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bot.core.model import Wish
from bot.core.wishes import wish_from_plain, wish_to_plain
from providers.base import MediaInput, Shot

_FILES = st.builds(
    MediaInput,
    role=st.sampled_from(["first-frame", "reference-audio", "source-video"]),
    kind=st.sampled_from(["image", "audio", "video"]),
    path=st.just(Path("clips/ab/cd")),
    mime=st.just("audio/ogg"),
    size_bytes=st.integers(0, 10**9),
    seconds=st.floats(0, 1000),
    name=st.sampled_from(["", "hero"]),
)
_WISHES = st.builds(
    Wish,
    prompt=st.text(),
    model=st.text(max_size=9),
    seconds=st.none() | st.integers(1, 60),
    sound=st.none() | st.booleans(),
    seed=st.none() | st.integers(0, 2**32 - 1),
    media=st.lists(_FILES, max_size=3).map(tuple),
    audio_as=st.none() | st.sampled_from(["voice", "reference"]),
    shots=st.lists(st.builds(Shot, prompt=st.text(), seconds=st.integers(1, 9)), max_size=3).map(tuple),
)


@given(_WISHES)
def test_a_stored_wish_comes_back_as_it_was(wish: Wish) -> None:
    assert wish_from_plain(json.loads(json.dumps(wish_to_plain(wish)))) == wish
