// The calls of before, narrowed and page by page.

import { duration } from "./duration.mjs";
import { h } from "./dom.mjs";
import { badge, callLink, time } from "./parts.mjs";
import { Table } from "./table.mjs";
import { bounds, caller, STATUSES, statusWord } from "./words.mjs";

const SIZE = 50;
const FIELDS = ["From", "To", "Status", "Day"];

/** Return what the API is asked for a view's address: `given` are the parameters behind it. */
export function callQuery(given) {
  const query = { PageSize: SIZE };
  for (const name of ["From", "To", "Status", "Page", "PageToken"]) query[name] = given.get(name) ?? "";
  return { ...query, ...(bounds(given.get("Day") ?? "") ?? {}) };
}

/** Return the address of the view with other parameters, those that are empty left out. */
export function historyAddress(parameters) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value)).toString();
  return query ? `#/calls?${query}` : "#/calls";
}

export function historyView({ api }, given) {
  const table = new Table(
    "Calls",
    ["When", "From", "To", "Direction", "Status", "Length", "Why it ended"],
    "No call fits.",
  );
  const pages = h("nav", { class: "pages", "aria-label": "Pages" });
  const chosen = Object.fromEntries(FIELDS.map((name) => [name, given.get(name) ?? ""]));
  return {
    title: "Calls",
    every: 10_000,
    element: h(
      "section",
      { class: "card" },
      h("h2", { tabindex: "-1" }, "Calls"),
      filters(chosen),
      table.element,
      pages,
    ),
    async look() {
      const found = await api.list("Calls", callQuery(given));
      table.show(found.items, (call) => call.sid, cells);
      const current = pages.contains(document.activeElement);
      if (!current) pages.replaceChildren(...beside(chosen, found));
    },
  };
}

function beside(chosen, { newer, older, total }) {
  const link = (page, text) =>
    page ? h("a", { class: "button", href: historyAddress({ ...chosen, ...page }) }, text) : null;
  return [
    link(newer, "← Newer"),
    h("span", { class: "hint" }, total === 1 ? "1 call" : `${total} calls`),
    link(older, "Older →"),
  ].filter(Boolean);
}

function filters(chosen) {
  const field = (name, label, more) => [
    h("label", { for: `by-${name}` }, label),
    h("input", {
      id: `by-${name}`,
      name,
      value: chosen[name],
      autocomplete: "off",
      spellcheck: "false",
      ...more,
    }),
  ];
  const status = h(
    "select",
    { id: "by-Status", name: "Status" },
    h("option", { value: "" }, "Any"),
    STATUSES.map((each) =>
      h(
        "option",
        { value: each, selected: each === chosen.Status },
        each === "wait-for-answer" ? "Waiting for an answer" : statusWord(each),
      ),
    ),
  );
  const form = h(
    "form",
    { class: "filters", role: "search" },
    h("div", {}, ...field("From", "From, or how it ends")),
    h("div", {}, ...field("To", "To, or how it ends")),
    h("div", {}, h("label", { for: "by-Status" }, "Status"), status),
    h("div", {}, ...field("Day", "Day", { type: "date" })),
    h(
      "div",
      { class: "buttons" },
      h("button", { type: "submit", class: "primary" }, "Find"),
      h("a", { class: "button", href: "#/calls" }, "All"),
    ),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    location.hash = historyAddress(Object.fromEntries(new FormData(form)));
  });
  return form;
}

function cells(call) {
  return [
    callLink(call.sid, time(call.date_created)),
    caller(call),
    call.to,
    call.direction,
    badge(call.status),
    call.duration === null ? "" : duration(call.duration),
    call.reason ?? "",
  ];
}
