"""The form of the code: sizes, docstrings, what may stand where."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.tree import PRODUCT, name, parsed, python

MODULE_LINES = 400
FUNCTION_LINES = 60

# Who may look at the environment besides the settings, and why.
ENVIRONMENT = {
    "bot/settings.py": "it is the reader",
    "providers/process.py": "hands the few variables on that a program needs to start",
    "providers/confined.py": "is the program that is started",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def length(function: Function) -> int:
    """Lines without the docstring: those explain, they do not complicate."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is not None:
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def test_no_module_is_longer_than_400_lines() -> None:
    counts = {name(path): path.read_text("utf-8").count("\n") for path in python()}
    assert {file: lines for file, lines in counts.items() if lines > MODULE_LINES} == {}


def test_no_function_is_longer_than_60_lines() -> None:
    found = {
        f"{name(path)}:{function.name}": length(function)
        for path in python()
        for function in functions(parsed(path))
    }
    assert {where: lines for where, lines in found.items() if lines > FUNCTION_LINES} == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [name(path) for path in python() if parsed(path).body and not ast.get_docstring(parsed(path))]
    assert silent == []


def _public(tree: ast.Module) -> Iterator[tuple[str, ast.ClassDef | Function]]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.name[0] != "_":
            yield node.name, node
            if isinstance(node, ast.ClassDef):
                for part in node.body:
                    if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef) and part.name[0] != "_":
                        yield f"{node.name}.{part.name}", part


def test_every_public_name_of_the_product_is_documented() -> None:
    silent = [
        f"{name(path)}:{public}"
        for path in python(*PRODUCT)
        for public, node in _public(parsed(path))
        if not ast.get_docstring(node)
    ]
    assert silent == []


def test_annotations_are_never_evaluated_early() -> None:
    late = [
        name(path)
        for path in python()
        if any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in parsed(path).body)
        and "from __future__ import annotations" not in path.read_text("utf-8")
    ]
    assert late == []


def test_nothing_is_left_open() -> None:
    left = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX|HA" + r"CK)\b")
    found = [
        f"{name(path)}:{number}"
        for path in python()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if left.search(line)
    ]
    for path in python(*PRODUCT):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Raise) and "NotImplemented" in ast.dump(node):
                found.append(f"{name(path)}:{node.lineno}")
    assert found == []


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        name(path)
        for path in python(*PRODUCT)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
        and node.attr in {"environ", "getenv", "environb", "putenv"}
    }
    assert readers - set(ENVIRONMENT) == set()


def test_nothing_is_built_when_a_module_is_imported() -> None:
    built = re.compile(r"(Client|Session|Pool|Registry|Settings|Store|Engine|Worker|App)\(")
    found = [
        f"{name(path)}:{node.lineno}"
        for path in python(*PRODUCT)
        for node in parsed(path).body
        if isinstance(node, ast.Assign | ast.AnnAssign) and built.search(ast.unparse(node))
    ]
    assert found == []


@pytest.mark.parametrize("module", ["asyncpg", "torch", "spacy", "requests", "aiofiles"])
def test_heavy_or_foreign_libraries_stay_out(module: str) -> None:
    users = [
        name(path)
        for path in python(*PRODUCT)
        for node in ast.walk(parsed(path))
        if (isinstance(node, ast.Import) and any(n.name.partition(".")[0] == module for n in node.names))
        or (isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == module)
    ]
    assert users == []
