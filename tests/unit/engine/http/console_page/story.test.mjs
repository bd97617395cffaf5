import assert from "node:assert/strict";
import test from "node:test";

import { Refused } from "../../../../../engine/http/console_page/api.mjs";
import { story } from "../../../../../engine/http/console_page/story.mjs";

const BUSY = { sid: "CA2", to: "alice", status: "busy" };

/** An API in which lists are what a test says, and everything else is empty. */
function api(lists, { ladders = {}, forbidden = [] } = {}) {
  return {
    one: async (path) => ({ path, status: "completed" }),
    maybe: async (path) => ladders[path] ?? null,
    list: async (path) => {
      if (forbidden.includes(path)) throw new Refused("may not", 403);
      const items = lists[path] ?? [];
      return { items, total: items.total ?? items.length };
    },
  };
}

test("of a leg that was not reached the SIP is looked at, too", async () => {
  const ladders = { "Calls/CA2/Ladder": { steps: ["refused"] }, "Calls/CA1/Ladder": { steps: ["answered"] } };
  const { legs, steps, missing } = await story(api({ Calls: [BUSY] }, { ladders }), "CA1");
  assert.deepEqual([legs[0].steps, steps, missing], [["refused"], ["answered"], []]);
});

test("what credentials may not read is said, and the rest is shown", async () => {
  const few = api({ "Calls/CA1/Notifications": [{ sid: "NO1" }] }, { forbidden: ["Traces"] });
  const { exchanges, notifications, missing } = await story(few, "CA1");
  assert.deepEqual([exchanges, notifications.length], [[], 1]);
  assert.deepEqual(missing, ["These credentials may not read exchanges with the application."]);
});

test("a list that is longer than what is shown says so", async () => {
  const traces = Object.assign([{ sid: "TX1" }], { total: 301 });
  const { missing } = await story(api({ Traces: traces }), "CA1");
  assert.deepEqual(missing, ["Of 301 exchanges with the application the first 1 are shown."]);
});

test("exchanges that are known are not asked for again, and none of the same second is lost", async () => {
  const trace = (sid, second) => ({ sid, date_created: `Sun, 22 Nov 2026 06:00:0${second} +0000` });
  const asked = [];
  const following = api({ Traces: [trace("TX2", 5), trace("TX3", 5)] });
  const list = following.list;
  following.list = (path, query) => (asked.push({ path, ...query }), list(path, query));
  const { exchanges } = await story(following, "CA1", [trace("TX1", 1), trace("TX2", 5)]);
  assert.deepEqual(
    exchanges.map((each) => each.sid),
    ["TX1", "TX2", "TX3"],
  );
  assert.equal(asked.find((each) => each.path === "Traces").StartTime, "2026-11-22T06:00:05Z");
});

test("another failure is no detail", async () => {
  const gone = { ...api({}), one: async () => Promise.reject(new Refused("none", 404)) };
  await assert.rejects(story(gone, "CA1"), (error) => error.status === 404);
});
