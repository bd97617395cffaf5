"""The process in which pocketsphinx listens: ``python -m media.speech.sphinx_worker``.

Messages travel on standard input and output, each behind its length in four octets, big end first
(:mod:`media.speech.sphinx` is the other side). The first one out is ``{}``: the model is loaded. Then one
answer follows each request, in order:

* in: the length of a JSON object in four octets, the object ``{"phrases": ["sales", "support"]}``, and the
  utterance as 16-bit little-endian samples at 8000 a second;
* out: JSON, ``{"words": "sales", "confidence": 0.8, "left_out": []}``.

Input that ends, ends the process.
"""

from __future__ import annotations

import json
import math
import os
import struct
import sys
from typing import Any

import numpy as np

from media.own_programs import leave_signals_to_the_daemon
from media.resample import resample
from media.speech.phrase_network import PhraseNetwork, build_network

LENGTH = struct.Struct("!I")
MAX_MESSAGE = 1 << 22

MODEL_RATE = 16000
"""What the model was trained with. Telephone sound is brought to it: the model knows nothing else."""

EVEN_ADVANTAGE = -5e-4
"""Advantage, by frame, of the phrase over any sounds at all, at which the phrase is as likely as not."""
ADVANTAGE_SCALE = 4e-4
"""How much more of it makes a phrase nearly certain. Both come from made-up voices, right and wrong."""

_PHRASES, _ANY_SOUNDS = "phrases", "sounds"


class Listener:
    """The recogniser with its model."""

    def __init__(self) -> None:
        import pocketsphinx

        self._decoder = pocketsphinx.Decoder(lm=None, samprate=MODEL_RATE, loglevel="FATAL")
        sounds = os.path.join(pocketsphinx.get_model_path("en-us"), "en-us-phone.lm.bin")
        self._decoder.add_allphone_file(_ANY_SOUNDS, sounds)

    def recognise(self, utterance: Any, phrases: list[str]) -> dict[str, object]:
        """Return what was said: the phrase, how sure that is, and phrases that cannot be listened for.

        The search always finds a phrase, however unlike it the utterance is. How sure it is follows from
        comparing its score with that of any row of sounds.
        """
        network = build_network(phrases, lambda word: self._decoder.lookup_word(word) is not None)
        answer: dict[str, object] = {"words": "", "confidence": 0.0, "left_out": list(network.left_out)}
        if not network.arcs or not len(utterance):
            return answer
        sound = resample(utterance, 8000, MODEL_RATE).tobytes()
        self._use(network)
        words, score = self._search(_PHRASES, sound)
        phrase = network.phrase(words)
        _, any_score = self._search(_ANY_SOUNDS, sound)
        if phrase and score > 0 and any_score > 0:
            advantage = math.log(score / any_score) / max(1, self._decoder.n_frames())
            confidence = 1 / (1 + math.exp((EVEN_ADVANTAGE - advantage) / ADVANTAGE_SCALE))
            answer.update(words=phrase, confidence=round(confidence, 3))
        return answer

    def _use(self, network: PhraseNetwork) -> None:
        # The network in use cannot be replaced.
        self._decoder.activate_search(_ANY_SOUNDS)
        made = self._decoder.create_fsg(_PHRASES, 0, network.last, list(network.arcs))
        self._decoder.add_fsg(_PHRASES, made)

    def _search(self, name: str, sound: bytes) -> tuple[list[str], float]:
        self._decoder.activate_search(name)
        self._decoder.start_utt()
        self._decoder.process_raw(sound, full_utt=True)
        self._decoder.end_utt()
        found = self._decoder.hyp()
        return (found.hypstr.split(), found.best_score) if found is not None else ([], 0.0)


def _read(source: Any) -> bytes | None:
    head = source.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    if length > MAX_MESSAGE:
        raise ValueError(f"a message of {length} octets is longer than {MAX_MESSAGE}")
    message: bytes = source.read(length)
    return message if len(message) == length else None


def _answer(listener: Listener, message: bytes) -> dict[str, object]:
    (length,) = LENGTH.unpack_from(message)
    start = LENGTH.size + length
    request = json.loads(message[LENGTH.size : start])
    return listener.recognise(np.frombuffer(message[start:], "<i2"), request["phrases"])


def main() -> int:
    leave_signals_to_the_daemon()
    # The messages get a descriptor of their own, so that nothing the library prints mixes with them.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    listener = Listener()
    answer: dict[str, object] = {}
    try:
        while True:
            octets = json.dumps(answer).encode()
            output.write(LENGTH.pack(len(octets)) + octets)
            output.flush()
            message = _read(sys.stdin.buffer)
            if message is None:
                return 0
            answer = _answer(listener, message)
    except BrokenPipeError:
        return 0


if __name__ == "__main__":
    sys.exit(main())
