import assert from "node:assert/strict";
import test from "node:test";

import { Following, pause } from "../../../../../engine/http/console_page/following.mjs";

/** Timers that a test lets pass. */
function timers() {
  const waiting = [];
  return {
    waiting,
    setTimeout: (what, after) => waiting.push({ what, after }),
    clearTimeout: (id) => id && (waiting[id - 1] = null),
    async pass() {
      const next = waiting.findLast(Boolean);
      waiting.fill(null);
      await next.what();
      return next.after;
    },
  };
}

test("it looks every two seconds, and less often while nobody answers", async () => {
  const clock = timers();
  const told = [];
  let answers = true;
  const following = new Following(clock);
  following.onLook = (error) => told.push(error?.message ?? "taken");
  await following.follow(async () => {
    if (!answers) throw new Error("down");
  }, 2000);
  assert.equal(await clock.pass(), 2000);
  answers = false;
  assert.equal(await clock.pass(), 2000);
  assert.equal(await clock.pass(), 4000);
  answers = true;
  assert.equal(await clock.pass(), 8000);
  assert.equal(await clock.pass(), 2000);
  assert.deepEqual(told, ["taken", "taken", "down", "down", "taken", "taken"]);
});

test("the longest pause is half a minute, or what was asked for", () => {
  assert.equal(pause(2000, 20), 30_000);
  assert.equal(pause(60_000, 0), 60_000);
});

test("who looks at something else hears nothing of what was looked at before", async () => {
  const told = [];
  const following = new Following(timers());
  following.onLook = () => told.push("told");
  let answer;
  const slow = following.follow(() => new Promise((resolve) => (answer = resolve)), 2000);
  await following.follow(async () => {}, 2000);
  answer();
  await slow;
  assert.deepEqual(told, ["told"]);
});

test("nobody is asked while nobody watches", async () => {
  const clock = timers();
  let looks = 0;
  let hidden = true;
  const following = new Following(clock, () => hidden);
  await following.follow(async () => {
    looks += 1;
  }, 2000);
  await clock.pass();
  assert.equal(looks, 0);
  hidden = false;
  await following.again();
  assert.equal(looks, 1);
});

test("one that was stopped sets no timer any more, also when it is stopped while it is told", async () => {
  const clock = timers();
  const following = new Following(clock);
  following.onLook = () => following.stop();
  await following.follow(async () => {}, 2000);
  assert.equal(clock.waiting.filter(Boolean).length, 0);
});
