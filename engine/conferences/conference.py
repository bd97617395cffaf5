"""One conference: its rules, its mix, its record, and what is heard in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any

from engine import ids
from engine.conferences.attendance import Attendance, EndReason, Happening, Voice, What
from engine.conferences.audience import Audience, Hearers
from engine.conferences.journal import ConferenceJournal
from engine.conferences.participant import Participant
from engine.recordings.kept_recording import KeptRecording
from engine.services import Services
from engine.store import ConferenceRow, ConferenceStatus, utc_now
from media.plane.leg import Leg
from media.prompts import Prompt
from media.recording.take import RecordingLimits
from rcml.call import Level, PlaybackFailed, Sound
from rcml.dialling import Beep, LeftBecause, RoomEvent, Waiting
from rcml.errors import PLAYBACK_FAILED
from rcml.flow import Fetch


class Conference:
    """Carries out what the rules of its attendance ask for.

    Owns the room of the media plane, the recording and every task that lets sound be heard in it. It ends
    with its last participant, who waits until everything is given back.
    """

    def __init__(
        self,
        account_sid: str,
        name: str,
        services: Services,
        on_closed: Callable[[Conference], None],
        row: ConferenceRow | None = None,
    ) -> None:
        """Make the room; raises ``MediaError`` when the media plane has none.

        ``row`` is its record, where it was told of before anybody came.
        """
        settings = services.settings.conferences
        self._room = services.plane.room()
        self.row = row or new_record(account_sid, name, services.store.instance_sid)
        self.attendance = Attendance(quorum=2 if settings.wait_for_second else 1)
        self.participants: dict[str, Participant] = {}
        """By CallSid, in the order of coming."""
        self._services = services
        self._on_closed = on_closed
        self._journal = ConferenceJournal(self.row, self.attendance, services)
        self._tasks: set[asyncio.Task[None]] = set()
        self._host: Participant | None = None
        self._wait: asyncio.Task[None] | None = None
        self._watched = False
        self._recording: KeptRecording | None = None
        self._announcing = asyncio.Lock()
        self._lifetime = asyncio.get_running_loop().call_later(
            settings.max_duration, self.end, EndReason.TIME_LIMIT
        )

    def __repr__(self) -> str:
        return f"<Conference {self.row.friendly_name!r} {self.attendance.status} {len(self.participants)}>"

    def enter(self, participant: Participant) -> None:
        """Let a participant in; raises ``MediaError`` when their sound cannot be joined.

        Nothing is heard or told of it before :meth:`welcome`; from here on :meth:`leave` is due.
        """
        self._room.join(participant.media, muted=True)
        self.participants[participant.sid] = participant
        participant.row.conference_sid = self.row.sid
        self._services.store.save(participant.row)
        if participant.member.agc or participant.member.noise_gate:
            self._shape(participant)

    def welcome(self, participant: Participant) -> None:
        """Carry out what their coming means for the conference."""
        happened = self.attendance.enter(participant.member)
        self._journal.tell_to(participant.request.status_callback)
        self._carry_out(happened)

    async def leave(self, participant: Participant, because: LeftBecause) -> None:
        """Take a participant out; with the last one the conference ends."""
        del self.participants[participant.sid]
        for task in (participant.private, *participant.tasks):
            if task is not None:
                task.cancel()
        self._room.leave(participant.media)
        try:
            self._carry_out(self.attendance.leave(participant.sid, because))
        finally:
            if not self.participants:
                await self._close()

    async def abandon(self) -> None:
        """End a conference that nobody could be let into."""
        self.attendance.fail()
        self._journal.save()
        await self._close()

    async def _close(self) -> None:
        """Give everything back."""
        self._lifetime.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            if self._recording is not None:
                await self._recording.finish()
        finally:
            self._room.close()
            self._on_closed(self)

    def end(self, reason: EndReason = EndReason.BY_REQUEST) -> None:
        """Send everybody away."""
        self._carry_out(self.attendance.end(reason))

    def mute(self, sid: str, muted: bool) -> None:
        """Let a participant only hear, or be heard again."""
        self._changed(sid, self.attendance.mute(sid, muted))

    def hold(self, sid: str, on_hold: bool, sound: Sound | Fetch | Waiting = Waiting.MUSIC) -> None:
        """Let a participant hear ``sound`` instead of the others, who do not hear them; or end that."""
        participant = self.participants[sid]
        if on_hold and sound != participant.hold_sound:
            participant.hold_sound = sound
            self._stop_private(participant)
        self._changed(sid, self.attendance.hold(sid, on_hold))

    def coach(self, sid: str, coached: str | None) -> None:
        """Let only the participant with CallSid ``coached`` hear this one, or everybody again."""
        self._changed(sid, self.attendance.coach(sid, coached))

    def shape(self, sid: str, *, agc: bool | None = None, noise_gate: bool | None = None) -> None:
        """Let the others hear a participant at a steady loudness, or without the noise of pauses."""
        participant = self.participants[sid]
        member = participant.member
        member.agc = member.agc if agc is None else agc
        member.noise_gate = member.noise_gate if noise_gate is None else noise_gate
        participant.date_updated = utc_now()
        self._shape(participant)

    def end_on_exit(self, sid: str, ends: bool) -> None:
        """Let the conference end when the participant leaves, or go on."""
        self._changed(sid, self.attendance.end_on_exit(sid, ends))

    def beep_on_exit(self, sid: str, beeps: bool) -> None:
        """Let the others hear when the participant leaves, or not."""
        participant = self.participants[sid]
        participant.member.beep = Beep.ON_EXIT if beeps else Beep.NEVER
        participant.date_updated = utc_now()

    def wait_with(self, sid: str, sound: Sound | Fetch | Waiting) -> None:
        """Let those who wait hear another sound while this participant is who has waited longest."""
        participant = self.participants[sid]
        participant.request = replace(participant.request, wait=sound)
        participant.date_updated = utc_now()
        if participant is self._host:
            self._begin_waiting(participant)

    def kick(self, sid: str) -> None:
        """Remove a participant, whose document goes on."""
        self.participants[sid].dismiss(LeftBecause.REMOVED)

    def announce(self, what: Sound | Fetch) -> None:
        """Let everybody hear a sound or a document once, after announcements that came before."""
        speaker = next(iter(self.participants.values()), None)
        if speaker is not None:
            self._spawn(self._announce(what, speaker))

    def announce_to(self, sid: str, what: Sound | Fetch) -> None:
        """Let one participant hear a sound or a document once."""
        participant = self.participants[sid]
        task = self._spawn(self._announce_to(what, participant))
        participant.tasks.add(task)
        task.add_done_callback(participant.tasks.discard)

    def _changed(self, sid: str, happenings: Sequence[Happening]) -> None:
        if happenings:
            self.participants[sid].date_updated = utc_now()
        self._carry_out(happenings)

    def _carry_out(self, happenings: Sequence[Happening]) -> None:
        self._journal.save()
        settings, sounds = self._services.settings.conferences, self._services.sounds
        for happening in happenings:
            self._journal.happened(happening)
            match happening:
                case Happening(What.ENTRY_BEEP, member=member) if member is not None:
                    self._spawn(self._beep(settings.entry_url, sounds.beep))
                case Happening(What.EXIT_BEEP):
                    self._spawn(self._beep(settings.exit_url, sounds.departure))
                case Happening(What.DISMISSED, member=member, because=because) if member and because:
                    self.participants[member.sid].dismiss(because)
        self._follow()

    def _follow(self) -> None:
        """Bring the mix and what is heard in line with the attendance."""
        for participant in self.participants.values():
            voice = self.attendance.voice(participant.member)
            if voice != participant.voice:
                self._set_voice(participant, voice)
            self._follow_hold(participant)
        self._follow_waiting()
        self._follow_recording()
        wanted = self._journal.wants(RoomEvent.SPEAKER) or self._journal.wants(RoomEvent.ACTIVE_SPEAKER)
        if wanted and self.attendance.started and not self._watched:
            self._watched = True
            self._room.watch(self._spoke, self._leads)

    def _set_voice(self, participant: Participant, voice: Voice) -> None:
        leg = participant.media
        if leg not in self._room.members:
            # Their leg has ended; they are about to leave.
            return
        coached = self.participants.get(voice.heard_only_by or "")
        # In this order nobody hears for a moment what is not for them.
        if voice.muted:
            self._room.mute(leg, True)
        if coached is None or coached.media in self._room.members:
            self._room.coach(leg, coached.media if coached is not None else None)
        self._room.hold(leg, voice.held)
        if not voice.muted:
            self._room.mute(leg, False)
        participant.voice = voice

    def _shape(self, participant: Participant) -> None:
        if participant.media in self._room.members:
            member = participant.member
            self._room.shape(participant.media, steady=member.agc, gate=member.noise_gate)

    def _follow_hold(self, participant: Participant) -> None:
        if not participant.member.on_hold:
            self._stop_private(participant)
        elif participant.private is None and not participant.announcing.locked():
            audience = self._audience(participant, participant.media)
            participant.private = self._spawn(self._let_hear(audience, participant.hold_sound))

    def _stop_private(self, participant: Participant) -> None:
        if participant.private is not None:
            participant.private.cancel()
            participant.private = None

    def _follow_waiting(self) -> None:
        """Let those who wait hear the `waitUrl` of who has waited longest."""
        member = self.attendance.host
        host = self.participants[member.sid] if member is not None else None
        if host is not self._host:
            self._begin_waiting(host)

    def _begin_waiting(self, host: Participant | None) -> None:
        if self._wait is not None:
            self._wait.cancel()
        self._host = host
        self._wait = None if host is None else self._spawn(self._let_wait(host))

    def _follow_recording(self) -> None:
        if self._recording is not None or not self.attendance.started or self.attendance.over:
            return
        asks = next((each for each in self.participants.values() if each.request.recording), None)
        if asks is None or asks.request.recording is None:
            return
        wanted = asks.request.recording
        self._recording = KeptRecording(
            asks.call.journal,
            self._services,
            wanted.status_callback,
            source="Conference",
            conference_sid=self.row.sid,
        )
        longest = self._services.settings.conferences.max_duration
        self._recording.start(
            [self._room.tap()], RecordingLimits(max_length=longest, trim=wanted.trim_silence)
        )

    async def _beep(self, url: str, usual: Prompt) -> None:
        sound = usual
        if url:
            try:
                sound = await self._services.sounds.sound(Sound(url=url), wide=self._room.wideband)
            except PlaybackFailed as error:
                self._notify(error)
        await self._room.play(sound)

    def _notify(self, error: PlaybackFailed) -> None:
        for participant in self.participants.values():
            participant.call.notify(PLAYBACK_FAILED, Level.WARNING, error.reason, url=error.url)
            return

    async def _let_hear(self, audience: Audience, what: Sound | Fetch | Waiting) -> None:
        await audience.hear(what)

    async def _let_wait(self, host: Participant) -> None:
        if not await self._audience(host, self._room).hear(host.request.wait):
            host.dismiss(LeftBecause.FAILED)

    async def _announce(self, what: Sound | Fetch, speaker: Participant) -> None:
        async with self._announcing:
            heard = await self._audience(speaker, self._room).hear_once(what)
        self._tell_announced(what, heard, None)

    async def _announce_to(self, what: Sound | Fetch, participant: Participant) -> None:
        async with participant.announcing:
            # A leg plays one sound of its own at a time.
            self._stop_private(participant)
            heard = await self._audience(participant, participant.media).hear_once(what)
        self._follow_hold(participant)
        self._tell_announced(what, heard, participant)

    def _tell_announced(self, what: Sound | Fetch, heard: bool, to: Participant | None) -> None:
        url = what.url if isinstance(what, Sound) else what.url.text if what.url else ""
        name = "announcement-end" if heard else "announcement-fail"
        member = to.member if to is not None else None
        self._journal.tell(RoomEvent.ANNOUNCEMENT, name, member, {"AnnounceUrl": url})

    def _spoke(self, leg: Leg, speaks: bool) -> None:
        name = "participant-speech-start" if speaks else "participant-speech-stop"
        self._tell_of(leg, RoomEvent.SPEAKER, name)

    def _leads(self, leg: Leg) -> None:
        self._tell_of(leg, RoomEvent.ACTIVE_SPEAKER, "active-speaker")

    def _tell_of(self, leg: Leg, event: RoomEvent, name: str) -> None:
        """Tell the application what the mix tells of a leg, while its participant is there."""
        for participant in self.participants.values():
            if participant.media is leg:
                self._journal.tell(event, name, participant.member)

    def _audience(self, participant: Participant, hearers: Hearers) -> Audience:
        about = {"ConferenceSid": self.row.sid, "FriendlyName": self.row.friendly_name}
        return Audience(participant.call, hearers, self._services, about)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            # Asked for, so that what broke is in the log once: the loop's handler has it otherwise, later.
            error = task.exception()
            if error is not None:
                self._journal.broken(error)


def new_record(account_sid: str, name: str, instance_sid: str) -> ConferenceRow:
    """Return the record of a conference that nobody is in yet."""
    return ConferenceRow(
        sid=ids.new_sid(ids.CONFERENCE),
        account_sid=account_sid,
        instance_sid=instance_sid,
        friendly_name=name,
        status=ConferenceStatus.INITIALIZING,
    )
