// What went wrong in the last day, over all calls.

import { h } from "./dom.mjs";
import { callLink, codeMark, cure, time } from "./parts.mjs";
import { Table } from "./table.mjs";
import { isError } from "./verdict.mjs";
import { asked } from "./words.mjs";

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
      const since = asked(new Date(Date.now() + api.ahead - DAY));
      const { items, total } = await api.list("Notifications", { StartTime: since, PageSize: MOST });
      table.show(items, (each) => each.sid, cells);
      count.textContent = total > items.length ? `the newest ${items.length} of ${total}` : "";
    },
  };
}

function cells(notification) {
  const { date_created: at, error_code: code, message_text: text, call_sid: call } = notification;
  const { more_info: helps, request_url: url } = notification;
  const story = [
    h("p", {}, text),
    url ? h("p", { class: "hint url" }, url) : null,
    helps ? cure(helps) : null,
  ];
  return [time(at), codeMark(code, isError(notification)), h("div", {}, story), call ? callLink(call, "Open") : ""];
}
