"""What every interpreter has in common; what it means for a caller's call is in test_interpreter.py."""

import pytest

from rcml.dialling import Dialled, DialStatus
from rcml.document import Document
from rcml.errors import CallerGone
from rcml.flow import Fetch
from rcml.schema import Verb
from rcml.values import Url
from rcml.verbs.pause import Pause
from rcml.walk import Broken, Ending, InterpreterOptions, Walk
from tests.testkit.scripted_call import START, ScriptedCall, complete

OPTIONS = InterpreterOptions()


@pytest.mark.parametrize(
    ("document", "ending"),
    [("<Say>a</Say>", Ending.LAST_VERB), ("", Ending.LAST_VERB), ("<Hangup/>", Ending.VERB)],
)
def test_a_walk_says_how_it_ended_and_leaves_the_call_to_its_owner(document: str, ending: Ending):
    call = ScriptedCall(ringing=False, application={START: document})
    assert complete(Walk(call, options=OPTIONS).run(Fetch(Url(START)))) is ending
    assert call.gone is (ending is Ending.VERB)


def test_a_broken_application_leaves_the_call_to_its_owner():
    call = ScriptedCall(ringing=False, application={START: "<oops"})
    with pytest.raises(Broken) as broken:
        complete(Walk(call, options=OPTIONS).run(Fetch(Url(START))))
    assert (broken.value.reason, call.codes) == ("Problem_to_parse_downloaded_RCML", [12100])
    assert not call.gone


def test_verbs_are_admitted_one_by_one_before_they_run():
    def admit(verb: Verb, document: Document) -> None:
        if isinstance(verb, Pause):
            raise Broken("no pauses")

    call = ScriptedCall(application={START: "<Response><Say>a</Say><Pause/><Say>b</Say></Response>"})
    with pytest.raises(Broken, match="no pauses"):
        complete(Walk(call, options=OPTIONS, admit=admit).run(Fetch(Url(START))))
    assert call.heard == ["said a"]


class SlowGoodbye(ScriptedCall):
    """A call that is gone only when the other side has answered the BYE."""

    async def hang_up(self, reason: str | None = None) -> None:
        self.ended = "BYE"


@pytest.mark.parametrize("attributes", ["", 'action="/action"'])
def test_a_caller_whom_we_hung_up_hears_nothing_more_though_they_are_not_gone_yet(attributes: str):
    talk = Dialled(status=DialStatus.COMPLETED, call_sid="CA1", talk_duration=3.0)
    call = SlowGoodbye(dials=[talk])
    call.application = {
        START: f"<Response><Dial {attributes}>100</Dial><Say>never</Say></Response>",
        "http://app.test/action": "<Say>never</Say>",
    }
    options = InterpreterOptions(restcomm_hangup_after_dial=True)
    with pytest.raises(CallerGone):
        complete(Walk(call, options=options).run(Fetch(Url(START))))
    assert (call.heard, call.ended, call.gone) == (["talked for 3 s"], "BYE", False)


@pytest.mark.parametrize(("null", "sent"), [(False, {"A": "1"}), (True, {"A": "1", "B": "null"})])
def test_a_value_that_is_not_known_is_left_out_or_null(null: bool, sent: dict[str, str]):
    call = ScriptedCall()
    options = InterpreterOptions(unknown_parameters_are_null=null)
    complete(Walk(call, options=options).run(Fetch(Url(START), parameters={"A": "1", "B": None})))
    assert call.requests[0].parameters == sent
