"""Live captions as the captioner tells them to the console."""

from __future__ import annotations

import psycopg
from sqlalchemy import make_url

from callcenter.domain.captions import Caption
from callcenter.settings import Settings


def caption(call: str, text: str, *, number: int = 1, extension: str = "", draft: str = "") -> Caption:
    """Of one utterance: `text` is settled, `draft` may change."""
    return Caption(
        linkedid=call,
        extension=extension,
        language="zh",
        number=number,
        said_s=0.0,
        settled=text,
        draft=draft,
    )


def say(settings: Settings, *captions: Caption) -> None:
    """A notification of the database each."""
    url = make_url(settings.database_url or "").set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        for each in captions:
            connection.execute("SELECT pg_notify('shouwen_captions', %s)", (each.to_json(),))
