import assert from "node:assert/strict";
import test from "node:test";

import { duration } from "../../../../../engine/http/console_page/duration.mjs";
import { callQuery, historyAddress } from "../../../../../engine/http/console_page/history.mjs";
import {
  arranged,
  bounds,
  caller,
  LIVE,
  statusWord,
  tone,
} from "../../../../../engine/http/console_page/words.mjs";

test("durations are written as people read them", () => {
  assert.equal(duration(5.9), "0:05");
  assert.equal(duration(754), "12:34");
  assert.equal(duration(3723), "1:02:03");
  assert.equal(duration(-1), "0:00");
});

test("a caller with a name has it before the number", () => {
  assert.equal(caller({ from: "+1555", caller_name: "Maria" }), "Maria (+1555)");
  assert.equal(caller({ from: "alice", caller_name: "alice" }), "alice");
  assert.equal(caller({ from: "+1555", caller_name: "" }), "+1555");
});

test("every live status is one, and a status of tomorrow is shown as it is", () => {
  assert.deepEqual(LIVE, ["queued", "ringing", "wait-for-answer", "in-progress"]);
  assert.deepEqual([statusWord("held"), tone("held")], ["held", "warn"]);
});

test("legs follow the call that made them, and no call is lost", () => {
  const call = (sid, parent, second) => ({
    sid,
    parent_call_sid: parent,
    date_created: `Sun, 22 Nov 2026 06:00:0${second} +0000`,
  });
  const calls = [
    call("leg", "one", 4),
    call("one", null, 1),
    call("two", null, 3),
    call("orphan", "gone", 2),
  ];
  assert.deepEqual(
    arranged(calls).map(({ sid, depth }) => [sid, depth]),
    [
      ["two", 0],
      ["orphan", 0],
      ["one", 0],
      ["leg", 1],
    ],
  );
});

test("a day is the reader's, from its first second to its last", () => {
  const { StartTime, EndTime } = bounds("2026-11-22");
  assert.equal(Date.parse(StartTime), new Date(2026, 10, 22).getTime());
  assert.equal(Date.parse(EndTime), new Date(2026, 10, 22, 23, 59, 59).getTime());
  assert.equal(bounds("nonsense"), null);
});

test("the address of a list becomes a query of the API, and nothing else of it does", () => {
  const query = callQuery(
    new URLSearchParams("From=%2B1555&Status=failed&PageToken=PAx&Page=2&SubAccounts=true"),
  );
  assert.deepEqual(query, {
    PageSize: 50,
    From: "+1555",
    To: "",
    Status: "failed",
    Page: "2",
    PageToken: "PAx",
  });
  assert.equal(historyAddress({ From: "+1555", To: "" }), "#/calls?From=%2B1555");
  assert.equal(historyAddress({}), "#/calls");
});
