"""How large and how long a file may be before it is looked at any closer. Values only."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class InputLimits:
    """What the media worker accepts. Lengths in bytes, seconds and pixels.

    Attributes:
        max_bytes: largest file.
        max_seconds: longest recording or clip.
        max_side: longest side of a clip's picture; 4096 lets every 4K format in.
        max_pixels: most pixels of one frame of a clip.
        max_image_side, max_image_pixels: the same for single pictures; cameras make 48 megapixels.
    """

    max_bytes: int = 250_000_000
    max_seconds: float = 1800.0
    max_side: int = 4096
    max_pixels: int = 4096 * 2304
    max_image_side: int = 16_000
    max_image_pixels: int = 50_000_000

    def to_json(self) -> dict[str, Any]:
        """As sent to the worker."""
        return asdict(self)
