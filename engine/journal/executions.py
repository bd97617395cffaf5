"""Records of the verbs that a call's documents executed (rest-api.md section 6)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from engine import ids
from engine.store import CallRow, Store
from engine.store.execution_rows import ExecutionRow
from rcml.call import CallerGone, Collected, EndedBy, InputKind, PlaybackFailed, Recorded
from rcml.errors import PLAYBACK_FAILED, RcmlError
from rcml.referring import Change, Changed, Referred
from rcml.schema import Verb
from rcml.verbs.gather import Gather
from rcml.verbs.hold import Hold
from rcml.verbs.play import Play
from rcml.verbs.record import Record
from rcml.verbs.redirect import Redirect
from rcml.verbs.refer import Refer
from rcml.verbs.resume import Resume
from rcml.verbs.say import Say

Told = dict[str, Any]
"""What a verb is remembered for: never what a caller pressed or said, nor what was told them."""
Describe = Callable[[Any, list[Any]], Told]
V = TypeVar("V", bound=Verb)

COMPLETED, CANCELED, FAILED = "completed", "canceled", "failed"

_PREFIXES: dict[type[Verb], str] = {
    **{Say: "SA", Play: "PL", Gather: "GA", Record: "RC", Redirect: "RD"},
    **{Hold: "HO", Resume: "RM", Refer: "RF"},
}
_ANY_OTHER = "EX"


class CallExecutions:
    """Makes a record of each verb of one call when it is over; a :data:`rcml.witness.Witness`.

    The records are written behind, in batches with those of other calls.
    """

    def __init__(self, call: CallRow, store: Store) -> None:
        self._call = call
        self._store = store

    def __call__(self, verb: Verb) -> VerbExecution:
        return VerbExecution(verb, self._call, self._store)


class VerbExecution:
    """One verb that runs."""

    def __init__(self, verb: Verb, call: CallRow, store: Store) -> None:
        self._verb = verb
        self._call = call
        self._store = store
        self._clock = asyncio.get_running_loop().time
        self._begun = self._clock()
        self._answers: list[Any] = []
        self._row = ExecutionRow(
            sid=ids.new_sid(_PREFIXES.get(type(verb), _ANY_OTHER)),
            account_sid=call.account_sid,
            call_sid=call.sid,
            verb=verb.schema.name,
            status=COMPLETED,
        )

    def answered(self, answer: object) -> None:
        """Remember what the call answered the verb."""
        if answer is not None:
            self._answers.append(answer)

    def ended(self, error: BaseException | None) -> None:
        """Write the record."""
        row = self._row
        row.duration = round(self._clock() - self._begun, 3)
        describe = _DESCRIBED.get(type(self._verb))
        row.details = describe(self._verb, self._answers) if describe is not None else {}
        if type(self._verb) is Gather:
            row.verb = f"Gather {row.details.pop('kind')}"
        row.status = row.details.pop("status", COMPLETED)
        if type(self._verb) is Refer:
            row.details["from"] = self._call.from_
        if error is not None:
            row.status, row.reason, row.error_code = how_it_ended(error)
        self._store.save(row)


def how_it_ended(error: BaseException) -> tuple[str, str, int | None]:
    """Return the status of a verb that did not come to its end, why, and the code of what was wrong."""
    match error:
        case CallerGone():
            return CANCELED, "the caller hung up", None
        case asyncio.CancelledError():
            return CANCELED, "the call was given something else to do", None
        case PlaybackFailed():
            return FAILED, error.reason, PLAYBACK_FAILED
        case RcmlError():
            return FAILED, error.message, error.code
        case _:
            return FAILED, "an internal error; the log has its trace", None


def _say(verb: Say, answers: list[Any]) -> Told:
    return {
        "character_count": len(verb.words),
        "provider": verb.provider,
        "language": verb.language,
        "voice": str(getattr(verb.voice, "value", verb.voice)),
        "loop": verb.loop,
    }


def _play(verb: Play, answers: list[Any]) -> Told:
    return {"play_uri": verb.sound.text if verb.sound is not None else None, "loop": verb.loop}


def _gather(verb: Gather, answers: list[Collected]) -> Told:
    collected = answers[-1] if answers else Collected()
    head: Told = {
        "status": COMPLETED if collected else "no-input",
        "action_on_empty_result": verb.action_on_empty_result,
    }
    if InputKind.SPEECH in verb.input and not collected.digits:
        return head | {
            "kind": "Speech",
            "provider": verb.provider,
            "language": verb.language,
            "preTimeout": verb.pre_timeout or verb.timeout,
            "postTimeout": verb.post_timeout or verb.timeout,
            "hints": ",".join(verb.hints),
        }
    return head | {
        "kind": "Dtmf",
        "finish_on_key": verb.finish_on_key,
        "num_digits": verb.num_digits,
        "timeout": verb.timeout,
        "digits_count": len(collected.digits),
    }


def _record(verb: Record, answers: list[Recorded]) -> Told:
    recorded = answers[-1] if answers else Recorded(ended_by=EndedBy.HANGUP)
    return {
        "status": COMPLETED if recorded.url is not None else "absent",
        "recording_url": recorded.url,
        "recording_duration": recorded.duration,
        "ended_by": recorded.ended_by.value,
    }


def _changed(done: str, answers: list[Changed]) -> Told:
    if not answers:
        return {"status": "failed", "sip_response_code": None}
    changed = answers[-1]
    status = done if changed.change is Change.DONE else changed.change.value
    return {"status": status, "sip_response_code": str(changed.response)}


def _hold(verb: Hold, answers: list[Changed]) -> Told:
    return _changed("held", answers)


def _resume(verb: Resume, answers: list[Changed]) -> Told:
    # Who was not held has nothing to be asked for.
    return _changed("resumed", answers) if answers else {"status": "resumed", "sip_response_code": None}


def _refer(verb: Refer, answers: list[Referred]) -> Told:
    referred = answers[-1] if answers else Referred()
    request = verb.targets[0].request() if verb.targets else None
    return {
        "to": request.uri if request is not None else None,
        "call_status": referred.status.value if referred.status is not None else None,
        "refer_sip_response_code": str(referred.response) if referred.response else None,
        "notify_sip_response_code": str(referred.notified) if referred.notified is not None else None,
    }


def _redirect(verb: Redirect, answers: list[Any]) -> Told:
    return {"url": verb.target.text if verb.target is not None else None, "method": verb.method.value}


_DESCRIBED: dict[type[Verb], Describe] = {
    **{Say: _say, Play: _play, Gather: _gather, Record: _record, Redirect: _redirect},
    **{Hold: _hold, Resume: _resume, Refer: _refer},
}
