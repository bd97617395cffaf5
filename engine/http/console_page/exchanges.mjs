// What was asked of the application about a call and what it answered, a document with its lines numbered.

import { h, keep } from "./dom.mjs";
import { mark, time } from "./parts.mjs";
import { markedLines } from "./verdict.mjs";

/** The exchanges of one call, each to be opened; what had no usable answer is open at once. */
export class Exchanges {
  constructor() {
    this.element = h("div", { class: "exchanges" });
  }

  show(exchanges, notifications) {
    const items = exchanges.map((each) => ({
      ...each,
      marked: markedLines(each.request.url, notifications),
    }));
    keep(this.element, items, (each) => each.sid, drawn);
  }
}

function drawn(exchange) {
  const { request, response, problem, marked, direction, latency_ms: latency, date_created: at } = exchange;
  const code = response ? response.status.code : "no answer";
  const bad = Boolean(problem) || marked.some((each) => each.error);
  const tone = bad ? "bad" : marked.length ? "warn" : "good";
  const summary = h(
    "summary",
    {},
    mark(tone, String(code)),
    " ",
    h("b", {}, request.method),
    " ",
    h("span", { class: "url" }, direction === "inbound" ? request.path : request.url),
    " ",
    h("span", { class: "hint" }, time(at), ` · ${latency} ms`),
  );
  // A document may have thousands of lines: what nobody opens is not drawn.
  const ontoggle = () => details.childElementCount === 1 && details.append(...content(exchange));
  const details = h("details", { ontoggle, open: tone !== "good" }, summary);
  return details;
}

function content({ request, response, problem, marked, direction }) {
  return [
    problem ? h("p", { class: "trouble" }, problem) : null,
    h("h3", {}, direction === "inbound" ? "What it asked us" : "What we sent"),
    parameters(request),
    headers(request.headers),
    response
      ? [
          h("h3", {}, direction === "inbound" ? "What we answered" : "What it answered"),
          body(response.body, marked),
          headers(response.headers),
        ]
      : null,
  ]
    .flat()
    .filter(Boolean);
}

function parameters({ url, body: text, headers: given }) {
  const form = /urlencoded/.test(
    Object.entries(given).find(([name]) => /^content-type$/i.test(name))?.[1] ?? "",
  );
  const pairs = [...new URLSearchParams(form ? text : (url.split("?")[1] ?? "").split("#")[0])];
  if (!form && text) return body(text, []);
  if (!pairs.length) return h("p", { class: "hint" }, "No parameters.");
  return h(
    "dl",
    { class: "pairs" },
    pairs.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value || "–"))),
  );
}

function headers(given) {
  const lines = Object.entries(given).map(([name, value]) => `${name}: ${value}`);
  return lines.length
    ? h("details", {}, h("summary", {}, "Headers"), h("pre", { tabindex: "0" }, lines.join("\n")))
    : null;
}

/** Show a text line by line; those that a notification names stand out. */
function body(text, marked) {
  if (!text) return h("p", { class: "hint" }, "An empty body.");
  const lines = text.split(/\r?\n/).map((line, place) => {
    const named = marked.find((each) => each.line === place + 1);
    return h(
      "li",
      named ? { class: "marked", "data-tone": named.error ? "bad" : "warn" } : {},
      h("code", {}, line || " "),
      named ? h("span", { class: "apart" }, " (named by a notification)") : null,
    );
  });
  return h("ol", { class: "code", tabindex: "0", "aria-label": "Body, line by line" }, lines);
}
