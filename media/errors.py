"""What can go wrong on the media floor.

* :class:`MediaError`

  * :class:`MediaMisuse`: ours; the caller of this floor asked for something that cannot be
  * :class:`RemoteError`: theirs; a peer sent something that we cannot use

    * :class:`SdpError`: a session description that cannot be read (names the line)
    * :class:`OfferRejected`: a readable offer that we cannot take (SIP ``status`` 488)
    * :class:`AnswerRejected`: an answer that does not fit our offer
    * :class:`PacketError`: an RTP or RTCP packet that cannot be read

  * :class:`MediaExhausted`: no room for another leg

    * :class:`NoFreePort`
    * :class:`PlaneFull`

  * :class:`NotCompiled`: the kernels are not there, and cannot be made
  * :class:`PromptError`: a sound file that cannot be played
  * :class:`SpeechError`: a text that could not be spoken
  * :class:`RecognitionError`: speech that nobody could listen to

A recording that fails is not raised but reported: see ``media.recording``.
"""

from __future__ import annotations


class MediaError(Exception):
    """Anything that the media floor raises on purpose."""


class MediaMisuse(MediaError):
    """The caller of the media floor asked for something that cannot be."""


class RemoteError(MediaError):
    """A peer sent something that cannot be used."""


class SdpError(RemoteError):
    """A session description that cannot be read.

    ``line`` counts from 1; 0 means the description as a whole.
    """

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"SDP line {line}: {why}" if line else f"SDP: {why}")
        self.line = line
        self.why = why


class OfferRejected(RemoteError):
    """An offer that was understood but cannot be taken; SIP answers ``status``."""

    def __init__(self, why: str, status: int = 488) -> None:
        super().__init__(why)
        self.status = status


class AnswerRejected(RemoteError):
    """An answer that does not fit the offer it answers; the call cannot have sound."""


class PacketError(RemoteError):
    """An RTP or RTCP packet that breaks its format."""


class MediaExhausted(MediaError):
    """There is no room for another leg now; a later attempt may succeed."""


class NoFreePort(MediaExhausted):
    """Every port of the configured range is in use."""


class PlaneFull(MediaExhausted):
    """Every row of the leg table is in use."""


class NotCompiled(MediaError):
    """The kernels could not be compiled; the message has the compiler's last words."""


class PromptError(MediaError):
    """A sound that cannot be played: ``name`` is its file or URL, ``why`` the reason."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"cannot play {name}: {why}")
        self.name = name
        self.why = why


class SpeechError(MediaError):
    """A text that could not be spoken."""


class RecognitionError(MediaError):
    """A recogniser that failed: speech was heard, and what was said is not known."""
