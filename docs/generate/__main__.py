"""`python -m docs.generate`: writes every generated file and says which ones changed."""

from __future__ import annotations

from pathlib import Path

from docs.generate.model_table import README_MARK, model_table, put_between
from docs.generate.settings_page import env_example, settings_page
from docs.generate.third_party import third_party

ROOT = Path(__file__).resolve().parents[2]


def generated() -> dict[str, str]:
    """File name → what it should say."""
    readme = (ROOT / "README.md").read_text("utf-8")
    return {
        ".env.example": env_example(),
        "docs/settings.md": settings_page(),
        "README.md": put_between(readme, README_MARK, model_table()),
        "THIRD_PARTY.md": third_party(ROOT),
    }


def main() -> None:
    """Write what differs."""
    for name, text in generated().items():
        path = ROOT / name
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8", newline="\n")
            print(f"wrote {name}")


if __name__ == "__main__":
    main()
