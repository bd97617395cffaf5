import assert from "node:assert/strict";
import test from "node:test";

import { History, outcome } from "../src/history.js";
import { share } from "../src/meter.js";

function storage(text = null) {
  const kept = { text };
  return {
    kept,
    getItem: () => kept.text,
    setItem: (_, value) => (kept.text = value),
    removeItem: () => (kept.text = null),
  };
}

test("calls outlive a reload, the newest first, and no more than fifty", () => {
  const tab = storage();
  const history = new History(tab);
  for (let number = 0; number < 60; number += 1) history.add({ who: String(number) });
  const again = new History(tab);
  assert.equal(again.calls.length, 50);
  assert.equal(again.calls[0].who, "59");
  again.clear();
  assert.equal(new History(tab).calls.length, 0);
});

test("a storage with nonsense, or none, costs nothing but the history", () => {
  assert.deepEqual(new History(storage("{")).calls, []);
  assert.deepEqual(new History(storage('"text"')).calls, []);
  const full = { ...storage(), setItem: () => { throw new Error("full"); } };
  const history = new History(full);
  history.add({ who: "alice" });
  assert.equal(history.calls.length, 1);
});

test("a call is missed only when it came in and nobody declined it", () => {
  assert.equal(outcome({ outgoing: false, answered: false, declined: true }), "Declined");
  assert.equal(outcome({ outgoing: false, answered: false }), "Missed");
  assert.equal(outcome({ outgoing: true, answered: false }), "Not answered");
  assert.equal(outcome({ outgoing: false, answered: true }), "Answered");
});

test("a meter is empty in silence and full at full scale", () => {
  assert.equal(share(new Float32Array(64)), 0);
  assert.equal(share(new Float32Array(0)), 0);
  assert.equal(share(new Float32Array(64).fill(1)), 1);
  assert.ok(Math.abs(share(new Float32Array(64).fill(0.0316)) - 0.5) < 0.01);
});
