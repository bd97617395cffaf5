// Tables that follow a list. On a narrow screen each row becomes a card, its cells named by their columns.

import { h, keep } from "./dom.mjs";

/** A table with a name for those who do not see it; `none` is shown in the place of no rows. */
export class Table {
  constructor(name, columns, none) {
    this._columns = columns;
    this._body = h("tbody");
    const heads = columns.map((each) =>
      h("th", { scope: "col" }, each || h("span", { class: "apart" }, "What to do")),
    );
    this._table = h(
      "table",
      {},
      h("caption", { class: "apart" }, name),
      h("thead", {}, h("tr", {}, heads)),
      this._body,
    );
    this._none = h("p", { class: "hint", hidden: true }, none);
    this._table.hidden = true;
    this.element = h("div", { class: "wide" }, this._table, this._none);
  }

  /** Show these; `cells` returns what is in the columns of one, texts and elements. */
  show(items, key, cells) {
    keep(this._body, items, key, (item) =>
      h(
        "tr",
        {},
        cells(item).map((each, place) => this._cell(each, place)),
      ),
    );
    this._table.hidden = items.length === 0;
    this._none.hidden = items.length > 0;
  }

  _cell(content, place) {
    return h("td", { "data-label": this._columns[place] || false }, h("div", {}, content));
  }
}
