"""Graphs in ComfyUI's API format, and the small files that say where a wish goes in them.

A mapping file `<name>.toml` lies beside its graphs; the operator's folder is looked in before ours. No
network here, and no knowledge of single models: those are data.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from providers.base import Role, VideoRequest
from providers.errors import Unsupported

SHIPPED = Path(__file__).parents[1] / "data" / "comfyui"
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
VALUES = frozenset("prompt negative seed width height half-width half-height frames seconds fps file".split())

Graph = dict[str, dict[str, Any]]
Place = Annotated[str, Field(pattern=r"^[^.]+\..+$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Workflow(_Strict):
    graph: str = Field(pattern=r"^[A-Za-z0-9._-]+\.json$")
    takes: tuple[Role, ...]
    output: str
    steps: tuple[str, ...] = ()
    places: Mapping[str, tuple[Place, ...]]


class _Mapping(_Strict):
    fps: int = Field(gt=0, le=120)
    sizes: Mapping[str, Mapping[str, tuple[int, int]]] = {}
    workflow: tuple[_Workflow, ...] = Field(min_length=1)


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """A graph and its places.

    Attributes:
        graph: node id → `class_type` and `inputs`; never changed.
        places: name of a value or role of a file → "node.input", as often as it is needed.
        output: the node that saves the clip.
        steps: the nodes whose steps take the time, in order; by them it shows how far a job is.
        fps: frames a second. size: width and height in pixels, or None where nothing says so.
    """

    graph: Mapping[str, Mapping[str, Any]]
    places: Mapping[str, tuple[str, ...]]
    output: str
    steps: tuple[str, ...]
    fps: int
    size: tuple[int, int] | None

    def filled(self, request: VideoRequest, *, seed: int, file: str, files: Mapping[str, str]) -> Graph:
        """The graph of one job.

        Args:
            request: the wish.
            seed: always another: for the same one the server hands out the old clip.
            file: how the clip's file name begins.
            files: role → name of the file at the server.
        """
        width, height = self.size or (0, 0)
        values: dict[str, str | int] = {
            "prompt": request.prompt,
            "negative": request.negative,
            "seed": seed,
            "width": width,
            "height": height,
            "half-width": width // 2,
            "half-height": height // 2,
            "frames": request.seconds * self.fps + 1,
            "seconds": request.seconds,
            "fps": self.fps,
            "file": file,
            **files,
        }
        graph = {node: {**part, "inputs": dict(part["inputs"])} for node, part in self.graph.items()}
        for name, places in self.places.items():
            for place in places:
                node, _, field = place.partition(".")
                graph[node]["inputs"][field] = values[name]
        return graph


def find_workflow(request: VideoRequest, folders: Sequence[Path]) -> Workflow:
    """The workflow of a wish: the one that takes exactly the files that came along. Reads files.

    Args:
        request: the wish; `api_name` is the name of the mapping file.
        folders: where to look, first the operator's.

    Raises:
        Unsupported: there is none, or its files are not in order; the message says which and why.
    """
    name = request.api_name
    if not NAME.fullmatch(name):
        raise Unsupported(f"{name!r} is no name of a workflow")
    path = next((path for folder in folders if (path := folder / f"{name}.toml").is_file()), None)
    if path is None:
        raise Unsupported(f"there is no workflow {name}.toml")
    mapping = _read_mapping(path)
    roles = sorted(item.role for item in request.media)
    found = next((one for one in mapping.workflow if sorted(one.takes) == roles), None)
    if found is None:
        raise Unsupported(f"{path.name} has no workflow that takes {', '.join(roles) or 'words alone'}")
    size = mapping.sizes.get(request.resolution, {}).get(request.aspect)
    if size is None and any("width" in name or "height" in name for name in found.places):
        raise Unsupported(f"{path.name} has no size for {request.resolution} {request.aspect}")
    if request.negative and "negative" not in found.places:
        raise Unsupported(f"{found.graph} has no place for a negative prompt")
    graph = _read_graph(path.parent / found.graph)
    _check(found, graph)
    return Workflow(
        graph=graph,
        places=found.places,
        output=found.output,
        steps=found.steps,
        fps=mapping.fps,
        size=size,
    )


def _read_mapping(path: Path) -> _Mapping:
    try:
        return _Mapping.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise Unsupported(f"{path.name}: {_first(error)}") from None


def _read_graph(path: Path) -> Graph:
    try:
        graph = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Unsupported(f"{path.name}: {_first(error)}") from None
    nodes = graph.values() if isinstance(graph, dict) else [None]
    if not all(
        isinstance(node, dict)
        and isinstance(node.get("class_type"), str)
        and isinstance(node.get("inputs"), dict)
        for node in nodes
    ):
        # The editor saves another format; only this one is taken by the server.
        raise Unsupported(f'{path.name} is not in the API format: use "Export (API)" in ComfyUI')
    found: Graph = graph
    return found


def _check(workflow: _Workflow, graph: Graph) -> None:
    if strange := set(workflow.places) - VALUES - set(workflow.takes):
        raise Unsupported(f"{workflow.graph}: nothing is called {sorted(strange)[0]}")
    if missing := {"prompt", "seed", *workflow.takes} - set(workflow.places):
        raise Unsupported(f"{workflow.graph}: no place for {sorted(missing)[0]}")
    for place in (place for places in workflow.places.values() for place in places):
        node, _, field = place.partition(".")
        if field not in graph.get(node, {}).get("inputs", {}):
            raise Unsupported(f"{workflow.graph} has no {place}")
    if len(set(workflow.takes)) < len(workflow.takes):
        raise Unsupported(f"{workflow.graph}: one file of each kind can be taken")
    if workflow.output not in graph:
        raise Unsupported(f"{workflow.graph} has no node {workflow.output}")
    if strange := set(workflow.steps) - set(graph):
        raise Unsupported(f"{workflow.graph} has no node {sorted(strange)[0]}")


def _first(error: Exception) -> str:
    if isinstance(error, ValidationError):
        detail = error.errors()[0]
        return f"{'.'.join(map(str, detail['loc']))}: {detail['msg']}"
    if isinstance(error, OSError):
        return error.strerror or "cannot be read"
    return str(error).splitlines()[0]
