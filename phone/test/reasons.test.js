import assert from "node:assert/strict";
import test from "node:test";

import { callEnd, callFailure, microphoneFailure, registrationFailure } from "../src/reasons.js";

test("every failure is a sentence that says what to do", () => {
  const all = [
    ...[401, 403, 404, 408, 480, 484, 486, 488, 500, 503, 603].map((status) => callFailure({ status })),
    ...["No Answer", "Request Timeout", "WebRTC Error", "something new"].map((cause) => callFailure({ cause })),
    ...["NotAllowedError", "NotFoundError", "NotReadableError", "NewError"].map((name) => microphoneFailure({ name })),
    ...[403, 500, 418].map((status) => registrationFailure({ status })),
  ];
  for (const sentence of all) assert.match(sentence, /^[A-Z].*\.$/);
});

test("an unknown status is told, an unknown 5xx is the server's", () => {
  assert.match(callFailure({ status: 418 }), /418/);
  assert.equal(callFailure({ status: 599 }), callFailure({ status: 500 }));
});

test("somebody who hangs up is no failure", () => {
  assert.equal(callEnd({ cause: "Terminated" }), "");
  assert.match(callEnd({ cause: "RTP Timeout" }), /network/);
});

test("a page that is not secure learns that first", () => {
  assert.match(microphoneFailure({ name: "TypeError" }, false), /https/);
});
