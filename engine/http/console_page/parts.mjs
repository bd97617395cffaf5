// Pieces that several views are made of.

import { h } from "./dom.mjs";
import { caller, moment, statusWord, tone } from "./words.mjs";

export function callLink(sid, ...text) {
  return h("a", { href: `#/calls/${encodeURIComponent(sid)}`, "data-act": "open" }, ...text);
}

/** A word on the colour of its tone; without a tone it is a plain one. */
export function mark(tone, word) {
  return h("span", { class: "badge", "data-tone": tone }, word);
}

export function badge(status) {
  return mark(tone(status), statusWord(status));
}

/** The number of a notification, and how much it matters. */
export function codeMark(code, error) {
  return mark(error ? "bad" : "warn", `${error ? "Error" : "Warning"} ${code}`);
}

export function time(text) {
  return text
    ? h("time", { datetime: new Date(text).toISOString(), title: new Date(text).toString() }, moment(text))
    : "";
}

/** A duration that goes on; the page writes it anew each second. */
export function since(text) {
  return h("span", { class: "number", "data-since": new Date(text).toISOString() });
}

/** Show what helps; what is between backticks is code. */
export function cure(text) {
  const pieces = text.split("`").map((each, place) => (place % 2 ? h("code", {}, each) : each));
  return h("p", { class: "cure" }, h("b", {}, "Cure: "), pieces);
}

/** A part of a page, with a heading. */
export function section(title, ...children) {
  return h("section", { class: "card" }, h("h2", {}, title), ...children);
}

export function facts(pairs) {
  const shown = pairs.filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return h(
    "dl",
    { class: "facts" },
    shown.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
  );
}

/**
 * Ask before a call is ended, and end it; `hangUp` does that. A dialogue of the browser's own: Escape leaves
 * it, and it gives the focus back.
 */
export function hangUpButton(call, hangUp) {
  const ask = () => {
    const cancel = h("button", { type: "button", onclick: () => dialog.close() }, "Let it go on");
    const end = h(
      "button",
      {
        type: "button",
        class: "danger",
        "data-act": "sure",
        onclick: () => {
          dialog.close();
          hangUp(call);
        },
      },
      "Hang up",
    );
    const dialog = h(
      "dialog",
      { "aria-labelledby": "sure", onclose: () => dialog.remove() },
      h("h2", { id: "sure" }, "Hang up this call?"),
      h("p", {}, `${caller(call)} → ${call.to}`),
      h("div", { class: "two" }, cancel, end),
    );
    document.body.append(dialog);
    dialog.showModal();
  };
  return h(
    "button",
    {
      type: "button",
      class: "danger small",
      "data-act": "hang-up",
      onclick: ask,
      "aria-label": `Hang up ${call.from} to ${call.to}`,
    },
    "Hang up",
  );
}
