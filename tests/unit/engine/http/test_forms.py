import pytest

from engine.http.forms import MOST_PARAMETERS, checked, read_fields
from engine.http.problems import Problem
from engine.http.resources.call_forms import CallChange, CallCreation
from engine.http.resources.participants import ParticipantCreation
from rcml.call import Callback
from rcml.detection import MachineDetection
from rcml.values import HttpMethod

LEAST = {"From": ["+1555"], "To": ["client:bob"], "Url": ["http://app.test/x"]}


def test_names_are_those_of_the_reference_and_others_are_ignored():
    form = checked({**LEAST, "Timeout": ["12"], "Unknown": ["x"], "timeout": ["5"]}, CallCreation)
    assert (form.from_, form.to, form.url, form.method) == (
        "+1555",
        "client:bob",
        "http://app.test/x",
        "POST",
    )
    assert (form.ring_limit, form.time_limit) == (12, 14400)


def test_twilios_names_mean_the_same():
    form = checked(
        {"From": ["1"], "To": ["2"], "Rcml": ["<Response/>"], "SipAuthUsername": ["u"], "Record": ["true"]},
        CallCreation,
    )
    assert (form.document, form.username, form.record) == ("<Response/>", "u", True)


def test_a_parameter_that_is_given_twice_has_two_values_and_blanks_are_kept_when_asked():
    assert read_fields(b"A=1&B=&A=%2B2", keep_blanks=False) == {"A": ["1", "+2"]}
    assert read_fields(b"A=1&B=", keep_blanks=True) == {"A": ["1"], "B": [""]}


def test_a_form_of_too_many_parameters_is_refused_before_it_is_read():
    read_fields(b"&".join([b"A=1"] * MOST_PARAMETERS), keep_blanks=True)
    with pytest.raises(Problem, match="501 parameters"):
        read_fields(b"&".join([b"A=1"] * (MOST_PARAMETERS + 1)), keep_blanks=True)


@pytest.mark.parametrize(
    "values", [["initiated", "answered"], ["initiated answered"], ["initiated,answered"]]
)
def test_several_events_are_given_apart_or_in_one_parameter(values: list[str]):
    form = checked({**LEAST, "StatusCallbackEvent": values}, CallCreation)
    assert form.status_callback_event == ("initiated", "answered")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"From": []}, "From can not be null."),
        ({"Method": ["PUT"]}, "Method = 'PUT': it must be 'GET' or 'POST'"),
        ({"Timeout": ["0"]}, "Timeout = '0': it must be greater than or equal to 1"),
        ({"Record": ["maybe"]}, "Record = 'maybe': write true or false"),
        ({"SendDigits": ["1x"]}, "SendDigits = '1x': "),
        ({"MachineDetection": ["Maybe"]}, "MachineDetection = 'Maybe': it must be"),
        ({"MachineDetectionTimeout": ["60"]}, "MachineDetectionTimeout = '60': it must be less than"),
        ({"FallbackUrl": ["app.test"]}, "FallbackUrl = 'app.test': 'app.test' leads to no http or https URL"),
    ],
)
def test_a_mistake_names_the_parameter_the_value_and_the_cure(fields: dict[str, list[str]], sentence: str):
    given = {name: values for name, values in {**LEAST, **fields}.items() if values}
    with pytest.raises(Problem) as caught:
        checked(given, CallCreation)
    assert caught.value.status == 400
    assert caught.value.message.startswith(sentence)


def test_machine_detection_is_read_in_the_units_of_the_engine():
    fields = {"MachineDetection": "detectmessageend", "MachineDetectionSpeechThreshold": "3000"}
    given = {name: [value] for name, value in fields.items()}
    detection = checked({**LEAST, **given}, CallCreation).detection("http://app.test/amd")
    assert detection == MachineDetection(until_message_end=True, speech_threshold=3.0)


@pytest.mark.parametrize("name", ["AmdStatusCallback", "AsyncAmdStatusCallback"])
def test_who_is_called_into_a_conference_never_waits_for_machine_detection(name: str):
    given = {"MachineDetection": ["enable"], name: ["/amd"], f"{name}Method": ["get"]}
    form = checked({**LEAST, **given}, ParticipantCreation)
    told = Callback(url="http://us.test/amd", method=HttpMethod.GET)
    assert form.amd_status_callback == "/amd"
    assert form.detection("http://us.test/amd") == MachineDetection(callback=told)


def test_the_callback_of_machine_detection_counts_when_nobody_waits_for_it():
    given = {"MachineDetection": ["Enable"], "AsyncAmd": ["true"], "AsyncAmdStatusCallbackMethod": ["GET"]}
    detection = checked({**LEAST, **given}, CallCreation).detection("http://app.test/amd")
    told = Callback(url="http://app.test/amd", method=HttpMethod.GET)
    assert detection == MachineDetection(callback=told)
    assert checked(LEAST, CallCreation).detection("http://app.test/amd") is None


def test_a_change_may_leave_everything_out():
    form = checked({}, CallChange)
    assert (form.status, form.url, form.mute, form.move_connected_call_leg) == (None, None, None, False)
