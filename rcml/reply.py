"""Running the documents that an application answers a message with."""

from __future__ import annotations

import enum
from dataclasses import replace

from rcml.call import Level
from rcml.document import Document
from rcml.errors import NOT_IN_A_REPLY, CallerGone
from rcml.fetching import FetchingCall
from rcml.flow import Fetch
from rcml.schema import Verb
from rcml.verbs.email import Email
from rcml.verbs.redirect import Redirect
from rcml.verbs.say import Say
from rcml.verbs.sms import Sms, Texting
from rcml.walk import Broken, InterpreterOptions, Skipped, Walk


class ReplyOutcome(enum.Enum):
    """How a reply ended."""

    DONE = "done"
    FAILED = "failed"
    """The application is at fault; the notifications say why."""


class Reply:
    """Runs what an application does about a message that came in.

    ``call`` stands for the message: its other party is who sent it. Sms, Message, Email and Redirect run;
    any other verb is skipped with a notification. An answer in plain text is sent back as it is.
    """

    def __init__(
        self, call: FetchingCall, *, fallback: Fetch | None = None, options: InterpreterOptions | None = None
    ) -> None:
        self._call = call
        self._walk = Walk(call, options=options or InterpreterOptions(), fallback=fallback, admit=self._admit)

    async def run(self, start: Fetch) -> ReplyOutcome:
        """Run until the documents end."""
        try:
            await self._walk.run(_sent_back(await self._walk.document(start)))
        except (Broken, CallerGone):
            return ReplyOutcome.FAILED
        return ReplyOutcome.DONE

    def _admit(self, verb: Verb, document: Document) -> None:
        if isinstance(verb, Texting | Email | Redirect):
            return
        what = (
            f"<{verb.schema.name}> needs a call and is skipped: answer a message with Sms, Message or Email"
        )
        self._call.notify(NOT_IN_A_REPLY, Level.WARNING, what, url=document.url, line=verb.line)
        raise Skipped


def _sent_back(document: Document) -> Document:
    """Return the document that an answer in plain text became with its text sent instead of said."""
    match document.verbs:
        case (Say(words=words, line=None),):
            return replace(document, verbs=(Sms(words=words),))
    return document
