"""What must not lie in the repository."""

from __future__ import annotations

import re

from tests.architecture.tree import files, name, texts

MAX_BYTES = 1 << 20
LOCKS = {
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile.lock",
    "package-lock.json",
    "yarn.lock",
    "pnpm-lock.yaml",
}
# Taken apart, so that this file does not name what it looks for.
HOSTS = (
    "py" + "pi.org",
    "files.python" + "hosted.org",
    "registry.npm" + "js.org",
    "registry.yarn" + "pkg.com",
)
PATHS = re.compile(r"(?<![\w.~-])/(wo" + r"rk|fa" + r"rm|ro" + r"ot|ho" + r"me/\w+|Us" + r"ers/\w+)/")


def test_no_file_is_larger_than_a_mebibyte() -> None:
    assert [name(path) for path in files() if path.stat().st_size > MAX_BYTES] == []


def test_there_are_no_lock_files() -> None:
    assert [name(path) for path in files() if path.name in LOCKS] == []


def test_no_package_registry_is_named() -> None:
    assert [name(path) for path, text in texts() if any(host in text for host in HOSTS)] == []


def test_no_path_of_somebodys_machine_is_named() -> None:
    assert {name(path): found.group() for path, text in texts() if (found := PATHS.search(text))} == {}


def test_text_files_end_with_a_line_end_and_have_no_windows_ones() -> None:
    bad = [name(path) for path, text in texts() if text and (not text.endswith("\n") or "\r" in text)]
    assert bad == []
