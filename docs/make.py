"""Write the pages of causes anew from those of the package: causes.md, and causes.LANGUAGE.md beside it.

python docs/make.py
"""

from __future__ import annotations

import sys
from pathlib import Path

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS.parent))  # the package that stands here, not one that is installed

from tlsparse.language import ENGLISH, LANGUAGES  # noqa: E402
from tlsparse.manual import as_markdown  # noqa: E402


def documents() -> dict[Path, str]:
    """Return each document with what belongs in it."""
    return {
        DOCS / ("causes.md" if language == ENGLISH else f"causes.{language}.md"): as_markdown(
            language
        )
        for language in LANGUAGES
    }


if __name__ == "__main__":
    for path, text in documents().items():
        path.write_text(text, "utf-8")
