"""Staff: their table and its queries."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from callcenter.db.base import Base
from callcenter.domain.calls import Person
from callcenter.domain.staff import Role, StaffMember, StaffPhone


class StaffRow(Base):
    """One member of staff. Never deleted: calls and tickets name them for good."""

    __tablename__ = "staff"
    __table_args__ = (CheckConstraint("role IN ('staff', 'manager')", name="role"),)

    extension: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    role: Mapped[str]
    sip_ha1: Mapped[str | None]
    """MD5 of extension:shouwen:password; the password itself is stored nowhere."""
    console_user: Mapped[str | None] = mapped_column(unique=True)
    password_hash: Mapped[str | None]
    rung: Mapped[bool]
    on_duty: Mapped[bool]
    active: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class StaffRepository:
    """Staff in the database."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, extension: str) -> StaffMember | None:
        """The member of staff with this extension, active or not."""
        row = self._session.get(StaffRow, extension)
        return _member(row) if row else None

    def everybody(self) -> list[StaffMember]:
        """Everybody active, by extension."""
        rows = self._session.scalars(select(StaffRow).where(StaffRow.active).order_by(StaffRow.extension))
        return [_member(row) for row in rows]

    def names(self) -> dict[str, str]:
        """What everybody is called, by extension; those who have left too: what they did stays on record."""
        rows = self._session.execute(select(StaffRow.extension, StaffRow.name))
        return {extension: name for extension, name in rows}

    def phones(self) -> list[StaffPhone]:
        """The phones of everybody active, by extension."""
        return [
            StaffPhone(
                extension=row.extension,
                name=row.name,
                sip_ha1=row.sip_ha1,
                rung=row.rung,
                on_duty=row.on_duty,
            )
            for row in self._session.scalars(
                select(StaffRow).where(StaffRow.active).order_by(StaffRow.extension)
            )
            if row.sip_ha1
        ]

    def exists(self) -> bool:
        """Whether there is anybody active."""
        return self._session.scalar(select(StaffRow.extension).where(StaffRow.active).limit(1)) is not None

    def user_taken(self, console_user: str) -> bool:
        """Whether somebody has this console name."""
        query = select(StaffRow.extension).where(StaffRow.console_user == console_user)
        return self._session.scalar(query) is not None

    def add(self, member: StaffMember, *, sip_ha1: str, password_hash: str | None, at: datetime) -> bool:
        """Store `member`; False if somebody active has the extension. Somebody `know`n only is filled in."""
        values = {
            "name": member.name,
            "role": member.role,
            "sip_ha1": sip_ha1,
            "console_user": member.console_user,
            "password_hash": password_hash,
            "rung": member.rung,
            "on_duty": member.on_duty,
            "active": True,
            "created_at": at,
        }
        statement = (
            insert(StaffRow)
            .values(extension=member.extension, **values)
            .on_conflict_do_update(
                index_elements=[StaffRow.extension], set_=values, where=StaffRow.active.is_(False)
            )
            .returning(StaffRow.extension)
        )
        return self._session.scalar(statement) is not None

    def know(self, person: Person) -> None:
        """Make sure a row exists for somebody whom a call names: a record must never fail for want of one."""
        self._session.execute(
            insert(StaffRow)
            .values(
                extension=person.extension,
                name=person.name,
                role=Role.STAFF,
                rung=False,
                on_duty=False,
                active=False,
            )
            .on_conflict_do_nothing()
        )

    def set_on_duty(self, extension: str, on_duty: bool) -> bool:
        """Change whether the line rings them; False if there is nobody active of this extension."""
        statement = (
            update(StaffRow)
            .where(StaffRow.extension == extension, StaffRow.active)
            .values(on_duty=on_duty)
            .returning(StaffRow.extension)
        )
        return self._session.scalar(statement) is not None


def _member(row: StaffRow) -> StaffMember:
    return StaffMember(
        extension=row.extension,
        name=row.name,
        role=Role(row.role),
        rung=row.rung,
        on_duty=row.on_duty,
        active=row.active,
        console_user=row.console_user,
    )
