// One call: what can be done to it, and what happens to it.

import { counters, quality } from "./quality.js";
import { callEnd, callFailure } from "./reasons.js";

const GATHER_WITHIN = 1000;
const LOOK_EVERY = 2000;

/**
 * A call over a JsSIP session. `microphone` is a stream of its own: holding or muting it concerns no other call.
 *
 * `state` is `ringing` (it rings here), `calling` (it rings there), `up` or `over`. `onChange` is called
 * after every change, `onSound` with the other side's stream, `onQuality` with figures every two seconds.
 */
export class Call {
  constructor(session, { who, target }, microphone = null) {
    this.microphone = microphone;
    this.stream = null;
    this.who = who;
    this.target = target;
    this.outgoing = session.direction === "outgoing";
    this.state = this.outgoing ? "calling" : "ringing";
    this.muted = false;
    this.held = false;
    this.heldByThem = false;
    this.declined = false;
    this.keys = "";
    this.begun = Date.now();
    this.answeredAt = null;
    this.ended = "";
    this.earlySound = false;
    this.onChange = () => {};
    this.onSound = () => {};
    this.onQuality = () => {};
    this._session = session;
    this._looking = null;
    this._listen();
  }

  get answered() {
    return this.answeredAt !== null;
  }

  get seconds() {
    return this.answered ? (Date.now() - this.answeredAt) / 1000 : 0;
  }

  answer(microphone, pcConfig) {
    this.microphone = microphone;
    this._session.answer({ mediaStream: microphone, pcConfig, sessionTimersExpires: 1800 });
  }

  /** Hang up, give up calling, or decline. */
  end() {
    if (this._session.isEnded()) return;
    this.declined = this.state === "ringing";
    this._session.terminate(this.state === "ringing" ? { status_code: 603 } : {});
  }

  toggleMute() {
    if (this.muted) this._session.unmute({ audio: true });
    else this._session.mute({ audio: true });
  }

  toggleHold() {
    return this.setHold(!this.held);
  }

  /** Hold or resume; resolves once the other side knows, to whether it took it. */
  setHold(on) {
    if (this.held === on) return Promise.resolve(true);
    return new Promise((resolve) => {
      const done = () => resolve(true);
      const begun = on ? this._session.hold({}, done) : this._session.unhold({}, done);
      if (!begun) resolve(false);
    });
  }

  /** Send a key: in the sound's stream (RFC 4733), or as INFO where the other side takes no such. */
  press(key) {
    const sender = this._session.connection?.getSenders().find((each) => each.dtmf);
    const transportType = sender?.dtmf.canInsertDTMF ? "RFC2833" : "INFO";
    this._session.sendDTMF(key, { duration: 120, interToneGap: 70, transportType });
    this.keys += key;
    this.onChange();
  }

  /** Transfer the other side to that of another call, which knows of it (RFC 3891). */
  transferTo(call) {
    const { call_id: callId, local_tag: local, remote_tag: remote } = call._session._dialog.id;
    // As the server sees that dialog, also where the call came in, which JsSIP would write the wrong way round.
    const replaces = { _request: { call_id: callId }, _to_tag: remote, _from_tag: local };
    return this.transfer(call._session.remote_identity.uri.toString(), { replaces });
  }

  /** Transfer the other side; resolves once it reached the target, rejects with why not. */
  transfer(uri, options = {}) {
    return new Promise((resolve, reject) => {
      const refuse = (sentence) => reject(new Error(sentence));
      this._session.refer(uri, {
        ...options,
        eventHandlers: {
          accepted: () => {
            resolve();
            this.end();
          },
          failed: ({ status_line: line }) =>
            refuse(`The transfer failed: ${callFailure({ status: line?.status_code })} You are still connected.`),
          requestFailed: ({ response }) =>
            refuse(
              `The other side takes no transfer${response ? ` (${response.status_code})` : ""}. ` +
                "You are still connected.",
            ),
        },
      });
    });
  }

  /** Speak through another microphone from now on. */
  async useMicrophone(stream) {
    const before = this.microphone;
    this.microphone = stream;
    const [track] = stream.getAudioTracks();
    track.enabled = !this.muted && !this.held;
    const sender = this._session.connection?.getSenders().find((each) => each.track?.kind === "audio");
    await sender?.replaceTrack(track);
    silence(before);
  }

  _listen() {
    const session = this._session;
    session.on("peerconnection", ({ peerconnection }) => this._watch(peerconnection));
    if (session.connection) this._watch(session.connection);
    session.on("icecandidate", ({ ready }) => {
      // A STUN server that does not answer must not hold the call up.
      this._gathering ??= setTimeout(ready, GATHER_WITHIN);
    });
    session.on("progress", ({ response }) => {
      this.earlySound ||= Boolean(response?.body);
      this.onChange();
    });
    session.on("accepted", () => {
      this.state = "up";
      this.answeredAt ??= Date.now();
      if (!this._looking) {
        this._looking = setInterval(() => this._look(), LOOK_EVERY);
        this._look();
      }
      this.onChange();
    });
    for (const [event, change] of Object.entries({
      hold: ({ originator }) => this._note(originator, true),
      unhold: ({ originator }) => this._note(originator, false),
      muted: () => (this.muted = true),
      unmuted: () => (this.muted = false),
    })) {
      session.on(event, (details) => {
        change(details);
        this.onChange();
      });
    }
    session.on("failed", ({ originator, message, cause }) => {
      const status = message?.status_code;
      const ours = originator === "local" && !status && cause !== "User Denied Media Access";
      const quiet = !this.outgoing || (ours && (cause === "Canceled" || cause === "Rejected"));
      this._over(quiet ? "" : callFailure({ status, cause }));
    });
    session.on("ended", ({ cause }) => this._over(callEnd({ cause })));
  }

  _watch(connection) {
    connection.addEventListener("track", ({ track }) => {
      if (track.kind !== "audio") return;
      // Not the stream that the event brings: a browser takes the track out of that one while a call is on hold.
      this.stream = new MediaStream([track]);
      this.onSound(this.stream);
    });
  }

  _note(originator, on) {
    if (originator === "local") this.held = on;
    else this.heldByThem = on;
  }

  async _look() {
    const connection = this._session.connection;
    if (!connection || this.held || this.heldByThem) return;
    const now = counters(await connection.getStats());
    if (this._counters) this.onQuality(quality(this._counters, now));
    this._counters = now;
  }

  _over(sentence) {
    if (this.state === "over") return;
    clearInterval(this._looking);
    clearTimeout(this._gathering);
    silence(this.microphone);
    this.state = "over";
    this.ended = sentence;
    this.onChange();
  }
}

function silence(microphone) {
  for (const track of microphone?.getTracks() ?? []) track.stop();
}
