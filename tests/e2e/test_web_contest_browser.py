"""A comparison in a real browser: clips that play as one, a switch without a gap, votes, no name before."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import pytest_asyncio
from numpy.typing import NDArray

from tests.e2e import web_contest
from tests.e2e.browser import Chromium, Demo, barriers, enter, missing, open_chromium, open_demo
from tests.e2e.web_contest import MODELS, NAMES, TONES

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page, Response

pytestmark = [
    pytest.mark.skipif(bool(missing()), reason=missing()),
    pytest.mark.asyncio(loop_scope="module"),
]

# Everything that goes to the loudspeaker is written down, block by block.
TAP = """() => {
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (to, ...rest) {
    if (to instanceof AudioDestinationNode && !this.tap) {
      const { context } = this;
      if (!context.tap) {
        context.tap = context.createScriptProcessor(1024, 1, 1);
        context.tap.tap = true;
        window.heard = { rate: context.sampleRate, blocks: [], marks: [] };
        const keep = ({ inputBuffer }) => window.heard.blocks.push(inputBuffer.getChannelData(0).slice());
        context.tap.onaudioprocess = keep;
        connect.call(context.tap, context.destination);
      }
      connect.call(this, context.tap);
    }
    return connect.call(this, to, ...rest);
  };
}"""
# How far the four are apart nine times out of ten, looked at every 20 ms: a busy machine may stumble once.
SPREAD = """async (ms) => {
  const videos = [...document.querySelectorAll(".contest-tile video")];
  const apart = [];
  const until = performance.now() + ms;
  while (performance.now() < until) {
    const times = videos.map((video) => video.currentTime);
    apart.push(Math.max(...times) - Math.min(...times));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const most = apart.sort((a, b) => a - b)[Math.floor(apart.length * 0.9)];
  return { most, playing: videos.every((video) => !video.paused), time: videos[0].currentTime };
}"""
BEGUN = """async () => {
  const { mixer } = document.querySelector(".contest").contest;
  while (mixer.time < 0.6) await new Promise((resolve) => setTimeout(resolve, 20));
}"""
SWITCH = """(key) => {
  window.heard.marks.push(window.heard.blocks.length);
  document.querySelector(".contest").dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
}"""
RECORDED = """() => {
  const { rate, blocks, marks } = window.heard;
  const whole = new Int16Array(blocks.length * 1024);
  blocks.forEach((block, at) => block.forEach((value, n) => (whole[at * 1024 + n] = value * 32767)));
  let text = "";
  for (const byte of new Uint8Array(whole.buffer)) text += String.fromCharCode(byte);
  return { rate, marks, sound: btoa(text) };
}"""


@dataclass(kw_only=True)
class House:
    """A bot with a comparison that is voted on and one that was revealed, and one browser."""

    demo: Demo
    chromium: Chromium
    voting: str
    revealed: str

    async def open(self, contest: str, name: str, **options: Any) -> Page:
        """A comparison as somebody sees it, in a window of their own."""
        window = await self.chromium.window(**options)
        await window.add_init_script(f"({TAP})()")
        page = await enter(window, f"{self.demo.base}/compare/{contest}?as={name}")
        await page.wait_for_selector(".contest-tile video")
        return page


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    folder = tmp_path_factory.mktemp("demo")
    data = folder / "data"
    await asyncio.to_thread(data.mkdir, mode=0o700)
    now_ms = time.time_ns() // 1_000_000
    voting, revealed = await web_contest.write(data, now_ms=now_ms, states=("voting", "revealed"))
    async with open_demo(folder) as demo, open_chromium() as chromium:
        await chromium.window(demo.url)
        yield House(demo=demo, chromium=chromium, voting=voting, revealed=revealed)


def pitch(sound: NDArray[np.float64], rate: int) -> float:
    """The strongest frequency in Hz."""
    return float(np.argmax(np.abs(np.fft.rfft(sound * np.hanning(sound.size)))) * rate / sound.size)


async def test_four_clips_play_as_one_and_a_key_switches_the_sound_without_a_gap(house: House) -> None:
    page = await house.open(house.voting, "ada")
    await page.focus(".contest")
    await page.keyboard.press("Space")
    await page.evaluate(BEGUN)
    apart = [await page.evaluate(SPREAD, 500)]
    for key in "234":
        await page.evaluate(SWITCH, key)
        apart.append(await page.evaluate(SPREAD, 600))
        assert await page.locator(".key[aria-pressed=true]").inner_text() == f"{'ABCD'[int(key) - 1]}\n{key}"
    assert all(one["playing"] for one in apart)
    assert max(one["most"] for one in apart) < 0.04, apart
    recorded: dict[str, Any] = await page.evaluate(RECORDED)
    rate, marks = int(recorded["rate"]), [mark * 1024 for mark in recorded["marks"]]
    sound = np.frombuffer(base64.b64decode(recorded["sound"]), np.int16).astype(np.float64)
    step = rate // 100
    for number, (before, after) in enumerate(
        zip([marks[0] - rate // 3, *marks], [*marks, sound.size], strict=True)
    ):
        steady = sound[before + rate // 6 : after - step]
        assert pitch(steady, rate) == pytest.approx(TONES[number], abs=6)
    usual = float(np.sqrt(np.mean(sound[marks[0] - rate // 3 : marks[0]] ** 2)))
    for mark in marks:
        around = sound[mark - rate // 10 : mark + rate // 6]
        loudness = np.sqrt(np.mean(around[: around.size // step * step].reshape(-1, step) ** 2, axis=1))
        assert loudness.min() > usual * 0.35, loudness
    # One play head for all: moved while they play, they go on together from there.
    await page.evaluate("document.querySelector('.contest').contest.mixer.seek(1)")
    again = await page.evaluate(SPREAD, 500)
    assert again["most"] < 0.04 and again["playing"] and again["time"] < 3
    await page.keyboard.press("Space")
    stopped = await page.evaluate(SPREAD, 100)
    assert not stopped["playing"] and stopped["most"] < 0.04


async def test_everything_can_be_reached_by_keyboard_and_screen_reader_at_every_width(house: House) -> None:
    page = await house.open(house.voting, "ben", reduced_motion="reduce")
    await page.get_by_role("button", name="Vote", exact=True).click()
    await page.wait_for_selector(".verdict")
    for letter in "ABCD":
        button = page.get_by_role("button", name=f"Hear clip {letter}")
        await button.focus()
        await page.keyboard.press("Enter")
        assert await button.get_attribute("aria-pressed") == "true"
        assert await page.get_by_alt_text(f"Spectrogram of clip {letter}").is_visible()
        assert await page.locator(".contest [role=status]").inner_text() == f"Hear clip {letter}"
    slider = page.get_by_role("slider", name="Position")
    await slider.focus()
    await page.keyboard.press("End")
    await page.locator("input[aria-valuetext='6.0 / 6.0 s']").wait_for()
    await page.get_by_role("button", name="Ears only").click()
    assert await page.locator(".contest-tile video").first.is_hidden()
    await page.get_by_role("button", name="Ears only").click()
    for width in (360, 768, 1280):
        await page.set_viewport_size({"width": width, "height": 900})
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            assert await barriers(page) == []


_FORGE = """async (id) => {
  const sent = { question: "overall", first: "A", second: "Z", verdict: "first" };
  const headers = { "Content-Type": "application/json" };
  const options = { method: "POST", headers, body: JSON.stringify(sent) };
  return (await fetch(`/chat/contests/${id}/vote?as=cleo`, options)).status;
}"""


async def names_in(told: list[str], house: House, window: BrowserContext) -> list[tuple[str, str]]:
    """What tells a model or a job in all that a page was told, and in the clips themselves."""
    for letter in "ABCD":
        clip = await window.request.get(
            f"{house.demo.base}/chat/contests/{house.voting}/{letter}/video?as=cleo"
        )
        told.append(f"{clip.headers} {(await clip.body()).decode('latin-1')}")
    assert len(told) > 25 and any("/A/video" in one for one in told)
    secret = [word.lower() for word in (*NAMES, *MODELS, "job0", "job3", "veo", "kling")]
    return [(word, one[:120]) for one in told for word in secret if word in one.lower()]


async def test_votes_are_kept_can_be_changed_and_nobody_learns_a_name_before_the_reveal(house: House) -> None:
    told: list[str] = []
    window = await house.chromium.window()
    page = await window.new_page()

    async def read(response: Response) -> None:
        # Clips come piece by piece and are looked at below.
        whole = response.status == 200 and not response.url.endswith("/video?as=cleo")
        body = await response.body() if whole else b""
        told.append(f"{response.url} {await response.all_headers()} {body.decode('latin-1')}")

    reading: list[asyncio.Task[None]] = []
    page.on("response", lambda response: reading.append(asyncio.ensure_future(read(response))))
    await page.goto(f"{house.demo.base}/compare/{house.voting}?as=cleo")
    await page.wait_for_selector(".contest-tile video")
    await page.get_by_role("button", name="Vote", exact=True).click()
    group = page.locator(".votes")
    await group.get_by_label("is better").first.check()
    await page.get_by_role("button", name="Report card").click()
    await page.get_by_alt_text("Report card").wait_for()
    await page.get_by_role("button", name="The next pair").click()
    await group.get_by_text("2 / 6").wait_for()
    await group.locator("fieldset", has_text="Music").get_by_label("A tie").check()
    await group.locator("fieldset", has_text="Music").get_by_label("Both bad").check()
    await page.get_by_role("button", name="The pair before").click()
    await group.get_by_text("1 / 6").wait_for()
    assert await group.locator("input:checked").count() == 1
    await asyncio.gather(*reading)
    reading.clear()
    await page.reload()
    await page.wait_for_selector(".verdict input:checked")
    await page.get_by_role("button", name="The next pair").click()
    assert await group.locator("fieldset", has_text="Music").get_by_label("Both bad").is_checked()
    assert await page.evaluate(_FORGE, house.voting) == 422
    await asyncio.gather(*reading)
    told += [await page.content(), page.url]
    assert await names_in(told, house, window) == []
    # After the reveal the names stand there, and who won.
    page = await house.open(house.revealed, "cleo")
    for name in NAMES:
        await page.get_by_text(name).first.wait_for()
    assert await page.locator(".votes").count() == 0
    assert (
        await page.locator(".contest-card img").evaluate("(img) => img.decode().then(() => img.naturalWidth)")
        > 800
    )
    assert await page.locator(".result tbody tr").count() == 4
    assert await barriers(page) == []


async def test_the_leaderboard_has_a_page_a_file_and_a_picture_in_the_chat(house: House) -> None:
    page = await enter(await house.chromium.window(), f"{house.demo.base}/leaderboard?as=ben")
    rows = page.locator("section", has_text="Overall").locator("tbody tr")
    assert await rows.count() == 4
    assert "Kling 2.6" in await rows.first.inner_text() and "100 credits" in await rows.first.inner_text()
    lows = [await row.locator(".interval i").evaluate("(i) => i.offsetLeft") for row in await rows.all()]
    assert lows == sorted(lows, reverse=True) and len(set(lows)) == 4
    await page.get_by_text("Nothing is ranked yet (music)").wait_for()
    async with page.expect_download() as saving:
        await page.get_by_role("link", name="Save as CSV").click()
    saved = await asyncio.to_thread((await (await saving.value).path()).read_text, "utf-8-sig")
    assert (
        saved.splitlines()[0].startswith("question,model,name,strength,low,high")
        and len(saved.splitlines()) == 5
    )
    for width, scheme in ((360, "dark"), (1280, "light")):
        await page.set_viewport_size({"width": width, "height": 900})
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert await barriers(page) == []
    page = await enter(await house.chromium.window(), f"{house.demo.base}/?as=ben")
    await page.fill("#words", "/leaderboard")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Enter")
    drawn = page.get_by_alt_text("Leaderboard · all in all")
    await drawn.wait_for()
    assert await drawn.evaluate("(img) => img.decode().then(() => img.naturalWidth)") > 1000
    server = await page.request.get(f"{house.demo.base}/data/leaderboard?server=discord:1&as=ben")
    assert server.status == 403
