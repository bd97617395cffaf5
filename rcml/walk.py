"""Running documents one after another: what every interpreter has in common.

A verb may lead to another document, which replaces the one that runs. A walk fetches documents, executes
their verbs, puts what goes wrong into the call's notifications and guards against endless loops. What the
end of it means for the call is its owner's business.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, replace

from rcml.call import Level
from rcml.document import Document
from rcml.errors import (
    DOCUMENT_LOOP,
    PLAYBACK_FAILED,
    URL_NOT_FOUND,
    CallerGone,
    FetchFailed,
    InvalidUrl,
    PlaybackFailed,
    RcmlError,
)
from rcml.fetching import FetchingCall
from rcml.flow import AfterTalk, Fetch, Flow, Next, Parting
from rcml.schema import Verb
from rcml.values import Place, Url
from rcml.witness import Witness, followed

# Texts of the Reason header that a broken application earns; Restcomm's, on which applications may rely.
NOT_PARSED = "Problem_to_parse_downloaded_RCML"
NOT_FETCHED = "Problem while trying to download RCML"
NOT_PLAYED = "Problem while trying to play"
INVALID_URL = "Invalid URL in RCML"
LOOP = "Too many documents without caller input"

A_WHILE = 1.0
"""Seconds that a document has to take for the next one not to count: a caller who waits, or hears something
again and again, may do so for as long as they like, and asks the application once a second at most."""

LIFE_SIGN = 1.0
"""Seconds of talk after which a caller counts as doing something. Less is a callee who answers and hangs up
at once, which a document may ask for again and again."""


@dataclass(frozen=True, kw_only=True)
class InterpreterOptions:
    """Choices between what Restcomm documents, which is the default, and what it does."""

    absent_action_is_next_verb: bool = False
    """Whether input is dropped, instead of sent to the running document's URL, when a verb has no action."""
    not_found_is_404: bool = False
    """Whether a ringing caller gets 404, instead of 500, when the first document is not found."""
    restcomm_hangup_after_dial: bool = False
    """Whether the caller is hung up when a dialled call is over: the action is still requested, but only
    verbs that need no caller run then."""
    unknown_parameters_are_null: bool = False
    """Whether a parameter whose value is not known is sent as the text `null` instead of left out."""
    max_documents: int = 50
    """Documents in a row, each less than ``A_WHILE`` after the one before and without input from the caller,
    after which an application counts as looping. The same as TwiML's limit for messages."""


class Broken(Exception):
    """The application cannot be run further; the notification is written."""

    def __init__(self, reason: str, *, status: int = 500, apology: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        """For the Reason header."""
        self.status = status
        """What a ringing caller is answered."""
        self.apology = apology
        """Whether an answered caller is told."""


class Skipped(Exception):
    """A verb is not for this interpreter; the next one runs."""


class Ending(enum.Enum):
    """How a walk ended by itself."""

    LAST_VERB = "last verb"
    """The last verb of a document was done."""
    VERB = "verb"
    """A verb ended the call."""


def _admit_all(verb: Verb, document: Document) -> None:
    """Let every verb run."""


class Walk:
    """Walks an application's documents with one call.

    ``fallback`` is requested once for a document that cannot be fetched or parsed, and told why; again only
    when the caller has done something since: it must not run in circles. A caller who is gone needs none.
    ``admit`` is called before each verb and raises ``Broken`` for one that may not run here, or ``Skipped``.
    ``witness`` follows each verb that runs.
    """

    def __init__(
        self,
        call: FetchingCall,
        *,
        options: InterpreterOptions,
        fallback: Fetch | None = None,
        admit: Callable[[Verb, Document], None] = _admit_all,
        witness: Witness | None = None,
    ) -> None:
        self._call = call
        self._options = options
        self._fallback = fallback
        self._admit = admit
        self._witness = witness
        self._documents = 0
        self._requested = call.now
        """When the last document was."""
        self._fell_back = False
        self._is_first = True
        self._hung_up = False
        self._at: tuple[str | None, int | None] = None, None
        """URL of the document that runs, and line of the verb."""

    async def run(self, start: Fetch | Document) -> Ending:
        """Walk until a document or the call ends. Raises ``CallerGone`` and ``Broken``."""
        step: Fetch | Document | Ending = start
        while not isinstance(step, Ending):
            document = step if isinstance(step, Document) else await self.document(step)
            self._is_first = False
            step = await self._walk(document)
        return step

    async def document(self, fetch: Fetch) -> Document:
        """Return the document, or the one of the fallback. Raises ``Broken``."""
        now = self._call.now
        self._documents = self._documents + 1 if now - self._requested < A_WHILE else 1
        self._requested = now
        if self._documents > self._options.max_documents:
            raise self._loops(fetch)
        try:
            return await self._request(fetch)
        except (FetchFailed, RcmlError) as error:
            if self._fallback is None or self._fell_back or self._call.gone:
                raise self._broken(fetch, error) from error
            self._report(fetch, error)
            told = {**fetch.parameters, **_failure(fetch, error)}
        self._fell_back = True
        second = replace(self._fallback, parameters=told)
        try:
            return await self._request(second)
        except (FetchFailed, RcmlError) as error:
            raise self._broken(second, error) from error

    async def _walk(self, document: Document) -> Fetch | Ending:
        for warning in document.warnings:
            self._call.notify(
                warning.code, Level.WARNING, warning.message, url=document.url, line=warning.line
            )
        for verb in document.verbs:
            # A call that we hung up is not gone before the other side has said goodbye too.
            if (self._call.gone or self._hung_up) and not verb.runs_after_hangup:
                raise CallerGone
            try:
                self._admit(verb, document)
            except Skipped:
                continue
            step = await self._execute(verb, document)
            if step is not Flow.NEXT_VERB:
                return step if isinstance(step, Fetch) else Ending.VERB
        return Ending.LAST_VERB

    async def _execute(self, verb: Verb, document: Document) -> Fetch | Flow:
        self._at = document.url, verb.line
        try:
            step = await self._perform(verb)
            if isinstance(step, AfterTalk):
                step = await self._after_talk(step)
            if isinstance(step, Fetch):
                return self._resolved(step, document)
        except InvalidUrl as error:
            self._call.notify(error.code, Level.ERROR, error.message, url=document.url, line=error.line)
            raise Broken(INVALID_URL) from error
        except PlaybackFailed as error:
            url = error.url or document.url
            self._call.notify(PLAYBACK_FAILED, Level.ERROR, error.reason, url=url, line=verb.line)
            raise Broken(NOT_PLAYED, apology=False) from error
        return step

    async def _perform(self, verb: Verb) -> Next:
        if self._witness is None:
            return await verb.execute(self._call)
        return await followed(verb, self._call, self._witness)

    async def _after_talk(self, talk: AfterTalk) -> Fetch | Flow:
        if talk.duration >= LIFE_SIGN:
            self._fell_back = False
        like_restcomm = self._options.restcomm_hangup_after_dial
        if talk.parting is Parting.HANGS_UP or (talk.parting is Parting.RESTCOMM_HANGS_UP and like_restcomm):
            await self._call.hang_up(talk.reason)
            self._hung_up = True
        return talk.then

    def _resolved(self, fetch: Fetch, document: Document) -> Fetch | Flow:
        if fetch.caller_input:
            self._documents = 0
            self._fell_back = False
        if fetch.url is None:
            if self._options.absent_action_is_next_verb:
                return Flow.NEXT_VERB
            return replace(fetch, url=Url(document.url, Place(base=document.url)))
        return replace(fetch, url=Url(fetch.url.absolute()))

    def _loops(self, fetch: Fetch) -> Broken:
        """Report documents without end, and where the last one leads on."""
        what = (
            f"{self._options.max_documents} documents in a row that took the caller no time, and this verb"
            f" leads to {fetch.url.text if fetch.url else 'its own document'}: let the caller wait with"
            " <Pause>, ask for input with <Gather>, or end the call with <Hangup>"
        )
        document, verb = self._at
        self._call.notify(DOCUMENT_LOOP, Level.ERROR, what, url=document, line=verb)
        return Broken(LOOP)

    async def _request(self, fetch: Fetch) -> Document:
        assert fetch.url is not None, "only a verb's Fetch may leave its URL out, and that is resolved by now"
        return await self._call.fetch(fetch.url.absolute(), fetch.method, self._sent(fetch))

    def _sent(self, fetch: Fetch) -> dict[str, str]:
        if self._options.unknown_parameters_are_null:
            return {name: "null" if value is None else value for name, value in fetch.parameters.items()}
        return {name: value for name, value in fetch.parameters.items() if value is not None}

    def _broken(self, fetch: Fetch, error: FetchFailed | RcmlError) -> Broken:
        """Report an error that nothing can be done about, and return what to tell the caller."""
        not_found = isinstance(error, FetchFailed) and error.status == 404 and self._is_first
        if not_found and fetch.url:
            what = f"URL Not Found : {fetch.url.text}"
            self._call.notify(URL_NOT_FOUND, Level.ERROR, what, url=fetch.url.text)
        else:
            self._report(fetch, error)
        status = 404 if not_found and self._options.not_found_is_404 else 500
        unreadable = isinstance(error, RcmlError) and not isinstance(error, InvalidUrl)
        return Broken(NOT_PARSED if unreadable else NOT_FETCHED, status=status)

    def _report(self, fetch: Fetch, error: FetchFailed | RcmlError) -> None:
        url = fetch.url.text if fetch.url else None
        if isinstance(error, FetchFailed):
            self._call.notify(error.code, Level.ERROR, error.reason, url=error.url)
        else:
            self._call.notify(error.code, Level.ERROR, error.message, url=url, line=error.line)


def _failure(fetch: Fetch, error: FetchFailed | RcmlError) -> dict[str, str | None]:
    """Return what a fallback is told of the document that it replaces, as TwiML's is."""
    asked = fetch.url.text if fetch.url else None
    url = error.url if isinstance(error, FetchFailed) else asked
    return {"ErrorCode": str(error.code), "ErrorUrl": url}
