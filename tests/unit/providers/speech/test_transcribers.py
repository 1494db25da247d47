"""Transcribers on the wire: what is sent and understood, what each refusal means, and that keys stay in."""

from __future__ import annotations

import logging
import traceback
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from providers.base import MediaInput, ProviderConfig, Transcriber
from providers.errors import (
    BadKey,
    BadRequest,
    MissingKey,
    ModelGone,
    NoFunds,
    NotSent,
    OutcomeUnknown,
    ProviderError,
    RateLimited,
)
from providers.speech import elevenlabs_scribe, openai_transcribe
from providers.speech.elevenlabs_scribe import ElevenlabsScribe
from providers.speech.openai_transcribe import OpenaiTranscribe
from providers.speech.tongues import tag_of
from tests.fakes.clips import make_voice_note
from tests.fakes.transcribers import BROKE_KEY, ELEVENLABS_KEY, OPENAI_KEY, FakeTranscribers, check_form

Open = Callable[..., Any]
VENDORS: dict[str, tuple[Open, str, str, str]] = {
    "openai": (OpenaiTranscribe, "OPENAI_API_KEY", OPENAI_KEY, "/v1"),
    "elevenlabs": (ElevenlabsScribe, "ELEVENLABS_API_KEY", ELEVENLABS_KEY, ""),
}


@pytest.fixture
async def vendor() -> AsyncIterator[FakeTranscribers]:
    """Both services, listening."""
    async with FakeTranscribers() as opened:
        yield opened


@pytest.fixture(scope="module")
def note(tmp_path_factory: pytest.TempPathFactory) -> MediaInput:
    """A recording of three seconds."""
    path = make_voice_note(tmp_path_factory.mktemp("note") / "note.wav", seconds=3, container="wav")
    size = path.stat().st_size
    return MediaInput(role="voice", kind="audio", path=path, mime="audio/wav", size_bytes=size, seconds=3)


def adapter(which: str, base: str, *, key: str | None = None, timeout: float = 5.0) -> Any:
    make, env, good, path = VENDORS[which]
    given = good if key is None else key
    return make(
        ProviderConfig(
            id=which,
            base_url=f"{base}{path}",
            keys={env: given} if given else {},
            work_dir=Path(),
            timeout_seconds=timeout,
        )
    )


async def asked(one: Any, note: MediaInput, language: str = "") -> Any:
    try:
        return await one.transcribe(note, language=language)
    finally:
        await one.close()


@pytest.mark.parametrize("which", VENDORS)
async def test_words_come_back_with_their_language_and_their_times(
    which: str, vendor: FakeTranscribers, note: MediaInput
) -> None:
    vendor.words, vendor.language = "Buenas noches, capitán.", "es"
    one = adapter(which, vendor.url)
    assert isinstance(one, Transcriber)
    heard = await asked(one, note, language="es-MX")
    assert (heard.text, heard.language) == ("Buenas noches, capitán.", "es")
    assert [word.text for word in heard.words] == ["Buenas", "noches,", "capitán."]
    assert heard.words[0].start_seconds == 0 and heard.words[-1].end_seconds <= 3.05
    (sent,) = vendor.sent
    assert abs(sent.seconds - 3) < 0.05 and sent.name == "voice.wav" and sent.mime == "audio/wav"
    assert "es" in sent.form.values()


async def test_newer_models_of_openai_are_asked_for_words_alone(
    vendor: FakeTranscribers, note: MediaInput
) -> None:
    one = OpenaiTranscribe(
        ProviderConfig(
            id="openai",
            base_url=f"{vendor.url}/v1",
            keys={"OPENAI_API_KEY": OPENAI_KEY},
            work_dir=Path(),
            options={"model": "gpt-4o-mini-transcribe"},
        )
    )
    heard = await asked(one, note)
    assert (heard.text, heard.language, heard.words) == (vendor.words, "", ())


@pytest.mark.parametrize("which", VENDORS)
@pytest.mark.parametrize(
    ("fault", "means"),
    [
        ("400", BadRequest),
        ("401", BadKey),
        ("402", NoFunds),
        ("404", ModelGone),
        ("429", RateLimited),
        ("500", OutcomeUnknown),
        ("cut", OutcomeUnknown),
        ("hang", OutcomeUnknown),
        ("garbage", OutcomeUnknown),
    ],
)
async def test_each_refusal_means_something_for_the_books(
    which: str, fault: str, means: type[ProviderError], vendor: FakeTranscribers, note: MediaInput
) -> None:
    vendor.fault = fault
    with pytest.raises(means) as caught:
        await asked(adapter(which, vendor.url, timeout=0.2 if fault == "hang" else 5.0), note)
    assert type(caught.value) is means and caught.value.provider == which


@pytest.mark.parametrize("which", VENDORS)
@pytest.mark.parametrize(("key", "means"), [("", MissingKey), (BROKE_KEY, NoFunds), ("sk_wrong_1c", BadKey)])
async def test_a_key_that_does_not_serve_is_named_by_its_variable_and_never_said(
    which: str,
    key: str,
    means: type[ProviderError],
    vendor: FakeTranscribers,
    note: MediaInput,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(means) as caught:
        await asked(adapter(which, vendor.url, key=key), note)
    silent = means is NoFunds and which == "openai"  # no other key would fill the account
    assert caught.value.env == (() if silent else (VENDORS[which][1],))
    told = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value)) + caplog.text
    assert not key or key not in told


@pytest.mark.parametrize("which", VENDORS)
async def test_without_a_connection_nothing_was_sent(which: str, note: MediaInput) -> None:
    with pytest.raises(NotSent):
        await asked(adapter(which, "http://127.0.0.1:9"), note)


def test_forms_have_no_field_that_the_vendors_do_not_describe() -> None:
    for vendor, fields in (
        ("openai", openai_transcribe.form_fields("whisper-1", "de")),
        ("openai", openai_transcribe.form_fields("gpt-4o-transcribe", "")),
        ("elevenlabs", elevenlabs_scribe.form_fields("scribe_v2", "ja")),
    ):
        plain = {name.removesuffix("[]"): value for name, value in fields.items()}
        switches = {"true": True, "false": False}
        check_form(vendor, {name: switches.get(str(v), v) for name, v in plain.items()} | {"file": "v.wav"})


def test_languages_are_known_by_all_their_names() -> None:
    assert [tag_of(name) for name in ("eng", "English", "spanish", "cmn", "zho", "", "xx")] == [
        *("en", "en", "es", "zh", "zh", "", "xx")
    ]
