// The line to the server: one client, registered over one WebSocket that comes back by itself.

import JsSIP from "jssip";

import { registrationFailure } from "./reasons.js";

const RECONNECT = { least: 1, most: 8 };
const REGISTER_SECONDS = 300;

/**
 * Registers a client and brings its calls.
 *
 * `onState` is called with `connecting`, `ready`, `lost` or `refused` and a sentence; `onCall` with each
 * incoming JsSIP session; `onExpired` when the server wants a fresh token.
 */
export class Line {
  constructor({ url, realm, login, token, iceServers, userAgent }) {
    this.iceServers = iceServers;
    this.realm = realm;
    this.login = login;
    this.state = "connecting";
    this.onState = () => {};
    this.onCall = () => {};
    this.onExpired = () => {};
    this._agent = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(url)],
      uri: new JsSIP.URI("sip", login, realm).toString(),
      authorization_user: login,
      authorization_jwt: bearer(token),
      user_agent: userAgent,
      register_expires: REGISTER_SECONDS,
      connection_recovery_min_interval: RECONNECT.least,
      connection_recovery_max_interval: RECONNECT.most,
    });
    this._listen();
  }

  start() {
    this._agent.start();
  }

  /** Unregister and close; calls end. */
  stop() {
    this.onState = () => {};
    this._agent.stop();
  }

  /** Use a fresh token from now on, at once if the server waits for one. */
  renewed(token, iceServers) {
    this.iceServers = iceServers;
    this._agent.set("authorization_jwt", bearer(token));
    if (this._agent.isConnected() && !this._agent.isRegistered()) this._agent.register();
  }

  /** Call somebody; `to` is what `dialled` made of it. */
  call(to, options) {
    const target = /^sips?:/i.test(to) || to.includes("@") ? to : this._address(to);
    return this._agent.call(target, { ...options, pcConfig: this.pcConfig });
  }

  /** What calls find their way with: relays whose credentials end as the token does. */
  get pcConfig() {
    return { iceServers: this.iceServers };
  }

  /** Return the URI that a transfer to somebody names. */
  address(to) {
    if (/^sips?:/i.test(to)) return to;
    return to.includes("@") ? `sip:${to}` : this._address(to);
  }

  _address(user) {
    return new JsSIP.URI("sip", user, this.realm).toString();
  }

  _listen() {
    const agent = this._agent;
    agent.on("connecting", () => this._become("connecting", "Connecting…"));
    agent.on("connected", () => this._become("connecting", "Registering…"));
    agent.on("disconnected", () =>
      this._become("lost", "The server does not answer. The page reconnects by itself."),
    );
    agent.on("registered", () => this._become("ready", "Ready"));
    agent.on("unregistered", () => {
      if (agent.isConnected()) this._become("connecting", "Not registered");
    });
    agent.on("registrationFailed", ({ response, cause }) => {
      const status = response?.status_code;
      if (status === 401) this.onExpired();
      else if (agent.isConnected()) this._become("refused", registrationFailure({ status, cause }));
    });
    agent.on("newRTCSession", ({ session }) => {
      if (session.direction === "incoming") this.onCall(session);
    });
  }

  _become(state, sentence) {
    this.state = state;
    this.onState(state, sentence);
  }
}

function bearer(token) {
  return `Bearer ${token}`;
}
