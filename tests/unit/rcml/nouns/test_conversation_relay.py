"""ConversationRelay: what a document asks for."""

from __future__ import annotations

import pytest
from twilio.twiml.voice_response import VoiceResponse  # type: ignore[import-untyped]

from rcml.errors import UNKNOWN_NAME, InvalidUrl
from rcml.nouns.conversation_relay import ConversationRelay
from rcml.parser import parse_xml
from rcml.relaying import Input, RelayLanguage, RelayNews, RelayRequest, Sensitivity
from rcml.values import Voice
from rcml.verbs.connect import Connect

URL = "wss://agent.test/talk"


def asked(attributes: str = "", inside: str = "") -> tuple[RelayRequest | None, list[str]]:
    """Return what is asked for, and what the document is warned of."""
    noun = f"<ConversationRelay {attributes}>{inside}</ConversationRelay>"
    document = parse_xml(f"<Response><Connect>{noun}</Connect></Response>", "https://app.test/voice")
    verb = document.verbs[0]
    assert isinstance(verb, Connect)
    (relay,) = verb.nouns
    assert isinstance(relay, ConversationRelay)
    return relay.request(), [warning.message for warning in document.warnings]


def wanted(attributes: str = "", inside: str = "") -> RelayRequest:
    request, warnings = asked(f'url="{URL}" {attributes}', inside)
    assert request is not None
    assert warnings == []
    return request


def test_a_url_alone_is_a_conversation_in_english_that_speech_interrupts():
    assert wanted() == RelayRequest(url=URL)
    assert RelayRequest(url=URL).interruptible is Input.ANY
    assert RelayRequest(url=URL).reported is Input.NONE


def test_a_relative_url_leads_to_the_server_of_the_document():
    request, _ = asked('url="/talk"')
    assert request is not None
    assert request.url == "wss://app.test/talk"


def test_without_a_url_nothing_is_asked_for():
    assert asked()[0] is None


def test_a_url_that_is_none_is_an_error():
    with pytest.raises(InvalidUrl):
        asked('url="https://agent.test/"')


@pytest.mark.parametrize(
    ("written", "read"),
    [
        *(("true", Input.ANY), ("false", Input.NONE), ("ANY", Input.ANY)),
        *(("none", Input.NONE), ("speech", Input.SPEECH), ("dtmf", Input.DTMF)),
    ],
)
def test_what_interrupts_may_be_written_as_a_truth_value(written: str, read: Input):
    request = wanted(f'interruptible="{written}" welcomeGreetingInterruptible="{written}"')
    assert (request.interruptible, request.greeting_interruptible) == (read, read)


def test_all_that_a_twilio_document_says_of_the_talk():
    request = wanted(
        'welcomeGreeting="Hello" welcomeGreetingLanguage="fr-FR" dtmfDetection="true" preemptible="true" '
        'interruptSensitivity="low" reportInputDuringAgentSpeech="speech" partialPrompts="true" '
        'speechTimeout="1200" hints="Dialplane, RCML" events="speaker-events tokens-played" '
        'debug="debugging" ignoreBackchannel="true"',
        '<Parameter name="order" value="7"/><Parameter value="nameless"/>',
    )
    assert request == RelayRequest(
        url=URL,
        spoken=RelayLanguage(hints=("Dialplane", "RCML")),
        heard=RelayLanguage(hints=("Dialplane", "RCML")),
        greeting="Hello",
        greeting_language="fr-FR",
        sensitivity=Sensitivity.LOW,
        ignore_backchannel=True,
        reported=Input.SPEECH,
        preemptible=True,
        keys=True,
        partial_prompts=True,
        pause=1.2,
        news=frozenset(RelayNews),
        parameters=(("order", "7"),),
    )


def test_both_languages_may_differ_from_the_common_one():
    request = wanted('language="en-GB" ttsLanguage="de-DE"')
    assert (request.spoken.code, request.heard.code) == ("de-DE", "en-GB")
    request = wanted('language="en-GB" transcriptionLanguage="de-DE"')
    assert (request.spoken.code, request.heard.code) == ("en-GB", "de-DE")


def test_a_language_element_has_the_settings_of_its_language():
    request = wanted(
        'language="es-ES" voice="man" hints="uno, dos"',
        '<Language code="es-es" ttsProvider="studio" voice="alba" transcriptionProvider="ears"/>'
        '<Language code="fr-FR" hints="un, deux"/>',
    )
    spanish = RelayLanguage(
        code="es-es", own_voice="alba", voice_provider="studio", recogniser="ears", hints=("uno", "dos")
    )
    assert (request.spoken, request.heard) == (spanish, spanish)
    french = RelayLanguage(code="fr-FR", voice=Voice.MAN, hints=("un", "deux"))
    assert request.languages == (spanish, french)


def test_a_language_element_inherits_what_it_does_not_say():
    request = wanted(
        'ttsProvider="studio" voice="bob" transcriptionProvider="ears"',
        '<Language code="es-ES"/><Language code="fr-FR" voice="eve"/>'
        '<Language code="de-DE" ttsProvider="other"/>',
    )
    spanish, french, german = request.languages
    assert (spanish.voice_provider, spanish.own_voice, spanish.recogniser) == ("studio", "bob", "ears")
    assert (french.voice_provider, french.own_voice) == ("studio", "eve")
    assert (german.voice_provider, german.own_voice, german.voice) == ("other", "", Voice.WOMAN)


def test_a_voice_of_somebody_elses_is_our_woman():
    assert wanted('voice="en-US-Journey-O"').spoken == RelayLanguage(voice=Voice.WOMAN)
    assert wanted('ttsProvider="Google" voice="en-US-Journey-O"').spoken.own_voice == "en-US-Journey-O"
    assert wanted('voice="man"').spoken.voice is Voice.MAN


def test_a_language_that_is_to_be_found_out_is_english_and_the_author_is_told():
    request, warnings = asked(f'url="{URL}" language="multi"')
    assert request is not None
    assert (request.spoken.code, request.spoken.tag) == ("multi", "en-US")
    assert any("'multi'" in warning for warning in warnings)


@pytest.mark.parametrize("hints", [[f"hint {number}" for number in range(60)], ["fine", "x" * 101]])
def test_hints_that_are_too_many_or_too_long_are_left_out_with_a_warning(hints: list[str]):
    request, warnings = asked(f'url="{URL}" hints="{", ".join(hints)}"')
    assert request is not None
    assert request.heard.hints == tuple(hint for hint in hints if len(hint) <= 100)[:50]
    assert len(warnings) == 1


@pytest.mark.parametrize(
    ("written", "seconds"), [("auto", None), ("600", 0.6), ("5000", 5.0), ("AUTO", None)]
)
def test_the_silence_that_ends_a_sentence_is_told_in_milliseconds(written: str, seconds: float | None):
    assert wanted(f'speechTimeout="{written}"').pause == seconds


@pytest.mark.parametrize("written", ["599", "5001", "soon", "1e3", "٦٠٠"])
def test_another_silence_counts_as_auto_and_is_warned_of(written: str):
    document = parse_xml(
        f'<Response><Connect><ConversationRelay url="{URL}" speechTimeout="{written}"/></Connect></Response>',
        "https://app.test/",
    )
    assert [warning.code for warning in document.warnings] == [UNKNOWN_NAME]


def test_what_twilios_library_writes_is_read():
    response = VoiceResponse()
    relay = response.connect(action="https://app.test/after").conversation_relay(
        url=URL,
        welcome_greeting="Hello",
        welcome_greeting_interruptible="speech",
        tts_provider="ElevenLabs",
        voice="UgBBYS2sOqTuMpoF3BR0-flash_v2_5-1.2_0.6_0.8",
        interruptible=True,
        dtmf_detection=True,
        report_input_during_agent_speech="any",
        debug="debugging speaker-events tokens-played",
    )
    relay.language(code="sv-SE", tts_provider="amazon", voice="Elin-Neural", transcription_provider="google")
    relay.parameter(name="order", value="7")
    document = parse_xml(str(response), "https://app.test/voice")
    assert document.warnings == ()
    (verb,) = document.verbs
    assert isinstance(verb, Connect)
    (noun,) = verb.nouns
    assert isinstance(noun, ConversationRelay)
    request = noun.request()
    assert request is not None
    assert request.spoken.own_voice == "UgBBYS2sOqTuMpoF3BR0-flash_v2_5-1.2_0.6_0.8"
    assert (request.greeting, request.greeting_interruptible) == ("Hello", Input.SPEECH)
    assert (request.interruptible, request.reported, request.keys) == (Input.ANY, Input.ANY, True)
    assert request.news == frozenset(RelayNews)
    assert (request.languages[0].code, request.languages[0].recogniser) == ("sv-SE", "google")
    assert request.parameters == (("order", "7"),)
