"""Asks the local model beside the pages, never in their path: one message at a time, answers kept in memory."""

from __future__ import annotations

import hashlib
import logging
import queue
import threading
from collections import OrderedDict

from callcenter.domain.proposals import Proposal
from callcenter.services.proposals import Asked, Proposer

log = logging.getLogger(__name__)

MOST_WAITING = 20
MOST_KEPT = 500


class Asking:
    """A thread that asks; a page looks whether the answer is there."""

    def __init__(self, proposer: Proposer) -> None:
        """The thread begins with the first question."""
        self._proposer = proposer
        self._waiting: queue.Queue[tuple[str, Asked]] = queue.Queue(MOST_WAITING)
        self._lock = threading.Lock()
        self._under_way: set[str] = set()
        self._kept: OrderedDict[str, tuple[Proposal, ...]] = OrderedDict()
        self._thread: threading.Thread | None = None

    def answer(self, asked: Asked) -> tuple[Proposal, ...] | None:
        """What the model proposes; None: it is being asked, or will be when others have had their turn."""
        key = _key(asked)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            if key in self._under_way:
                return None
            try:
                self._waiting.put_nowait((key, asked))
            except queue.Full:
                return None
            self._under_way.add(key)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="fields-model", daemon=True)
                self._thread.start()
        return None

    def _run(self) -> None:
        while True:
            key, asked = self._waiting.get()
            try:
                answer = self._proposer.propose(asked)
            except Exception:
                # one message that cannot be read must not end the proposals of all others
                log.exception("the local model could not be asked")
                answer = ()
            with self._lock:
                self._under_way.discard(key)
                self._kept[key] = answer
                while len(self._kept) > MOST_KEPT:
                    self._kept.popitem(last=False)


def _key(asked: Asked) -> str:
    """What the answer depends on, without the words themselves."""
    message = asked.message
    parts = [message.text, message.language, repr(tuple(message.words)), str(message.corrected)]
    parts += [f"{kind.key} {kind.names} {kind.words}" for kind in asked.kinds]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
