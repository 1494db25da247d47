"""Every word that a script of the pages asks for is there, and every page says where its script lies."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from bot.core.wording import Wording, load_wording
from bot.frontends.web.contest_view import SAID
from bot.frontends.web.pages import ADMIN, OWN

STATIC = {
    entry.name: entry.read_text("utf-8") for entry in files("bot.frontends.web").joinpath("static").iterdir()
}
OTHERS = ("gallery", "compare", "leaderboard")
FAMILIES = {
    "title_${one}": (*ADMIN, *OWN, *OTHERS),
    "jobs_${show}": ("open", "all"),
    "kind_${one}": ("grant", "hold", "settle", "release", "adjust", "merge"),
    "purse_${one}": ("paid", "free"),
    "purse_${purse}": ("paid", "free"),
    "scope_${one}": ("everybody", "member", "role", "channel", "server"),
    "stop_about_${kind}": ("all", "server", "model"),
    "use_${use}": ("reference", "voice", "dialogue", "soundtrack"),
    "stage_${stage}": ("queued", "making", "checking", "done"),
    "stage_${STAGES[at]}": ("queued", "making", "checking", "done"),
}


@pytest.fixture
def wording() -> Wording:
    return load_wording(strict=True)


def asked(text: str, call: str) -> set[str]:
    """The names that a script asks for, families spelled out."""
    names = set(re.findall(call + r'\(?"([a-z_0-9]+)"\)?', text))
    for family in re.findall(call + r"[\[(]`([^`]+)`", text):
        names |= {re.sub(r"\$\{[^}]+\}", word, family) for word in FAMILIES[family]}
    return names


@pytest.mark.parametrize("file", [name for name in STATIC if name.endswith(".js")])
def test_every_word_of_a_script_exists_and_needs_no_fact(file: str, wording: Wording) -> None:
    text = STATIC[file]
    pages = asked(text, r"\bw\b") if "./ui.js" in text or file == "ui.js" else set()
    chat = (
        asked(text, r"\bwords\b") | set(re.findall(r"(?<![$\w])words\.([a-z_]+)\b", text))
        if file != "ui.js"
        else set()
    )
    for key in (*(f"pages.{name}" for name in pages), *(f"web.{name}" for name in chat)):
        assert wording.has(key), f"{file}: {key}"
        assert not wording.placeholders(key, "en"), key


def test_every_word_of_a_comparison_is_sent_along_with_it(wording: Wording) -> None:
    scripts = "".join(STATIC[name] for name in ("contest.js", "contest_acts.js", "votes.js"))
    asked_for = set(re.findall(r"\bsaid\.([a-z_]+)", scripts))
    asked_for |= set(re.findall(r"\bview\.said\.([a-z_]+)", STATIC["chat.js"]))
    assert asked_for == set(SAID)
    for key in SAID:
        assert wording.has(f"contest.said_{key}") and not wording.placeholders(f"contest.said_{key}", "en")


@pytest.mark.parametrize("file", [name for name in STATIC if name.endswith(".html")])
def test_every_word_of_a_page_exists(file: str, wording: Wording) -> None:
    for key in re.findall(r"\{\{((?:web|pages)\.[a-z_]+)\}\}", STATIC[file]):
        assert wording.has(key), key


def test_every_page_has_its_script_and_its_title(wording: Wording) -> None:
    views = dict(re.findall(r"(\w+): \"\./(view_\w+\.js)\"", STATIC["pages.js"]))
    assert set(views) == {*ADMIN, *OWN, *OTHERS}
    assert set(views.values()) <= set(STATIC)
    assert all(wording.has(f"pages.title_{page}") for page in views)


def test_scripts_parse_no_html_and_run_no_words() -> None:
    for name, text in STATIC.items():
        if name.endswith(".js"):
            assert not re.search(
                r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text
            ), name
        if name.endswith(".html"):
            assert not re.search(r"<script(?![^>]*\bsrc=)|\bon\w+=|style=", text), name
