"""Who sits for the close-up: look, light and seed, shared by face, features and hair."""

from __future__ import annotations

from dataclasses import dataclass

from providers.local.canvas import Colour, mix, tinted
from providers.local.looks import Look
from providers.local.palette import Palette


@dataclass(frozen=True, kw_only=True)
class Sitter:
    """One person in one light."""

    look: Look
    palette: Palette
    seed: int

    def lit(self, colour: Colour) -> tuple[int, int, int]:
        """A colour as this light shows it."""
        dark = 0.05 + 0.16 * (1 - self.palette.tint[0])
        return mix(tinted(colour, self.palette.tint, 0.8), self.palette.shade, dark)
