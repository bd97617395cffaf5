// What happens now: the calls that have not ended.

import { h } from "./dom.mjs";
import { badge, callLink, hangUpButton, since, time } from "./parts.mjs";
import { Table } from "./table.mjs";
import { arranged, caller, LIVE } from "./words.mjs";

/**
 * By status, so that the few of them are found by an index: by date the database would look at every call.
 * What is shown has its own order.
 */
const QUERY = { Status: LIVE.join(","), SortBy: "Status:desc", PageSize: 200 };

export function liveView({ api, hangUp }) {
  const table = new Table(
    "Live calls",
    ["From", "To", "Direction", "Status", "Since", "Time", ""],
    "No calls just now. They appear here by themselves.",
  );
  const count = h("p", { class: "hint", role: "status" });
  return {
    title: "Live calls",
    every: 2000,
    element: h(
      "section",
      { class: "card" },
      h("div", { class: "title" }, h("h2", { tabindex: "-1" }, "Live calls"), count),
      table.element,
    ),
    async look() {
      const { items, total } = await api.list("Calls", QUERY);
      table.show(
        arranged(items),
        (call) => call.sid,
        (call) => cells(call, hangUp),
      );
      const words = total === 1 ? "1 call" : `${total} calls`;
      const text = total > items.length ? `${words}, ${items.length} of them are shown` : words;
      // Written only when it changes: it is read aloud each time.
      if (count.textContent !== text) count.textContent = text;
    },
  };
}

function cells(call, hangUp) {
  const from = callLink(call.sid, call.depth ? "↳ " : "", caller(call));
  return [
    from,
    call.to,
    call.direction,
    badge(call.status),
    time(call.date_created),
    since(call.start_time ?? call.date_created),
    hangUpButton(call, hangUp),
  ];
}
