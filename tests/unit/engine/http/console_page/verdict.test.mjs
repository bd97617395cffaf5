import assert from "node:assert/strict";
import test from "node:test";

import { markedLines, verdict } from "../../../../../engine/http/console_page/verdict.mjs";

const CALL = {
  sid: "CA1",
  direction: "inbound",
  status: "failed",
  reason: "we hung up",
  duration: 0,
  to: "2000",
};
const BROKEN = {
  log: 0,
  error_code: 12100,
  message_text: "line 6: the document is not well-formed XML",
  more_info: "run `dialplane check` on the document",
  request_url: "http://app/answer?x=1",
};
const WARNING = { ...BROKEN, log: 1, error_code: 12200, message_text: "line 2: no attribute 'timout'" };
const refusedWith = (direction, status, ...headers) => ({
  direction,
  summary: `${status.slice(0, 3)} (INVITE)`,
  message: [`SIP/2.0 ${status}`, ...headers, "", ""].join("\r\n"),
});

test("an error comes before warnings, with its code and cure", () => {
  const { tone, headline, because } = verdict(CALL, { notifications: [WARNING, BROKEN] });
  assert.deepEqual([tone, headline], ["bad", "The call failed"]);
  assert.deepEqual(
    because.slice(0, 2).map((each) => each.code),
    [12100, 12200],
  );
  assert.equal(because[0].cure, "run `dialplane check` on the document");
});

test("a call that we refused says with what, in the words of its Reason header", () => {
  const steps = [refusedWith("->", "500 Server Internal Error", 'Reason: SIP;cause=500;text="no document"')];
  const { because } = verdict(CALL, { steps });
  assert.equal(because.at(-1).text, "We refused the call with 500 Server Internal Error: no document.");
});

test("a party that refused is told apart from us, and a challenge is no refusal", () => {
  const call = { ...CALL, direction: "outbound-api", status: "busy", reason: "the INVITE was refused" };
  const steps = [refusedWith("<-", "407 Proxy Authentication Required"), refusedWith("<-", "486 Busy Here")];
  const { headline, because } = verdict(call, { steps });
  assert.equal(headline, "The line was busy");
  assert.equal(because[0].text, "The party that was called answered 486 Busy Here.");
  const challenged = verdict({ ...call, reason: "" }, { steps: steps.slice(0, 1) });
  assert.deepEqual(challenged.because, []);
});

test("a completed call says how long it was and who hung up", () => {
  const call = { ...CALL, status: "completed", reason: "the peer sent BYE", duration: 72 };
  const { tone, headline, because } = verdict(call);
  assert.deepEqual([tone, headline], ["good", "Completed after 1:12"]);
  assert.equal(because[0].text, "The caller hung up.");
  const troubled = verdict(call, { notifications: [BROKEN] });
  assert.deepEqual([troubled.tone, troubled.headline], ["warn", "Completed after 1:12, with errors"]);
});

test("legs that were not reached are named with their reason", () => {
  const legs = [
    { to: "alice", status: "no-answer", reason: "nobody answered in 20 s" },
    { to: "bob", status: "completed", reason: "" },
    { to: "carol", status: "busy", reason: null, steps: [refusedWith("<-", "486 Busy Here")] },
  ];
  const { because } = verdict({ ...CALL, status: "completed", reason: "" }, { legs });
  assert.deepEqual(
    because.map((each) => each.text),
    [
      "The call to alice: no answer (nobody answered in 20 s).",
      "The call to carol was answered 486 Busy Here.",
    ],
  );
});

test("a request without a usable answer is told, unless a notification tells of it", () => {
  const exchange = { request: { method: "POST", url: "http://app/answer?x=1" }, problem: "timed out" };
  const alone = verdict(CALL, { exchanges: [exchange] }).because;
  assert.equal(alone[0].text, "POST http://app/answer?x=1: timed out");
  assert.equal(verdict(CALL, { exchanges: [exchange], notifications: [BROKEN] }).because[0].code, 12100);
});

test("a live call has not ended, whatever its ladder has", () => {
  const { tone, headline, because } = verdict({ ...CALL, status: "in-progress", reason: null });
  assert.deepEqual([tone, headline, because], ["live", "In progress", []]);
});

test("the lines that notifications name are marked in the document of their URL alone", () => {
  const marked = markedLines("http://app/answer", [
    BROKEN,
    WARNING,
    { ...BROKEN, request_url: "http://app/other" },
  ]);
  assert.deepEqual(marked, [
    { line: 6, error: true },
    { line: 2, error: false },
  ]);
});
