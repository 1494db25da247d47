"""`python -m docs.generate`: writes every generated file and says which ones changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from docs.generate.model_table import README_MARK, model_table, put_between
from docs.generate.models_page import models_page
from docs.generate.settings_page import env_example, settings_page
from docs.generate.third_party import third_party

ROOT = Path(__file__).resolve().parents[2]


def _readme() -> str:
    return put_between((ROOT / "README.md").read_text("utf-8"), README_MARK, model_table())


# File name → what makes its text.
GENERATED: Mapping[str, Callable[[], str]] = {
    ".env.example": env_example,
    "docs/models.md": models_page,
    "docs/settings.md": settings_page,
    "README.md": _readme,
    "THIRD_PARTY.md": lambda: third_party(ROOT),
}


def main() -> None:
    """Write what differs."""
    for name, make in GENERATED.items():
        path, text = ROOT / name, make()
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8", newline="\n")
            print(f"wrote {name}")


if __name__ == "__main__":
    main()
