"""What a vendor says a clip cost is compared with what was booked, logged, and shown to the operator."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from bot.core.records import BillSum
from tests.e2e.stage import open_stage
from tests.e2e.talkreel import Talkreel

BUY = "/generate a cat sings --model scripted-native --seconds 4"


async def test_a_bill_that_differs_is_told_to_the_operator_and_never_to_the_member(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="bot.core.work.watching"):
        async with open_stage(tmp_path) as stage:
            stage.rule("bill-usd=0.55")
            dear = await stage.buy(BUY)
            plain = await stage.buy(BUY)
            assert "It cost 40 credits." in stage.read(dear.id)
            assert await stage.spent() == 80
            route = dear.plan.route
            assert await stage.app.store.bill_sums(since_ms=0) == (
                BillSum(route=route, clips=2, booked_micro_usd=800_000, billed_micro_usd=950_000),
            )
    (said,) = [record.getMessage() for record in caplog.records if record.name == "bot.core.work.watching"]
    assert dear.id in said and plain.id not in said
    assert "billed 550000 micro-dollars where 400000 were booked" in said
    audit = Talkreel(tmp_path, {"TALKREEL_DATA_DIR": str(tmp_path / "data")}).run("audit")
    assert (
        f"{route}: the vendor billed $0.95 this month where $0.80 were booked (+18.8 %, clips: 2)"
        in audit.out
    )
