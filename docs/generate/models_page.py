"""`docs/models.md`, from the catalogue: which model for what, and what each can do by which way.

It adds nothing of its own: strengths, shapes, prices, dates and confidence are those of `providers/data`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from docs.generate.larger_table import larger_table
from docs.generate.model_table import cents, per_ten_seconds, price_range, usable
from docs.generate.sound_table import sound_table
from providers.base import Mode, Role
from providers.catalogue import Catalogue, Model, Provider, Route, Shape, SoundRoute, Topic, Window, load

_MODELS_SHOWN = 6
_MODES: Mapping[Mode, str] = {
    "text": "words alone",
    "first-frame": "a first picture",
    "first-last": "a first and a last picture",
    "references": "references",
    "edit": "changing a clip",
    "extend": "going on from a clip",
    "upscale": "making a clip larger",
}
_ROLES: Mapping[Role, str] = {
    "first-frame": "first picture",
    "last-frame": "last picture",
    "reference-image": "reference picture",
    "reference-audio": "audio reference",
    "reference-video": "reference video",
    "source-video": "source clip",
    "voice": "voice",
    "soundtrack": "soundtrack",
}
_CONFIDENCE = {
    "official": "the vendor's own pages",
    "third-party": "partly third parties",
    "uncertain": "uncertain",
}
_UPLOADS = {"inline": "in the request", "vendor": "into the vendor's store", "link": "by a link"}
_TOPICS: Mapping[Topic, str] = {
    "speech": "speech",
    "ambience": "ambience and effects",
    "music": "music",
    "narrative": "a story",
    "photorealistic": "a lifelike picture",
}
_INTRO = """\
# Models

Made from the catalogue (`providers/data`) by `python -m docs.generate`; edit the facts there.

No request of this version has reached a vendor yet: what is said here was compared with vendors' pages on
the day in *checked*, and with recorded requests and answers. `talkreel doctor --live MODEL` makes one
smallest real call, says its price first and prints every step. Where facts are partly from third parties,
the price could not be read on the vendor's own pages.
"""

Found = tuple[Model, tuple[Route, ...]]


def models_page() -> str:
    """The page."""
    catalogue = load()
    models = list(usable(catalogue))
    out = [_INTRO, "## Which one for what\n", "| for | best first |", "|---|---|"]
    for topic, head in _TOPICS.items():
        out.append(_best(head, [(_strength(found, topic), found[0]) for found in models]))
    out.append(_best("named pictures", [(_most(found, "reference-image"), found[0]) for found in models]))
    recordings = [(_most(found, "reference-audio", "voice"), found[0]) for found in models]
    out.append(_best("a voice note as reference", recordings))
    out.append(_cheapest(models))
    out += sound_table(catalogue)
    out += larger_table(catalogue)
    for found in models:
        out += _model(catalogue, *found)
    return "\n".join(out).rstrip() + "\n"


# ---------------------------------------------------------------------------------------------
# Which one for what


def _best(head: str, scored: list[tuple[int, Model]]) -> str:
    ranked = sorted(scored, key=lambda one: (-one[0], one[1].id))
    named = [f"{model.name} `{model.id}`" for score, model in ranked if score > 0]
    return f"| {head} | {', '.join(named[:_MODELS_SHOWN])} |"


def _strength(found: Found, topic: Topic) -> int:
    return max(route.strengths.get(topic, 0) for route in found[1])


def _most(found: Found, *roles: Role) -> int:
    return max(_count(route, role) for route in found[1] for role in roles)


def _count(route: Route, role: Role) -> int:
    taken = any("references" in shape.modes for shape in route.offered) or role == "voice"
    counts = (window.max_count for window in route.windows if window.role == role)
    return max(counts, default=0) if taken else 0


def _cheapest(models: list[Found]) -> str:
    priced: list[tuple[Decimal, str]] = []
    for model, routes in models:
        costs = [
            per_ten_seconds(route, shape, size)
            for route in routes
            for shape in route.offered
            if "text" in shape.modes and (True in shape.sound or not route.audio.native)
            for size in shape.resolutions
        ]
        least = min(costs, default=Decimal(0))
        if least:
            silent = "" if routes[0].audio.native else ", silent"
            priced.append((least, f"{model.name} `{model.id}` (${cents(least)}{silent})"))
    named = ", ".join(text for _, text in sorted(priced)[:_MODELS_SHOWN])
    return f"| little money for ten seconds | {named} |"


# ---------------------------------------------------------------------------------------------
# One model


def _model(catalogue: Catalogue, model: Model, routes: tuple[Route, ...]) -> Iterator[str]:
    home = routes[0]
    aliases = [alias for route in routes for alias in route.aliases]
    names = ", ".join(f"`{name}`" for name in dict.fromkeys((model.id, *aliases)))
    yield f"\n## {model.name}\n\n{names}"
    yield f"\n{_sound(home)}\n"
    yield "| from | size | shape | seconds | sound | price per 10 s |"
    yield "|---|---|---|---|---|---|"
    for shape in home.shapes:
        yield _shape(home, shape)
    notes = [_window(window) for window in home.windows]
    notes += [_voice(route, home) for route in catalogue.sounds_for("clone") if home.id in route.serves]
    if home.shots is not None:
        notes.append(f"several shots: at most {home.shots.max}, each with its own words and seconds")
    if home.negative is not None:
        notes.append("takes a negative prompt")
    if home.seed:
        notes.append("takes a seed")
    if notes:
        yield ""
        yield from (f"- {note}" for note in notes)
    yield "\n| by | key | price per 10 s | checked | facts from | sources |\n|---|---|---|---|---|---|"
    for route in routes:
        yield _route(catalogue.provider(route.provider), route)


def _sound(route: Route) -> str:
    audio = route.audio
    if not audio.native:
        return "Makes no sound of its own."
    kinds = ", ".join(audio.kinds) or "not stated"
    languages = ", ".join(audio.languages) or "not stated by the vendor"
    switch = "can be switched off" if route.sound_switchable else "is always made"
    takes = f" Takes audio as {', '.join(audio.references)}." if audio.references else " Takes no audio."
    return f"Sound of its own ({kinds}), which {switch}. Languages: {languages}.{takes}"


def _voice(cloner: SoundRoute, route: Route) -> str:
    """That it speaks with voices which are made of a recording, and where."""
    modes = route.voices.modes if route.voices is not None else ()
    beside = " or ".join(_MODES[mode] for mode in modes)
    return f"speaks with a voice made of a recording{f', beside {beside}' if beside else ''}: {cloner.name}"


def _shape(route: Route, shape: Shape) -> str:
    lengths = shape.seconds
    run = len(lengths) > 3 and lengths == tuple(range(lengths[0], lengths[-1] + 1))
    seconds = f"{lengths[0]}–{lengths[-1]}" if run else ", ".join(map(str, lengths))
    if "extend" in shape.modes:
        seconds = f"{seconds} more"
    elif shape.follows_source:
        seconds = f"as the {'recording' if shape.audio_input else 'clip'}, at most {lengths[-1]}"
    sound = " or ".join("yes" if value else "no" for value in shape.sound)
    given = [kind for kind in ("image", "audio", "video") if getattr(shape, f"{kind}_input")]
    beside = f" with {' and '.join(given)}" if given else ""
    cells = (
        " / ".join(_MODES[mode] for mode in shape.modes) + beside,
        ", ".join(shape.resolutions),
        ", ".join("as given" if aspect == "auto" else aspect for aspect in shape.aspects),
        seconds,
        sound,
        _price(route, shape),
    )
    return f"| {' | '.join(cells)} |"


def _price(route: Route, shape: Shape) -> str:
    if shape.by_operator:
        return "set by the operator"
    found = [per_ten_seconds(route, shape, size) for size in shape.resolutions]
    low, high = cents(min(found)), cents(max(found))
    if not high:
        return "free"
    return f"${low}" if low == high else f"${low}–{high}"


def _window(window: Window) -> str:
    said = [f"{_ROLES[window.role]}: at most {window.max_count}"]
    if window.formats:
        said.append(", ".join(window.formats))
    if window.max_seconds is not None:
        low = f"{window.min_seconds:g} to " if window.min_seconds else "at most "
        said.append(f"{low}{window.max_seconds:g} s")
    if window.max_bytes is not None:
        said.append(f"{window.max_bytes / 1_000_000:g} MB")
    said.append(_UPLOADS[window.upload])
    for role, most in window.beside:
        said.append(f"beside a {_ROLES[role]} at most {most}")
    if window.one_each:
        said.append(f"no more than of {_ROLES[window.one_each]}")
    if window.kept_seconds:
        way = "its own id" if window.by == "id" else "its own link"
        said.append(f"a clip of its own by {way} for {_span(window.kept_seconds)}")
    modes = ", ".join(_MODES[mode] for mode in window.modes)
    return "; ".join(said) + (f" ({modes})" if modes else "")


def _span(seconds: int) -> str:
    days, hours = divmod(seconds // 3600, 24)
    return f"{days} days" if days > 2 and not hours else f"{seconds // 3600} hours"


def _route(provider: Provider, route: Route) -> str:
    life = route.lifecycle
    keys = " and ".join(f"`{name}`" for name in provider.env) or "none"
    links = [
        f"[{number}]({source})" if source.startswith("http") else source.replace("|", "/")
        for number, source in enumerate(life.sources, 1)
    ]
    status = "" if life.status == "active" else f" ({life.status})"
    cells = (
        provider.name + status,
        keys,
        price_range(route),
        life.checked.isoformat(),
        _CONFIDENCE[life.confidence] if provider.env else "this project",
        ", ".join(links),
    )
    return f"| {' | '.join(cells)} |"
