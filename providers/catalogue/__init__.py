"""The catalogue: what providers and models can do, what they cost, how long they live.

Facts come from `providers/data/*.toml` and the operator's override folder; nothing here talks to
a network, reads the environment or knows credits.

Typical use: `catalogue = load(override_dir)`; `route = catalogue.model("veo").routes[0]`;
`choice = complete(route, mode="text", seconds=8)`; `check(route, request)`; `price(route, request, on)`.
For sound: `catalogue.sounds`,
`sound_request(route, …)`, `misfit(route, request)`, `sound_price(route, request, day)`.
"""

from __future__ import annotations

from providers.catalogue.abilities import (
    Choice,
    Options,
    check,
    complete,
    linked,
    needs_link,
    options,
    shape_for,
    size_name,
)
from providers.catalogue.audit import check_catalogue
from providers.catalogue.facts import (
    Audio,
    CatalogueError,
    Defaults,
    Lifecycle,
    PriceUnknown,
    ServiceKind,
    Shape,
    ShotLimit,
    Status,
    TextLimit,
    Topic,
    UnknownModel,
    Window,
)
from providers.catalogue.inputs import file_format, text_length
from providers.catalogue.loader import load
from providers.catalogue.model import Catalogue, Model, PollPace, Provider, Route
from providers.catalogue.pricing import (
    PriceResult,
    price,
    price_counted,
    price_without_sound,
)
from providers.catalogue.problem import Dimension, Problem, Reason, Value
from providers.catalogue.sounds import (
    Misfit,
    SoundPrice,
    SoundRoute,
    Voice,
    clone_misfit,
    clone_request,
    lip_problem,
    lip_request,
    lips_misfit,
    misfit,
    price_clone,
    price_lips,
    price_transcript,
    sound_price,
    sound_request,
)
from providers.catalogue.tariff import Fx, Price, TokenRule, When

__all__ = [
    "Audio",
    "Catalogue",
    "CatalogueError",
    "Choice",
    "Defaults",
    "Dimension",
    "Fx",
    "Lifecycle",
    "Misfit",
    "Model",
    "Options",
    "PollPace",
    "Price",
    "PriceResult",
    "PriceUnknown",
    "Problem",
    "Provider",
    "Reason",
    "Route",
    "ServiceKind",
    "Shape",
    "ShotLimit",
    "SoundPrice",
    "SoundRoute",
    "Status",
    "TextLimit",
    "TokenRule",
    "Topic",
    "UnknownModel",
    "Value",
    "Voice",
    "When",
    "Window",
    "check",
    "check_catalogue",
    "clone_misfit",
    "clone_request",
    "complete",
    "file_format",
    "linked",
    "lip_problem",
    "lip_request",
    "lips_misfit",
    "load",
    "misfit",
    "needs_link",
    "options",
    "price",
    "price_clone",
    "price_counted",
    "price_lips",
    "price_transcript",
    "price_without_sound",
    "shape_for",
    "size_name",
    "sound_price",
    "sound_request",
    "text_length",
]
