import assert from "node:assert/strict";
import test from "node:test";

import { Api, basic, Refused } from "../../../../../engine/http/console_page/api.mjs";
import { ownAccount, SignIn } from "../../../../../engine/http/console_page/sign_in.mjs";

const ACCOUNT = `AC${"0".repeat(32)}`;

/** A server that answers in order, and remembers what it was asked. */
function server(...answers) {
  const asked = [];
  const fetch = async (address, options) => {
    asked.push({ address, ...options });
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    const { status = 200, body = {}, date } = answer;
    return new Response(JSON.stringify(body), { status, headers: date ? { Date: date } : {} });
  };
  return { fetch, asked };
}

function storage() {
  const kept = new Map();
  return {
    kept,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
  };
}

const accounts = (...sids) => ({
  body: { accounts: sids.map((sid) => ({ sid, owner_account_sid: sids[0], friendly_name: "" })) },
});

test("what is asked names the account, and the browser adds nothing of its own", async () => {
  const { fetch, asked } = server({ body: { calls: [{ sid: "CA1" }], total: 1, next_page_uri: "null" } });
  const api = new Api(fetch, { name: ACCOUNT, secret: "t", account: ACCOUNT });
  const { items, older } = await api.list("Calls", { Status: "ringing,queued", To: "" });
  assert.deepEqual([items, older], [[{ sid: "CA1" }], null]);
  assert.equal(asked[0].address, `2012-04-24/Accounts/${ACCOUNT}/Calls.json?Status=ringing%2Cqueued`);
  assert.equal(asked[0].headers.Authorization, basic(ACCOUNT, "t"));
  assert.equal(asked[0].credentials, "omit");
});

test("letters beyond ASCII reach the server as UTF-8", () => {
  assert.equal(atob(basic("a", "ü").slice(6)), "a:\u00c3\u00bc");
});

test("the pages beside one are named by number and token", async () => {
  const uri = "/2012-04-24/Accounts/AC/Calls.json?Page=1&PageSize=50&PageToken=PAabc&AfterSid=CA1";
  const { fetch } = server({ body: { calls: [], total: 90, next_page_uri: uri, previous_page_uri: "null" } });
  const { older, newer } = await new Api(fetch, {}).list("Calls");
  assert.deepEqual([older, newer], [{ Page: "1", PageToken: "PAabc" }, null]);
});

test("a bare array is a list, too", async () => {
  const { fetch } = server({ body: [1, 2] });
  assert.deepEqual((await new Api(fetch, {}).list("Clients")).items, [1, 2]);
});

test("a refusal brings the server's words, and silence its own", async () => {
  const { fetch } = server({ status: 403, body: { message: "The role may not." } }, new Error("down"));
  const api = new Api(fetch, {});
  await assert.rejects(
    api.one("Calls/CA1"),
    (error) => error instanceof Refused && error.status === 403 && error.message === "The role may not.",
  );
  await assert.rejects(api.one("Calls/CA1"), (error) => error.status === 0);
});

test("what is not there is null where that is no mistake", async () => {
  const { fetch } = server({ status: 404, body: { message: "none" } });
  assert.equal(await new Api(fetch, {}).maybe("Calls/CA1/Ladder"), null);
});

test("the clock of the server is the one that counts", async () => {
  const { fetch } = server({ date: new Date(Date.now() + 3_600_000).toUTCString() });
  const api = new Api(fetch, {});
  await api.one("Calls/CA1");
  assert.ok(Math.abs(api.ahead - 3_600_000) < 5000);
});

test("of a tree of accounts the own one is the one whose parent is not seen", () => {
  const seen = [
    { sid: "child", owner_account_sid: "me" },
    { sid: "me", owner_account_sid: "above" },
  ];
  assert.equal(ownAccount(seen), "me");
  assert.equal(ownAccount([{ sid: "root", owner_account_sid: "root" }]), "root");
});

test("a key signs in for its account, and a reload needs no second time", async () => {
  const tab = storage();
  const first = server(accounts(ACCOUNT));
  const { api } = await new SignIn({ fetch: first.fetch, storage: tab }).with("SKx", "secret");
  assert.equal(api.credentials.account, ACCOUNT);
  const second = server(accounts(ACCOUNT));
  const again = await new SignIn({ fetch: second.fetch, storage: tab }).asBefore();
  assert.deepEqual([again.api.credentials.name, again.api.credentials.account], ["SKx", ACCOUNT]);
});

test("wrong credentials are kept nowhere, and those that were kept are forgotten", async () => {
  const tab = storage();
  const refused = { status: 401, body: { message: "no" } };
  await assert.rejects(new SignIn({ fetch: server(refused).fetch, storage: tab }).with("SKx", "wrong"));
  assert.equal(tab.kept.size, 0);
  tab.setItem("dialplane.console", JSON.stringify({ name: "SKx", secret: "old", account: ACCOUNT }));
  assert.equal(await new SignIn({ fetch: server(refused).fetch, storage: tab }).asBefore(), null);
  assert.equal(tab.kept.size, 0);
});

test("a newcomer's key that has ended is replaced amid a request, and none is kept", async () => {
  const tab = storage();
  const key = (secret) => ({ body: { account_sid: ACCOUNT, sid: "SK1", secret } });
  const { fetch, asked } = server(key("one"), accounts(ACCOUNT), { status: 401 }, key("two"), {
    body: { sid: "CA1" },
  });
  const { api } = await new SignIn({ fetch, storage: tab }).asNewcomer();
  assert.deepEqual(await api.one("Calls/CA1"), { sid: "CA1" });
  assert.equal(asked.at(-1).headers.Authorization, basic("SK1", "two"));
  assert.equal(tab.kept.size, 0);
});
