"""From the database to Asterisk: who asks to call back is heard at once, and dialled once. Two threads.

One listens, so that a click rings a phone without a poll's delay; the other takes requests and dials. The database may
freeze or be away for as long as it likes: both wait for it, and whoever clicked meanwhile clicks again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from agi.call_backs import CallBacks
from agi.requests import Taker
from callcenter.db.uow import SqlUnitOfWork
from callcenter.services.call_backs import CALL_BACKS_CHANNEL, take_requests

log = logging.getLogger(__name__)


class Dialler(Taker):
    """Takes requests for this desk and has them dialled."""

    def __init__(self, call_backs: CallBacks, unit_of_work: Callable[[], SqlUnitOfWork]) -> None:
        """Nothing is touched before `start`."""
        super().__init__(call_backs.desk, CALL_BACKS_CHANNEL)
        self._call_backs = call_backs
        self._unit_of_work = unit_of_work

    def take(self) -> None:
        """Take what is asked for, then dial it: a desk that dies in between never calls twice."""
        with self._unit_of_work() as uow:
            orders = take_requests(uow, node=self.desk.settings.node, now=self.desk.clock())
            uow.commit()
        for order in orders:
            log.info("a call back is placed", extra={"linkedid": order.call_back.linkedid})
            self._call_backs.dial(order)
