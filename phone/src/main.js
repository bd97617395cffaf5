// The phone's page: joins the line, the call and the sounds to what is seen.

import { Call } from "./call.js";
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
    this.line = null;
    this.call = null;
    this.microphone = null;
    this._opening = false;
    this.meters = {};
    this._wire();
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
    if (this.call || this._opening) return;
    if (this.line.state !== "ready") {
      this.view.alert("The phone is not connected yet. Wait until it is ready, and call again.");
      return;
    }
    this.view.alert("");
    const microphone = await this._openMicrophone();
    // Somebody may have called while the browser asked for the microphone.
    if (!microphone || this.call) return;
    try {
      const session = this.line.call(to, { mediaStream: microphone });
      this._take(new Call(session, { who: text.trim(), target: to }));
    } catch (error) {
      this._closeSound();
      this.view.alert(`${text.trim()} cannot be called: ${error.message}. Check the number or address.`);
    }
  }

  _rung(session) {
    if (this.call) {
      const who = this._nameOf(session);
      session.terminate({ status_code: 486 });
      this._remember({ ...who, outgoing: false, answered: false, at: Date.now(), seconds: 0 });
      return;
    }
    this.view.alert("");
    this._take(new Call(session, this._nameOf(session)));
  }

  _nameOf(session) {
    const { display_name: name, uri } = session.remote_identity;
    const who = shownName(name, uri.user, uri.host, this.line.realm);
    const target = uri.user ? who.includes("@") ? who : uri.user : "";
    return { who, target };
  }

  _take(call) {
    this.call = call;
    call.onChange = () => this._changed(call);
    call.onSound = (stream) => this._hear(stream);
    call.onQuality = (figures) => this.view.quality(described(figures), verdict(figures));
    this._changed(call);
  }

  async _answer() {
    const call = this.call;
    const microphone = await this._openMicrophone();
    if (microphone && call?.state === "ringing") call.answer(microphone, this.line.pcConfig);
  }

  _changed(call) {
    if (call !== this.call) return;
    this.view.call(call);
    if (call.state === "ringing") this.sounds.play("ring");
    else if (call.state === "calling" && !call.earlySound) this.sounds.play("ringback");
    else this.sounds.play("");
    if (call.state === "over") this._finish(call);
  }

  _finish(call) {
    this.call = null;
    this._closeSound();
    this.view.noCall();
    this.view.alert(call.ended);
    const { who, target, outgoing, answered, declined, begun: at, seconds } = call;
    this._remember({ who, target, outgoing, answered, declined, at, seconds });
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
    await this.call.useMicrophone(microphone);
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
      this.call?.end();
      this._signedOut("");
    };
    view.onDial = (text) => this._dial(text);
    view.onAnswer = () => this._answer();
    view.onEnd = () => this.call?.end();
    view.onMute = () => this.call?.toggleMute();
    view.onHold = async () => {
      if (this.call && !(await this.call.toggleHold())) view.alert("The call is changing just now. Try again.");
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

new Phone().begin();
