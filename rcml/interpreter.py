"""Running documents against a call, one verb after another.

The rules are few: the first document comes from a number, a client or a request; a verb may lead to another
document, which replaces the one that runs; at the end of a document the call is hung up. What goes wrong
is put into the call's notifications, and the caller is told.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace

from rcml.call import Call, Level
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
from rcml.flow import Fetch, Flow
from rcml.schema import Verb
from rcml.values import Place, Url

# Texts of the Reason header that a broken application earns; Restcomm's, on which applications may rely.
NOT_PARSED = "Problem_to_parse_downloaded_RCML"
NOT_FETCHED = "Problem while trying to download RCML"
NOT_PLAYED = "Problem while trying to play"
INVALID_URL = "Invalid URL in RCML"
LOOP = "Too many documents without caller input"


class Outcome(enum.Enum):
    """How a run ended."""

    DOCUMENT_ENDED = "document ended"
    """The last verb was done, and the call was hung up for that."""
    ENDED_BY_VERB = "ended by verb"
    CALLER_GONE = "caller gone"
    FAILED = "failed"
    """The application is at fault; the notifications say why."""


@dataclass(frozen=True, kw_only=True)
class InterpreterOptions:
    """Choices between what Restcomm documents, which is the default, and what it does."""

    absent_action_is_next_verb: bool = False
    """Whether input is dropped, instead of sent to the running document's URL, when a verb has no action."""
    not_found_is_404: bool = False
    """Whether a ringing caller gets 404, instead of 500, when the first document is not found."""
    max_documents: int = 50
    """Documents in a row without input from the caller, after which an application counts as looping. The
    same as TwiML's limit for messages; a menu that asks again every ten seconds reaches it in 8 minutes."""


class _Broken(Exception):
    """The application cannot be run further; the notification is written."""

    def __init__(self, reason: str, *, status: int = 500, apology: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.apology = apology


class Interpreter:
    """Runs an application against one call.

    ``fallback`` is requested once for a document that cannot be fetched or parsed, and again only when the
    caller has done something since: it must not run in circles. A caller who is gone needs none.
    Cancelling the task that awaits ``run`` stops the verb that runs and touches the call no more.
    """

    def __init__(
        self,
        call: Call,
        *,
        fallback: Fetch | None = None,
        options: InterpreterOptions | None = None,
    ) -> None:
        self._call = call
        self._fallback = fallback
        self._options = options or InterpreterOptions()
        self._documents = 0
        self._fell_back = False
        self._is_first = True

    async def run(self, start: Fetch | Document) -> Outcome:
        """Run until a document ends, a verb ends the call, or the caller is gone. The call is over then."""
        step: Fetch | Document | Outcome = start
        try:
            while not isinstance(step, Outcome):
                document = step if isinstance(step, Document) else await self._document(step)
                self._is_first = False
                step = await self._walk(document)
        except CallerGone:
            return Outcome.CALLER_GONE
        except _Broken as broken:
            if broken.apology:
                await self._call.fail(broken.reason, status=broken.status)
            else:
                await self._call.hang_up(broken.reason)
            return Outcome.FAILED
        if self._call.gone and step is Outcome.DOCUMENT_ENDED:
            return Outcome.CALLER_GONE
        await self._call.hang_up()
        return step

    async def _walk(self, document: Document) -> Fetch | Outcome:
        for warning in document.warnings:
            self._call.notify(
                warning.code, Level.WARNING, warning.message, url=document.url, line=warning.line
            )
        for verb in document.verbs:
            if self._call.gone and not verb.runs_after_hangup:
                raise CallerGone
            step = await self._execute(verb, document)
            if step is not Flow.NEXT_VERB:
                return step if isinstance(step, Fetch) else Outcome.ENDED_BY_VERB
        return Outcome.DOCUMENT_ENDED

    async def _execute(self, verb: Verb, document: Document) -> Fetch | Flow:
        try:
            step = await verb.execute(self._call)
            if isinstance(step, Fetch):
                return self._resolved(step, document)
        except InvalidUrl as error:
            self._call.notify(error.code, Level.ERROR, error.message, url=document.url, line=error.line)
            raise _Broken(INVALID_URL) from error
        except PlaybackFailed as error:
            url = error.url or document.url
            self._call.notify(PLAYBACK_FAILED, Level.ERROR, error.reason, url=url, line=verb.line)
            raise _Broken(NOT_PLAYED, apology=False) from error
        return step

    def _resolved(self, fetch: Fetch, document: Document) -> Fetch | Flow:
        if fetch.caller_input:
            self._documents = 0
            self._fell_back = False
        if fetch.url is None:
            if self._options.absent_action_is_next_verb:
                return Flow.NEXT_VERB
            return replace(fetch, url=Url(document.url, Place(base=document.url)))
        return replace(fetch, url=Url(fetch.url.absolute()))

    async def _document(self, fetch: Fetch) -> Document:
        self._documents += 1
        if self._documents > self._options.max_documents:
            what = f"{self._options.max_documents} documents without input from the caller: a loop is ended"
            self._call.notify(DOCUMENT_LOOP, Level.ERROR, what, url=fetch.url.text if fetch.url else None)
            raise _Broken(LOOP)
        try:
            return await self._request(fetch)
        except (FetchFailed, RcmlError) as error:
            if self._fallback is None or self._fell_back or self._call.gone:
                raise self._broken(fetch, error) from error
            self._report(fetch, error)
        self._fell_back = True
        second = replace(self._fallback, parameters=fetch.parameters)
        try:
            return await self._request(second)
        except (FetchFailed, RcmlError) as error:
            raise self._broken(second, error) from error

    async def _request(self, fetch: Fetch) -> Document:
        assert fetch.url is not None, "only a verb's Fetch may leave its URL out, and that is resolved by now"
        return await self._call.fetch(fetch.url.absolute(), fetch.method, fetch.parameters)

    def _broken(self, fetch: Fetch, error: FetchFailed | RcmlError) -> _Broken:
        """Report an error that nothing can be done about, and return what to tell the caller."""
        not_found = isinstance(error, FetchFailed) and error.status == 404 and self._is_first
        if not_found and fetch.url:
            what = f"URL Not Found : {fetch.url.text}"
            self._call.notify(URL_NOT_FOUND, Level.ERROR, what, url=fetch.url.text)
        else:
            self._report(fetch, error)
        status = 404 if not_found and self._options.not_found_is_404 else 500
        unreadable = isinstance(error, RcmlError) and not isinstance(error, InvalidUrl)
        return _Broken(NOT_PARSED if unreadable else NOT_FETCHED, status=status)

    def _report(self, fetch: Fetch, error: FetchFailed | RcmlError) -> None:
        url = fetch.url.text if fetch.url else None
        if isinstance(error, FetchFailed):
            self._call.notify(error.code, Level.ERROR, error.reason, url=error.url)
        else:
            self._call.notify(error.code, Level.ERROR, error.message, url=url, line=error.line)
