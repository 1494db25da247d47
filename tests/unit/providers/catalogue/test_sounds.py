"""Sound routes: read strictly, priced by what is asked, in the order in which they are tried."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from docs.generate.sound_table import sound_table
from providers.base import MediaInput, SoundRequest
from providers.catalogue import (
    Catalogue,
    CatalogueError,
    PriceUnknown,
    SoundRoute,
    UnknownModel,
    check_catalogue,
    load,
    misfit,
    sound_price,
    sound_request,
)
from tests.unit.providers.catalogue.samples import PROVIDER, load_texts, write

TODAY = date(2026, 11, 28)
SPEECH = (
    PROVIDER
    + """
[[sound]]
id = "speech"
name = "Acme voices"
api_name = "acme_tts_2"
status = "active"
checked = 2026-11-20
confidence = "third-party"
kinds = ["speech"]
max_chars = 50
max_seconds = 30
min_seconds = 2
languages = ["en", "pt-BR"]
options = { format = "wav_48000" }
[[sound.voice]]
id = "w1"
name = "Ann"
speaker = "woman"
[[sound.voice]]
id = "w2"
name = "Beatriz"
speaker = "woman"
languages = ["pt"]
[[sound.voice]]
id = "m1"
name = "Carl"
speaker = "man"
[[sound.price]]
since = 2026-06-01
unit = "thousand_characters"
amount = "0.10"
"""
)
FOLEY = """
[[sound]]
id = "foley"
name = "Acme foley"
status = "active"
checked = 2026-11-20
confidence = "uncertain"
kinds = ["foley"]
min_seconds = 3
max_bytes = 1000
keeps_picture = false
third_party = true
price = "operator"
"""

CLONE = """
[[sound]]
id = "voice"
name = "Acme voices of one's own"
status = "active"
checked = 2026-11-20
confidence = "official"
kinds = ["clone"]
serves = ["acme/speech"]
slots = true
price = "operator"
[[sound.input]]
role = "voice"
min_seconds = 5
"""


def routes(tmp_path: Path, text: str = SPEECH + FOLEY) -> tuple[SoundRoute, ...]:
    return load_texts(tmp_path, acme=text).sounds


def clip(**changes: object) -> MediaInput:
    item = MediaInput(
        role="source-video", kind="video", path=Path("c.mp4"), mime="video/mp4", size_bytes=900, seconds=5.0
    )
    return replace(item, **changes)  # type: ignore[arg-type]


def test_a_route_is_named_after_its_provider_and_says_what_is_known_about_it(tmp_path: Path) -> None:
    speech, foley = routes(tmp_path)
    assert (speech.id, speech.api_name, *speech.kinds) == ("acme/speech", "acme_tts_2", "speech")
    assert (speech.checked, speech.confidence) == (date(2026, 11, 20), "third-party")
    assert (speech.third_party, speech.keeps_picture) == (False, True)
    assert (foley.third_party, foley.keeps_picture) == (True, False)


def test_a_maker_of_voices_says_where_they_speak(tmp_path: Path) -> None:
    voice = next(route for route in routes(tmp_path, SPEECH + CLONE) if "clone" in route.kinds)
    assert (voice.serves, voice.slots) == (("acme/speech",), True)


MISTAKES = {
    "unknown key": (SPEECH + "colour = 3\n", "[sound speech price 1] colour: unknown key"),
    "unknown key of a voice": (SPEECH.replace('speaker = "man"', 'gender = "man"'), "voice 3] speaker"),
    "kind nobody knows": (SPEECH.replace('["speech"]', '["song"]'), "kinds: 'song' is not one of speech"),
    "no price": (SPEECH.partition("[[sound.price]]")[0], "[sound speech] price: is missing"),
    "longest below shortest": (SPEECH.replace("max_seconds = 30", "max_seconds = 1"), "min_seconds: must"),
    "voice of a maker that is mute": (SPEECH.replace('["speech"]', '["music"]'), "only a maker of speech"),
    "limits of files for what takes none": (
        SPEECH + '[[sound.input]]\nrole = "voice"\n',
        "belongs to what moves lips",
    ),
    "a voice that is made for nothing": (
        SPEECH + CLONE.replace('serves = ["acme/speech"]', ""),
        "[sound voice] serves: says where",
    ),
    "a voice that speaks where nobody is": (
        SPEECH + CLONE.replace("acme/speech", "acme/song"),
        "serves 'acme/song', which is no route of acme",
    ),
    "a voice out of nothing": (SPEECH + CLONE.partition("[[sound.input]]")[0], "belongs to what moves lips"),
    "a voice out of a clip": (
        SPEECH + CLONE.replace('role = "voice"', 'role = "source-video"'),
        "is missing",
    ),
    "voices beside something else": (
        SPEECH + CLONE.replace('["clone"]', '["clone", "speech"]'),
        "a row that makes voices makes nothing else",
    ),
    "places for what takes none": (SPEECH.replace("max_chars = 50", "slots = true"), "take places"),
    "twice": (SPEECH + SPEECH.partition("[[sound]]")[2].join(["[[sound]]", ""]), "is there twice"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_a_sound_table_is_named(tmp_path: Path, name: str) -> None:
    text, words = MISTAKES[name]
    with pytest.raises(CatalogueError) as caught:
        routes(tmp_path, text)
    assert words in str(caught.value)


def test_what_costs_nothing_is_tried_last_whatever_its_file_is_called() -> None:
    catalogue = load()
    purses = [catalogue.provider(route.provider).purse for route in catalogue.sounds]
    assert purses == sorted(purses, key=lambda purse: purse == "free")
    built_in = catalogue.sounds_for("foley")[-1]
    assert built_in.id == "animatic/sound"
    silent = SoundRequest(kind="foley", text="a dog barks", seconds=8.0)
    assert sound_price(built_in, silent, TODAY).usd == 0


def test_an_operators_row_prices_what_nobody_knew(tmp_path: Path) -> None:
    own = (
        '[provider]\nid = "acme"\n[[sound]]\nid = "foley"\n'
        '[[sound.price]]\nsince = 2026-01-01\nunit = "second"\namount = "0.02"\n'
    )
    base = write(tmp_path / "data", acme=SPEECH + FOLEY)
    unpriced = load(data_dir=base).sound("acme/foley")
    with pytest.raises(PriceUnknown):
        sound_price(unpriced, SoundRequest(kind="foley", text="", seconds=4.0), TODAY)
    catalogue = load(write(tmp_path / "own", acme=own), data_dir=base)
    priced = sound_price(
        catalogue.sound("acme/foley"), SoundRequest(kind="foley", text="", seconds=4.5), TODAY
    )
    assert (priced.usd, priced.rows) == (Decimal("0.09"), ("acme/foley 2026-01-01 second 0.02 USD",))
    assert check_catalogue(catalogue, TODAY) == ()


def test_before_its_first_row_a_route_has_no_price(tmp_path: Path) -> None:
    speech = routes(tmp_path)[0]
    with pytest.raises(CatalogueError):
        sound_price(speech, SoundRequest(kind="speech", text="hello"), date(2026, 5, 31))


def test_what_a_route_cannot_do_is_told_before_it_is_asked(tmp_path: Path) -> None:
    speech, foley = routes(tmp_path)
    asked = sound_request(speech, kind="speech", text="x" * 50, language="en-GB")
    assert misfit(speech, asked) is None
    assert misfit(speech, replace(asked, kind="music")) == "kind"
    assert misfit(speech, replace(asked, language="fr")) == "language"
    assert misfit(speech, replace(asked, text="x" * 51)) == "text"
    assert misfit(speech, replace(asked, seconds=31.0)) == "long"
    seen = sound_request(foley, kind="foley", text="", seconds=5.0, video=clip())
    assert misfit(foley, seen) is None
    assert misfit(foley, replace(seen, video=clip(seconds=2.5))) == "picture"
    assert misfit(foley, replace(seen, video=clip(size_bytes=1001))) == "picture"


def test_a_request_has_the_vendors_name_switches_and_a_voice_of_the_right_kind(tmp_path: Path) -> None:
    speech, foley = routes(tmp_path)

    def voice(voice: str = "", language: str = "") -> str:
        return sound_request(speech, kind="speech", text="hi", voice=voice, language=language).voice

    assert (voice(), voice("woman"), voice("man")) == ("w1", "w1", "m1")
    assert (voice("woman", "pt-PT"), voice("man", "pt")) == ("w2", "m1")
    assert (voice("child"), voice("cloned-77")) == ("w1", "cloned-77")
    asked = sound_request(speech, kind="speech", text="hi", seconds=0.5)
    assert (asked.route, asked.api_name, asked.options) == (
        "acme/speech",
        "acme_tts_2",
        {"format": "wav_48000"},
    )
    assert asked.seconds == 2.0  # the shortest it makes; the rest is cut off
    assert sound_request(foley, kind="foley", text="", voice="").voice == ""


def test_what_must_not_be_heard_is_said_where_it_can_be_and_needless_where_nobody_makes_it(
    tmp_path: Path,
) -> None:
    foley = routes(tmp_path)[1]

    def asked(unwanted: str, **abilities: object) -> tuple[str, str | None]:
        route = replace(foley, **abilities)  # type: ignore[arg-type]
        request = sound_request(route, kind="foley", text="", seconds=5.0, negative=unwanted)
        return request.negative, misfit(route, request)

    assert asked("speech, music") == ("speech, music", "negative")
    assert asked("speech, music", negative=True) == ("speech, music", None)
    assert asked("Music", leaves_out=("music",)) == ("", None)
    assert asked("speech, music", leaves_out=("music",)) == ("speech", "negative")


def test_an_unknown_route_is_answered_with_the_nearest_names(tmp_path: Path) -> None:
    catalogue = load_texts(tmp_path, acme=SPEECH)
    with pytest.raises(UnknownModel) as caught:
        catalogue.sound("acme/speach")
    assert caught.value.suggestions == ("acme/speech",)


def test_the_documentation_says_what_each_maker_makes_and_costs(tmp_path: Path) -> None:
    catalogue: Catalogue = load_texts(tmp_path, acme=SPEECH + FOLEY)
    table = "\n".join(sound_table(catalogue))
    assert (
        "| Acme voices `acme/speech` | speech | 2–30 | 50 | en, pt-BR | $0.10 for 1000 characters |" in table
    )
    assert "| Acme foley `acme/foley`, an unofficial gateway | sound of the picture | at least 3 |" in table
    assert "| set by the operator | `ACME_API_KEY` | 2026-11-20 |" in table
