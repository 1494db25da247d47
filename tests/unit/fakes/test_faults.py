"""Faults by words and by rules."""

from __future__ import annotations

import pytest

from tests.fakes.faults import BadScript, Fault, Script, faults_in, without_markers

KNOWN = {"late": 0, "cut": 1, "slow": 0}


def test_words_in_a_text_ask_for_faults_with_value_and_count() -> None:
    text = "a cat [fault:cut] sings [fault:slow=250] and dances [fault:late=2*3]"
    assert faults_in(text, KNOWN) == (
        Fault(name="cut", times=1),
        Fault(name="slow", value="250", times=0),
        Fault(name="late", value="2", times=3),
    )
    assert without_markers("a cat [fault:cut]") == "a cat"


def test_a_misspelt_fault_is_an_error_and_not_a_test_that_passes_for_nothing() -> None:
    with pytest.raises(BadScript):
        faults_in("[fault:cutt]", KNOWN)
    with pytest.raises(BadScript):
        Script(known=KNOWN).add([{"faults": ["cutt"]}])
    with pytest.raises(BadScript):
        Script(known=KNOWN).add([{"fault": ["cut"]}])


def test_a_fault_happens_as_often_as_asked_to_each_task() -> None:
    happened: list[tuple[str, str]] = []
    script = Script(known=KNOWN, fired=lambda scope, name: happened.append((scope, name)))
    faults = faults_in("[fault:cut*2]", KNOWN)
    seen = [script.take(faults, "cut", scope="task 1") is not None for _ in range(4)]
    assert seen == [True, True, False, False]
    assert script.take(faults, "cut", scope="task 2") is not None
    assert happened == [("task 1", "cut"), ("task 1", "cut"), ("task 2", "cut")]


def test_a_fault_without_a_count_happens_every_time() -> None:
    script = Script(known=KNOWN)
    assert all(script.take(faults_in("[fault:late]", KNOWN), "late", scope="task") for _ in range(5))


def test_a_rule_hits_the_request_it_describes_once() -> None:
    script = Script(known=KNOWN)
    script.add(
        [
            {"match": {"nth": 2}, "faults": ["late"]},
            {"match": {"text": "dog", "model": "m"}, "faults": ["slow=9"], "uses": 2},
        ]
    )
    assert script.for_request({"text": "cat", "model": "m"}, nth=1) == ()
    assert [f.name for f in script.for_request({"text": "cat", "model": "m"}, nth=2)] == ["late"]
    assert [f.name for f in script.for_request({"text": "a dog", "model": "x"}, nth=3)] == []
    named = [script.for_request({"text": "a dog", "model": "m"}, nth=4 + i) for i in range(3)]
    assert [[f.name for f in faults] for faults in named] == [["slow"], ["slow"], []]


def test_a_fault_can_be_written_down_and_read_again() -> None:
    for text in ("cut", "slow=250", "late=2*3"):
        fault = Fault.parse(text, KNOWN)
        assert Fault.parse(str(fault), KNOWN) == fault
