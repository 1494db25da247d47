"""Files travel in the vendor's form, whole, under a name that says nothing about their owner."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from providers.base import MediaInput
from providers.errors import NotSent, Unsupported
from providers.references import base64_text, data_uri, form_part

VOICE = bytes(range(200))


@pytest.fixture
def voice(tmp_path: Path) -> MediaInput:
    path = tmp_path / "private name of Ana.ogg"
    path.write_bytes(VOICE)
    return MediaInput(
        role="reference-audio",
        kind="audio",
        path=path,
        mime="Audio/OGG; codecs=opus",
        size_bytes=len(VOICE),
        seconds=3.0,
    )


async def test_a_file_becomes_a_data_uri_and_comes_out_whole(voice: MediaInput) -> None:
    uri = await data_uri(voice, max_bytes=1000)
    head, _, body = uri.partition(",")
    assert head == "data:audio/ogg;base64"
    assert base64.b64decode(body) == VOICE
    assert await base64_text(voice, max_bytes=1000) == body


async def test_a_form_part_carries_no_name_that_a_user_gave(voice: MediaInput) -> None:
    assert await form_part(voice, max_bytes=1000) == ("reference-audio.ogg", VOICE, "audio/ogg")


async def test_a_file_larger_than_the_vendor_takes_is_refused_before_it_is_read(voice: MediaInput) -> None:
    with pytest.raises(Unsupported, match="larger than 100 bytes"):
        await data_uri(voice, max_bytes=100)


async def test_a_file_that_vanished_or_changed_is_not_sent(voice: MediaInput) -> None:
    voice.path.write_bytes(VOICE + b"more")
    with pytest.raises(NotSent, match="changed"):
        await data_uri(voice, max_bytes=1000)
    voice.path.unlink()
    with pytest.raises(NotSent) as caught:
        await data_uri(voice, max_bytes=1000)
    assert "Ana" not in str(caught.value)
