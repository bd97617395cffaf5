// How the server itself is: the figures that should wake somebody.

import { h, keep } from "./dom.mjs";
import { Figures, watched } from "./figures.mjs";

export function serverView({ api, version }) {
  const figures = h("ul", { class: "figures plain" });
  return {
    title: "Server",
    every: 2000,
    element: h(
      "section",
      { class: "card" },
      h(
        "div",
        { class: "title" },
        h("h2", { tabindex: "-1" }, "Server"),
        h("p", { class: "hint" }, `Dialplane ${version}`),
      ),
      figures,
      h(
        "p",
        { class: "hint" },
        "All figures: ",
        h("a", { href: "metrics" }, "/metrics"),
        " · The API: ",
        h("a", { href: "docs" }, "/docs"),
      ),
    ),
    async look() {
      keep(figures, watched(new Figures(await api.figures())), ({ name }) => name, draw);
    },
  };
}

function draw({ name, value, tone, hint }) {
  return h(
    "li",
    { "data-tone": tone },
    h("span", {}, name),
    h("b", { class: "number" }, value),
    h("span", { class: "hint" }, hint),
  );
}
