// What went wrong in the last day, over all calls.

import { h } from "./dom.mjs";
import { callLink, cure, time } from "./parts.mjs";
import { Table } from "./table.mjs";

const DAY = 24 * 3600 * 1000;
const MOST = 200;

export function noticesView({ api }) {
  const table = new Table(
    "Notifications",
    ["When", "Code", "What happened, and what helps", "Call"],
    "Nothing went wrong in the last day.",
  );
  const count = h("p", { class: "hint" });
  return {
    title: "Notifications",
    every: 10_000,
    element: h(
      "section",
      { class: "card" },
      h("div", { class: "title" }, h("h2", { tabindex: "-1" }, "Notifications of the last day"), count),
      table.element,
    ),
    async look() {
      const since = new Date(Date.now() + api.ahead - DAY).toISOString().slice(0, 19);
      const { items, total } = await api.list("Notifications", { StartTime: `${since}Z`, PageSize: MOST });
      table.show(items, (each) => each.sid, cells);
      count.textContent = total > items.length ? `the newest ${items.length} of ${total}` : "";
    },
  };
}

function cells({
  date_created: at,
  error_code: code,
  log,
  message_text: text,
  more_info: helps,
  request_url: url,
  call_sid: call,
}) {
  const level = log === 0 ? "Error" : "Warning";
  const badge = h("span", { class: "badge", "data-tone": log === 0 ? "bad" : "warn" }, `${level} ${code}`);
  const story = [
    h("p", {}, text),
    url ? h("p", { class: "hint url" }, url) : null,
    helps ? cure(helps) : null,
  ];
  return [time(at), badge, h("div", {}, story), call ? callLink(call, "Open") : ""];
}
