"""What the code imports is what the project declares."""

from __future__ import annotations

import ast
import importlib.metadata
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.tree import CODE, PRODUCT, ROOT, name, parsed, python

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
# Comes along with a declared package that is made of it.
PART_OF = {
    "httpcore": "httpx",
    "pydantic": "pydantic-settings",
    "pydantic-core": "pydantic-settings",
    "python-dotenv": "pydantic-settings",
}
# Tests that need these are skipped where they are not installed.
OPTIONAL_IN_TESTS = {"faster-whisper"}


def declared(*extras: str) -> set[str]:
    lines = [
        *PROJECT["dependencies"],
        *(line for e in extras for line in PROJECT["optional-dependencies"][e]),
    ]
    return {canonicalize_name(Requirement(line).name) for line in lines}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield (node.module or "").partition(".")[0]


def undeclared(paths: tuple[Path, ...], allowed: set[str]) -> dict[str, str]:
    known = importlib.metadata.packages_distributions()
    found = {}
    for path in paths:
        for module in imported(path):
            if module in sys.stdlib_module_names or module in CODE:
                continue
            packages = {canonicalize_name(package) for package in known.get(module, [module])}
            if not packages & allowed and not {PART_OF.get(package) for package in packages} & allowed:
                found[module] = name(path)
    return found


def test_the_product_imports_only_what_it_declares() -> None:
    assert undeclared(python(*PRODUCT), declared("voice")) == {}


def test_tests_and_documentation_import_only_what_the_extras_bring() -> None:
    allowed = declared("voice", "test") | OPTIONAL_IN_TESTS
    assert undeclared(python("tests", "docs"), allowed) == {}


def test_every_requirement_has_an_upper_bound() -> None:
    extras = PROJECT["optional-dependencies"]
    lines = [*PROJECT["dependencies"], *(line for extra in extras.values() for line in extra)]
    open_ended = [
        line
        for line in lines
        if not any(spec.operator in {"<", "==", "~="} for spec in Requirement(line).specifier)
    ]
    assert open_ended == []
