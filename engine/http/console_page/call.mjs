// One call: how it ended and why, and everything that shows it.

import { h, keep } from "./dom.mjs";
import { duration } from "./duration.mjs";
import { Exchanges } from "./exchanges.mjs";
import { Ladder } from "./ladder.mjs";
import {
  badge,
  callLink,
  codeMark,
  cure,
  facts,
  hangUpButton,
  mark,
  section,
  since,
  time,
} from "./parts.mjs";
import { story } from "./story.mjs";
import { Table } from "./table.mjs";
import { verdict } from "./verdict.mjs";
import { caller, isLive } from "./words.mjs";

/** Parts that are seen also when they are empty: whoever looks for them hears why. */
const ALWAYS = ["exchanges", "steps"];
/** Milliseconds after the end until the last messages and records have been written. */
const SETTLES = 3000;

export function callView({ api, hangUp }, sid) {
  const page = new CallPage(api, hangUp);
  let known = [];
  const view = {
    title: "Call",
    every: 2000,
    element: page.element,
    async look() {
      const told = await story(api, sid, known);
      known = told.exchanges;
      page.show(told);
      view.title = `${told.call.from} → ${told.call.to}`;
      // What has ended changes no more; a row or message may still be on its way to the database.
      const ended = Date.parse(told.call.end_time ?? "");
      view.over = !isLive(told.call) && Date.now() + api.ahead > ended + SETTLES;
    },
  };
  return view;
}

class CallPage {
  constructor(api, hangUp) {
    this._api = api;
    this._hangUp = hangUp;
    this._head = h("section", { class: "card verdict", hidden: true });
    this._missing = h("p", { class: "hint", hidden: true });
    this._noExchanges = h(
      "p",
      { class: "hint" },
      "None are kept: no application was asked, they are too old, or [traces] keeps none.",
    );
    this._noSteps = h(
      "p",
      { class: "hint" },
      "Nothing is kept of its SIP: it is too old, or [traces] keeps none.",
    );
    this._legs = new Table("Calls that it made", ["To", "Status", "Began", "Length", "Why it ended"], "");
    this._verbs = new Table("Verbs", ["When", "Verb", "Status", "Length", "Why"], "");
    this._events = new Table("Events", ["When", "To", "State", "Attempts", "Last error"], "");
    this._exchanges = new Exchanges();
    this._recordings = h("ul", { class: "plain recordings" });
    this._quality = h("div");
    this._ladder = h("div");
    this._sections = {
      exchanges: section("Exchanges with the application", this._noExchanges, this._exchanges.element),
      legs: section("Calls that it made", this._legs.element),
      recordings: section("Recordings", this._recordings),
      executions: section("What its documents did", this._verbs.element),
      steps: section("SIP", this._noSteps, this._ladder),
      quality: section("Sound", this._quality),
      events: section("Events not delivered", this._events.element),
    };
    for (const each of Object.values(this._sections)) each.hidden = true;
    this.element = h("div", { class: "stack" }, this._head, this._missing, Object.values(this._sections));
  }

  show(told) {
    const { call } = told;
    const lost = told.events.filter((each) => each.state !== "delivered" && each.last_error);
    const shown = { ...told, events: lost, quality: hasSound(call.quality) ? [call.quality] : [] };
    for (const [name, element] of Object.entries(this._sections))
      element.hidden = shown[name].length === 0 && !ALWAYS.includes(name);
    this._noExchanges.hidden = told.exchanges.length > 0;
    this._noSteps.hidden = told.steps.length > 0;
    this._missing.textContent = told.missing.join(" ");
    this._missing.hidden = told.missing.length === 0;
    this._head.hidden = false;
    keep(
      this._head,
      [{ call, found: verdict(call, told) }],
      () => "head",
      ({ call, found }) => this._drawHead(call, found),
    );
    this._legs.show(told.legs, (leg) => leg.sid, legCells);
    this._exchanges.show(told.exchanges, told.notifications);
    keep(
      this._recordings,
      told.recordings,
      (each) => each.sid,
      (each) => this._drawRecording(each),
    );
    this._verbs.show(told.executions, (each) => each.sid, verbCells);
    keep(this._quality, shown.quality, () => "quality", drawQuality);
    this._events.show(
      lost,
      (each) => each.sid,
      (each) => [time(each.date_created), each.url, each.state, String(each.attempts), each.last_error],
    );
    this._drawLadder(call, told.steps);
  }

  _drawLadder(call, steps) {
    if (!steps.length) return;
    this._drawn ??= new Ladder(call.direction === "inbound");
    if (!this._drawn.element.isConnected) this._ladder.replaceChildren(this._drawn.element);
    this._drawn.show(steps);
  }

  _drawHead(call, { tone, headline, because }) {
    const live = isLive(call);
    return h(
      "div",
      { "data-tone": tone },
      h(
        "div",
        { class: "title" },
        h("h2", { tabindex: "-1" }, caller(call), " → ", call.to),
        badge(call.status),
      ),
      h(
        "p",
        { class: "headline" },
        headline,
        live ? [" · ", since(call.start_time ?? call.date_created)] : null,
      ),
      because.length ? h("ul", { class: "because plain" }, because.map(drawCause)) : null,
      live ? h("p", {}, hangUpButton(call, this._hangUp)) : null,
      facts([
        [call.direction === "inbound" ? "Came in" : "Began", time(call.date_created)],
        ["Answered", time(call.start_time)],
        ["Ended", time(call.end_time)],
        ["Length", live || call.duration === null ? "" : duration(call.duration)],
        ["Direction", call.direction],
        ["Answered by", call.answered_by],
        ["Forwarded from", call.forwarded_from],
        ["Made by", call.parent_call_sid ? callLink(call.parent_call_sid, "the call it belongs to") : ""],
        ["CallSid", h("code", {}, call.sid)],
      ]),
    );
  }

  _drawRecording(recording) {
    const sound = this._api.sound(recording);
    const name = `Recording of ${recording.duration} seconds`;
    const player = h("audio", { controls: true, preload: "none", src: sound, "aria-label": name });
    return h(
      "li",
      {},
      player,
      h(
        "span",
        { class: "hint" },
        time(recording.date_created),
        ` · ${Number(recording.duration).toFixed(1)} s · ${recording.status} · `,
        h("a", { href: sound, download: `${recording.sid}.wav` }, "WAV"),
      ),
    );
  }
}

function hasSound(quality) {
  return Boolean(quality) && quality.packets_received + quality.packets_sent > 0;
}

function drawCause({ text, cure: helps, code, error }) {
  const label = code === null ? null : codeMark(code, error);
  return h("li", {}, label, label ? " " : null, text, helps ? cure(helps) : null);
}

function legCells(leg) {
  return [
    callLink(leg.sid, leg.to),
    badge(leg.status),
    time(leg.date_created),
    leg.duration === null ? "" : duration(leg.duration),
    leg.reason ?? "",
  ];
}

function verbCells(verb) {
  const word = mark(verb.status === "failed" ? "bad" : "", verb.status);
  const why = [verb.error_code ? `${verb.error_code} ` : "", verb.reason ?? ""].join("");
  return [time(verb.date_created), h("b", {}, verb.verb), word, `${verb.duration.toFixed(1)} s`, why];
}

function drawQuality(quality) {
  const figure = (value, unit) => (typeof value === "number" ? `${value} ${unit}`.trim() : "");
  return facts([
    ["Codec", quality.codec],
    ["Opinion of what we hear (1 to 4.5)", figure(quality.mos_heard, "")],
    ["Opinion of what they hear", figure(quality.mos_sent, "")],
    ["Packets lost", `${quality.packets_lost} of ${quality.packets_received + quality.packets_lost}`],
    ["Packets late", String(quality.packets_late)],
    ["Frames invented", String(quality.frames_concealed)],
    ["Jitter", figure(quality.jitter_ms, "ms")],
    ["Round trip", figure(quality.round_trip_ms, "ms")],
    ["Lost on their side", figure(quality.remote_packets_lost, "packets")],
    ["They spoke for", figure(quality.talk_time, "s")],
  ]);
}
