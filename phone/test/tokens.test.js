import assert from "node:assert/strict";
import test from "node:test";

import { NotSignedIn, renewAfter, tokenOfAddress, Tokens } from "../src/tokens.js";

/** A server, a storage and a clock that do what a test says. */
function world(...answers) {
  const asked = [];
  const kept = new Map();
  const timers = { due: [], setTimeout: (act, after) => timers.due.push({ act, after }), clearTimeout: () => {} };
  const fetch = async (path, options) => {
    asked.push({ path, ...options });
    const answer = answers.shift();
    if (!answer) throw new TypeError("Failed to fetch");
    const [status, body] = answer;
    return { ok: status < 400, status, json: async () => body };
  };
  const storage = {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
  };
  return { asked, kept, timers, tokens: new Tokens({ fetch, storage, timers }) };
}

const grant = (token, more) => [200, { login: "alice", token, seconds: 3600, renewable: true, ...more }];
const refusal = [401, { message: "The sign-in has ended. Sign in again." }];

test("a token is renewed with a fifth of its life left, at most five minutes", () => {
  assert.equal(renewAfter(3600), 3300);
  assert.equal(renewAfter(60), 48);
  assert.equal(renewAfter(0), 1);
});

test("the address brings a token behind its number sign", () => {
  assert.equal(tokenOfAddress("#token=a.b-c_d"), "a.b-c_d");
  assert.equal(tokenOfAddress("#other=1"), "");
  assert.equal(tokenOfAddress(""), "");
});

test("a password is sent once and the token kept for a reload", async () => {
  const { asked, kept, tokens, timers } = world(grant("one"));
  await tokens.withPassword("alice", "secret");
  assert.equal(String(asked[0].body), "Login=alice&Password=secret");
  assert.deepEqual([...kept.values()], ["one"]);
  assert.equal(timers.due.at(-1).after, 3_300_000);
});

test("the page renews before the token expires, and goes on renewing", async () => {
  const { asked, tokens, timers } = world(grant("one"), grant("two"), grant("three"));
  const renewed = [];
  tokens.onRenewed = ({ token }) => renewed.push(token);
  await tokens.withPassword("alice", "secret");
  await timers.due.at(-1).act();
  await timers.due.at(-1).act();
  assert.deepEqual(renewed, ["two", "three"]);
  assert.deepEqual(
    asked.slice(1).map(({ headers }) => headers.Authorization),
    ["Bearer one", "Bearer two"],
  );
});

test("a server that is gone is asked again, one that refuses ends the sign-in", async () => {
  const { kept, tokens, timers } = world(grant("one"), null, refusal);
  const ended = [];
  tokens.onEnded = (reason) => ended.push(reason);
  await tokens.withPassword("alice", "secret");
  await timers.due.at(-1).act();
  assert.deepEqual([ended, timers.due.at(-1).after, kept.size], [[], 15_000, 1]);
  await timers.due.at(-1).act();
  assert.deepEqual([ended, kept.size], [[refusal[1].message], 0]);
});

test("a token that cannot be renewed ends when it expires", async () => {
  const { tokens, timers } = world(grant("one", { renewable: false, seconds: 90 }));
  const ended = [];
  tokens.onEnded = (reason) => ended.push(reason);
  await tokens.withToken("one");
  assert.equal(timers.due.at(-1).after, 90_000);
  await timers.due.at(-1).act();
  assert.equal(ended.length, 1);
});

test("a reload signs in as before, unless that has ended meanwhile", async () => {
  const again = world(grant("one"));
  again.kept.set("dialplane.token", "one");
  assert.equal((await again.tokens.asBefore()).login, "alice");
  const over = world(refusal);
  over.kept.set("dialplane.token", "one");
  assert.equal(await over.tokens.asBefore(), null);
  assert.equal(over.kept.size, 0);
  assert.equal(await world().tokens.asBefore(), null);
});

test("a wrong password is told in the server's words", async () => {
  const { tokens } = world([401, { message: "Login and password do not fit." }]);
  await assert.rejects(tokens.withPassword("alice", "x"), (error) => {
    assert.ok(error instanceof NotSignedIn);
    return error.final && error.message === "Login and password do not fit.";
  });
});
