"""Every table of ours in one metadata: importing this file imports all of them."""

from __future__ import annotations

import callcenter.db.absences
import callcenter.db.access
import callcenter.db.accounts
import callcenter.db.analysis
import callcenter.db.attachments
import callcenter.db.call_backs
import callcenter.db.caller_languages
import callcenter.db.calls
import callcenter.db.heartbeat
import callcenter.db.opinions
import callcenter.db.own_days
import callcenter.db.own_prompts
import callcenter.db.policies
import callcenter.db.reminders
import callcenter.db.service_account
import callcenter.db.staff
import callcenter.db.supervision
import callcenter.db.tickets
import callcenter.db.transcripts
import callcenter.db.typed_handoffs  # noqa: F401
from callcenter.db.base import Base

METADATA = Base.metadata


def is_ours(name: str) -> bool:
    """Whether a table belongs to us, not to the job queue or to Alembic."""
    return not name.startswith(("procrastinate_", "alembic_"))
