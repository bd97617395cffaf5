// What is seen and touched. It knows elements and nothing of SIP; the page calls its methods and is told.

import { duration } from "../../engine/http/console_page/duration.mjs";
import { outcome } from "./history.js";

const KEYS = [
  ["1", ""], ["2", "ABC"], ["3", "DEF"], ["4", "GHI"], ["5", "JKL"], ["6", "MNO"],
  ["7", "PQRS"], ["8", "TUV"], ["9", "WXYZ"], ["*", ""], ["0", "+"], ["#", ""],
];
const KEY_NAMES = { "*": "star", "#": "hash" };
const FRAME = 50;
const TITLE = document.title;

const at = (id) => document.getElementById(id);

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.textContent = text ?? "";
  return made;
}

/** The page. Its `on…` callbacks are set by whoever acts on what is touched. */
export class View {
  constructor() {
    this.sound = at("sound");
    this._drawKeypad();
    this._wire();
  }

  // -- signing in ---------------------------------------------------------------------------------

  settings({ version, suggestion }) {
    at("version").textContent = `Dialplane ${version}`;
    this._suggestion = suggestion;
    at("suggestion").textContent = `Call ${suggestion}, to hear what Dialplane does`;
    at("suggestion").hidden = !suggestion || at("no-history").hidden;
  }

  signedIn(login) {
    at("me").textContent = login;
    at("password").value = at("token").value = "";
    at("sign-in").hidden = true;
    at("phone").hidden = false;
    at("to").focus();
  }

  signedOut(reason, readyLogin) {
    at("phone").hidden = true;
    at("sign-in").hidden = false;
    at("ready-client").hidden = !readyLogin;
    at("ready-client").textContent = `Use this phone as ${readyLogin}, without a password`;
    this.state("out", "Not signed in");
    this.alert(reason);
    at("login").focus();
  }

  // -- what is told -------------------------------------------------------------------------------

  state(state, sentence) {
    at("state").dataset.state = state;
    at("state-text").textContent = sentence;
    this._ready = state === "ready";
    at("place").disabled = !this._ready;
  }

  alert(sentence) {
    at("alert").textContent = sentence;
    at("alert").hidden = !sentence;
  }

  /** Say something to those who listen to the page instead of seeing it. */
  say(sentence) {
    at("say").textContent = sentence;
  }

  // -- the call -----------------------------------------------------------------------------------

  call(call) {
    const ringing = call.state === "ringing";
    const begins = call !== this._shown;
    this._shown = call;
    at("incoming").hidden = !ringing;
    at("call").hidden = ringing;
    at("dial").hidden = at("place").hidden = true;
    at("hang-up").hidden = ringing;
    at("incoming-who").textContent = at("call-who").textContent = call.who;
    at("call-state").textContent = stateOf(call);
    at("call-time").hidden = !call.answered;
    at("pressed").textContent = call.keys;
    pressed("mute", call.muted, call.muted ? "Unmute" : "Mute");
    pressed("hold", call.held, call.held ? "Resume" : "Hold");
    for (const id of ["mute", "hold", "keys", "transfer"]) at(id).disabled = call.state !== "up";
    if (call.state !== "up") this._showTransfer(false);
    if (begins) {
      this._showKeypad(false);
      at("quality").textContent = "\u00a0";
    }
    this._announce(call, begins);
  }

  /** Show the call that waits, rings beside the current one or is on hold; null for none. */
  other(call, current) {
    const appears = Boolean(call) && at("other").hidden;
    at("other").hidden = !call;
    at("consult").disabled = Boolean(call);
    if (!call) return;
    const ringing = call.state === "ringing";
    const both = !ringing && call.state === "up" && current.state === "up";
    at("other-who").textContent = call.who;
    at("other-state").textContent = ringing ? "Another call" : "On hold";
    at("other-decline").hidden = at("other-answer").hidden = !ringing;
    at("other-answer").textContent = current.state === "up" ? "Hold and answer" : "End and answer";
    at("swap").hidden = at("join").hidden = ringing;
    at("swap").disabled = at("join").disabled = !both;
    if (appears && ringing) this.say(`Another call, from ${call.who}`);
  }

  noCall() {
    this._shown = null;
    for (const id of ["incoming", "call", "hang-up", "pressed", "transfer-form"]) at(id).hidden = true;
    at("dial").hidden = at("place").hidden = false;
    at("keypad").hidden = false;
    expanded("transfer", false);
    document.title = TITLE;
    this.say("The call has ended.");
    at("to").focus();
  }

  quality(text, verdict) {
    at("quality").textContent = text;
    at("quality").dataset.verdict = verdict;
  }

  transferring(busy) {
    for (const each of at("transfer-form").elements) each.disabled = busy;
  }

  /** Draw the time and the meters many times a second from what `look` returns. */
  every(look) {
    setInterval(() => {
      if (document.hidden || at("call").hidden) return;
      const { seconds, me, them } = look();
      at("call-time").textContent = duration(seconds);
      level("meter-me", me);
      level("meter-them", them);
    }, FRAME);
  }

  type(key) {
    const field = at("to");
    field.setRangeText(key, field.selectionStart, field.selectionEnd, "end");
  }

  _announce(call, begins) {
    if (call.state === "ringing") {
      document.title = `☎ ${call.who}`;
      if (begins) {
        this.say(`Incoming call from ${call.who}`);
        // Only when nothing is being typed: a key meant for a field must not answer.
        if (!isField(document.activeElement) || !document.activeElement.value) at("answer").focus();
      }
      return;
    }
    document.title = `${call.who} · ${TITLE}`;
    // Not a button: a key that is held down must not press it.
    if (begins || document.activeElement === document.body) at("call-who").focus();
  }

  // -- lists --------------------------------------------------------------------------------------

  drawHistory(calls) {
    at("no-history").hidden = calls.length > 0;
    at("suggestion").hidden = calls.length > 0 || !this._suggestion;
    at("clear").hidden = calls.length === 0;
    at("history").replaceChildren(...calls.map((call) => this._historyRow(call)));
  }

  _historyRow(call) {
    const { who, target, answered, seconds } = call;
    const when = new Date(call.at);
    const row = element("button");
    row.type = "button";
    const missed = outcome(call) === "Missed" ? "missed" : "";
    const time = element("time", "", when.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }));
    time.dateTime = when.toISOString();
    row.append(
      element("b", missed, who),
      time,
      element("span", missed, outcome(call)),
      element("span", "long", answered ? duration(seconds) : ""),
    );
    row.title = target ? `Call ${target}` : "";
    row.addEventListener("click", () => {
      at("to").value = target;
      at("to").focus();
    });
    const item = element("li");
    item.append(row);
    return item;
  }

  devices({ microphones, speakers }, chosen, canChooseSpeaker) {
    options("microphone", microphones, chosen.microphone, "Microphone");
    options("speaker", speakers, chosen.speaker, "Speaker");
    at("speaker").disabled = !canChooseSpeaker;
    at("speaker-hint").hidden = canChooseSpeaker;
    at("allow").hidden = microphones.some(({ label }) => label);
  }

  // -- what is touched ----------------------------------------------------------------------------

  _drawKeypad() {
    for (const [key, letters] of KEYS) {
      const button = element("button", "", key);
      button.type = "button";
      button.dataset.key = key;
      button.setAttribute("aria-label", KEY_NAMES[key] ?? key);
      button.append(element("small", "", letters));
      at("keypad").append(button);
    }
  }

  _wire() {
    const click = (id, act) => at(id).addEventListener("click", act);
    const submit = (id, act) =>
      at(id).addEventListener("submit", (event) => {
        event.preventDefault();
        act();
      });
    submit("sign-in", () =>
      this.onSignIn({ login: at("login").value, password: at("password").value, token: at("token").value.trim() }),
    );
    submit("dial", () => this.onDial(at("to").value));
    submit("transfer-form", () => this.onTransfer(at("transfer-to").value));
    click("ready-client", () => this.onReadyClient());
    click("sign-out", () => this.onSignOut());
    click("answer", () => this.onAnswer());
    click("other-answer", () => this.onAnswerOther());
    click("other-decline", () => this.onEndOther());
    click("swap", () => this.onSwap());
    click("join", () => this.onJoin());
    click("consult", () => this.onConsult(at("transfer-to").value));
    click("decline", () => this.onEnd());
    click("hang-up", () => this.onEnd());
    click("mute", () => this.onMute());
    click("hold", () => this.onHold());
    click("keys", () => this._showKeypad(at("keypad").hidden));
    click("transfer", () => this._showTransfer(at("transfer-form").hidden));
    click("suggestion", () => this.onDial(this._suggestion));
    click("clear", () => this.onClear());
    click("allow", () => this.onAllow());
    for (const kind of ["microphone", "speaker"])
      at(kind).addEventListener("change", ({ target }) => this.onDevice(kind, target.value));
    at("ring-volume").addEventListener("input", ({ target }) => this.onRingVolume(target.value / 100));
    at("keypad").addEventListener("click", ({ target }) => {
      const button = target.closest("button");
      if (button) this.onKey(button.dataset.key);
    });
    document.addEventListener("keydown", (event) => this._typed(event));
  }

  /** Take digits from the keyboard during a call, unless they are meant for a field. */
  _typed(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || at("call").hidden) return;
    if (isField(event.target) || !/^[0-9*#]$/.test(event.key)) return;
    event.preventDefault();
    this._showKeypad(true);
    this.onKey(event.key);
  }

  _showKeypad(on) {
    at("keypad").hidden = at("pressed").hidden = !on;
    expanded("keys", on);
  }

  _showTransfer(on) {
    at("transfer-form").hidden = !on;
    expanded("transfer", on);
    if (!on) return;
    at("transfer-to").value = "";
    at("transfer-to").focus();
  }
}

function stateOf(call) {
  if (call.state === "calling") return "Calling…";
  if (call.held) return "On hold";
  return call.heldByThem ? "They put you on hold" : "Connected";
}

function pressed(id, on, label) {
  at(id).setAttribute("aria-pressed", String(on));
  at(id).querySelector("span").textContent = label;
}

function expanded(id, on) {
  at(id).setAttribute("aria-expanded", String(on));
}

function level(id, share) {
  const percent = Math.round(share * 100);
  at(id).setAttribute("aria-valuenow", String(percent));
  at(id).firstElementChild.style.transform = `scaleX(${share.toFixed(3)})`;
}

function options(id, devices, chosen, word) {
  const usual = new Option("The system’s choice", "");
  const named = devices.map((each, place) => new Option(each.label || `${word} ${place + 1}`, each.id));
  at(id).replaceChildren(usual, ...named);
  at(id).value = devices.some((each) => each.id === chosen) ? chosen : "";
}

function isField(target) {
  return target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
}
