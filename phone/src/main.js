// The phone's page: joins the line, the call and the sounds to what is seen.

import { Call } from "./call.js";
import { Calls } from "./calls.js";
import { Devices } from "./devices.js";
import { History } from "./history.js";
import { Line } from "./line.js";
import { Meter } from "./meter.js";
import { described, verdict } from "./quality.js";
import { microphoneFailure } from "./reasons.js";
import { Sounds } from "./sounds.js";
import { dialled, shownName } from "./targets.js";
import { NotSignedIn, tokenOfAddress, Tokens } from "./tokens.js";
import { View } from "./view.js";

const RETRY_SETTINGS = 3000;

class Phone {
  constructor() {
    this.view = new View();
    this.sounds = new Sounds();
    this.history = new History(sessionStorage);
    this.devices = new Devices(navigator.mediaDevices, localStorage);
    this.tokens = new Tokens({ fetch: fetch.bind(window), storage: sessionStorage, timers: window });
    this.calls = new Calls();
    this.line = null;
    this.microphone = null;
    this._opening = false;
    this.meters = {};
    this._wire();
  }

  /** The call that is spoken in. */
  get call() {
    return this.calls.current;
  }

  // -- signing in ---------------------------------------------------------------------------------

  async begin() {
    this.view.drawHistory(this.history.calls);
    await this._drawDevices();
    try {
      this.settings = await this._settings();
    } catch {
      this.view.state("lost", "The server does not answer. The page tries again.");
      setTimeout(() => this.begin(), RETRY_SETTINGS);
      return;
    }
    this.view.settings(this.settings);
    const token = tokenOfAddress(location.hash);
    // Out of the address, so that neither the history nor a screenshot keeps it.
    if (token) history.replaceState(null, "", location.pathname);
    await this._signIn(async () => {
      if (token) return this.tokens.withToken(token);
      const before = await this.tokens.asBefore();
      return before ?? (this.settings.ready_login ? this.tokens.asReadyClient() : null);
    });
  }

  async _settings() {
    const response = await fetch("/phone/settings.json", { cache: "no-store" });
    if (!response.ok) throw new Error(`settings: ${response.status}`);
    return response.json();
  }

  async _signIn(how) {
    this.view.alert("");
    try {
      const grant = await how();
      if (grant) this._connect(grant);
      else this._signedOut("");
    } catch (error) {
      if (!(error instanceof NotSignedIn)) throw error;
      this._signedOut(error.message);
    }
  }

  _connect(grant) {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.view.signedIn(grant.login);
    const { version, realm } = this.settings;
    this.line = new Line({
      url: `${scheme}://${location.host}/sip`,
      realm,
      login: grant.login,
      token: grant.token,
      iceServers: grant.ice_servers,
      userAgent: `Dialplane phone ${version}`,
    });
    this.line.onState = (state, sentence) => this.view.state(state, sentence);
    this.line.onCall = (session) => this._rung(session);
    this.line.onExpired = () => this.tokens.renew();
    this.tokens.onRenewed = (grant) => this.line?.renewed(grant.token, grant.ice_servers);
    // A call that is up goes on; only new ones need a token.
    this.tokens.onEnded = (reason) => (this.call ? this.view.alert(reason) : this._signedOut(reason));
    this.line.start();
  }

  _signedOut(reason) {
    this.line?.stop();
    this.line = null;
    this.tokens.forget();
    this.view.signedOut(reason, this.settings.ready_login);
  }

  // -- calls --------------------------------------------------------------------------------------

  async _dial(text) {
    const to = dialled(text);
    if (!to) {
      this.view.alert("Write a number such as +1 555 123 0001, or the name of a client or application.");
      return;
    }
    if (this.calls.other || this._opening) return;
    if (this.line.state !== "ready") {
      this.view.alert("The phone is not connected yet. Wait until it is ready, and call again.");
      return;
    }
    this.view.alert("");
    const before = this.call;
    const microphone = await this._microphone();
    // Somebody may have called while the browser asked for the microphone, or the call have ended.
    if (!microphone || this.call !== before || this.calls.other) return;
    if (!(await this.calls.rest())) return this._tryAgain();
    const own = microphone.clone();
    try {
      const session = this.line.call(to, { mediaStream: own });
      this._take(new Call(session, { who: text.trim(), target: to }, own), "make");
    } catch (error) {
      if (!this.call) this._closeSound();
      this.view.alert(`${text.trim()} cannot be called: ${error.message}. Check the number or address.`);
    }
  }

  _rung(session) {
    if (this.calls.busy) {
      const who = this._nameOf(session);
      session.terminate({ status_code: 486 });
      this._remember({ ...who, outgoing: false, answered: false, at: Date.now(), seconds: 0 });
      return;
    }
    if (!this.call) this.view.alert("");
    this._take(new Call(session, this._nameOf(session)), "ring");
  }

  _nameOf(session) {
    const { display_name: name, uri } = session.remote_identity;
    const who = shownName(name, uri.user, uri.host, this.line.realm);
    const target = uri.user ? who.includes("@") ? who : uri.user : "";
    return { who, target };
  }

  _take(call, how) {
    call.onSound = () => call === this.call && this._hear(call.stream);
    call.onQuality = (figures) => {
      if (call === this.call) this.view.quality(described(figures), verdict(figures));
    };
    this.calls[how](call);
  }

  async _answer(call) {
    const microphone = await this._microphone();
    if (microphone && call?.state === "ringing") call.answer(microphone.clone(), this.line.pcConfig);
  }

  async _answerOther() {
    if (!(await this.calls.answerOther((call) => this._answer(call)))) this._tryAgain();
  }

  async _swap() {
    if (!(await this.calls.swap())) this._tryAgain();
  }

  async _join() {
    try {
      await this.calls.join();
      this.view.say("Both are connected with each other.");
    } catch (error) {
      this.view.alert(error.message);
    }
  }

  _tryAgain() {
    this.view.alert("The call is changing just now. Try again.");
  }

  /** Show both calls, and let the current one be heard. */
  _changed() {
    const { current, other } = this.calls;
    if (current) this.view.call(current);
    else this.view.noCall();
    this.view.other(other, current);
    this.sounds.play(soundOf(current, other));
    if (current !== this._heard) {
      this._heard = current;
      if (current?.stream) this._hear(current.stream);
    }
  }

  _finish(call) {
    this.view.alert(call.ended);
    const { who, target, outgoing, answered, declined, begun: at, seconds } = call;
    this._remember({ who, target, outgoing, answered, declined, at, seconds });
    if (this.call) return;
    this._closeSound();
    if (!this.tokens.grant) this._signedOut("Your access has ended. Sign in again.");
  }

  _remember(entry) {
    this.history.add(entry);
    this.view.drawHistory(this.history.calls);
  }

  async _transfer(text) {
    const to = dialled(text);
    const call = this.call;
    if (!to || !call) {
      this.view.alert("Write the number or client that the call goes to.");
      return;
    }
    this.view.transferring(true);
    try {
      await call.transfer(this.line.address(to));
      this.view.say("The call was transferred.");
    } catch (error) {
      this.view.alert(error.message);
    } finally {
      this.view.transferring(false);
    }
  }

  _key(key) {
    if (this.call?.state === "up") {
      this.call.press(key);
      this.sounds.key(key);
    } else if (!this.call) {
      this.view.type(key);
      this.sounds.key(key);
    }
  }

  // -- sound --------------------------------------------------------------------------------------

  /** Return the microphone, opened once for all calls. */
  async _microphone() {
    return this.microphone ?? this._openMicrophone();
  }

  async _openMicrophone() {
    this._opening = true;
    try {
      this.microphone = await this.devices.open();
    } catch (error) {
      this.view.alert(microphoneFailure(error, isSecureContext));
      return null;
    } finally {
      this._opening = false;
    }
    this._measure("me", this.microphone);
    await this._drawDevices();
    return this.microphone;
  }

  _closeSound() {
    for (const meter of Object.values(this.meters)) meter.close();
    this.meters = {};
    for (const track of this.microphone?.getTracks() ?? []) track.stop();
    this.microphone = null;
    this.view.sound.srcObject = null;
  }

  _hear(stream) {
    this.view.sound.srcObject = stream;
    this._useSpeaker();
    this._measure("them", stream);
  }

  _measure(whose, stream) {
    this.meters[whose]?.close();
    this.meters[whose] = new Meter(this.sounds.context, stream);
  }

  async _useSpeaker() {
    const id = this.devices.chosen.speaker;
    try {
      await this.view.sound.setSinkId?.(id);
      await this.sounds.useSpeaker(id);
    } catch {
      this.view.alert("The chosen speaker is gone. Sound comes from the usual one; choose another one below.");
    }
  }

  async _useMicrophone() {
    const before = this.microphone;
    if (!this.call || !before) return;
    const microphone = await this._openMicrophone();
    if (!microphone) return;
    const open = [this.call, this.calls.other].filter((call) => call?.microphone);
    await Promise.all(open.map((call) => call.useMicrophone(microphone.clone())));
    for (const track of before.getTracks()) track.stop();
  }

  async _drawDevices() {
    this.view.devices(await this.devices.list(), this.devices.chosen, "setSinkId" in this.view.sound);
  }

  _wire() {
    const { view } = this;
    view.onSignIn = ({ login, password, token }) =>
      this._signIn(() => (token ? this.tokens.withToken(token) : this.tokens.withPassword(login, password)));
    view.onReadyClient = () => this._signIn(() => this.tokens.asReadyClient());
    view.onSignOut = () => {
      for (const call of [this.calls.other, this.call]) call?.end();
      this._signedOut("");
    };
    view.onDial = (text) => this._dial(text);
    view.onAnswer = () => this._answer(this.call);
    view.onAnswerOther = () => this._answerOther();
    view.onEndOther = () => this.calls.other?.end();
    view.onSwap = () => this._swap();
    view.onJoin = () => this._join();
    view.onConsult = (text) => this._dial(text);
    this.calls.onChange = () => this._changed();
    this.calls.onDrop = (call) => this._finish(call);
    view.onEnd = () => this.call?.end();
    view.onMute = () => this.call?.toggleMute();
    view.onHold = async () => {
      if (this.call && !(await this.call.toggleHold())) this._tryAgain();
    };
    view.onTransfer = (text) => this._transfer(text);
    view.onKey = (key) => this._key(key);
    view.onClear = () => {
      this.history.clear();
      view.drawHistory([]);
    };
    view.onDevice = (kind, id) => {
      this.devices.choose(kind, id);
      if (kind === "speaker") this._useSpeaker();
      else this._useMicrophone();
    };
    view.onRingVolume = (volume) => (this.sounds.ringVolume = volume);
    view.onAllow = async () => {
      await this._openMicrophone();
      if (!this.call) this._closeSound();
    };
    this.devices.onChange = () => this._drawDevices();
    view.every(() => ({
      seconds: this.call?.seconds ?? 0,
      me: this.call?.muted ? 0 : (this.meters.me?.level() ?? 0),
      them: this.meters.them?.level() ?? 0,
    }));
    addEventListener("beforeunload", (event) => {
      if (this.call?.answered) event.preventDefault();
    });
    addEventListener("pagehide", () => this.line?.stop());
    // A page that the browser kept and shows again has no line any more.
    addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
  }
}

/** Return what is played while calls ring; one that waits is told of softly. */
function soundOf(current, other) {
  if (current?.state === "ringing") return "ring";
  if (other?.state === "ringing") return "waiting";
  return current?.state === "calling" && !current.earlySound ? "ringback" : "";
}

new Phone().begin();
