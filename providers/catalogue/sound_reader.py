"""`[[sound]]` tables → frozen sound routes. The schema of these tables is defined here."""

from __future__ import annotations

from typing import get_args

from providers.catalogue.facts import Lost, Upload
from providers.catalogue.model import Provider
from providers.catalogue.price_reader import SERVICE_KINDS, read_prices
from providers.catalogue.reader import (
    needed_rates,
    priced_by_operator,
    read_lifecycle,
    read_options,
    read_window,
)
from providers.catalogue.sound_route import SoundRoute, Voice
from providers.catalogue.table import Table
from providers.catalogue.tariff import Fx


def read_sound(table: Table, provider: Provider, rates: tuple[Fx, ...]) -> SoundRoute:
    """A maker of speech, effects, music or foley, of moving lips or of voices, or a transcriber."""
    identity = table.text("id")
    lifecycle = read_lifecycle(table)
    by_operator = priced_by_operator(table, optional=lifecycle.status == "retired")
    prices = () if by_operator else read_prices(table, f"{provider.id}/{identity}")
    sound = SoundRoute(
        id=f"{provider.id}/{identity}",
        provider=provider.id,
        name=table.text("name"),
        api_name=table.text("api_name", identity),
        lifecycle=lifecycle,
        kinds=frozenset(table.choices("kinds", SERVICE_KINDS, None)),
        min_seconds=table.number("min_seconds", 0.0),
        max_seconds=table.number("max_seconds", 0.0),
        max_chars=table.whole("max_chars", 0),
        max_bytes=table.whole("max_bytes", 0),
        formats=table.texts("formats"),
        languages=table.texts("languages"),
        voices=tuple(_read_voice(voice) for voice in table.tables("voice")),
        negative=table.flag("negative", False),
        leaves_out=table.texts("leaves_out"),
        third_party=table.flag("third_party", False),
        keeps_picture=table.flag("keeps_picture", True),
        exact=table.flag("exact", True),
        prices=prices,
        fx=needed_rates(rates, prices),
        by_operator=by_operator,
        options=read_options(table),
        lost=table.choice("lost", get_args(Lost), provider.lost),
        upload=table.choice("upload", get_args(Upload), provider.upload),
        answer_seconds=table.number("answer_seconds", 0.0),
        windows=tuple(read_window(item, provider) for item in table.tables("input")),
        serves=table.texts("serves"),
        slots=table.flag("slots", False),
    )
    table.finish()
    if sound.max_seconds and sound.min_seconds > sound.max_seconds:
        table.fail("min_seconds", "must not be more than max_seconds")
    if bool({"lips", "clone"} & sound.kinds) != bool(sound.windows):
        table.fail("input", "belongs to what moves lips or makes voices, and only to that")
    _check_clone(table, sound)
    if sound.voices and "speech" not in sound.kinds:
        table.fail("voice", "only a maker of speech has voices")
    return sound


def _check_clone(table: Table, sound: SoundRoute) -> None:
    """What a row says of voices that are made, and of nothing else."""
    makes = "clone" in sound.kinds
    if makes and sound.kinds != {"clone"}:
        table.fail("kinds", "a row that makes voices makes nothing else")
    if makes != bool(sound.serves):
        table.fail("serves", "says where a voice that is made can be used, and belongs to such rows only")
    if makes and sound.window("voice") is None:
        table.fail("input", 'a voice is made out of a recording: role = "voice" is missing')
    if sound.slots and not makes:
        table.fail("slots", "only voices that are made take places")


def _read_voice(table: Table) -> Voice:
    voice = Voice(
        id=table.text("id"),
        name=table.text("name"),
        speaker=table.text("speaker"),
        languages=table.texts("languages"),
    )
    table.finish()
    return voice
