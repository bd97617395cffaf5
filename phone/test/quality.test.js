import assert from "node:assert/strict";
import test from "node:test";

import { counters, described, quality, verdict } from "../src/quality.js";

const report = new Map([
  ["a", { type: "inbound-rtp", kind: "audio", packetsReceived: 150, packetsLost: 3, jitter: 0.012 }],
  ["b", { type: "inbound-rtp", kind: "video", packetsReceived: 9, packetsLost: 9 }],
  ["c", { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.04 }],
  ["d", { type: "candidate-pair", nominated: false, currentRoundTripTime: 0.9 }],
]);

test("the browser's report is read", () => {
  assert.deepEqual(counters(report), { received: 150, lost: 3, jitter: 0.012, roundTrip: 0.04 });
});

test("what the other side measured counts before the path's own figure", () => {
  const better = new Map([...report, ["e", { type: "remote-inbound-rtp", roundTripTime: 0.07 }]]);
  assert.equal(counters(better).roundTrip, 0.07);
  assert.equal(counters(new Map([...better].reverse())).roundTrip, 0.07);
});

test("loss is that of the last seconds", () => {
  const before = { received: 1000, lost: 100, jitter: 0.01, roundTrip: 0.02 };
  const now = { received: 1098, lost: 102, jitter: 0.02, roundTrip: null };
  const figures = quality(before, now);
  assert.equal(figures.loss, 2);
  assert.equal(figures.jitter, 20);
  assert.equal(figures.roundTrip, null);
  assert.equal(verdict(figures), "fair");
  assert.equal(described(figures), "Fair · 2.0 % lost · jitter 20 ms");
});

test("counters that begin anew are no negative loss", () => {
  const figures = quality({ received: 50, lost: 5, jitter: 0, roundTrip: 0 }, { received: 10, lost: 0, jitter: 0, roundTrip: 0 });
  assert.equal(figures.loss, 0);
});

test("silence is poor, whatever the other figures say", () => {
  const same = { received: 50, lost: 0, jitter: 0, roundTrip: 0 };
  assert.equal(verdict(quality(same, same)), "poor");
  assert.equal(described(quality(same, same)), "No sound arrives");
});

test("a good call is good, a bad one poor", () => {
  const of = (loss, jitter, roundTrip) => verdict({ loss, jitter, roundTrip, silent: false });
  assert.equal(of(0, 3, 10), "good");
  assert.equal(of(0, null, null), "good");
  assert.equal(of(6, 3, 10), "poor");
  assert.equal(of(0, 61, 10), "poor");
  assert.equal(of(0, 3, 251), "fair");
});
