"""What can go wrong between the desk and Asterisk."""

from callcenter.errors import ShouwenError


class AgiError(ShouwenError):
    """The conversation with Asterisk broke."""


class HungUp(AgiError):
    """The channel hung up: a normal ending of any entry."""


class BadCommand(AgiError):
    """Asterisk refused an AGI command (510 or 520): the dialplan and the desk do not fit together."""


class BadRequest(AgiError):
    """What came in over TCP is no FastAGI request of ours."""


class JournalUnavailable(AgiError):
    """The journal could not be written: see whether the disk of SHOUWEN_HOME is full."""
