"""Templates: one Jinja environment, escaping on, speaking the reader's language."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from callcenter.domain.fold import holder
from callcenter.domain.parties import called
from web import labels
from web.i18n import NAMES, Speech
from web.views.calls import since, state_of
from web.views.tickets import is_late

HERE = Path(__file__).parent
STATIC = HERE / "static"


def fingerprint(folder: Path) -> str:
    """A short hash over every static file: part of their addresses, so that browsers may keep them."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


@lru_cache(maxsize=2)
def environment(version: str) -> Environment:
    """The environment; an unknown name in a template is an error, not an empty string."""
    env = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    env.policies["ext.i18n.trimmed"] = True
    env.install_gettext_callables(_gettext, _ngettext, newstyle=True)  # type: ignore[attr-defined]  # set by the extension

    def static(path: str) -> str:
        return f"/static/{version}/{path}"

    def icon(name: str, extra: str = "") -> Markup:
        return Markup(
            '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>'
        ).format(extra, static("vendor/icons.svg"), name)

    env.globals.update(static=static, icon=icon, language_names=NAMES, labels=labels)
    env.globals.update(state_of=state_of, since=since, holder=holder, is_late=is_late, called=called)
    env.filters["paragraphs"] = paragraphs
    return env


def paragraphs(text: str) -> Markup:
    """Text with its line breaks, escaped."""
    return Markup("<br>").join(escape(line) for line in text.splitlines())


@pass_context
def _gettext(context: Context, message: str) -> str:
    speech: Speech = context["say"]
    return speech.gettext(message)


@pass_context
def _ngettext(context: Context, one: str, many: str, count: int) -> str:
    speech: Speech = context["say"]
    return speech.ngettext(one, many, count)


class Renderer:
    """Renders a template for one reader."""

    def __init__(self) -> None:
        """Build the environment; templates compile when first used."""
        self.version = fingerprint(STATIC)
        self._environment = environment(self.version)

    def render(self, template: str, say: Speech, values: Mapping[str, Any]) -> str:
        """The text of `template`; `values` must hold everything it names."""
        return self._environment.get_template(template).render(say=say, **values)
