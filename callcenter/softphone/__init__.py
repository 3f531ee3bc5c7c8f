"""A small, exact SIP phone on asyncio: UDP, G.711, RFC 4733 digits and digest authentication."""

from callcenter.softphone.audio import load_wav, tone
from callcenter.softphone.call import Call
from callcenter.softphone.errors import CallFailed, CallOver, SipSyntaxError, SoftphoneError, WaitTimeout
from callcenter.softphone.incoming import IncomingCall
from callcenter.softphone.outgoing import OutgoingCall
from callcenter.softphone.phone import Phone
from callcenter.softphone.udp import Stamp

__all__ = [
    "Call",
    "CallFailed",
    "CallOver",
    "IncomingCall",
    "OutgoingCall",
    "Phone",
    "SipSyntaxError",
    "SoftphoneError",
    "Stamp",
    "WaitTimeout",
    "load_wav",
    "tone",
]
