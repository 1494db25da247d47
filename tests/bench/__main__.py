"""`python -m tests.bench [--quick] [NAME…]`: runs the measurements one after the other and prints a table.

Exits with 1 where a number misses its bar or a measurement could not be made.
"""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType

import tests.bench


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One measurement: its numbers, or why there are none."""

    name: str
    bar: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    missed: frozenset[str] = frozenset()
    trouble: str = ""

    @property
    def good(self) -> bool:
        """Whether it was measured and holds."""
        return not self.trouble and not self.missed


def found() -> dict[str, ModuleType]:
    """Measurements by name."""
    modules = (
        importlib.import_module(f"{tests.bench.__name__}.{info.name}")
        for info in pkgutil.iter_modules(tests.bench.__path__)
        if not info.name.startswith("_")
    )
    return {
        str(module.NAME): module for module in modules if hasattr(module, "run") and hasattr(module, "NAME")
    }


def missed(module: ModuleType, numbers: Mapping[str, float]) -> frozenset[str]:
    """Which numbers are beyond what the module allows."""
    most: Mapping[str, float] = getattr(module, "LIMITS", {})
    least: Mapping[str, float] = getattr(module, "LEAST", {})
    over = {name for name, bound in most.items() if name in numbers and not numbers[name] <= bound}
    under = {name for name, bound in least.items() if name in numbers and not numbers[name] >= bound}
    return frozenset(over | under)


def measure(module: ModuleType, *, quick: bool) -> Outcome:
    """Run one measurement; its failure is part of the table."""
    try:
        numbers = module.run(quick)
    except Exception as error:
        traceback.print_exc()
        return Outcome(name=module.NAME, bar=module.BAR, trouble=f"{type(error).__name__}: {error}")
    return Outcome(name=module.NAME, bar=module.BAR, numbers=numbers, missed=missed(module, numbers))


def table(outcomes: Sequence[Outcome]) -> str:
    """The outcomes for people to read."""
    out = []
    for outcome in outcomes:
        out.append(f"{outcome.name}  (bar: {outcome.bar})")
        if outcome.trouble:
            out.append(f"    not measured: {outcome.trouble}")
        for name, value in outcome.numbers.items():
            mark = "  MISSED" if name in outcome.missed else ""
            out.append(f"    {name:<44} {value:>12.3f}{mark}")
    return "\n".join(out)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is asked for, or everything."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: all")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions; for a first impression")
    known = parser.parse_args(arguments)
    modules = found()
    unknown = sorted(set(known.names) - set(modules))
    if unknown:
        parser.error(f"no measurement {', '.join(unknown)}; there are: {', '.join(sorted(modules))}")
    outcomes = []
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "")
    for name in known.names or sorted(modules):
        outcome = measure(modules[name], quick=known.quick)
        print(table([outcome]), flush=True)
        outcomes.append(outcome)
    return 0 if all(outcome.good for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
