import assert from "node:assert/strict";
import test from "node:test";

import { Calls } from "../src/calls.js";

class Call {
  constructor(state) {
    this.state = state;
    this.held = false;
    this.onChange = () => {};
    this.refuses = false;
  }

  async setHold(on) {
    if (this.refuses) return false;
    this.held = on;
    return true;
  }

  end() {
    this.state = "over";
    this.onChange();
  }

  async transferTo(other) {
    this.connectedWith = other;
    this.end();
  }
}

function talking() {
  const calls = new Calls();
  const first = new Call("up");
  calls.ring(first);
  return { calls, first };
}

test("a second call waits, and a third one is told that it is busy", () => {
  const { calls, first } = talking();
  assert.equal(calls.busy, false);
  const second = new Call("ringing");
  calls.ring(second);
  assert.deepEqual([calls.current, calls.other, calls.busy], [first, second, true]);
});

test("while the first call rings nobody else may", () => {
  const calls = new Calls();
  calls.ring(new Call("ringing"));
  assert.equal(calls.busy, true);
});

test("answering who waits puts the first on hold", async () => {
  const { calls, first } = talking();
  const second = new Call("ringing");
  calls.ring(second);
  assert.equal(await calls.answerOther((call) => (call.state = "up")), true);
  assert.deepEqual([calls.current, calls.other, first.held], [second, first, true]);
});

test("answering who waits gives up a call that is not answered yet", async () => {
  const calls = new Calls();
  const dropped = [];
  calls.onDrop = (call) => dropped.push(call);
  const first = new Call("calling");
  calls.make(first);
  const second = new Call("ringing");
  calls.ring(second);
  await calls.answerOther((call) => (call.state = "up"));
  assert.deepEqual([calls.current, calls.other, dropped], [second, null, [first]]);
});

test("a call that cannot be held now stays", async () => {
  const { calls, first } = talking();
  calls.ring(new Call("ringing"));
  first.refuses = true;
  assert.equal(await calls.answerOther(() => assert.fail("nobody is answered")), false);
  assert.equal(calls.current, first);
});

test("swapping holds one and resumes the other", async () => {
  const { calls, first } = talking();
  await calls.rest();
  const second = new Call("up");
  calls.make(second);
  assert.equal(await calls.swap(), true);
  assert.deepEqual([calls.current, first.held, second.held], [first, false, true]);
});

test("connecting both refers the one that waits and leaves no call", async () => {
  const { calls, first } = talking();
  await calls.rest();
  const second = new Call("up");
  calls.make(second);
  await calls.join();
  assert.equal(first.connectedWith, second);
  assert.deepEqual([calls.current, calls.other], [null, null]);
});

test("the call that waits takes the place of one that ends", () => {
  const { calls, first } = talking();
  const second = new Call("ringing");
  calls.ring(second);
  first.end();
  assert.deepEqual([calls.current, calls.other], [second, null]);
});
