"""From the catalogue's problems to refusals: facts for one sentence, no wording. Pure."""

from __future__ import annotations

from typing import Any, Final

from bot.core.errors import Refusal
from providers.catalogue import Problem, Route

# The option that brings a mode about, as people type it.
_OPTION: Final[dict[str, str]] = {
    "text": "",
    "first-frame": "image",
    "first-last": "last_image",
    "references": "references",
    "edit": "video",
    "extend": "video",
    "upscale": "video",
}


def spelled(name: str, value: object) -> str:
    """A wish as it is typed: "resolution 1080p", "sound off", "image"; "" for words alone."""
    if name == "mode":
        return _OPTION.get(str(value), "")
    if name.endswith("_input"):
        return name.removesuffix("_input") if value else ""
    return f"{name} {said(value)}"


def said(value: object) -> Any:
    """A value as people say it: switches are on and off."""
    return ("off", "on")[value] if isinstance(value, bool) else value


def refusal_of(problem: Problem, route: Route) -> Refusal:
    """The refusal for one problem of a request on a route."""
    model: dict[str, Any] = {"model": route.name, "model_id": route.model}
    limit = problem.allowed[0] if problem.allowed else ""
    if problem.field == "media":
        allowed: Any = problem.allowed
        if problem.unit in ("seconds", "bytes", "pixels", "fps"):
            allowed = limit
        elif problem.reason == "missing" and not allowed:
            allowed = (problem.role,)
        return Refusal(
            f"media_{problem.reason}",
            role=problem.role or "",
            asked=problem.asked,
            allowed=allowed,
            unit=problem.unit,
            beside=problem.given.get("beside", ""),
            **model,
        )
    if problem.reason == "not_taken":
        return Refusal("not_taken", field=problem.field, models=(), **model)
    if problem.reason == "too_long" and problem.field == "prompt":
        return Refusal("prompt_too_long", length=problem.asked, limit=limit, unit=problem.unit, **model)
    if problem.reason == "too_long":
        return Refusal(
            "text_too_long",
            field=problem.field,
            length=problem.asked,
            limit=limit,
            unit=problem.unit,
            **model,
        )
    if problem.field == "mode":
        return Refusal("mode_not_offered", asked=problem.asked, allowed=problem.allowed, **model)
    given = (spelled(name, value) for name, value in problem.given.items())
    return Refusal(
        "impossible",
        field=problem.field,
        asked=said(problem.asked),
        allowed=tuple(said(value) for value in problem.allowed),
        given=tuple(word for word in given if word),
        unit=problem.unit,
        **model,
    )
