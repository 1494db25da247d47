"""`talkreel doctor --live MODEL`: how an operator finds out whether a model really works."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.e2e.street import Stall, open_street
from tests.e2e.talkreel import Said, Talkreel


@asynccontextmanager
async def operators_machine(
    folder: Path, vendor: str, **changes: str
) -> AsyncIterator[tuple[Talkreel, Stall]]:
    """A command line that knows the key of one vendor on this machine."""
    async with open_street(folder, [vendor]) as street:
        stall = street.stalls[vendor]
        prefix = f"TALKREEL_PROVIDERS__{vendor.upper().replace('-', '_')}"
        settings = {
            "TALKREEL_CATALOGUE_DIR": str(street.catalogue_dir),
            f"{prefix}__BASE_URL": stall.base_url,
            **{f"{prefix}__OPTIONS__{name.upper()}": value for name, value in stall.options.items()},
            **stall.keys,
            **changes,
        }
        yield Talkreel(folder, settings), stall


async def run(talkreel: Talkreel, *words: str) -> Said:
    """A command of its own process, while the vendor goes on here."""
    return await asyncio.to_thread(talkreel.run, "doctor", "--live", *words)


async def test_a_real_call_states_its_price_and_tells_every_step(tmp_path: Path) -> None:
    async with operators_machine(tmp_path, "kling") as (talkreel, stall):
        unasked = await run(talkreel, "kling-2.6")
        assert unasked.status == 1 and unasked.out[-1] == "Nothing was sent."
        assert unasked.out[:3] == [
            "Kling 2.6 by Kling; its facts were checked on 2026-11-22 by the maker's own pages",
            "One call: 5 s, 1080p, 16:9, with sound, from words alone",
            "Its list price is $0.7000; it is paid from the operator's budget whatever comes of it.",
        ]
        assert not stall.vendor.jobs
        said = await run(talkreel, "kling-2.6", "--yes")
        assert said.status == 0, said
        told = "\n".join(said.out)
        steps = (
            "handing it in",
            "the maker accepted it",
            "it is finished",
            "the clip is fetched",
            "decoded, checked and stored",
            "charged",
        )
        places = [told.index(step) for step in steps]
        assert places == sorted(places)
        (task,) = stall.vendor.jobs.values()
        assert f"its id at the maker: {task.id}" in said.out
        assert "cost: $0.7000, as priced or not told otherwise by the maker" in said.out
        assert said.out[-1] == "ok: the clip is as promised"
        file = next(line.removeprefix("file: ") for line in said.out if line.startswith("file: "))
        assert await asyncio.to_thread(Path(file).is_file)
        assert not any(key in told for key in stall.keys.values())
        assert "The books are right." in (await asyncio.to_thread(talkreel.run, "audit")).out[-1]


async def test_what_goes_wrong_is_told_as_it_is(tmp_path: Path) -> None:
    async with operators_machine(tmp_path, "kling", KLING_API_KEY="kling-wrong-5d21aa") as (talkreel, stall):
        said = await run(talkreel, "kling-2.5-turbo", "--yes")
        assert said.status == 1 and not stall.vendor.jobs
        assert any("no longer accepts the bot's key" in line for line in said.out)
        assert said.out[-1] == "wrong: no clip came (bad_key)"
        assert "kling-wrong" not in " ".join(said.lines)
        unknown = await run(talkreel, "kling-9", "--yes")
        assert unknown.status == 1 and unknown.err[0].startswith("There is no model “kling-9”; try ")
        keyless = await run(talkreel, "veo-3.1", "--yes")
        assert keyless.status == 1 and "GOOGLE_APPLICATION_CREDENTIALS" in keyless.err[0]
