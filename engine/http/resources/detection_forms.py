"""What a request for a call may say about answering machines."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BeforeValidator, Field

from engine.http.forms import Form, HttpUrl, Method
from rcml import detection
from rcml.call import Callback
from rcml.detection import MachineDetection, Span
from rcml.values import HttpMethod

_MODES = {"enable": "Enable", "detectmessageend": "DetectMessageEnd", "none": "", "false": "", "": ""}


def _mode(text: Any) -> Any:
    return _MODES.get(text.lower(), text) if isinstance(text, str) else text


def _limit(name: str, span: Span, meaning: str) -> Any:
    return Field(span.usual, alias=name, ge=span.least, le=span.most, description=meaning)


class _Detection(Form):
    """Whether to find out if a machine answered."""

    machine_detection: Annotated[Literal["", "Enable", "DetectMessageEnd"], BeforeValidator(_mode)] = Field(
        "",
        alias="MachineDetection",
        description="`Enable` tells who answered as soon as it is known, `DetectMessageEnd` of a machine when"
        " its greeting is over. The document of a call is asked for then, with `AnsweredBy`.",
    )
    machine_detection_timeout: int = _limit(
        "MachineDetectionTimeout", detection.TIMEOUT, "Seconds that are listened to at most."
    )
    machine_detection_speech_threshold: int = _limit(
        "MachineDetectionSpeechThreshold",
        detection.SPEECH_THRESHOLD,
        "Milliseconds of speech that make a machine.",
    )
    machine_detection_speech_end_threshold: int = _limit(
        "MachineDetectionSpeechEndThreshold",
        detection.SPEECH_END_THRESHOLD,
        "Milliseconds of silence after speech that make a human.",
    )
    machine_detection_silence_timeout: int = _limit(
        "MachineDetectionSilenceTimeout",
        detection.SILENCE_TIMEOUT,
        "Milliseconds of silence from the beginning after which nothing is known.",
    )

    def _detection(self, callback_url: str, method: str) -> MachineDetection | None:
        if not self.machine_detection:
            return None
        return MachineDetection(
            until_message_end=self.machine_detection == "DetectMessageEnd",
            timeout=self.machine_detection_timeout,
            speech_threshold=self.machine_detection_speech_threshold / 1000,
            speech_end_threshold=self.machine_detection_speech_end_threshold / 1000,
            silence_timeout=self.machine_detection_silence_timeout / 1000,
            callback=Callback(url=callback_url, method=HttpMethod(method)) if callback_url else None,
        )


class CallDetection(_Detection):
    """Whether a document waits until it is known."""

    async_amd: bool = Field(
        False, alias="AsyncAmd", description="Whether the document runs while it is being found out."
    )
    async_amd_status_callback: HttpUrl | None = Field(
        None, alias="AsyncAmdStatusCallback", description="Told `AnsweredBy`, with `AsyncAmd`."
    )
    async_amd_status_callback_method: Method = Field("POST", alias="AsyncAmdStatusCallbackMethod")

    def detection(self, callback_url: str) -> MachineDetection | None:
        """Return what is asked for; ``callback_url`` is `AsyncAmdStatusCallback`, written in full."""
        told = callback_url if self.async_amd else ""
        return self._detection(told, self.async_amd_status_callback_method)


class ParticipantDetection(_Detection):
    """Nobody waits for it: who answers is in the conference at once, as in a Dial."""

    amd_status_callback: HttpUrl | None = Field(
        None,
        validation_alias=AliasChoices("AmdStatusCallback", "AsyncAmdStatusCallback"),
        serialization_alias="AmdStatusCallback",
        description="Told `AnsweredBy` when it is known; `AsyncAmdStatusCallback` is another name.",
    )
    amd_status_callback_method: Method = Field(
        "POST",
        validation_alias=AliasChoices("AmdStatusCallbackMethod", "AsyncAmdStatusCallbackMethod"),
        serialization_alias="AmdStatusCallbackMethod",
    )

    def detection(self, callback_url: str) -> MachineDetection | None:
        """Return what is asked for; ``callback_url`` is `AmdStatusCallback`, written in full."""
        return self._detection(callback_url, self.amd_status_callback_method)
