"""Tasks below Kling's `/v1`, named by us: started once, looked up by our name, asked for on their own path.

Facts from the legacy pages of kling.ai/document-api (September 2026), checked 2026-11-22. What a task makes
is its adapter's business; most make a clip, which is read here.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from pydantic import ValidationError

from providers.errors import BadRequest, OutcomeUnknown, Unreachable
from providers.wire.kling import TAKEN, KlingWire, Standing, Wire

# The vendor's words for a name that is taken (seen live 2026-09-20, once), as opposed to any other 1201.
_TAKEN_WORDS = "external_task_id already exists"


class _Created(Wire):
    task_id: str


class _Info(Wire):
    external_task_id: str | None = ""


class Task(Wire):
    """What is told of every task; its result is in a field of its own."""

    task_id: str
    task_status: str
    task_status_msg: str | None = ""
    task_info: _Info | None = None
    final_unit_deduction: Decimal | None = None


class _Clip(Wire):
    id: str = ""
    url: str = ""


class _Clips(Wire):
    videos: list[_Clip] | None = None


class ClipTask(Task):
    """A task that makes a clip."""

    task_result: _Clips | None = None


T = TypeVar("T", bound=Task)


class NamedTasks(Generic[T]):
    """Tasks of one form on an account's connection."""

    def __init__(self, wire: KlingWire, form: type[T]) -> None:
        """Nothing is sent; `form` is how a task is read."""
        self._wire = wire
        self._form = form

    async def create(self, path: str, payload: Mapping[str, Any], *, model: str, job_key: str) -> str:
        """Start a task, once under `job_key`, however often this is called; returns the vendor's id.

        Raises:
            NotSent, Refused, OutcomeUnknown: as `submit` of the seam.
        """
        try:
            data = await self._wire.create(path, payload, model=model)
        except BadRequest as refused:
            known = await self._known(path, model, job_key) if refused.vendor_code == TAKEN else None
            if known is None and _TAKEN_WORDS in refused.said:
                raise OutcomeUnknown(
                    "it exists and does not answer to its name", provider=self._wire.id, model=model
                ) from None
            if known is None:
                raise
            return known
        try:
            return _Created.model_validate(data).task_id
        except ValidationError:
            raise self._wire.unreadable(OutcomeUnknown, model) from None

    async def find(self, path: str, *, model: str, job_key: str) -> str | None:
        """The vendor's id of the task that carries our name; None if there is none.

        Raises:
            Unreachable: no usable answer.
        """
        task = await self.ask(path, job_key, model=model)
        if task is None:
            return None
        told = task.task_info.external_task_id if task.task_info is not None else None
        # Not every page shows the name in the answer; a task that has another one is not ours.
        return None if told and told != job_key else task.task_id

    async def ask(self, path: str, name: str, *, model: str) -> T | None:
        """A task by the vendor's id or our name, or None; errors as in `find`."""
        data = await self._wire.look(f"{path}/{quote(name, safe='')}", model=model)
        if data is None:
            return None
        try:
            return self._form.model_validate(data)
        except ValidationError:
            raise self._wire.unreadable(Unreachable, model) from None

    async def _known(self, path: str, model: str, job_key: str) -> str | None:
        """The task that carries our name, if 1201 meant that there is one."""
        try:
            return await self.find(path, model=model, job_key=job_key)
        except Unreachable:
            raise OutcomeUnknown(
                "it may exist and cannot be looked up", provider=self._wire.id, model=model
            ) from None


def clip_standing(task: ClipTask) -> Standing:
    """How a task stands that makes a clip."""
    clips = (task.task_result.videos if task.task_result else None) or []
    clip = next((item for item in clips if item.url), _Clip())
    return Standing(
        state=task.task_status,
        message=task.task_status_msg or "",
        url=clip.url,
        video_id=clip.id,
        units=task.final_unit_deduction,
    )
