"""The verb Gather."""

from __future__ import annotations

import re

from rcml.call import Call, Callback, Collected, CollectRequest, InputKind, Level
from rcml.errors import FEATURE_MISSING
from rcml.flow import Fetch, Flow, Next
from rcml.schema import Verb, attr, nested, verb
from rcml.spoken import HINTS, LANGUAGE
from rcml.values import HttpMethod, Keys, Kind, NotAllowed, Place, Seconds, Url
from rcml.verbs.pause import Pause
from rcml.verbs.play import Play
from rcml.verbs.say import Say

AUTO = "auto"
"""The `speechTimeout` that leaves the end of a sentence to us."""

_START_KEYS = re.compile(r"[0-9*#]{1,12}")
_WHOLE_SECONDS = re.compile(r"[1-9][0-9]{0,3}")


def _read_start_keys(written: str, place: Place) -> str:
    if not _START_KEYS.fullmatch(written):
        raise NotAllowed
    return written


def _read_speech_timeout(written: str, place: Place) -> int | str:
    if written.lower() == AUTO:
        return AUTO
    if not _WHOLE_SECONDS.fullmatch(written):
        raise NotAllowed
    return int(written)


@verb
class Gather(Verb):
    """Collect what the caller presses or says, and send it to the application.

    Keys pressed before are forgotten. The prompts inside are played in order, and the first key or word
    stops them. The input is sent to `action`, whose answer replaces this document. When the caller
    presses nothing, or only a key of `finishOnKey`, the next verb runs instead.

    Parameters:
        Digits: The keys without the one that ended the input; empty when the caller spoke.
        SpeechResult: What the caller said; empty when they pressed keys.
        Confidence: How sure the recogniser is, from 0 to 1; only when the caller spoke.

    Example:
        <Response>
          <Gather action="/choice" numDigits="1" timeout="8">
            <Say>For opening hours press one.</Say>
            <Pause/>
            <Play>/sounds/menu.wav</Play>
          </Gather>
          <Say>We did not hear from you.</Say>
        </Response>

    TwiML: `startInputKey`, `preTimeout` and `postTimeout` are RCML's. More than 50 hints, or one longer than
    100 characters, make the document unusable. Speech in a language that no recogniser knows counts as
    silence, and so does speech whose recogniser fails when no other can step in; a warning (13521) tells.
    """

    action: Url | None = attr("Where the input is sent; this document's URL when absent.", default=None)
    method: HttpMethod = attr("How `action` is requested.", default=HttpMethod.POST, code=14104)
    timeout: Seconds = attr(
        "Silence, after the prompts or after a key, that ends the input.",
        default=Seconds(5),
        minimum=1,
        code=13313,
    )
    pre_timeout: Seconds | None = attr(
        "Silence after the prompts, in place of `timeout`.", default=None, minimum=1, code=13313
    )
    post_timeout: Seconds | None = attr(
        "Silence after a key or word, in place of `timeout`.", default=None, minimum=1, code=13313
    )
    speech_timeout: int | str | None = attr(
        "Silence after a word, in place of both; `auto`: a short pause.",
        default=None,
        kind=Kind("whole number of seconds, or `auto`", _read_speech_timeout),
        code=13313,
    )
    max_speech_time: Seconds = attr(
        "How long the caller may speak; what was said until then counts.",
        default=Seconds(60),
        minimum=1,
        code=13328,
    )
    finish_on_key: Keys = attr("Keys that end the input and are not sent.", default=Keys("#"), code=13310)
    start_input_key: str = attr(
        "Keys that may be the first one; others are ignored.",
        default="*0123456789",
        kind=Kind("keys `0`-`9` `*` `#`, 1 to 12", _read_start_keys, empty_is_absent=False),
        code=13315,
    )
    num_digits: int | None = attr("Number of keys that ends the input.", default=None, minimum=1, code=13314)
    action_on_empty_result: bool = attr("Request `action` also when there was no input.", default=False)
    input: tuple[InputKind, ...] = attr(
        "What counts as input; the first to complete wins.", default=(InputKind.DTMF,)
    )
    language: str = attr("The language spoken.", default="en-US", kind=LANGUAGE)
    hints: tuple[str, ...] = attr(
        "Phrases the caller is likely to say.",
        default=(),
        kind=HINTS,
    )
    partial_result_callback: Url | None = attr(
        "Told `UnstableSpeechResult` while the caller speaks; the answer is ignored.", default=None
    )
    partial_result_callback_method: HttpMethod = attr("How it is told.", default=HttpMethod.POST)
    barge_in: bool = attr("Whether speech stops the prompts.", default=True)
    provider: str | None = attr("The recogniser; the server's own choice when absent.", default=None)
    prompts: tuple[Say | Play | Pause, ...] = nested(
        "Heard before the input, until the first key.",
        default=(),
        codes={13511: 13321, 13510: 13322, 11100: 13325},
    )

    async def execute(self, call: Call) -> Next:
        await call.answer()
        collected = await call.collect(self._request(self._kinds(call)))
        if not collected and not self.action_on_empty_result:
            return Flow.NEXT_VERB
        return self._answer(collected)

    def _answer(self, collected: Collected) -> Fetch:
        parameters = {"Digits": collected.digits, "SpeechResult": collected.speech}
        if collected.confidence is not None:
            parameters["Confidence"] = f"{collected.confidence:.3f}"
        return Fetch(self.action, self.method, parameters, caller_input=bool(collected))

    def _pause(self) -> float | None:
        if isinstance(self.speech_timeout, int):
            return self.speech_timeout
        return None if self.speech_timeout == AUTO else self.post_timeout or self.timeout

    def _kinds(self, call: Call) -> frozenset[InputKind]:
        wanted = frozenset(self.input)
        if InputKind.SPEECH in wanted and not call.recognises_speech:
            what = "<Gather> asks for speech and no recogniser is at hand: speech counts as silence"
            call.notify(FEATURE_MISSING, Level.WARNING, what, line=self.line)
            wanted -= {InputKind.SPEECH}
        return wanted

    def _request(self, kinds: frozenset[InputKind]) -> CollectRequest:
        prompts = (element.prompt() for element in self.prompts)
        partial = self.partial_result_callback if InputKind.SPEECH in kinds else None
        return CollectRequest(
            kinds=kinds,
            prompts=tuple(prompt for prompt in prompts if prompt is not None),
            first_within=self.pre_timeout or self.timeout,
            next_within=self.post_timeout or self.timeout,
            pause_within=self._pause(),
            speech_limit=self.max_speech_time,
            finish_on=self.finish_on_key,
            start_with=self.start_input_key,
            at_most=self.num_digits,
            language=self.language,
            hints=self.hints,
            barge_in=self.barge_in,
            partial_results=Callback.at(partial, self.partial_result_callback_method),
            provider=self.provider,
        )
