import assert from "node:assert/strict";
import test from "node:test";

import { dialled, shownName } from "../src/targets.js";

test("a number loses what people write between its digits", () => {
  assert.equal(dialled(" +1 (555) 123-00.01 "), "+15551230001");
  assert.equal(dialled("030 / 1234"), "0301234");
  assert.equal(dialled("*98#"), "*98#");
});

test("a name and an address stay as they are", () => {
  assert.equal(dialled("demo"), "demo");
  assert.equal(dialled("anna-lena.b"), "anna-lena.b");
  assert.equal(dialled("bob@example.com"), "bob@example.com");
  assert.equal(dialled("sip:bob@192.0.2.7:5080;transport=tcp"), "sip:bob@192.0.2.7:5080;transport=tcp");
});

test("what names nobody is not dialled", () => {
  for (const text of ["", "  ", "two words", "<sip:a@b>", "a@b@c", "sip:", 'x"y']) assert.equal(dialled(text), null);
});

test("a call is shown as a person would say it", () => {
  assert.equal(shownName("Alice Smith", "alice", "dialplane", "dialplane"), "Alice Smith");
  assert.equal(shownName("", "alice", "dialplane", "dialplane"), "alice");
  assert.equal(shownName("alice", "alice", "h2d.invalid", "dialplane"), "alice");
  assert.equal(shownName("", "bob", "192.0.2.7", "dialplane"), "bob@192.0.2.7");
  assert.equal(shownName("", "+15551230001", "192.0.2.7", "dialplane"), "+15551230001");
  assert.equal(shownName("", "anonymous", "anonymous.invalid", "dialplane"), "Unknown caller");
  assert.equal(shownName("", "", "192.0.2.7", "dialplane"), "192.0.2.7");
});
