"""From the database to the calls: who hands a caller on in the console is heard at once."""

from __future__ import annotations

from collections.abc import Callable

from agi.requests import Taker
from agi.typed import TypedHandoffs
from callcenter.db.uow import SqlUnitOfWork
from callcenter.services.typed_handoffs import HANDOFFS_CHANNEL, take_handoffs


class HandoffTaker(Taker):
    """Takes requests of the calls of this desk and has them decided."""

    def __init__(self, typed: TypedHandoffs, unit_of_work: Callable[[], SqlUnitOfWork]) -> None:
        """Nothing is touched before `start`."""
        super().__init__(typed.desk, HANDOFFS_CHANNEL)
        self._typed = typed
        self._unit_of_work = unit_of_work

    def take(self) -> None:
        """Decide and say so in one transaction: if the word gets lost, the same is answered again."""
        with self._unit_of_work() as uow:
            take_handoffs(uow, self._typed.decide, self.desk.clock())
            uow.commit()
