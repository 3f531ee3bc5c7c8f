"""Brings the catalogues of web/locales up to date: `python tools/messages.py`; Chinese is then written by hand."""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

WEB = Path(__file__).resolve().parent.parent / "web"
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
METHODS = [
    ("static/**", "ignore"),
    ("node_modules/**", "ignore"),
    ("**.py", "python"),
    ("templates/**.html", "jinja2"),
]
OPTIONS = {"templates/**.html": {"newstyle_gettext": "true", "trimmed": "true"}}


def extracted() -> Catalog:
    """Every message that the sources hold today."""
    found = Catalog(project="Shouwen", version="0.1.0", charset="utf-8")
    rows = extract_from_dir(str(WEB), METHODS, OPTIONS, KEYWORDS, ("L10N:",), strip_comment_tags=True)
    for filename, _line, message, comments, context in rows:
        found.add(message, None, [(filename, 0)], auto_comments=comments, context=context)
    return found


def updated(language: str, template: Catalog) -> Catalog:
    """The catalogue of `language` with every message of today, none of yesterday's and no guesses."""
    path = WEB / "locales" / language / "LC_MESSAGES" / "messages.po"
    catalog = Catalog(locale=language, charset="utf-8")
    if path.exists():
        with path.open("rb") as file:
            catalog = read_po(file, locale=language)
    catalog.update(template, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    if language == "en":
        for message in catalog:
            if message.id:
                message.string = message.id
    return catalog


def text(catalog: Catalog) -> bytes:
    """The catalogue as a .po file, sorted, without dates or line numbers that would change for nothing."""
    buffer = BytesIO()
    write_po(buffer, catalog, width=110, no_location=True, omit_header=False, sort_output=True)
    lines = buffer.getvalue().split(b"\n")
    return b"\n".join(line for line in lines if not line.startswith((b'"POT-Creation', b'"PO-Revision')))


def main() -> int:
    """Writes both catalogues; says what still lacks Chinese."""
    template = extracted()
    for language in ("zh", "en"):
        catalog = updated(language, template)
        path = WEB / "locales" / language / "LC_MESSAGES" / "messages.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text(catalog))
        missing = [
            m.id for m in catalog if m.id and not all(m.string if isinstance(m.string, tuple) else [m.string])
        ]
        print(f"{language}: {len(catalog)} messages, {len(missing)} without translation")
        for message in missing:
            print(f"  {message!r}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
