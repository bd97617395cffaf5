"""What can go wrong in the engine floor.

* :exc:`EngineError`
    * :exc:`ConfigurationError`: the operator's file, variable or option is wrong.
    * :exc:`StoreError`: the store cannot be used as asked.
        * :exc:`StoreUnavailable`: it did not take a row in time; the row stays queued.
        * :exc:`StoreFull`: too many rows wait to be written.
    * :exc:`NoAnswer`: a SIP request of ours got no final response.
    * :exc:`MediaUnavailable`: a leg could not be given a port or a place in the media plane.
    * :exc:`TakesNoCalls`: the server is at a limit, or stops.
    * :exc:`CallOver`: a call to be steered has ended.
    * :exc:`WrongState`: a call cannot do what is asked in the state it is in.
    * :exc:`RequestRefused`: an HTTP request of ours brought no usable answer.
        * :exc:`FetchError`: the same for a document or a sound, with its notification code.
    * :exc:`TokenRefused`: an access token proves nothing.
        * :exc:`TokenExpired`: it did, and its holder should get another one.

Each message names the thing, the value and the cure.
"""

import enum


class EngineError(Exception):
    """Root of the errors of this floor."""


class ConfigurationError(EngineError):
    """The configuration cannot be used.

    ``problems`` has one sentence for each mistake, naming where it is, the value and the cure.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class StoreError(EngineError):
    """The store cannot be used as asked."""


class StoreUnavailable(StoreError):
    """The store did not confirm a row in time. The row stays queued and is written when it can be."""


class StoreFull(StoreError):
    """Too many rows wait for a store that takes none; nothing more may be promised."""


class NoAnswer(EngineError):
    """A SIP request of ours got no final response, or could not be sent."""


class MediaUnavailable(EngineError):
    """A leg could not be given a port or a place in the media plane."""

    code = 11000


class TakesNoCalls(EngineError):
    """The server is at a limit, or stops: no call is made now."""


class CallOver(EngineError):
    """A call to be steered has ended."""


class WrongState(EngineError):
    """A call or an event cannot do what is asked in the state it is in; the message says what it can."""


class TokenRefused(EngineError):
    """An access token proves nothing. The message says why, for the log and for the one who minted it."""


class TokenExpired(TokenRefused):
    """An access token that was good has expired: its holder should get another one."""


class Cause(enum.Enum):
    """At which step an HTTP request ended."""

    URL = "url"
    """The URL is malformed, or leads where the network policy does not allow."""
    CONNECT = "ct"
    """No connection: name not found, refused, TLS failed, or ``connect_timeout`` passed."""
    READ = "rt"
    """Connected, but the answer did not come in time or the connection broke."""
    STATUS = "status"
    """The answer's status is not 2xx."""
    ANSWER = "answer"
    """The answer is not HTTP, badly compressed, or redirects without end."""
    SIZE = "size"
    """The answer is larger than allowed."""


class RequestRefused(EngineError):
    """An HTTP request of ours brought no usable answer.

    ``url`` is shown without user name and password; ``status`` is the HTTP status when there was one,
    and ``headers`` and ``body`` what came with it, cut short.
    """

    def __init__(
        self,
        cause: Cause,
        reason: str,
        url: str,
        status: int | None = None,
        headers: str = "",
        body: bytes = b"",
    ) -> None:
        super().__init__(f"{url}: {reason}")
        self.cause = cause
        self.reason = reason
        self.url = url
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def outcome(self) -> str:
        """How it ended in a word, for figures: ``connect``, ``read``, ``4xx`` and so on."""
        if self.cause is Cause.STATUS and self.status is not None:
            return f"{self.status // 100}xx"
        return {Cause.CONNECT: "connect", Cause.READ: "read"}.get(self.cause, self.cause.value)


class FetchError(RequestRefused):
    """A document or a sound could not be fetched."""

    @property
    def code(self) -> int:
        """The notification code of rcml.md section 9.

        11100 the URL is bad or forbidden, 11205 the connection failed or timed out, 11206 the answer
        was not usable, 11750 it was too large, 21402 it was a 404.
        """
        if self.status == 404:
            return 21402
        return _CODES[self.cause]


_CODES = {
    Cause.URL: 11100,
    Cause.CONNECT: 11205,
    Cause.READ: 11205,
    Cause.STATUS: 11206,
    Cause.ANSWER: 11206,
    Cause.SIZE: 11750,
}
