"""How documents follow one another: rows of rcml.md 1, 2.4, 3.3, 3.5 and 13."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rcml.call import Level
from rcml.dialling import Dialled, DialStatus, Left, LeftBecause
from rcml.document import Document
from rcml.errors import FETCH_HTTP_STATUS, FETCH_INPUT_OUTPUT, FetchFailed, RcmlError
from rcml.flow import Fetch
from rcml.interpreter import Interpreter, InterpreterOptions, Outcome
from rcml.nouns.conference import Conference
from rcml.nouns.destination import Destination
from rcml.nouns.number import Number
from rcml.nouns.queue import Queue
from rcml.nouns.recording import Recording
from rcml.nouns.refer_target import Sip
from rcml.nouns.stream import Stream
from rcml.parser import parse_xml
from rcml.queueing import Dequeued, QueueResult
from rcml.schema import VERBS, Verb
from rcml.values import HttpMethod, Place, Seconds, Url, WebSocketUrl
from rcml.verbs.connect import Connect
from rcml.verbs.dial import Dial
from rcml.verbs.echo import Echo
from rcml.verbs.email import Email
from rcml.verbs.enqueue import Enqueue
from rcml.verbs.gather import Gather
from rcml.verbs.hangup import Hangup
from rcml.verbs.hold import Hold
from rcml.verbs.leave import Leave
from rcml.verbs.message import Message
from rcml.verbs.pause import Pause
from rcml.verbs.play import Play
from rcml.verbs.record import Record
from rcml.verbs.redirect import Redirect
from rcml.verbs.refer import Refer
from rcml.verbs.reject import Reject
from rcml.verbs.resume import Resume
from rcml.verbs.say import Say
from rcml.verbs.sms import Nobody, Sms
from rcml.verbs.start import Start
from rcml.verbs.stop import Stop
from tests.testkit.scripted_call import START, ScriptedCall, complete, run
from tests.testkit.scripted_caller import Answer

FALLBACK = "http://spare.test/fallback"
NEXT = "http://app.test/next"


def failed(status: int | None = None, url: str = START) -> FetchFailed:
    code = FETCH_INPUT_OUTPUT if status is None else FETCH_HTTP_STATUS
    return FetchFailed(
        "no answer" if status is None else f"status {status}", url=url, code=code, status=status
    )


@pytest.mark.parametrize("document", ["<Response/>", "", "<Response> </Response>"])
def test_an_empty_document_hangs_up_a_ringing_call(document: str):
    call = ScriptedCall()
    assert run(call, document) is Outcome.DOCUMENT_ENDED
    assert (call.answered_at, call.ended) == (None, "487")


def test_the_end_of_a_document_hangs_up_an_answered_call():
    call = ScriptedCall(ringing=False)
    assert run(call, "<Response/>") is Outcome.DOCUMENT_ENDED
    assert call.ended == "BYE"


def test_a_document_given_with_the_call_runs_without_a_fetch():
    call = ScriptedCall()
    run(call, parse_xml("<Say>hi</Say>", ""))
    assert (call.requests, call.heard) == ([], ["said hi"])


def test_a_document_without_url_cannot_be_asked_again():
    call = ScriptedCall(presses=[(1.0, "1")])
    assert run(call, parse_xml("<Gather/>", "")) is Outcome.FAILED
    assert call.codes == [11100]


def test_the_first_request_is_made_as_told_with_its_parameters():
    call = ScriptedCall()
    complete(Interpreter(call).run(Fetch(Url(START), HttpMethod.GET, {"ReferTarget": "alice"})))
    assert call.asked == [f"GET {START}"]
    assert call.requests[0].parameters == {"ReferTarget": "alice"}


def test_warnings_of_a_document_are_notified_before_it_runs_and_drop_nothing():
    call = ScriptedCall()
    run(call, "<Response>\n<Foo/>\n<Say loud='yes'>hi</Say></Response>")
    assert [(note.code, note.level, note.line, note.url) for note in call.notifications] == [
        (12200, Level.WARNING, 2, START),
        (12200, Level.WARNING, 3, START),
    ]
    assert call.heard == ["said hi"]


def test_relative_urls_follow_the_document_they_stand_in():
    call = ScriptedCall(
        application={
            START: "<Redirect>http://other.test/deep/er?x=1</Redirect>",
            "http://other.test/deep/er?x=1": "<Redirect>sound</Redirect>",
            "http://other.test/deep/sound": "<Play>a.wav</Play>",
        }
    )
    run(call)
    assert call.heard == ["played http://other.test/deep/a.wav"]


@pytest.mark.parametrize("content_type", ["audio/wav", "audio/mpeg"])
def test_a_sound_as_answer_is_played_from_its_own_url(content_type: str):
    call = ScriptedCall(application={START: Answer(b"RIFF", content_type)})
    run(call)
    assert call.heard == [f"played {START}"]


def test_plain_text_as_answer_is_said():
    call = ScriptedCall(application={START: Answer(b"Hello", "text/plain")})
    run(call)
    assert call.heard == ["said Hello"]


@pytest.mark.parametrize("content_type", [None, "application/json"])
def test_another_content_type_ends_the_call_with_a_notification(content_type: str | None):
    call = ScriptedCall(application={START: Answer(b"{}", content_type)})
    assert run(call) is Outcome.FAILED
    assert (call.codes, call.ended) == ([12300], "500 (Problem_to_parse_downloaded_RCML)")


def test_malformed_xml_answers_a_ringing_caller_with_500_and_a_reason():
    call = ScriptedCall()
    assert run(call, "<Response>\n<Dial></Response>") is Outcome.FAILED
    (note,) = call.notifications
    assert (note.code, note.level, note.line, note.url) == (12100, Level.ERROR, 2, START)
    assert (call.answered_at, call.ended) == (None, "500 (Problem_to_parse_downloaded_RCML)")


def test_malformed_xml_apologises_to_an_answered_caller():
    call = ScriptedCall(application={NEXT: "<oops"})
    run(call, "<Response><Say>hi</Say><Redirect>next</Redirect></Response>")
    assert call.heard == ["said hi", "apology"]
    assert call.ended == "BYE (Problem_to_parse_downloaded_RCML)"


@pytest.mark.parametrize(("status", "code"), [(500, 11206), (408, 11206), (None, 11205)])
def test_a_first_document_that_fails_answers_500_with_a_reason(status: int | None, code: int):
    call = ScriptedCall(application={START: failed(status)})
    assert run(call) is Outcome.FAILED
    assert (call.codes, call.ended) == ([code], "500 (Problem while trying to download RCML)")


def test_a_first_document_not_found_is_notified_as_21402_and_answers_500():
    call = ScriptedCall(application={START: failed(404)})
    run(call)
    assert [note.message for note in call.notifications] == [f"URL Not Found : {START}"]
    assert (call.codes, call.ended) == ([21402], "500 (Problem while trying to download RCML)")


def test_a_first_document_not_found_answers_404_when_compatible():
    call = ScriptedCall(application={START: failed(404)})
    run(call, options=InterpreterOptions(not_found_is_404=True))
    assert call.ended == "404 (Problem while trying to download RCML)"


def test_a_later_document_that_fails_apologises_and_hangs_up():
    call = ScriptedCall(application={NEXT: failed(404, NEXT)})
    run(call, "<Response><Redirect>next</Redirect></Response>")
    assert (call.codes, call.heard) == ([11206], ["apology"])
    assert call.ended == "BYE (Problem while trying to download RCML)"


@pytest.mark.parametrize("reply", [failed(500), failed(), failed(404), "<oops", Answer(b"x", "image/png")])
def test_the_fallback_replaces_a_first_document_that_fails(reply: FetchFailed | str | Answer):
    call = ScriptedCall(application={START: reply, FALLBACK: "<Say>sorry</Say>"})
    assert run(call, fallback=FALLBACK) is Outcome.DOCUMENT_ENDED
    assert call.asked == [f"POST {START}", f"POST {FALLBACK}"]
    assert (call.heard, len(call.codes)) == (["said sorry"], 1)


def test_the_fallback_replaces_a_first_url_that_is_none():
    call = ScriptedCall(application={FALLBACK: "<Say>sorry</Say>"})
    complete(Interpreter(call, fallback=Fetch(Url(FALLBACK))).run(Fetch(Url("htp:/typo"))))
    assert (call.asked, call.codes) == ([f"POST {FALLBACK}"], [11100])


@pytest.mark.parametrize(
    ("reply", "code"),
    [(failed(503), "11206"), (failed(), "11205"), ("<oops", "12100"), (Answer(b"x", "image/png"), "12300")],
)
def test_the_fallback_is_told_what_failed_and_where(reply: FetchFailed | str | Answer, code: str):
    call = ScriptedCall(application={START: reply, FALLBACK: "<Say>sorry</Say>"})
    run(call, fallback=FALLBACK)
    assert call.requests[-1].parameters == {"ErrorCode": code, "ErrorUrl": START}


def test_the_fallback_is_used_for_later_documents_too_with_the_same_parameters():
    action = "http://app.test/action"
    call = ScriptedCall(
        presses=[(1.0, "1")], application={action: failed(500, action), FALLBACK: "<Say>sorry</Say>"}
    )
    run(call, '<Gather action="action" numDigits="1"/>', fallback=FALLBACK)
    assert call.requests[-1].url == FALLBACK
    told = {"Digits": "1", "SpeechResult": "", "ErrorCode": "11206", "ErrorUrl": action}
    assert call.requests[-1].parameters == told
    assert call.heard == ["said sorry"]


def test_a_fallback_that_fails_ends_the_call_with_both_notifications():
    call = ScriptedCall(application={START: failed(500), FALLBACK: failed(url=FALLBACK)})
    assert run(call, fallback=FALLBACK) is Outcome.FAILED
    assert call.asked == [f"POST {START}", f"POST {FALLBACK}"]
    assert (call.codes, call.ended) == ([11206, 11205], "500 (Problem while trying to download RCML)")


def test_a_fallback_that_leads_to_another_failure_does_not_run_in_circles():
    broken = "http://spare.test/broken"
    call = ScriptedCall(
        application={
            START: failed(500),
            FALLBACK: "<Redirect>broken</Redirect>",
            broken: failed(500, broken),
        }
    )
    assert run(call, fallback=FALLBACK) is Outcome.FAILED
    assert call.asked == [f"POST {START}", f"POST {FALLBACK}", f"POST {broken}"]


def test_a_caller_who_did_something_since_gets_the_fallback_again():
    action = "http://spare.test/action"
    call = ScriptedCall(
        presses=[(1.0, "1"), (20.0, "2")],
        application={
            START: failed(500),
            FALLBACK: '<Gather action="action" numDigits="1" timeout="30"/>',
            action: failed(500, action),
        },
    )
    run(call, fallback=FALLBACK)
    assert call.asked[:4] == [f"POST {START}", f"POST {FALLBACK}", f"POST {action}", f"POST {FALLBACK}"]


def test_a_caller_who_is_gone_needs_no_fallback():
    action = "http://app.test/action"
    call = ScriptedCall(
        hangs_up_at=2.0, application={action: failed(500, action), FALLBACK: "<Say>sorry</Say>"}
    )
    run(call, '<Record action="action"/>', fallback=FALLBACK)
    assert call.asked[-1] == f"POST {action}"


def test_relative_urls_of_the_fallback_follow_the_fallback():
    call = ScriptedCall(application={START: failed(500), FALLBACK: "<Play>a.wav</Play>"})
    run(call, fallback=FALLBACK)
    assert call.heard == ["played http://spare.test/a.wav"]


def test_a_document_that_leads_to_itself_is_ended_after_fifty():
    call = ScriptedCall()
    assert run(call, "<Redirect>start</Redirect>") is Outcome.FAILED
    assert len(call.requests) == 50
    assert (call.codes, call.ended) == ([14106], "BYE (Too many documents without caller input)")


def test_documents_that_lead_to_each_other_are_ended_too():
    call = ScriptedCall(application={START: "<Redirect>next</Redirect>", NEXT: "<Redirect>start</Redirect>"})
    run(call, options=InterpreterOptions(max_documents=7))
    assert len(call.requests) == 7


@pytest.mark.parametrize("waits", ["<Gather timeout='1'/>", "<Pause length='1'/>"])
def test_a_caller_may_be_kept_waiting_by_documents_for_as_long_as_they_like(waits: str):
    call = ScriptedCall(hangs_up_at=150.5)
    assert run(call, f"<Response>{waits}<Redirect>start</Redirect></Response>") is Outcome.CALLER_GONE
    assert len(call.requests) > 70


def test_a_wait_starts_the_count_of_documents_again():
    call = ScriptedCall(
        application={
            START: "<Response><Pause length='2'/><Redirect>next</Redirect></Response>",
            NEXT: "<Redirect>next</Redirect>",
        }
    )
    run(call, options=InterpreterOptions(max_documents=7))
    assert (len(call.requests), call.codes) == (8, [14106])


def test_keys_start_the_count_of_documents_again():
    presses = [(float(second), "1") for second in range(1, 201)]
    call = ScriptedCall(presses=presses, hangs_up_at=150.5)
    assert run(call, "<Gather numDigits='1'/>") is Outcome.CALLER_GONE
    assert len(call.requests) > 100


def test_recordings_start_the_count_of_documents_again():
    call = ScriptedCall(hangs_up_at=1000.0)
    assert run(call, "<Record/>") is Outcome.CALLER_GONE
    assert len(call.requests) > 100


def test_keys_start_the_count_again_when_the_next_verb_drops_them():
    presses = [(float(second), "1") for second in range(1, 201)]
    call = ScriptedCall(presses=presses, hangs_up_at=150.5)
    options = InterpreterOptions(absent_action_is_next_verb=True)
    document = "<Response><Gather numDigits='1'/><Redirect>start</Redirect></Response>"
    assert run(call, document, options=options) is Outcome.CALLER_GONE


def test_a_caller_who_cancels_while_the_document_is_fetched_runs_no_verb():
    call = ScriptedCall()
    call._leave()
    assert run(call, "<Say>hi</Say>") is Outcome.CALLER_GONE
    assert (call.asked, call.ended, call.heard) == ([f"POST {START}"], "caller cancelled", [])


IN_THE_MIDDLE = {
    "Say": ('<Say loop="9">a</Say>', 1),
    "Play": ('<Play loop="9">a.wav</Play>', 1),
    "Pause": ('<Pause length="9"/>', 1),
    "Gather": ('<Gather action="/x" timeout="9"/>', 1),
    "Record": ('<Record action="/x" timeout="9"/>', 2),
    "Dial": ('<Dial action="/x" timeout="9">100</Dial>', 2),
    "Conference": ('<Dial action="/x"><Conference>room</Conference></Dial>', 2),
}


@pytest.mark.parametrize("verb", IN_THE_MIDDLE)
def test_a_caller_who_hangs_up_in_a_verb_ends_the_run(verb: str):
    document, requests = IN_THE_MIDDLE[verb]
    call = ScriptedCall(ringing=False, hangs_up_at=3.0)
    outcome = run(call, f"<Response>{document}<Say>never</Say></Response>")
    assert (outcome, call.now, call.ended) == (Outcome.CALLER_GONE, 3.0, "caller hung up")
    assert len(call.requests) == requests
    assert "said never" not in call.heard


@pytest.mark.parametrize("verb", IN_THE_MIDDLE)
def test_a_caller_who_is_gone_before_a_verb_starts_runs_none(verb: str):
    call = ScriptedCall(ringing=False, hangs_up_at=1.0)
    outcome = run(call, f"<Response><Say>a</Say>{IN_THE_MIDDLE[verb][0]}</Response>")
    assert (outcome, call.heard, len(call.requests)) == (Outcome.CALLER_GONE, ["said a"], 1)


def test_after_a_recording_ended_by_hanging_up_only_verbs_that_need_no_caller_run():
    call = ScriptedCall(hangs_up_at=3.0, speaks_for=0.0)
    letter, mail = Sms(words="gone"), Email(to=("a@example.com",), words="gone")
    document = Document((Record(), letter, mail, Pause(), letter), url=START)
    assert run(call, document) is Outcome.CALLER_GONE
    assert (len(call.texts), len(call.mails)) == (1, 1)


def test_a_failing_action_after_the_caller_is_gone_is_only_notified():
    action = "http://app.test/action"
    call = ScriptedCall(hangs_up_at=3.0, application={action: failed(408, action)})
    assert run(call, '<Record action="action"/>') is Outcome.FAILED
    assert (call.codes, call.heard, call.ended) == ([11206], [], "caller hung up")


def test_an_outcome_is_known_for_every_end():
    assert run(ScriptedCall(), "<Say>a</Say>") is Outcome.DOCUMENT_ENDED
    assert run(ScriptedCall(), "<Hangup/>") is Outcome.ENDED_BY_VERB
    assert run(ScriptedCall(hangs_up_at=0.5), "<Say>a</Say>") is Outcome.CALLER_GONE
    assert run(ScriptedCall(), "<oops") is Outcome.FAILED


URLS = st.sampled_from(["start", "next", "http://", "a b", "missing"]).map(
    lambda text: Url(text, Place(base=START))
)
MAYBE_URLS = st.one_of(st.none(), URLS)
LOOPS = st.integers(0, 2)
SAYS = st.builds(Say, words=st.sampled_from(["", "hello"]), loop=LOOPS)
PLAYS = st.builds(Play, sound=MAYBE_URLS, loop=LOOPS)
PAUSES = st.builds(Pause, length=st.integers(1, 9))
GATHERS = st.builds(
    Gather,
    action=MAYBE_URLS,
    num_digits=st.one_of(st.none(), st.just(1)),
    action_on_empty_result=st.booleans(),
    prompts=st.lists(st.one_of(SAYS, PLAYS, PAUSES), max_size=3).map(tuple),
)
RECORDS = st.builds(Record, action=MAYBE_URLS)
REDIRECTS = st.builds(Redirect, target=MAYBE_URLS)
NOUNS = st.sampled_from(
    [
        Number(),
        Number(destination=Destination("100")),
        Conference(),
        Conference(room="a"),
        Queue(),
        Queue(queue="a", url=Url("start", Place(base=START))),
    ]
)
DIALS = st.builds(
    Dial,
    action=MAYBE_URLS,
    time_limit=st.integers(1, 99),
    answer_on_bridge=st.booleans(),
    hangup_on_star=st.booleans(),
    nouns=st.lists(NOUNS, max_size=2).map(tuple),
)
SECONDS = st.floats(0, 60)
DIALLED = st.builds(
    Dialled,
    status=st.sampled_from(DialStatus),
    call_sid=st.sampled_from([None, "CA1"]),
    ring_duration=SECONDS,
    talk_duration=SECONDS,
)
LEFT = st.builds(Left, st.sampled_from(LeftBecause), SECONDS)
REFERS = st.builds(
    Refer,
    action=MAYBE_URLS,
    targets=st.sampled_from([(), (Sip(destination=Destination("sip:bob@example.com")),)]),
)
HOLDS = st.one_of(st.builds(Hold, action=MAYBE_URLS), st.builds(Resume, action=MAYBE_URLS))
ENDS = st.sampled_from([Hangup(), Reject(), Leave()])
EARS = st.sampled_from([Stream(), Stream(name="ear"), Stream(url=WebSocketUrl("ws://a/"), name="ear")])
BESIDE = st.one_of(EARS, st.sampled_from([Recording(), Recording(name="tape")]))
STARTS = st.builds(Start, nouns=st.lists(BESIDE, max_size=2).map(tuple))
STOPS = st.builds(Stop, nouns=st.lists(BESIDE, max_size=2).map(tuple))
ECHOES = st.builds(Echo, timeout=st.sampled_from([None, Seconds(5)]))
CONNECTS = st.builds(Connect, action=MAYBE_URLS, nouns=st.lists(EARS, max_size=1).map(tuple))
STREAMS = st.one_of(STARTS, STOPS, CONNECTS)
WORDS = st.sampled_from(["", "hello"])
MESSAGES = st.one_of(
    st.builds(Sms, action=MAYBE_URLS, words=WORDS, status_callback=MAYBE_URLS),
    st.builds(Message, action=MAYBE_URLS, words=WORDS, to=st.sampled_from([None, Nobody.NOBODY])),
    st.builds(Email, action=MAYBE_URLS, words=WORDS, to=st.sampled_from([(), ("a@example.com",)])),
)
MOVES = st.one_of(REFERS, HOLDS)
ENQUEUES = st.builds(Enqueue, action=MAYBE_URLS, queue=st.sampled_from(["", "a"]))
DEQUEUED = st.builds(Dequeued, result=st.sampled_from(QueueResult), waited=SECONDS, talked=SECONDS)
TURNS = st.one_of(SAYS, PLAYS, PAUSES, GATHERS, RECORDS, REDIRECTS, DIALS, ENQUEUES)
VERB = st.one_of(TURNS, ECHOES, STREAMS, MESSAGES, MOVES, ENDS)


class Application(ScriptedCall):
    """A call whose documents are given as verbs."""

    def serve(self, documents: dict[str, list[Verb]]) -> None:
        self.documents = documents

    async def fetch(self, url: str, method: HttpMethod, parameters: object) -> Document:
        if url not in self.documents:
            raise RcmlError("no such document")
        return Document(tuple(self.documents[url]), url=url)


@settings(deadline=None)
@given(
    st.fixed_dictionaries({START: st.lists(VERB, max_size=4), NEXT: st.lists(VERB, max_size=4)}),
    st.lists(st.tuples(st.floats(0, 50), st.sampled_from("12#*")), max_size=5),
    st.floats(0.0, 400.0),
    st.lists(DIALLED, max_size=3),
    st.lists(LEFT, max_size=3),
    st.lists(DEQUEUED, max_size=3),
    st.booleans(),
)
def test_any_application_terminates_and_leaves_no_call_up(
    documents: dict[str, list[Verb]],
    presses: list[tuple[float, str]],
    hangs_up_at: float,
    dials: list[Dialled],
    stays: list[Left],
    waits: list[Dequeued],
    compatible: bool,
):
    call = Application(presses=presses, hangs_up_at=hangs_up_at, dials=dials, stays=stays, waits=waits)
    call.serve(documents)
    options = InterpreterOptions(absent_action_is_next_verb=compatible, restcomm_hangup_after_dial=compatible)
    assert run(call, options=options) in Outcome
    assert call.gone


def test_every_verb_of_the_registry_is_in_the_property_above():
    drawn = {Say, Play, Pause, Gather, Record, Redirect, Dial, Start, Stop, Connect, Hangup, Reject}
    drawn |= {Refer, Hold, Resume, Sms, Message, Email, Enqueue, Leave, Echo}
    assert set(VERBS.values()) == drawn
