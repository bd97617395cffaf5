// What there is to be called: numbers, clients and trunks, and who of them can be reached. They are only read here.

import { h } from "./dom.mjs";
import { mark, section } from "./parts.mjs";
import { Table } from "./table.mjs";

const MOST = 1000;

export function setupView({ api }) {
  const numbers = new Table(
    "Numbers",
    ["Number", "Runs", "When that fails", "Declared in"],
    "No numbers yet.",
  );
  const clients = new Table("Clients", ["Login", "Name", "Registered", "Declared in"], "No clients yet.");
  const trunks = new Table(
    "Trunks",
    ["Name", "Address", "State", "Prefixes", "Declared in"],
    "No trunks yet.",
  );
  const heading = h("h2", { class: "apart", tabindex: "-1" }, "Numbers, clients and trunks");
  return {
    title: "Numbers, clients and trunks",
    every: 5000,
    element: h(
      "div",
      { class: "stack" },
      heading,
      section("Numbers", numbers.element),
      section("Clients", clients.element),
      section("Trunks", trunks.element),
    ),
    async look() {
      const [all, people, carriers] = await Promise.all([
        api.list("IncomingPhoneNumbers", { PageSize: MOST }),
        api.list("Clients"),
        api.list("Trunks", { PageSize: MOST }),
      ]);
      numbers.show(all.items, (each) => each.sid, numberCells);
      clients.show(people.items, (each) => each.sid, clientCells);
      trunks.show(carriers.items, (each) => each.sid, trunkCells);
    },
  };
}

const declared = (source) => (source === "file" ? "configuration" : "REST API");

function numberCells(number) {
  const runs = number.voice_application_sid
    ? `the application ${number.voice_application_sid}`
    : number.voice_url;
  const name = number.is_regex ? h("code", {}, number.phone_number) : number.phone_number;
  return [
    name,
    runs ? h("span", { class: "url" }, runs) : "takes no call",
    number.voice_fallback_url,
    declared(number.source),
  ];
}

function clientCells(client) {
  if (client.status !== 1)
    return [client.login, client.friendly_name, mark("warn", "Closed"), declared(client.source)];
  const places = client.registered ?? 0;
  const word = places > 1 ? `Registered from ${places} places` : "Registered";
  return [
    client.login,
    client.friendly_name,
    places ? mark("good", word) : mark("", "Not registered"),
    declared(client.source),
  ];
}

function trunkCells(trunk) {
  const up = trunk.up === false ? mark("bad", "Does not answer") : mark("good", "Answers");
  const registered =
    trunk.register && trunk.up !== null
      ? mark(trunk.registered ? "good" : "bad", trunk.registered ? "Registered" : "Not registered")
      : null;
  return [
    trunk.name,
    h("span", { class: "url" }, trunk.sip_uri),
    h("div", { class: "badges" }, up, registered),
    trunk.prefixes.join(", "),
    declared(trunk.source),
  ];
}
