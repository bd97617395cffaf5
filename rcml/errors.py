"""What can go wrong on this floor, and the numbers it is reported under.

- ``RcmlError`` (theirs): a document cannot be read or run; carries ``line`` and ``code``
    - ``InvalidUrl``: an attribute or text that should be a URL is none (11100)
- ``CallerGone`` (theirs): the call ended while a verb was using it
- ``FetchFailed`` (theirs): a document could not be obtained; carries ``code`` and the HTTP ``status``
- ``PlaybackFailed`` (theirs): a sound or a spoken text could not be produced
- ``DeclarationError`` (ours): a verb is declared in a way the schema does not understand

The numbers are those of the notification log. Numbers that belong to one attribute stand beside that
attribute in its verb; those that several places raise stand here.
"""

FEATURE_MISSING = 11001
INVALID_URI = 11100
FETCH_INPUT_OUTPUT = 11205
FETCH_HTTP_STATUS = 11206
BODY_TOO_LARGE = 11750
MALFORMED_DOCUMENT = 12100
UNKNOWN_NAME = 12200
WRONG_CONTENT_TYPE = 12300
PLAYBACK_FAILED = 13233
NOT_IN_A_REPLY = 14110
VOICE_FAILED = 13520
NOT_IN_QUEUE = 13261
RECOGNITION_FAILED = 13521
TRANSCRIPTION_FAILED = 13522
DOCUMENT_LOOP = 14106
URL_NOT_FOUND = 21402
STREAM_TIMEOUT = 31901
STREAM_UNREACHABLE = 31902
STREAM_TLS = 31910
STREAM_HANDSHAKE = 31920
STREAM_BROKEN = 31921
STREAM_OVERFLOW = 31930
STREAM_SOUND = 31940
STREAM_UNREADABLE = 31950
STREAM_MESSAGE = 31951
STREAM_NAME = 31960
RELAY_UNREACHABLE = 64102
RELAY_BROKEN = 64105
RELAY_MESSAGE = 64107

MEANINGS = {
    FEATURE_MISSING: "the document asks for something this server has no means for, such as a recogniser",
    INVALID_URI: "an attribute or text that should be a URL is none",
    FETCH_INPUT_OUTPUT: "no complete answer: refused, reset, timed out, name or certificate wrong",
    FETCH_HTTP_STATUS: "an answer with a status other than 200",
    BODY_TOO_LARGE: "an answer that is too large to be a document",
    MALFORMED_DOCUMENT: "the document cannot be read",
    UNKNOWN_NAME: "an element, an attribute or a value that no verb declares",
    WRONG_CONTENT_TYPE: "an answer whose content type no document has",
    PLAYBACK_FAILED: "a sound or a spoken text could not be produced",
    NOT_IN_A_REPLY: "a verb that needs a call stands in the answer to a message",
    TRANSCRIPTION_FAILED: "a recording, or a live call, could not be turned into text",
    VOICE_FAILED: "a speech provider failed and the server's own voice spoke, or a text broke off",
    NOT_IN_QUEUE: "Leave outside of the document that a caller hears in a queue",
    RECOGNITION_FAILED: "a recogniser failed, or cannot listen for what the document asks",
    DOCUMENT_LOOP: "too many documents that followed each other at once, without input from the caller",
    URL_NOT_FOUND: "the first document of a call was answered with 404",
    STREAM_TIMEOUT: "a stream's application did not answer in time",
    STREAM_UNREACHABLE: "a stream's application cannot be reached: name not found, or connection refused",
    STREAM_TLS: "TLS with a stream's application failed",
    STREAM_HANDSHAKE: "a stream's application answered, but did not open a WebSocket",
    STREAM_BROKEN: "a stream's connection broke, or its application closed it with an error",
    STREAM_OVERFLOW: "sound of a stream was thrown away: sent, or taken, too slowly",
    STREAM_SOUND: "a stream could not be given the call's sound",
    STREAM_UNREADABLE: "a message on a stream that cannot be read",
    STREAM_MESSAGE: "a message on a stream that the protocol does not know",
    STREAM_NAME: "a stream's name is in use already, or no stream of that name runs",
    RELAY_UNREACHABLE: "no WebSocket could be opened to the application of a ConversationRelay",
    RELAY_BROKEN: "the application of a ConversationRelay left without ending the conversation",
    RELAY_MESSAGE: "a message of a ConversationRelay's application that cannot be used",
}
"""What each number says, for the reference page."""


class RcmlError(Exception):
    """A document that cannot be read or run.

    ``line`` counts from 1 and is None when the fault is not in one place. The text says what was found
    and how to mend it.
    """

    def __init__(self, message: str, line: int | None = None, code: int = MALFORMED_DOCUMENT) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.code = code

    def __str__(self) -> str:
        return self.message if self.line is None else f"line {self.line}: {self.message}"


class InvalidUrl(RcmlError):
    """A text that should be an absolute http or https URL, or lead to one, and does not."""

    def __init__(self, message: str, line: int | None = None, code: int = INVALID_URI) -> None:
        super().__init__(message, line, code)


class CallerGone(Exception):
    """The call is over: the caller hung up or cancelled, or the other side's leg failed."""


class FetchFailed(Exception):
    """A document could not be obtained.

    ``code`` is one of FETCH_INPUT_OUTPUT, FETCH_HTTP_STATUS, INVALID_URI or BODY_TOO_LARGE; ``status`` is
    the HTTP status when an answer came.
    """

    def __init__(self, reason: str, *, url: str, code: int, status: int | None = None) -> None:
        super().__init__(f"{url}: {reason}")
        self.reason = reason
        self.url = url
        self.code = code
        self.status = status


class PlaybackFailed(Exception):
    """A sound could not be fetched or decoded, or a text could not be spoken."""

    def __init__(self, reason: str, *, url: str | None = None) -> None:
        super().__init__(reason if url is None else f"{url}: {reason}")
        self.reason = reason
        self.url = url


class DeclarationError(TypeError):
    """A verb or noun of ours is declared in a way the schema does not understand."""
