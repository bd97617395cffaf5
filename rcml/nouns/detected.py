"""What the nouns that ring somebody say about answering machines."""

from __future__ import annotations

from rcml import detection
from rcml.call import Callback
from rcml.detection import DetectionMode, MachineDetection, Span
from rcml.schema import Element, attr, part
from rcml.values import HttpMethod, Kind, NotAllowed, Place, Url, kind_of


def _within(span: Span, unit: str) -> Kind:
    number = kind_of(int)

    def read(written: str, place: Place) -> int:
        value: int = number.read(written, place)
        if not span.least <= value <= span.most:
            raise NotAllowed
        return value

    return Kind(f"{span.least} to {span.most} {unit}", read, empty_is_absent=False)


@part
class Detected(Element):
    """A noun whose party may be a machine; it is found out while they are connected."""

    machine_detection: DetectionMode = attr(
        "Whether to find out if a machine answered: at once, or when its greeting is over.",
        default=DetectionMode.NONE,
    )
    machine_detection_timeout: int = attr(
        "How long is listened at most.",
        default=detection.TIMEOUT.usual,
        kind=_within(detection.TIMEOUT, "seconds"),
    )
    machine_detection_speech_threshold: int = attr(
        "Speech that makes a machine.",
        default=detection.SPEECH_THRESHOLD.usual,
        kind=_within(detection.SPEECH_THRESHOLD, "milliseconds"),
    )
    machine_detection_speech_end_threshold: int = attr(
        "Silence after speech that makes a human.",
        default=detection.SPEECH_END_THRESHOLD.usual,
        kind=_within(detection.SPEECH_END_THRESHOLD, "milliseconds"),
    )
    machine_detection_silence_timeout: int = attr(
        "Silence from the beginning after which nothing is known.",
        default=detection.SILENCE_TIMEOUT.usual,
        kind=_within(detection.SILENCE_TIMEOUT, "milliseconds"),
    )
    amd_status_callback: Url | None = attr("Told who answered, as `AnsweredBy`.", default=None)
    amd_status_callback_method: HttpMethod = attr("How it is told.", default=HttpMethod.POST)

    def detection(self) -> MachineDetection | None:
        """Return what is to be found out; raises ``InvalidUrl``."""
        if self.machine_detection is DetectionMode.NONE:
            return None
        return MachineDetection(
            until_message_end=self.machine_detection is DetectionMode.DETECT_MESSAGE_END,
            timeout=self.machine_detection_timeout,
            speech_threshold=self.machine_detection_speech_threshold / 1000,
            speech_end_threshold=self.machine_detection_speech_end_threshold / 1000,
            silence_timeout=self.machine_detection_silence_timeout / 1000,
            callback=Callback.at(self.amd_status_callback, self.amd_status_callback_method),
        )
