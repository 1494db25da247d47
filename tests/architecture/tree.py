"""The project's own files, as the architecture tests see them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("bot", "providers")
CODE = (*PRODUCT, "docs", "tests")
_NOT_OURS = frozenset(
    {".git", ".venv", "build", "dist", "data", "__pycache__", ".hypothesis", "node_modules"}
)  # what .gitignore names; `providers/data` is ours
_TEXT = frozenset(
    {".py", ".toml", ".md", ".sql", ".txt", ".cfg", ".yml", ".yaml", ".json", ".sh", ".example", ""}
)


def _skipped(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    if any(part.endswith(("_cache", ".egg-info")) for part in parts):
        return True
    return any(part in _NOT_OURS and not (part == "data" and index) for index, part in enumerate(parts))


@cache
def files() -> tuple[Path, ...]:
    """Every file that belongs to the project."""
    found = (path for path in ROOT.rglob("*") if path.is_file() and not _skipped(path))
    return tuple(sorted(path for path in found if path.suffix != ".mp4" and path.name != ".env"))


def texts() -> Iterator[tuple[Path, str]]:
    """Every text file with its words."""
    for path in files():
        if path.suffix in _TEXT:
            yield path, path.read_text("utf-8")


def python(*folders: str) -> tuple[Path, ...]:
    """The Python files of some top-level folders."""
    wanted = frozenset(folders or CODE)
    return tuple(p for p in files() if p.suffix == ".py" and p.relative_to(ROOT).parts[0] in wanted)


@cache
def parsed(path: Path) -> ast.Module:
    """A Python file, taken apart."""
    return ast.parse(path.read_text("utf-8"), str(path))


def name(path: Path) -> str:
    """A file's name from the project's folder."""
    return path.relative_to(ROOT).as_posix()
