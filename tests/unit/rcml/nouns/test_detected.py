import pytest

from rcml.call import Callback
from rcml.detection import MachineDetection
from rcml.nouns.client import Client
from rcml.nouns.number import Number
from rcml.nouns.sip import Sip
from rcml.parser import parse_xml
from rcml.values import HttpMethod
from rcml.verbs.dial import Dial

ELEMENTS = {
    "Number": "+13055550101",
    "Client": "alice",
    "Sip": "sip:bob@carrier.test",
    "Uri": "sip:bob@carrier.test",
}


def read(attributes: str, element: str = "Number") -> tuple[MachineDetection | None, list[str]]:
    noun = f"<{element} {attributes}>{ELEMENTS[element]}</{element}>"
    document = parse_xml(f"<Response><Dial>{noun}</Dial></Response>", "http://app.test/")
    (dial,) = document.verbs
    assert isinstance(dial, Dial)
    (found,) = dial.nouns
    assert isinstance(found, Number | Client | Sip)
    target = found.target()
    assert target is not None
    return target.detection, [warning.message for warning in document.warnings]


@pytest.mark.parametrize("attributes", ["", 'machineDetection="none" amdStatusCallback="/amd"'])
def test_nothing_is_detected_unless_it_is_asked_for(attributes: str):
    assert read(attributes) == (None, [])


@pytest.mark.parametrize("element", ELEMENTS)
def test_limits_are_read_as_twiml_writes_them(element: str):
    detection, warnings = read(
        'machineDetection="DetectMessageEnd" machineDetectionTimeout="45"'
        ' machineDetectionSpeechThreshold="3000" machineDetectionSpeechEndThreshold="900"'
        ' machineDetectionSilenceTimeout="4000" amdStatusCallback="amd" amdStatusCallbackMethod="GET"',
        element,
    )
    assert warnings == []
    assert detection == MachineDetection(
        until_message_end=True,
        timeout=45,
        speech_threshold=3.0,
        speech_end_threshold=0.9,
        silence_timeout=4.0,
        callback=Callback(url="http://app.test/amd", method=HttpMethod.GET),
    )


@pytest.mark.parametrize("seconds", ["2", "60", "soon"])
def test_a_limit_that_cannot_be_is_the_usual_one_with_a_warning(seconds: str):
    detection, warnings = read(f'machineDetection="enable" machineDetectionTimeout="{seconds}"')
    assert detection == MachineDetection(timeout=30)
    assert "3 to 59 seconds" in warnings[0]
