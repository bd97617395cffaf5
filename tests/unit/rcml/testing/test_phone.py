"""The kit as an application's author uses it."""

import math
import re

import pytest

from rcml.dialling import ClientTarget
from rcml.testing import Answer, ApplicationDown, dial

MENU = """<Response>
  <Gather action="/choice" numDigits="1" timeout="5"><Say>Press 1 for our hours.</Say></Gather>
  <Say>We did not hear from you.</Say>
</Response>"""


def menu(**options):
    return dial({"/": MENU, "/choice": "<Response><Say>Nine to five.</Say></Response>"}, **options)


def test_a_key_pressed_into_a_menu_is_sent_and_its_answer_is_heard():
    caller = menu()
    caller.expect_said("press 1")
    caller.press("1")
    caller.expect_requested("/choice", Digits="1", From="+15550100")
    caller.expect_said("nine to five")
    caller.expect_hung_up()
    assert caller.heard == ["Press 1 for our hours.", "Nine to five."]


def test_nothing_happens_before_the_caller_waits():
    caller = menu()
    assert caller.heard == []
    assert caller.now == 0


def test_a_key_stops_the_prompt_that_it_interrupts():
    caller = menu()
    caller.expect_said("press 1")
    caller.press("1")
    caller.expect_said("nine")
    assert caller.now == 0


def test_silence_runs_the_next_verb_when_the_time_is_over():
    caller = menu()
    caller.expect_said("did not hear")
    assert caller.now == pytest.approx(len("Press 1 for our hours.") / 15 + 5)
    caller.expect_hung_up()


def test_a_key_waits_until_something_listens_unless_it_is_pressed_at_once():
    document = "<Response><Say>Welcome to our company.</Say><Gather action='/a' numDigits='1'/></Response>"
    patient = dial({"/": document, "/a": "<Response/>"})
    patient.press("7")
    patient.expect_requested("/a", Digits="7")
    hasty = dial({"/": document, "/a": "<Response/>"})
    hasty.expect_said("Welcome")
    hasty.press("7", at_once=True)
    with pytest.raises(AssertionError, match="it is lost"):
        hasty.expect_requested("/a")


def test_spoken_words_are_a_gathers_speech():
    caller = dial(
        {"/": "<Response><Gather input='speech' action='/said'/></Response>", "/said": "<Response/>"}
    )
    caller.say("two tickets")
    caller.expect_requested("/said", SpeechResult="two tickets", Digits="")


def test_a_recording_holds_what_was_said_and_is_ended_by_silence():
    caller = dial({"/": "<Response><Record action='/done' timeout='3'/></Response>", "/done": "<Response/>"})
    caller.say("Please call me back tomorrow.")
    recorded = caller.expect_recorded()
    assert recorded.duration == pytest.approx(len("Please call me back tomorrow.") / 15 + 3)
    assert caller.expect_requested("/done").parameters["RecordingUrl"] == recorded.url


def test_a_recording_in_which_nobody_spoke_is_none():
    caller = dial("<Response><Record timeout='3'/><Say>Nothing.</Say></Response>")
    caller.expect_said("Nothing")
    assert caller.now == 3
    caller.expect_hung_up()


def test_a_caller_who_hangs_up_into_a_recording_leaves_it():
    caller = dial({"/": "<Response><Record action='/done'/></Response>", "/done": "<Response/>"})
    caller.say("Hello?")
    caller.wait(1)
    caller.hang_up()
    caller.expect_requested("/done", Digits="hangup")


def test_a_rejected_call_was_never_answered():
    caller = dial("<Response><Reject reason='busy'/></Response>")
    caller.expect_rejected(486)
    with pytest.raises(AssertionError, match="the call ended first"):
        caller.expect_answered()


def test_dialled_parties_ring_until_the_test_decides():
    caller = dial(
        {"/": "<Response><Dial action='/after'><Client>alice</Client></Dial></Response>", "/after": ""}
    )
    alice = caller.expect_dialled("client:alice")
    caller.wait(4)
    alice.answer()
    caller.expect_connected()
    caller.wait(10)
    alice.hang_up()
    caller.expect_requested(
        "/after",
        DialCallStatus="completed",
        DialRingDuration="4",
        DialCallDuration="10",
        DialCallSid=alice.call_sid,
    )
    caller.expect_hung_up()


def test_the_first_of_a_fork_who_answers_wins_and_the_others_stop_ringing():
    caller = dial("<Response><Dial><Client>a</Client><Number>+1555</Number></Dial></Response>")
    a, number = caller.expect_dialled("a"), caller.expect_dialled("+1555")
    number.answer()
    caller.expect_connected()
    assert a.over
    with pytest.raises(AssertionError, match="rings no more"):
        a.answer()
    caller.hang_up()
    number.expect_hung_up()


@pytest.mark.parametrize(
    ("act", "status"), [("busy", "busy"), ("decline", "busy"), ("none", "no-answer"), ("gone", "failed")]
)
def test_a_dial_that_nobody_answers_tells_why(act: str, status: str):
    caller = dial(
        {
            "/": "<Response><Dial action='/after' timeout='20'><Sip>sip:bob@b</Sip></Dial></Response>",
            "/after": "",
        }
    )
    bob = caller.expect_dialled("sip:bob@b")
    if act == "gone":
        bob.fail(404)
    elif act != "none":
        getattr(bob, act)()
    caller.expect_requested("/after", DialCallStatus=status, DialCallDuration="0")


def test_sequential_targets_ring_one_after_another():
    caller = dial(
        "<Response><Dial sequential='true' timeout='10'>"
        "<Client>a</Client><Client>b</Client></Dial></Response>"
    )
    caller.expect_dialled("a")
    b = caller.expect_dialled("b")
    assert caller.now == 10
    b.answer()
    caller.expect_connected()


def test_a_callee_is_asked_by_the_screening_document():
    caller = dial(
        {
            "/": "<Response><Dial><Client url='/screen'>alice</Client></Dial><Say>Nobody.</Say></Response>",
            "/screen": "<Response><Gather numDigits='1' action='/yes'><Say>Take it?</Say></Gather>"
            "<Hangup/></Response>",
            "/yes": "<Response/>",
        }
    )
    alice = caller.expect_dialled("alice")
    alice.answer()
    alice.expect_said("Take it?")
    alice.press("1")
    caller.expect_connected()
    other = dial(
        {
            "/": "<Response><Dial><Client url='/no'>a</Client></Dial><Say>Nobody.</Say></Response>",
            "/no": "<Hangup/>",
        }
    )
    callee = other.expect_dialled("a")
    callee.answer()
    other.expect_said("Nobody")
    assert callee.over


def test_a_caller_who_leaves_while_it_rings_ends_the_ringing():
    caller = dial("<Response><Dial><Client>a</Client></Dial></Response>")
    a = caller.expect_dialled("a")
    caller.hang_up()
    a.expect_hung_up()


def test_a_conference_waits_until_the_test_starts_it():
    caller = dial(
        {
            "/": "<Response><Dial><Conference startConferenceOnEnter='false' waitUrl='/wait'>r</Conference>"
            "</Dial><Say>Bye.</Say></Response>",
            "/wait": "<Response><Say>Please wait.</Say></Response>",
        }
    )
    room = caller.expect_conference("r")
    caller.expect_said("Please wait")
    caller.expect_said("Please wait")
    room.start()
    caller.wait(30)
    assert len(caller.heard) < 5
    room.end()
    caller.expect_said("Bye")


def test_the_call_of_a_broken_application_ends_for_a_reason_that_the_test_must_name():
    caller = dial({"/": "<Response><Dail/>"})
    caller.expect_notified(12100)
    with pytest.raises(AssertionError, match="the application is broken"):
        caller.expect_hung_up()
    again = dial({"/": ApplicationDown("refused")})
    again.expect_hung_up(reason="download RCML")
    assert again.errors


def test_the_fallback_serves_a_document_that_cannot_be_had():
    caller = dial(
        {"/": Answer(b"sorry", "text/html", 500), "/fallback": "<Response><Say>Try later.</Say></Response>"},
        fallback="http://application.test/fallback",
    )
    caller.expect_said("Try later")
    caller.expect_hung_up()


def test_a_failed_expectation_prints_the_call():
    caller = menu()
    with pytest.raises(AssertionError) as failure:
        caller.expect_said(re.compile("nine", re.I), within=3)
    assert "expected said 'nine' within 3 s" in str(failure.value)
    assert "caller: said 'Press 1 for our hours.'" in str(failure.value)


def test_a_sound_has_the_length_the_test_says_and_may_be_unplayable():
    caller = dial(
        "<Response><Play>http://a/long.wav</Play><Say>After.</Say></Response>",
        sounds={"http://a/long.wav": 40.0},
    )
    caller.expect_played("long.wav")
    caller.expect_said("After")
    assert caller.now == 40
    broken = dial("<Response><Play>http://a/x.wav</Play></Response>", sounds={"http://a/x.wav": math.nan})
    broken.expect_hung_up(reason="play")


def test_headers_of_the_invite_are_told_to_the_application():
    caller = dial("<Response/>", headers={"X-Tenant": "7"})
    assert caller.expect_requested("/").parameters["SipHeader_X-Tenant"] == "7"


def test_texts_and_mails_are_seen_with_their_recipients_also_when_the_caller_is_gone():
    caller = dial(
        {
            "/": '<Response><Sms to="alice">Your table is ready.</Sms><Record action="/kept"/></Response>',
            "/kept": '<Response><Email to="desk@example.com">A caller spoke.</Email></Response>',
        }
    )
    assert caller.expect_texted("table is ready").to == ClientTarget(login="alice")
    caller.say("hello")
    caller.wait(1)
    caller.hang_up()
    assert caller.expect_mailed("a caller spoke").to == ("desk@example.com",)


def test_a_place_in_a_queue_is_taken_by_the_test():
    caller = dial(
        {
            "/": "<Response><Enqueue waitUrl='/wait' action='/served'>q</Enqueue></Response>",
            "/wait": "<Response><Say>You are next.</Say></Response>",
            "/served": "",
        }
    )
    place = caller.expect_enqueued("q")
    caller.expect_requested("/wait", QueuePosition="1")
    caller.expect_said("You are next")
    caller.wait(20)
    place.connect()
    caller.wait(30)
    place.part()
    caller.expect_requested("/served", QueueResult="bridged", QueueTime="20")
    caller.expect_hung_up()


def test_a_caller_leaves_the_queue_when_its_document_says_so():
    caller = dial(
        {
            "/": "<Response><Enqueue waitUrl='/wait' action='/served'>q</Enqueue></Response>",
            "/wait": "<Response><Say>Call again tomorrow.</Say><Leave/></Response>",
            "/served": "",
        }
    )
    caller.expect_requested("/served", QueueResult="leave")


def test_an_agent_who_takes_from_a_queue_waits_for_somebody():
    document = "<Response><Dial timeout='40' action='/next'><Queue>q</Queue></Dial></Response>"
    agent = dial({"/": document, "/next": ""})
    taking = agent.expect_taking("q")
    agent.wait(10)
    taking.connect()
    agent.wait(5)
    taking.part()
    agent.expect_requested("/next", DialCallStatus="completed", DialCallDuration="5")
    alone = dial({"/": document, "/next": ""})
    alone.expect_requested("/next", DialCallStatus="no-answer")
    assert alone.now == 40


def test_who_answered_a_call_of_the_rest_api_is_told_with_every_request():
    document = "<Response><Say>Call us back, please.</Say><Redirect>/next</Redirect></Response>"
    machine = dial({"/": document, "/next": ""}, answered_by="machine_end_beep")
    machine.expect_requested("/", AnsweredBy="machine_end_beep", CallStatus="in-progress")
    machine.expect_said("call us back")
    machine.expect_requested("/next", AnsweredBy="machine_end_beep", Direction="outbound-api")


def test_a_callee_turns_out_to_be_a_machine():
    noun = '<Number machineDetection="Enable" amdStatusCallback="/amd">+13055550101</Number>'
    caller = dial({"/": f"<Response><Dial>{noun}</Dial></Response>", "/amd": ""})
    callee = caller.expect_dialled("+13055550101")
    callee.answer()
    callee.turns_out("machine_start")
    callee.expect_requested("/amd", AnsweredBy="machine_start")


def test_nobody_turns_out_to_be_a_machine_when_the_document_does_not_ask():
    caller = dial("<Response><Dial>+13055550101</Dial></Response>")
    callee = caller.expect_dialled("+13055550101")
    callee.answer()
    with pytest.raises(AssertionError, match="nobody asks"):
        callee.turns_out("human")


def test_what_a_caller_says_is_told_by_a_transcription():
    start = '<Start><Transcription name="notes" statusCallbackUrl="/said"/></Start>'
    stop = '<Stop><Transcription name="notes"/></Stop>'
    caller = dial({"/": f"<Response>{start}<Pause length='9'/>{stop}</Response>", "/said": ""})
    caller.expect_requested("/said", TranscriptionEvent="transcription-started", SequenceId="1")
    caller.say("good morning", at_once=True)
    told = caller.expect_requested("/said", TranscriptionEvent="transcription-content", SequenceId="2")
    assert '"transcript": "good morning"' in told.parameters["TranscriptionData"]
    caller.expect_requested("/said", TranscriptionEvent="transcription-stopped")
