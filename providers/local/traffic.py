"""Cars that drive by behind the subject; each is in the middle of the picture at a moment of the timeline."""

from __future__ import annotations

from PIL import Image

from providers.local.acts import PASS_PACE
from providers.local.backdrop import Stage
from providers.local.canvas import Canvas, mix
from providers.local.vehicles import draw_car, paint_of

_SCALE = 0.58


class Traffic:
    """The passing cars of one clip."""

    def __init__(self, stage: Stage, passes: tuple[float, ...], ground: float) -> None:
        """Paint each car by its number."""
        self._stage, self._passes = stage, passes
        self._line = ground - 58
        self._paints = tuple(
            paint_of(stage.script.seed + 1 + 3 * k, stage.palette) for k in range(len(passes))
        )

    def draw(self, frame: Image.Image, seconds: float) -> None:
        """Draw the road and what drives on it now."""
        if not self._passes:
            return
        stage = self._stage
        canvas = Canvas(frame, stage.scale)
        p = stage.palette
        road = mix(mix((84, 84, 96), p.shade, 0.45), p.haze, 0.1)
        canvas.rectangle(
            -5, self._line - 18, stage.width + 10, 25, (*road, 0.62 if stage.script.raining else 0.86)
        )
        canvas.rectangle(-5, self._line + 6, stage.width + 10, 3, (*mix(road, p.rim, 0.3), 0.8))
        for passed, paint in zip(self._passes, self._paints, strict=True):
            x = stage.width / 2 + PASS_PACE * (seconds - passed)
            if -320 < x < stage.width + 320:
                canvas.ellipse(x, self._line, 92, 7, (*p.shade, 0.4))
                draw_car(
                    canvas,
                    paint,
                    x=x,
                    ground=self._line,
                    seconds=seconds,
                    way=PASS_PACE * seconds / _SCALE,
                    scale=_SCALE,
                )
        canvas.finish()
