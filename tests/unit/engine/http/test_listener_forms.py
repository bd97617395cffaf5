import pytest

from engine.http.forms import checked
from engine.http.problems import Problem
from engine.http.resources.listener_forms import ListenerChange, StreamCreation, TranscriptionCreation
from rcml.call import Callback
from rcml.streaming import StreamTrack


def read(**fields: str) -> StreamCreation:
    return checked(
        {"Url": ["wss://app.test/ear"]} | {name: [value] for name, value in fields.items()}, StreamCreation
    )


def test_a_url_alone_listens_to_the_caller():
    form = read()
    assert (form.url, form.name, form.track, form.parameters) == (
        "wss://app.test/ear",
        "",
        StreamTrack.INBOUND,
        (),
    )


def test_parameters_are_put_together_in_the_order_of_their_numbers():
    numbered = {
        "Parameter2.Name": "b",
        "Parameter2.Value": "2",
        "Parameter10.Name": "c",
        "Parameter1.Name": "a",
        "Parameter1.Value": "1",
        "Parameter3.Value": "without a name",
        "Parameter0.Name": "no number",
    }
    assert read(**numbered).parameters == (("a", "1"), ("b", "2"), ("c", ""))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (
            {"Url": "https://app.test/ear"},
            "Url = 'https://app.test/ear': 'https://app.test/ear' leads to no ws",
        ),
        ({"Url": "/ear"}, "Url = '/ear': '/ear' leads to no ws"),
        ({"Track": "left"}, "Track = 'left': "),
    ],
)
def test_a_mistake_names_the_parameter_the_value_and_the_cure(fields: dict[str, str], sentence: str):
    with pytest.raises(Problem) as caught:
        read(**fields)
    assert caught.value.message.startswith(sentence)


def test_a_listener_can_only_be_stopped():
    assert checked({"Status": ["stopped"]}, ListenerChange).status == "stopped"
    with pytest.raises(Problem):
        checked({"Status": ["paused"]}, ListenerChange)


def test_a_transcription_is_asked_for_as_documents_ask():
    given = {"StatusCallbackUrl": ["/said"], "Hints": ["yes, no"], "LanguageCode": ["de-DE"]}
    request = checked(given, TranscriptionCreation).request("http://us.test/said")
    assert (request.hints, request.language, request.track) == (("yes", "no"), "de-DE", StreamTrack.BOTH)
    assert request.status_callback == Callback(url="http://us.test/said")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "StatusCallbackUrl can not be null."),
        ({"LanguageCode": "German!"}, "LanguageCode = 'German!': it must be a language tag"),
        ({"Hints": ",".join("a" * 60)}, "Hints = "),
    ],
)
def test_a_mistake_in_a_transcription_is_told(fields: dict[str, str], sentence: str):
    usual = {"StatusCallbackUrl": ["/said"]} if fields else {}
    with pytest.raises(Problem) as caught:
        checked(usual | {name: [value] for name, value in fields.items()}, TranscriptionCreation)
    assert caught.value.message.startswith(sentence)
