"""The verb Play."""

from __future__ import annotations

from rcml.call import Call, Sound
from rcml.flow import Flow, Next
from rcml.schema import Verb, attr, text, verb
from rcml.values import Presses, Url


@verb
class Play(Verb):
    """Play a sound file.

    WAV, MP3, OGG and FLAC of any rate. When it cannot be fetched or decoded the call is hung up (13233) and
    no further verb runs; a text that is no URL ends the call (11100).

    Example:
        <Response><Play loop="2">/sounds/welcome.wav</Play></Response>

    TwiML: `digits` is TwiML's; RCML has only the sound.
    """

    loop: int = attr(
        "How often it is played; 0 is until the caller hangs up.", default=1, minimum=0, code=13410
    )
    digits: Presses | None = attr("Keys pressed towards the caller before the sound.", default=None)
    sound: Url | None = text("URL of the sound; nothing is played when empty.", default=None)

    def prompt(self) -> Sound | None:
        """Return what the caller hears, None for an empty text; raises ``InvalidUrl``."""
        return None if self.sound is None else Sound(url=self.sound.absolute(), loops=self.loop)

    async def execute(self, call: Call) -> Next:
        await call.answer()
        if self.digits:
            await call.send_digits(self.digits)
        prompt = self.prompt()
        if prompt is not None:
            await call.play(prompt)
        return Flow.NEXT_VERB
