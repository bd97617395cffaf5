"""A relayed conversation without sockets and clock: speech, keys and messages in, messages and orders out.

Time is counted in frames of 20 ms and in samples played. Every input returns what its owner must do, in
order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from engine.conversation_relay import backchannel, messages
from engine.conversation_relay.backchannel import is_backchannel
from engine.conversation_relay.effects import Effect, FallSilent, Finish, News, Press, Remark, Speak
from engine.conversation_relay.messages import (
    ChangeLanguage,
    End,
    Message,
    MessageRefused,
    Play,
    SendDigits,
    Text,
    read_message,
)
from engine.conversation_relay.sentences import SentenceCutter
from engine.conversation_relay.talk import RATE, Piece, Talk
from engine.streams.core import Send
from rcml.call import InputKind
from rcml.errors import RELAY_MESSAGE
from rcml.prompts import Sound
from rcml.relaying import RelayLanguage, RelayNews, RelayRequest, Sensitivity

MOST_CHARACTERS: Final = 100_000
"""Of texts that wait to be heard: an hour and a half of speech."""
MOST_PIECES: Final = 2_000
UNFINISHED_FRAMES: Final = 50
"""Frames, a second, after which a sentence whose rest does not come is said as far as it goes."""

SPEECH_FRAMES: Final = {Sensitivity.HIGH: 1, Sensitivity.MEDIUM: 15, Sensitivity.LOW: 30}
"""Frames of speech that interrupt; its pauses of up to 0.2 s belong to it."""

AGENT, CALLER, PLAYED = "agentSpeaking", "clientSpeaking", "tokensPlayed"
_ABOUT = {AGENT: RelayNews.SPEAKERS, CALLER: RelayNews.SPEAKERS, PLAYED: RelayNews.TOKENS}


@dataclass(slots=True, eq=False)
class Utterance:
    """What the caller says at one go."""

    told: bool
    """Whether the application is told of it."""
    weighed: bool = False
    """Whether its words decide if it interrupts what the agent says."""
    backchannel: bool = False
    """Whether its words, as far as they are known, only show that the caller listens."""
    frames: int = 0
    """How long it went on while the agent spoke."""
    partial: str = ""


class RelayCore:
    """Decides everything about one conversation."""

    def __init__(self, request: RelayRequest, setup: Mapping[str, str]) -> None:
        self.talk = Talk()
        self.heard = request.heard
        """What the caller is expected to speak."""
        self.handoff: str | None = None
        self.ending = False
        """Whether the application has said that the conversation is over."""
        self._request = request
        self._setup = setup
        self._spoken = request.spoken
        self._cutter = SentenceCutter()
        self._answer = 0
        self._complete = True
        """Whether the next text begins another answer."""
        self._dropping = False
        """Whether the rest of an answer that was interrupted is still to come."""
        self._dropped_some = False
        self._last_text = Text("")
        """The text whose attributes what the cutter holds gets."""
        self._frames_since_text = 0
        self._played = 0
        self._agent_speaks = False
        self._caller_speaks = False
        self._frames_over_agent: int | None = None
        """Frames of the caller's speech that began while the agent spoke; None when it did not."""
        self._patience = SPEECH_FRAMES[request.sensitivity]
        """Frames of speech that interrupt, whatever is said."""
        if request.ignore_backchannel:
            self._patience = max(self._patience, backchannel.LONGEST_FRAMES)
        self._utterance: Utterance | None = None
        self._said: list[str] = []
        """What was heard of the answer that is being said, and how many samples of it."""
        self._samples_said = 0
        self._answer_said = 0
        self._remarked: set[int] = set()

    def open(self) -> list[Effect]:
        """Begin."""
        request = self._request
        effects: list[Effect] = [Send(messages.setup(self._setup, dict(request.parameters)))]
        if request.greeting.strip():
            spoken = self._language(request.greeting_language) if request.greeting_language else self._spoken
            speech = spoken.speech(request.greeting)
            effects += self._queue(Piece(speech, 0, request.greeting_interruptible, preemptible=False))
        return effects

    def receive(self, frame: str | bytes) -> list[Effect]:
        """Take a message."""
        if self.ending:
            return []
        try:
            if isinstance(frame, bytes):
                raise MessageRefused("a binary message: send text messages that hold JSON objects")
            return self._obey(read_message(frame))
        except MessageRefused as refused:
            return self.problem(RELAY_MESSAGE, str(refused))

    def problem(self, code: int, what: str) -> list[Effect]:
        """Tell the application, and once its author, what cannot be done."""
        effects: list[Effect] = [Send(messages.error(what))]
        if code not in self._remarked:
            self._remarked.add(code)
            effects.append(Remark(code, what))
        return effects

    def hear(self, speaking: bool, played: int) -> list[Effect]:
        """Take the next 20 ms: whether the caller speaks in them, and what was played by now."""
        self._played = played
        effects = self._progress() + self._listen(speaking)
        self._frames_since_text += 1
        if self._frames_since_text == UNFINISHED_FRAMES and self._cutter.holds:
            effects += self._say_rest()
        if self.ending and not self.talk:
            effects.append(Finish())
        return effects

    def utterance_began(self) -> Utterance:
        """The caller says something; what it is will be told with the result."""
        over = self.talk.current
        self._utterance = Utterance(
            told=over is None or self._request.reported.covers(InputKind.SPEECH),
            weighed=self._request.ignore_backchannel and over is not None and _yields_to_speech(over),
        )
        return self._utterance

    def partly_understood(self, utterance: Utterance, words: str) -> list[Effect]:
        """Take what the caller seems to have said so far."""
        effects = self._weigh(utterance, words)
        wanted = self._request.partial_prompts and utterance.told and not self.ending
        if not wanted or not words or words == utterance.partial or utterance.backchannel:
            return effects
        utterance.partial = words
        return [*effects, Send(messages.prompt(words, self.heard.tag, last=False))]

    def understood(self, utterance: Utterance, words: str) -> list[Effect]:
        """Take what the caller said; no words are nothing."""
        effects = self._weigh(utterance, words)
        if not words or not utterance.told or utterance.backchannel or self.ending:
            return effects
        self._dropping = False
        if not self.talk:
            # What was said is answered: not every application says which text is an answer's last.
            self._complete = self._complete or not self._cutter.holds
            self._said, self._samples_said = [], 0
        return [*effects, Send(messages.prompt(words, self.heard.tag, last=True))]

    def _weigh(self, utterance: Utterance, words: str) -> list[Effect]:
        """Interrupt for words that are more than a sign of listening. What the agent hears last is told."""
        current = self.talk.current
        if not utterance.weighed or not words or self.ending:
            return []
        if current is None:
            utterance.told, utterance.weighed, utterance.backchannel = True, False, False
            return []
        utterance.backchannel = is_backchannel(words, self.heard.tag)
        enough = utterance.frames >= SPEECH_FRAMES[self._request.sensitivity]
        if utterance.backchannel or not enough or not _yields_to_speech(current):
            return []
        utterance.told, utterance.weighed = True, False
        return self._interrupt(current)

    def press(self, key: str) -> list[Effect]:
        """Take a key that the caller pressed."""
        if not self._request.keys or self.ending:
            return []
        effects: list[Effect] = []
        current = self.talk.current
        if current is not None:
            if current.interruptible.covers(InputKind.DTMF):
                effects = self._interrupt(current)
            elif not self._request.reported.covers(InputKind.DTMF):
                return []
        self._dropping = False
        return [*effects, Send(messages.dtmf(key))]

    def _obey(self, message: Message) -> list[Effect]:
        match message:
            case Text():
                return self._take_text(message)
            case Play():
                return self._take_sound(message)
            case SendDigits(digits):
                return [Press(digits)]
            case ChangeLanguage(spoken, heard):
                effects = self._say_rest()
                self._spoken = self._language(spoken) if spoken is not None else self._spoken
                self.heard = self._language(heard) if heard is not None else self.heard
                return effects
            case End(handoff):
                effects = self._say_rest()
                self.handoff, self.ending = handoff, True
                self.talk.end_loops()
                return effects

    def _take_text(self, text: Text) -> list[Effect]:
        if self._dropping and not self._is_whole(text):
            self._dropping, self._dropped_some = not text.last, True
            return []
        self._dropping = False
        self._check_room(len(text.token))
        effects = self._begin_answer() if self._complete else []
        if text.language != self._last_text.language:
            effects += self._say_rest()
        self._last_text = text
        self._frames_since_text = 0
        for sentence in self._cutter.add(text.token):
            effects += self._say(sentence)
        if text.last:
            effects += self._say_rest()
            self._complete = True
        return effects

    def _is_whole(self, text: Text) -> bool:
        """Say whether a text answers the interruption itself: the rest of an answer comes in words."""
        return text.last and not self._dropped_some and len(text.token.split()) > 1

    def _take_sound(self, play: Play) -> list[Effect]:
        self._check_room(0)
        alone = self._complete
        effects = self._begin_answer() if alone else self._say_rest()
        self._complete = alone
        piece = Piece(
            Sound(url=play.source),
            self._answer,
            self._request.interruptible if play.interruptible is None else play.interruptible,
            self._request.preemptible if play.preemptible is None else play.preemptible,
            loops=play.loops,
        )
        return [*effects, *self._queue(piece)]

    def _check_room(self, characters: int) -> None:
        if self.talk.characters + characters > MOST_CHARACTERS or len(self.talk) >= MOST_PIECES:
            waiting = f"{self.talk.characters} characters in {len(self.talk)} sentences wait to be heard"
            raise MessageRefused(f"{waiting}: this message was dropped; wait until the caller has heard them")

    def _begin_answer(self) -> list[Effect]:
        """Begin another answer, and end the one before if it gives way."""
        self._answer += 1
        self._complete = False
        current = self.talk.current
        if current is not None and current.preemptible:
            return self._stop_talking()
        self.talk.drop(lambda piece: piece.preemptible and piece.begins is None)
        return []

    def _say_rest(self) -> list[Effect]:
        rest = self._cutter.rest()
        return self._say(rest) if rest else []

    def _say(self, sentence: str) -> list[Effect]:
        text, request = self._last_text, self._request
        spoken = self._spoken if text.language is None else self._language(text.language)
        return self._queue(
            Piece(
                spoken.speech(sentence),
                self._answer,
                request.interruptible if text.interruptible is None else text.interruptible,
                request.preemptible if text.preemptible is None else text.preemptible,
            )
        )

    def _queue(self, piece: Piece) -> list[Effect]:
        self.talk.add(piece)
        return [Speak(piece)]

    def _language(self, code: str) -> RelayLanguage:
        """Return how a language is spoken and heard; settings that it lacks are those of the conversation."""
        known = (self._request.spoken, self._request.heard, *self._request.languages)
        found = next((each for each in known if each.code.lower() == code.lower()), None)
        return replace(self._request.spoken, code=code) if found is None else found

    def _progress(self) -> list[Effect]:
        """Take note of what has been heard by now."""
        effects: list[Effect] = []
        if self.talk.sounding and not self._agent_speaks:
            self._agent_speaks = True
            effects += self._news(AGENT, "on")
        for piece in self.talk.over(self._played):
            self._keep(piece, piece.text, piece.handed)
            if piece.text:
                effects += self._news(PLAYED, piece.text)
        return effects + self._agent_silent()

    def _agent_silent(self) -> list[Effect]:
        if self.talk or not self._agent_speaks:
            return []
        self._agent_speaks = False
        return self._news(AGENT, "off")

    def _keep(self, piece: Piece, text: str, samples: int) -> None:
        """Remember what was heard of an answer, should it be interrupted."""
        if piece.answer != self._answer_said:
            self._answer_said = piece.answer
            self._said, self._samples_said = [], 0
        self._samples_said += samples
        if text:
            self._said.append(text)

    def _listen(self, speaking: bool) -> list[Effect]:
        effects: list[Effect] = []
        if speaking is not self._caller_speaks:
            self._caller_speaks = speaking
            self._frames_over_agent = 0 if speaking and self.talk else None
            effects = self._news(CALLER, "on" if speaking else "off")
        if self._frames_over_agent is None:
            return effects
        self._frames_over_agent += 1
        current, utterance = self.talk.current, self._utterance
        if utterance is not None:
            utterance.frames = max(utterance.frames, self._frames_over_agent)
            if utterance.weighed and utterance.backchannel:
                return effects
        if current is not None and self._frames_over_agent >= self._patience and _yields_to_speech(current):
            effects += self._interrupt(current)
            if utterance is not None:
                utterance.told, utterance.weighed = True, False
        return effects

    def _interrupt(self, current: Piece) -> list[Effect]:
        """Stop what is being said, and tell how much of it was heard."""
        samples = self.talk.heard_of(current, self._played)
        text = current.text_until(samples)
        self._keep(current, text, samples)
        heard = messages.interrupt(" ".join(self._said), self._samples_said * 1000 // RATE)
        played = self._news(PLAYED, text) if text else []
        self._said, self._samples_said = [], 0
        self._frames_over_agent = None
        self._dropping, self._complete = not self._complete, True
        self._dropped_some = False
        self._cutter.rest()
        return [*self._stop_talking(), Send(heard), *played, *self._agent_silent()]

    def _stop_talking(self) -> list[Effect]:
        self.talk.clear()
        return [FallSilent()]

    def _news(self, name: str, value: str) -> list[Effect]:
        return [News(name, value)] if _ABOUT[name] in self._request.news else []


def _yields_to_speech(piece: Piece) -> bool:
    return piece.interruptible.covers(InputKind.SPEECH)
