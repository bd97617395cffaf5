"""Who is in a conference and what its rules ask for (rcml.md 5.10), without sound, clock or tasks."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from engine.store import ConferenceStatus
from rcml.dialling import Beep, ConferenceRequest, LeftBecause


class What(enum.Enum):
    """What may happen in a conference."""

    JOINED = "joined"
    LEFT = "left"
    STARTED = "started"
    ENDED = "ended"
    """Nobody is left."""
    MUTED = "muted"
    UNMUTED = "unmuted"
    HELD = "held"
    RESUMED = "resumed"
    COACHING = "coaching"
    """A member coaches somebody else than before, or nobody any more."""
    ENDING = "ending"
    """The conference will end when a member leaves, or will not any more."""
    ENTRY_BEEP = "entry beep"
    EXIT_BEEP = "exit beep"
    DISMISSED = "dismissed"
    """A member is to leave."""


class EndReason(enum.Enum):
    """Why a conference ended; the value is `ReasonConferenceEnded`, Twilio's words as far as they go."""

    BY_REQUEST = "conference-ended-via-api"
    END_ON_EXIT = "participant-with-end-conference-on-exit-left"
    END_ON_EXIT_KICKED = "participant-with-end-conference-on-exit-kicked"
    LAST_KICKED = "last-participant-kicked"
    LAST_LEFT = "last-participant-left"
    TIME_LIMIT = "conference-time-limit-reached"


@dataclass(eq=False)
class Member:
    """One who is in the conference, by the CallSid."""

    sid: str
    start_on_enter: bool = True
    end_on_exit: bool = False
    beep: Beep = Beep.BOTH
    max_participants: int = 40
    muted: bool = False
    on_hold: bool = False
    coach: str | None = None
    """CallSid of the only member who hears this one."""
    label: str | None = None
    agc: bool = False
    """Whether the others hear this one at a steady loudness."""
    noise_gate: bool = False
    """Whether the others are spared the noise of this one's pauses."""

    @classmethod
    def of(cls, sid: str, request: ConferenceRequest) -> Member:
        """Return the member a document makes of a call."""
        return cls(
            sid=sid,
            start_on_enter=request.start_on_enter,
            end_on_exit=request.end_on_exit,
            beep=request.beep,
            max_participants=request.max_participants,
            muted=request.muted,
            coach=request.coach,
            label=request.label,
            agc=request.agc,
            noise_gate=request.noise_gate,
        )


@dataclass(frozen=True)
class Happening:
    """One thing that happened, in the order in which it is to be carried out and told."""

    what: What
    member: Member | None = None
    because: LeftBecause | None = None


@dataclass(frozen=True)
class Voice:
    """What the mix does with a member."""

    muted: bool = False
    """Nobody hears them."""
    held: bool = False
    """They hear nobody, and nobody hears them."""
    heard_only_by: str | None = None
    """CallSid of the one member who hears them."""


_OVER = (ConferenceStatus.STOPPING, ConferenceStatus.COMPLETED, ConferenceStatus.FAILED)


@dataclass
class Attendance:
    """The state of one conference. Every change returns what happened, for the owner to carry out."""

    quorum: int = 1
    """Members it takes to start, one of them with ``start_on_enter``."""
    members: dict[str, Member] = field(default_factory=dict)
    """By CallSid, in the order of coming."""
    status: ConferenceStatus = ConferenceStatus.INITIALIZING
    started: bool = False
    end_reason: EndReason | None = None
    ended_by: str | None = None
    """CallSid of the member whose leaving ended it."""

    @property
    def over(self) -> bool:
        """Whether nobody can come in any more: it stops, or has ended."""
        return self.status in _OVER

    def has_room_for(self, member: Member) -> bool:
        """Say whether the member's own limit lets them in."""
        return len(self.members) < member.max_participants

    @property
    def host(self) -> Member | None:
        """The member whose `waitUrl` everybody hears: who has waited longest. None once it has started."""
        return None if self.started or self.over else next(iter(self.members.values()), None)

    def voice(self, member: Member) -> Voice:
        """Return what the mix does with a member now.

        Who coaches somebody who is not here is heard by nobody: a whisper must not reach the others.
        """
        coached = member.coach
        whispers_to_nobody = coached is not None and (coached == member.sid or coached not in self.members)
        return Voice(
            muted=member.muted or not self.started or whispers_to_nobody,
            held=member.on_hold,
            heard_only_by=None if whispers_to_nobody else coached,
        )

    def enter(self, member: Member) -> list[Happening]:
        """Let a member in; the owner has seen to it that there is room and it is not over."""
        assert not self.over, "who comes late gets a conference of their own"
        self.members[member.sid] = member
        happened = [Happening(What.JOINED, member)]
        if self.started and member.beep in (Beep.BOTH, Beep.ON_ENTER):
            happened.append(Happening(What.ENTRY_BEEP, member))
        self._look_for_moderator()
        enough = len(self.members) >= self.quorum
        if not self.started and enough and self.status is ConferenceStatus.MODERATOR_PRESENT:
            self.started = True
            happened.append(Happening(What.STARTED))
        return happened

    def leave(self, sid: str, because: LeftBecause) -> list[Happening]:
        """Take a member out, whatever the reason."""
        member = self.members.pop(sid)
        happened = [Happening(What.LEFT, member, because)]
        kicked = because is LeftBecause.REMOVED
        if not self.members:
            last = EndReason.LAST_KICKED if kicked else EndReason.LAST_LEFT
            by_exit = EndReason.END_ON_EXIT_KICKED if kicked else EndReason.END_ON_EXIT
            self._stop(by_exit if member.end_on_exit else last, sid)
            self.status = ConferenceStatus.COMPLETED
            happened.append(Happening(What.ENDED))
        elif member.end_on_exit:
            happened += self._dismiss(EndReason.END_ON_EXIT_KICKED if kicked else EndReason.END_ON_EXIT, sid)
        elif self.started and not self.over and member.beep in (Beep.BOTH, Beep.ON_EXIT):
            happened.append(Happening(What.EXIT_BEEP, member))
        self._look_for_moderator()
        return happened

    def end(self, reason: EndReason) -> list[Happening]:
        """Send everybody away."""
        return self._dismiss(reason, None)

    def fail(self) -> None:
        """Take note that nobody could be let in."""
        self.status = ConferenceStatus.FAILED

    def mute(self, sid: str, muted: bool) -> list[Happening]:
        """Mute a member or not, by a request from outside."""
        member = self.members[sid]
        if member.muted == muted:
            return []
        member.muted = muted
        return [Happening(What.MUTED if muted else What.UNMUTED, member)]

    def hold(self, sid: str, on_hold: bool) -> list[Happening]:
        """Put a member on hold or not."""
        member = self.members[sid]
        if member.on_hold == on_hold:
            return []
        member.on_hold = on_hold
        return [Happening(What.HELD if on_hold else What.RESUMED, member)]

    def coach(self, sid: str, coached: str | None) -> list[Happening]:
        """Let only one member hear this one, or everybody again."""
        member = self.members[sid]
        if member.coach == coached:
            return []
        member.coach = coached
        return [Happening(What.COACHING, member)]

    def end_on_exit(self, sid: str, ends: bool) -> list[Happening]:
        """Let the conference end when a member leaves, or go on."""
        member = self.members[sid]
        if member.end_on_exit == ends:
            return []
        member.end_on_exit = ends
        return [Happening(What.ENDING, member)]

    def _look_for_moderator(self) -> None:
        """Say whether there is somebody who starts the conference; once it has started, it stays so."""
        if self.started or self.over:
            return
        present = any(member.start_on_enter for member in self.members.values())
        self.status = ConferenceStatus.MODERATOR_PRESENT if present else ConferenceStatus.MODERATOR_ABSENT

    def _dismiss(self, reason: EndReason, by: str | None) -> list[Happening]:
        if self.over:
            return []
        self._stop(reason, by)
        return [Happening(What.DISMISSED, member, LeftBecause.ROOM_ENDED) for member in self.members.values()]

    def _stop(self, reason: EndReason, by: str | None) -> None:
        self.status = ConferenceStatus.STOPPING
        if self.end_reason is None:
            self.end_reason, self.ended_by = reason, by
