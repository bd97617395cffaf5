"""The softphone program that :mod:`tests.testkit.pjsua` runs in the environment of the outside peers.

It imports pjsua2 and the standard library only. Commands come as lines of JSON on standard input, e.g.
`{"do": "call", "target": "sip:alice@127.0.0.1:5060"}`; what happens is told the same way on standard output.
PJSIP makes no thread that could call into Python: its events are handled in turn with the commands.
"""

import json
import os
import select
import sys
from collections.abc import Callable
from time import monotonic
from typing import Any

import pjsua2 as pj

RATE = 8000
EVENT_INTERVAL = 0.005
"""Seconds between two looks at PJSIP's timers and sockets."""
LEAVE_WITHIN = 3.0
"""Seconds that unregistering may take."""
CODECS = ("PCMU", "PCMA")
_EVENTS = os.fdopen(os.dup(sys.stdout.fileno()), "w")


def tell(what: str, **values: Any) -> None:
    """Write one line of JSON."""
    print(json.dumps({"event": what, **values}), file=_EVENTS, flush=True)


class Call(pj.Call):
    """One call; its sound goes to the phone's ear, and the phone's voice goes to it."""

    def __init__(self, phone: "Phone", account: pj.Account, call_id: int = pj.PJSUA_INVALID_ID) -> None:
        super().__init__(account, call_id)
        self._phone = phone

    def onCallState(self, parameters: pj.OnCallStateParam) -> None:
        state = self.getInfo()
        tell("call", state=state.stateText, status=state.lastStatusCode, reason=state.lastReason)
        if state.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self._phone.call = None

    def onCallMediaState(self, parameters: pj.OnCallMediaStateParam) -> None:
        # The vector of media lives in the value that getInfo returns, and dies with it.
        state = self.getInfo()
        for media in state.media:
            if media.type == pj.PJMEDIA_TYPE_AUDIO:
                tell("media", status=_MEDIA_STATUS.get(media.status, str(media.status)))
                if media.status in (pj.PJSUA_CALL_MEDIA_ACTIVE, pj.PJSUA_CALL_MEDIA_REMOTE_HOLD):
                    self._phone.join(self.getAudioMedia(media.index))

    def onDtmfDigit(self, parameters: pj.OnDtmfDigitParam) -> None:
        tell("digit", digit=parameters.digit)


_MEDIA_STATUS = {
    pj.PJSUA_CALL_MEDIA_NONE: "none",
    pj.PJSUA_CALL_MEDIA_ACTIVE: "active",
    pj.PJSUA_CALL_MEDIA_LOCAL_HOLD: "local hold",
    pj.PJSUA_CALL_MEDIA_REMOTE_HOLD: "remote hold",
    pj.PJSUA_CALL_MEDIA_ERROR: "error",
}


class Account(pj.Account):
    """Who the phone is; it takes one call at a time and lets a second one hear that it is busy."""

    def __init__(self, phone: "Phone") -> None:
        super().__init__()
        self.registered = False
        """As the registrar said last."""
        self._phone = phone

    def onRegState(self, parameters: pj.OnRegStateParam) -> None:
        self.registered = parameters.code == 200 and parameters.expiration > 0
        tell("registration", status=parameters.code, expiration=parameters.expiration)

    def onIncomingCall(self, parameters: pj.OnIncomingCallParam) -> None:
        call = Call(self._phone, self, parameters.callId)
        if self._phone.call is not None:
            call.hangup(_answer(486))
            return
        self._phone.call = call
        tell("incoming", caller=call.getInfo().remoteUri)
        call.answer(_answer(180))


class Phone:
    """One phone with one account, a voice read from a WAV file and an ear that writes one."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.call: Call | None = None
        self._endpoint = pj.Endpoint()
        self._start(settings)
        self._voice = pj.AudioMediaPlayer()
        self._voice.createPlayer(settings["speech"])
        self._ear = pj.AudioMediaRecorder()
        self._ear.createRecorder(settings["ear"])
        self._account = Account(self)
        self._account.create(_account(settings))

    def _start(self, settings: dict[str, Any]) -> None:
        config = pj.EpConfig()
        config.uaConfig.threadCnt = 0
        config.uaConfig.mainThreadOnly = True
        config.medConfig.clockRate = config.medConfig.sndClockRate = RATE
        config.medConfig.noVad = True
        config.medConfig.ecTailLen = 0
        config.logConfig.consoleLevel = 0
        config.logConfig.filename = settings["log"]
        self._endpoint.libCreate()
        self._endpoint.libInit(config)
        transport = pj.TransportConfig()
        transport.port = settings["port"]
        transport.boundAddress = "127.0.0.1"
        self._endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
        self._endpoint.libStart()
        self._endpoint.audDevManager().setNullDev()
        for codec in self._endpoint.codecEnum2():
            wanted = codec.codecId.split("/")[0] in CODECS
            self._endpoint.codecSetPriority(codec.codecId, 200 if wanted else 0)

    def handle_events(self) -> None:
        """Let PJSIP look at its timers and sockets once."""
        self._endpoint.libHandleEvents(0)

    def leave(self) -> None:
        """Unregister, as a phone does that is switched off."""
        self._account.setRegistration(False)
        limit = monotonic() + LEAVE_WITHIN
        while self._account.registered and monotonic() < limit:
            self._endpoint.libHandleEvents(round(1000 * EVENT_INTERVAL))

    def join(self, audio: pj.AudioMedia) -> None:
        """Connect a call's sound."""
        self._voice.startTransmit(audio)
        audio.startTransmit(self._ear)

    def dial(self, target: str) -> None:
        self.call = Call(self, self._account)
        self.call.makeCall(target, pj.CallOpParam(True))

    def answer(self) -> None:
        self._current().answer(_answer(200))

    def hang_up(self, status: int = 0) -> None:
        """End the call, or refuse it with a status."""
        self._current().hangup(_answer(status))

    def press(self, keys: str) -> None:
        self._current().dialDtmf(keys)

    def hold(self) -> None:
        self._current().setHold(pj.CallOpParam(True))

    def resume(self) -> None:
        parameters = pj.CallOpParam(True)
        parameters.opt.flag = pj.PJSUA_CALL_UNHOLD
        self._current().reinvite(parameters)

    def _current(self) -> Call:
        assert self.call is not None, "there is no call"
        return self.call

    def commands(self) -> dict[str, Callable[..., None]]:
        """What may be asked of the phone, by name."""
        return {
            "call": self.dial,
            "answer": self.answer,
            "hang up": self.hang_up,
            "press": self.press,
            "hold": self.hold,
            "resume": self.resume,
        }


def _answer(status: int) -> pj.CallOpParam:
    parameters = pj.CallOpParam()
    parameters.statusCode = status
    return parameters


def _account(settings: dict[str, Any]) -> pj.AccountConfig:
    config = pj.AccountConfig()
    registrar, user = settings["registrar"], settings["user"]
    config.idUri = f"sip:{user}@{registrar}"
    config.regConfig.registrarUri = f"sip:{registrar}"
    config.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", user, 0, settings["password"]))
    config.mediaConfig.transportConfig.boundAddress = "127.0.0.1"
    config.mediaConfig.transportConfig.port = settings["rtp_port"]
    return config


def main() -> None:
    # PJSIP writes to standard output what it has to say before its log is open.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    phone = Phone(json.loads(sys.argv[1]))
    commands = phone.commands()
    tell("ready")
    pending = b""
    while True:
        readable, _, _ = select.select([sys.stdin], [], [], EVENT_INTERVAL)
        if readable:
            received = os.read(sys.stdin.fileno(), 65536)
            if not received:
                break
            *lines, pending = (pending + received).split(b"\n")
            for line in lines:
                command = json.loads(line)
                commands[command.pop("do")](**command)
        phone.handle_events()
    phone.leave()
    # Nothing is unwound: PJSIP's destructors and the interpreter's end do not agree on an order.
    os._exit(0)


if __name__ == "__main__":
    main()
