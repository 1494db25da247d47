"""`python -m tests.bench` finds what there is to measure and says honestly what misses its bar."""

from __future__ import annotations

from types import ModuleType

import pytest

from tests.bench import __main__ as bench


def module(numbers: dict[str, float] | Exception, **bounds: dict[str, float]) -> ModuleType:
    made = ModuleType("made")

    def run(quick: bool) -> dict[str, float]:
        if isinstance(numbers, Exception):
            raise numbers
        return numbers

    made.__dict__.update(NAME="made", BAR="≤ 2 times", run=run, **bounds)
    return made


def test_every_measurement_has_a_name_and_a_bar() -> None:
    modules = bench.found()
    assert {"startup", "imports", "remux_fit"} <= set(modules)
    assert all(found.BAR for found in modules.values())


@pytest.mark.parametrize(("value", "good"), [(1.9, True), (2.0, True), (2.1, False), (float("nan"), False)])
def test_a_number_beyond_its_bar_is_marked(value: float, good: bool) -> None:
    outcome = bench.measure(module({"times": value, "other": 9.0}, LIMITS={"times": 2.0}), quick=True)
    assert outcome.good is good
    assert ("MISSED" in bench.table([outcome])) is not good


def test_a_number_below_its_least_is_marked() -> None:
    outcome = bench.measure(module({"times_plain": 4.0}, LEAST={"times_plain": 5.0}), quick=True)
    assert not outcome.good


def test_a_measurement_that_fails_is_part_of_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = bench.measure(module(RuntimeError("no disk")), quick=True)
    assert not outcome.good
    assert "not measured: RuntimeError: no disk" in bench.table([outcome])
    assert "no disk" in capsys.readouterr().err


def test_an_unknown_name_lists_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        bench.main(["nonsense"])
    assert "startup" in capsys.readouterr().err
