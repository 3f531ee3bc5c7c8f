"""What a call does with requests of the other side that belong to it."""

from __future__ import annotations

import re
from collections.abc import Callable

from callcenter.softphone.call import Call
from callcenter.softphone.endpoint import reply
from callcenter.softphone.rtp import DIGITS
from callcenter.softphone.sip import Header, Request
from callcenter.softphone.transactions import ServerTransaction
from callcenter.softphone.udp import Stamp

_SIGNAL = re.compile(rb"Signal\s*=\s*([0-9*#A-D])", re.IGNORECASE)
_SDP: Header = ("Content-Type", "application/sdp")


def handle(call: Call, request: Request, transaction: ServerTransaction) -> None:
    """Answers one request within a call; 405 for what this phone does not know."""
    handler = _HANDLERS.get(request.method)
    if handler is None:
        transaction.respond(reply(request, 405, "Method Not Allowed"))
    else:
        handler(call, request, transaction)


def handle_ack(call: Call, request: Request) -> None:
    """The other side has our 200; an answer to an offer of ours may come with it."""
    transaction = call.acks_awaited.pop(request.cseq[0], None)
    if transaction is None:
        return
    transaction.acknowledged()
    call.mark("ack", request.received or Stamp.now())
    if request.body:
        call.media.accept(request.body)


def _bye(call: Call, request: Request, transaction: ServerTransaction) -> None:
    transaction.respond(reply(request, 200, "OK"))
    call.mark("bye_received", request.received or Stamp.now())
    call.finish(stamp=request.received)


def _invite(call: Call, request: Request, transaction: ServerTransaction) -> None:
    body = call.media.answer(request.body) if request.body else call.media.offer(call.media.direction)
    call.dialog.refresh(request)
    call.acks_awaited[request.cseq[0]] = transaction
    transaction.respond(
        reply(request, 200, "OK", headers=(("Contact", call.dialog.contact), _SDP), body=body)
    )


def _update(call: Call, request: Request, transaction: ServerTransaction) -> None:
    call.dialog.refresh(request)
    headers: tuple[Header, ...] = (("Contact", call.dialog.contact),)
    body = call.media.answer(request.body) if request.body else b""
    transaction.respond(reply(request, 200, "OK", headers=(*headers, _SDP) if body else headers, body=body))


def _notify(call: Call, request: Request, transaction: ServerTransaction) -> None:
    transaction.respond(reply(request, 200, "OK"))
    if request.get("Event").partition(";")[0].strip() == "refer":
        call.transfer.notified(request)


def _refer(call: Call, request: Request, transaction: ServerTransaction) -> None:
    call.transfer.refer_to = request.get("Refer-To")
    transaction.respond(reply(request, 202, "Accepted", headers=(("Contact", call.dialog.contact),)))


def _info(call: Call, request: Request, transaction: ServerTransaction) -> None:
    transaction.respond(reply(request, 200, "OK"))
    signal = _SIGNAL.search(request.body)
    digit = signal[1].decode().upper() if signal else ""
    if digit and digit in DIGITS:
        call.media.ear.take_digit(digit)


def _accept(_call: Call, request: Request, transaction: ServerTransaction) -> None:
    transaction.respond(reply(request, 200, "OK"))


_HANDLERS: dict[str, Callable[[Call, Request, ServerTransaction], None]] = {
    "BYE": _bye,
    "INVITE": _invite,
    "UPDATE": _update,
    "NOTIFY": _notify,
    "REFER": _refer,
    "INFO": _info,
    "OPTIONS": _accept,
    "MESSAGE": _accept,
}
