"""What each number in the notification log means, and what to do about it: one table for log and page.

What rcml notifies of is explained in :data:`rcml.errors.MEANINGS` and beside the attributes of the verbs;
here are the cures, and the numbers that the engine alone knows. ``docs/reference/notifications.md`` and the
``more_info`` of every notification are made of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import rcml.verbs  # noqa: F401  (registers them)
from rcml.errors import MEANINGS
from rcml.schema import VERBS, ElementSchema


@dataclass(frozen=True)
class Explained:
    """What happened, and what helps."""

    meaning: str
    cure: str


_CURES = {
    11001: "take the verb or attribute out, or configure what it needs; the message names it",
    11100: "write an http or https URL with a host, whose network `[webhooks] allow_networks` allows",
    11205: "see that the application runs, answers within `[webhooks] timeout` and has a valid certificate; "
    "give the number a fallback URL",
    11206: "look into the application's own log; the notification and its trace show what was answered",
    11750: "answer a smaller document, or raise `[webhooks] max_document_bytes`",
    12100: "run `dialplane check` on the document; the message names the line",
    12200: "correct the name; `dialplane check` finds all such places at once",
    12300: "answer with `Content-Type: text/xml`",
    13233: "see that the URL answers with a sound in WAV or MP3, or that the voice is configured",
    13261: "use Leave only in the document of a `waitUrl`",
    13520: "see that the provider of the voice answers; its section of the configuration has its URL",
    13521: "see that the recogniser runs and knows the language, or ask for keys alone",
    13522: "name a recogniser that transcribes (docs/howto/transcriptions.md), and see that it runs",
    14106: "let the document wait for input, or end it; see whether it redirects to itself",
    14110: "answer a text with Sms, Message, Email or Redirect only",
    21402: "correct the URL of the number, or let the application answer at it",
    31901: "see that the application accepts WebSockets quickly",
    31902: "correct the URL of the stream, and see that its server listens",
    31910: "give the stream's server a certificate that is valid for its name",
    31920: "let the application answer with 101, and read its own log for why it did not",
    31921: "see why the application closed the connection; its close code is in the message",
    31930: "send sound at the speed at which it is heard, and read what the stream sends",
    31940: "give the call a codec and track that the stream can carry",
    31950: "send JSON text messages with an `event`",
    31951: "send only `media`, `mark` and `clear`",
    31960: "give each stream of a call its own name, and stop one by the name it was started with",
    64102: "correct the URL of the ConversationRelay, and see that its server listens and answers with 101",
    64105: "let the application send `end` before it leaves, and read its own log for why it left",
    64107: "send JSON objects whose `type` is text, play, sendDigits, language or end",
}

_ENGINE = {
    11000: Explained(
        "something failed inside this server: a recording could not be written, no port was free for sound, "
        "or an invariant broke",
        "look into the server's log at the time of the call, at the disk and at `[media] rtp_ports`",
    ),
    11008: Explained(
        "nobody could be rung or written to: not registered, a number that is not here and no trunk takes, "
        "refused, or a queue or application that does not exist",
        "see that the client is registered, and that the number is one of `[[numbers]]` or the `prefixes` of "
        "a trunk name its beginning",
    ),
    11009: Explained(
        "a party's sound stopped, and its leg was ended",
        "look at the network, or raise `[media] rtp_timeout` for telephones that send nothing in silence",
    ),
    11010: Explained(
        "a browser's sound found no way, or lost it: ICE or DTLS failed",
        "open `[media] rtp_ports` for UDP, set `[media] external_address` behind NAT, or name a STUN or TURN "
        "server in `[media]`; docs/howto/browsers.md goes through the reasons",
    ),
    11014: Explained(
        "an account is at a limit of its own (calls at a time, new calls a second, minutes through trunks in "
        "a day): a call was refused, not made, or ended",
        "see who calls whom; when it is all in order raise the key of `[limits]` that the message names",
    ),
    11013: Explained(
        "a client has talked through trunks for as long as it may in a day: a talk was ended or not begun",
        "look at whom it calls, change its password if that is not its owner, or raise `[limits] "
        "minutes_per_client_per_day`",
    ),
    11020: Explained(
        "a recording is not uploaded to the storage of recordings, which refuses it or cannot be reached",
        "see that `[s3]` names the storage, a bucket that is there and a key that may put objects into it; "
        "the recording stays on this machine, and is tried again every quarter of an hour at least",
    ),
    14103: Explained("a text has no words, or too many", "write some, and at most what the message says"),
    14113: Explained("a mail has no words, or too many", "write some, and at most what the message says"),
    14112: Explained("a mail has no sender", "write `from` in the document, or set `[email] from`"),
    14114: Explained(
        "a mail was not sent", "see that `[email]` names a mail server which takes mail from this machine"
    ),
    16020: Explained(
        "a conference is full", "raise `maxParticipants`, or send the caller to another conference"
    ),
    16030: Explained(
        "a caller could not be put into a conference",
        "see whether the server has room for another participant; its log says what failed",
    ),
    30003: Explained(
        "the recipient of a text did not answer", "write again later; the telephone may be switched off"
    ),
    30008: Explained(
        "the recipient of a text refused it", "see whether the telephone takes texts (SIP MESSAGE)"
    ),
}


@cache
def explained() -> dict[int, Explained]:
    """Return every number with what it means and what helps, in order."""
    found = {code: Explained(meaning, _CURES.get(code, "")) for code, meaning in MEANINGS.items()}
    found |= _ENGINE
    for code, places in _of_documents().items():
        if code not in found:
            where = ", ".join(f"`{place}`" for place in places)
            allowed = "; ".join(dict.fromkeys(places.values()))
            found[code] = Explained(f"{where}: a value that cannot be used; the default counts", allowed)
    return dict(sorted(found.items()))


def cure(code: int) -> str:
    """Return what helps; empty for a number that nobody explains."""
    known = explained().get(code)
    return known.cure if known is not None else ""


def page() -> str:
    """Return the reference page in Markdown."""
    rows = [f"| {code} | {each.meaning} | {each.cure} |" for code, each in explained().items()]
    return "\n".join(
        (
            "<!-- Generated by `make docs`; edit notification_codes.py and the verbs instead. -->",
            "# Notifications",
            "",
            "What goes wrong with a call is noted in the account's log: `Notifications`, or"
            " `Calls/CA…/Notifications`. `error_code` is one of these numbers, `more_info` what helps, and"
            " `message_text` says what it was this time, with the line of the document. `log` is 0 for an"
            " error, which changed how the call went on as the message says, and 1 for a warning.",
            "",
            "| Number | What happened | What helps |",
            "|---|---|---|",
            *rows,
            "",
        )
    )


def _of_documents() -> dict[int, dict[str, str]]:
    """Return, for each number of an attribute or text, where it stands and what may be written there."""
    found: dict[int, dict[str, str]] = {}
    for schema in _elements():
        for attribute in schema.attributes.values():
            if attribute.code:
                place = f"<{schema.name} {attribute.name}>"
                found.setdefault(attribute.code, {})[place] = f"write {attribute.allowed}"
        if schema.text is not None and schema.text.code:
            found.setdefault(schema.text.code, {})[f"<{schema.name}>"] = f"write {schema.text.allowed}"
        for nesting in schema.nestings:
            for plain, here in nesting.codes.items():
                found.setdefault(here, {})[f"<{schema.name}>"] = f"the same inside of it as {plain} elsewhere"
    return found


def _elements() -> Iterator[ElementSchema]:
    """Return every verb and noun once."""
    waiting = [verb.schema for _, verb in sorted(VERBS.items())]
    seen: set[str] = set()
    while waiting:
        schema = waiting.pop(0)
        if schema.name in seen:
            continue
        seen.add(schema.name)
        yield schema
        for nesting in schema.nestings:
            waiting += [noun.schema for noun in nesting.elements.values()]
