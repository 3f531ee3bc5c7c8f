"""Brings the catalogues of web/locales up to date; Chinese is then written by hand."""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

WEB = Path(__file__).resolve().parent.parent / "web"
CORE = WEB.parent / "callcenter"
"""What the core says in words that the console shows: formulas of reports, headings of their files."""
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
    options = (METHODS, OPTIONS, KEYWORDS, ("L10N:",))
    rows = [
        row
        for folder in (WEB, CORE)
        for row in extract_from_dir(str(folder), *options, strip_comment_tags=True)
    ]
    for filename, _line, message, comments, context in rows:
        found.add(message, None, [(filename, 0)], auto_comments=comments, context=context)
    return found


def updated(language: str, template: Catalog) -> Catalog:
    """The catalogue of `language` with every message of today, none of yesterday's and no guesses."""
    path = WEB / "locales" / language / "LC_MESSAGES" / "messages.po"
    header = "# The console's words. Made by tools/messages.py; translations are written by hand."
    catalog = Catalog(locale=language, charset="utf-8", fuzzy=False, header_comment=header)
    known = Catalog(locale=language)
    if path.exists():
        with path.open("rb") as file:
            known = read_po(file, locale=language)
    for message in template:
        if message.id:
            before = known.get(message.id, message.context)
            string = message.id if language == "en" else (before.string if before else "")
            catalog.add(message.id, string, auto_comments=message.auto_comments, context=message.context)
    return catalog


def text(catalog: Catalog) -> bytes:
    """The catalogue as a .po file, sorted, without what would change for nothing."""
    buffer = BytesIO()
    write_po(buffer, catalog, width=110, no_location=True, omit_header=False, sort_output=True)
    noise = (b'"POT-', b'"PO-', b'"Last-', b'"Language-Team', b'"Report-', b'"Project', b'"Generated')
    return b"\n".join(line for line in buffer.getvalue().split(b"\n") if not line.startswith(noise))


def main() -> int:
    """Writes both catalogues; says what still lacks Chinese."""
    template = extracted()
    for language in ("zh", "en"):
        catalog = updated(language, template)
        path = WEB / "locales" / language / "LC_MESSAGES" / "messages.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text(catalog))
        missing = [message.id for message in catalog if message.id and not message.string]
        print(f"{language}: {len(catalog)} messages, {len(missing)} without translation")
        for message in missing:
            print(f"  {message!r}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
