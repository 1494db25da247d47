"""Workflows: ours fit the model and the nodes, an operator's are read, and every mistake in one is named."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from providers.errors import Unsupported
from providers.wire.workflows import SHIPPED, find_workflow
from tests.contract.stage_comfyui import picture, recording, wish
from tests.fakes.comfyui_nodes import check_graph

GUIDE = Path(__file__).parents[4] / "docs" / "comfyui.md"
# The guide's three files: a mapping, a model, a price. Those inside a list are indented.
EXAMPLES = re.findall(r"```toml\n(.*?)```", GUIDE.read_text("utf-8").replace("\n  ", "\n"), re.DOTALL)
MINE = EXAMPLES[0]


@pytest.mark.parametrize("resolution", ["480p", "720p"])
@pytest.mark.parametrize("aspect", ["16:9", "9:16", "1:1"])
def test_every_size_fits_both_passes_and_every_length_the_model(
    resolution: str, aspect: str, tmp_path: Path
) -> None:
    request = wish(mode="first-frame", media=(picture(tmp_path), recording(tmp_path)))
    request = replace(request, resolution=resolution, aspect=aspect)
    workflow = find_workflow(request, (SHIPPED,))
    files = {"first-frame": "a.png", "soundtrack": "a.wav"}
    for seconds in range(2, 11):
        one = replace(request, seconds=seconds)
        graph = workflow.filled(one, seed=1, file="talkreel/x", files=files)
        check_graph(graph, files.values())
        small, large = graph["10"]["inputs"], graph["13"]["inputs"]
        assert small["length"] == seconds * 24 + 1 and small["length"] % 8 == 1
        assert (small["width"] * 2, small["height"] * 2) == (large["width"], large["height"])
        assert large["width"] % 64 == 0 and large["height"] % 64 == 0
        assert graph["17"]["inputs"]["duration"] == seconds
    assert workflow.graph["6"]["inputs"]["text"] == "", "the template stays as it is"


def test_the_recording_is_kept_and_not_made_anew(tmp_path: Path) -> None:
    request = wish(mode="first-frame", media=(recording(tmp_path), picture(tmp_path)))
    graph = find_workflow(request, (SHIPPED,)).graph
    assert graph["11"]["class_type"] == "SetLatentNoiseMask" and graph["19"]["inputs"]["value"] == 0
    assert graph["20"]["inputs"]["audio_latent"] == ["11", 0]


GRAPH = {
    "3": {"class_type": "RandomNoise", "inputs": {"noise_seed": 0}},
    "5": {"class_type": "EmptyLTXVLatentVideo", "inputs": {"width": 1, "height": 1, "length": 1}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": ""}},
    "75": {"class_type": "SaveVideo", "inputs": {}},
}


def test_the_example_of_the_guide_is_a_workflow(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(MINE, "utf-8")
    (tmp_path / "mine.json").write_text(json.dumps(GRAPH), "utf-8")
    found = find_workflow(wish(api_name="mine"), (tmp_path, SHIPPED))
    graph = found.filled(wish(seconds=4), seed=5, file="f", files={})
    assert graph["5"]["inputs"] == {"width": 1280, "height": 704, "length": 97}
    assert find_workflow(wish(), (tmp_path, SHIPPED)).output == "75", "ours are still there"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('graph = "mine.json"', 'graph = "../mine.json"'), "workflow.0.graph"),
        (('graph = "mine.json"', 'graph = "yours.json"'), "yours.json: No such file"),
        (('prompt = ["6.text"]', ""), "no place for prompt"),
        (('seed = ["3.noise_seed"]', ""), "no place for seed"),
        (('"5.width"', '"5.breadth"'), "has no 5.breadth"),
        (('frames = ["5', 'framez = ["5'), "nothing is called framez"),
        (('output = "75"', 'output = "76"'), "has no node 76"),
        (("takes = []", 'takes = ["last-frame"]'), "no workflow that takes words alone"),
        (('"16:9"', '"4:3"'), "no size for 720p 16:9"),
        (("fps = 24", "fps = 24\nspeed = 1"), "speed: Extra inputs"),
    ],
)
def test_a_mistake_in_a_workflow_is_named(change: tuple[str, str], words: str, tmp_path: Path) -> None:
    assert change[0] in MINE
    (tmp_path / "mine.toml").write_text(MINE.replace(*change), "utf-8")
    (tmp_path / "mine.json").write_text(json.dumps(GRAPH), "utf-8")
    with pytest.raises(Unsupported, match=re.escape(words)):
        find_workflow(wish(api_name="mine"), (tmp_path,))


@pytest.mark.parametrize("graph", ['{"nodes": [], "links": []}', "[]", "{", '{"1": {"inputs": {}}}'])
def test_the_format_of_the_editor_is_refused_with_the_remedy(graph: str, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(MINE, "utf-8")
    (tmp_path / "mine.json").write_text(graph, "utf-8")
    with pytest.raises(Unsupported, match=r"mine\.json"):
        find_workflow(wish(api_name="mine"), (tmp_path,))
