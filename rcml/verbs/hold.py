"""The verb Hold."""

from __future__ import annotations

from rcml.call import Call, Sound
from rcml.flow import Fetch, Flow, Next
from rcml.referring import Change
from rcml.schema import Verb, attr, verb
from rcml.values import HttpMethod, Url


@verb
class Hold(Verb):
    """Put the caller on hold until `Resume`: their telephone sends nothing, and hears music or nothing.

    A ringing call is answered first. The document goes on at once; usually a `Pause` follows, or a `Redirect`
    to a document that waits. While the caller is held without music, nothing that a verb plays is heard.

    Parameters:
        HoldStatus: `held`, `failed`, or `no-answer` when the caller's telephone did not answer; the call is
            over then.
        HoldSipResponseCode: The SIP status that answered the re-INVITE.

    Example:
        <Response>
          <Hold holdMusic="http://example.com/music.wav"/>
          <Pause length="20"/>
          <Resume/>
          <Say>Thank you for waiting.</Say>
        </Response>

    TwiML: has no such verb.
    """

    action: Url | None = attr("Told how it went; the next verb runs when absent.", default=None)
    method: HttpMethod = attr("How `action` is requested.", default=HttpMethod.POST)
    hold_music: Url | None = attr(
        "What the held caller hears, again and again; silence when absent.", default=None
    )

    async def execute(self, call: Call) -> Next:
        music = None if self.hold_music is None else Sound(url=self.hold_music.absolute(), loops=0)
        await call.answer()
        held = await call.hold(music)
        if self.action is None:
            return Flow.NEXT_VERB
        status = "held" if held.change is Change.DONE else held.change.value
        parameters = {"HoldStatus": status, "HoldSipResponseCode": str(held.response)}
        return Fetch(self.action, self.method, parameters)
