// The SIP ladder of a call: we on one side, the party on the other, each message to be opened.

import { h, keep } from "./dom.mjs";

/** A ladder; one of a call that came in has the caller on the left. */
export class Ladder {
  constructor(inbound) {
    this._inbound = inbound;
    this._heads = h("p", { class: "rung heads", "aria-hidden": "true" });
    this._list = h("ol", { class: "ladder" });
    const hint = h(
      "p",
      { class: "hint" },
      "Every message between us and the party. Open one to read it in full.",
    );
    this.element = h("div", {}, hint, this._heads, this._list);
  }

  show(steps) {
    const peer = steps[0]?.peer ?? "";
    const sides = this._inbound ? [peer, "Dialplane"] : ["Dialplane", peer];
    this._heads.replaceChildren(h("span"), h("b", {}, sides[0]), h("b", {}, sides[1]));
    keep(
      this._list,
      steps.map((step, place) => ({ ...step, place })),
      (step) => step.place,
      (step) => this._rung(step),
    );
  }

  _rung(step) {
    const ours = step.direction === "->";
    const right = ours !== this._inbound;
    const said = ours ? "We sent " : "We received ";
    const line = h(
      "span",
      { class: "arrow", "data-way": right ? "right" : "left", "data-tone": toneOf(step.summary) },
      h("span", { class: "apart" }, said),
      h("span", {}, step.summary),
    );
    const summary = h(
      "summary",
      { class: "rung" },
      h("span", { class: "number" }, step.seconds.toFixed(3)),
      line,
    );
    return h("li", {}, h("details", {}, summary, h("pre", { tabindex: "0" }, step.message)));
  }
}

function toneOf(summary) {
  if (/^[4-6]\d\d /.test(summary) && !/^40[17] /.test(summary)) return "bad";
  return /^2\d\d \(INVITE\)/.test(summary) ? "good" : "";
}
