// The console's page: who reads it, which view is open, and that it follows what happens.

import { callView } from "./call.mjs";
import { h } from "./dom.mjs";
import { duration } from "./duration.mjs";
import { Following } from "./following.mjs";
import { historyView } from "./history.mjs";
import { liveView } from "./live.mjs";
import { noticesView } from "./notices.mjs";
import { serverView } from "./server.mjs";
import { setupView } from "./setup.mjs";
import { SignIn } from "./sign_in.mjs";

const RETRY = 3000;
const at = (id) => document.getElementById(id);

class Console {
  constructor() {
    const ask = fetch.bind(window);
    this.signIn = new SignIn({ fetch: ask, storage: sessionStorage });
    this.following = new Following(window, () => document.hidden);
    this.following.onLook = (error) => this._looked(error);
    this._wire(ask);
  }

  async begin() {
    try {
      this.settings = await (await this._ask("console/settings.json", { cache: "no-store" })).json();
      const before = await this.signIn.asBefore();
      if (before) this._show(before);
      else if (this.settings.ready) this._show(await this.signIn.asNewcomer());
      else this._signedOut("");
    } catch (error) {
      if (error.status) return this._signedOut(error.message);
      this._state("lost", "The server does not answer. The page tries again.");
      setTimeout(() => this.begin(), RETRY);
    }
  }

  // -- who reads it -------------------------------------------------------------------------------

  async _submit() {
    try {
      this._show(await this.signIn.with(at("name").value.trim(), at("secret").value));
    } catch (error) {
      this._signedOut(error.message);
    }
  }

  _show({ api, accounts }) {
    this.api = api;
    at("secret").value = "";
    at("sign-in").hidden = true;
    for (const id of ["views", "view", "who"]) at(id).hidden = false;
    at("sign-out").hidden = Boolean(api.credentials.newcomer);
    at("account").replaceChildren(
      ...accounts.map(({ sid, friendly_name: name }) =>
        h("option", { value: sid }, `${name || "Account"} (${sid})`),
      ),
    );
    at("account").value = api.credentials.account;
    at("account").disabled = accounts.length < 2;
    this._alert("");
    this._open();
  }

  _signedOut(reason) {
    this.following.stop();
    this.signIn.forget();
    this.api = null;
    for (const id of ["views", "view", "who"]) at(id).hidden = true;
    at("view").replaceChildren();
    at("sign-in").hidden = false;
    this._state("out", "Not signed in");
    this._alert(reason);
    at("name").focus();
  }

  // -- what is shown ------------------------------------------------------------------------------

  /** Open the view that the address names: `#/calls/CA…`, `#/calls?From=…`, `#/setup` and so on. */
  _open({ focus = false } = {}) {
    if (!this.api) return;
    const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
    const [name, sid] = path.split("/");
    const context = { api: this.api, hangUp: (call) => this._hangUp(call), version: this.settings.version };
    this.view = this._viewOf(name, sid && decodeURIComponent(sid), new URLSearchParams(query), context);
    for (const link of at("views").querySelectorAll("a"))
      if (link.hash === (name ? `#/${name}` : "#/")) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    at("view").replaceChildren(this.view.element);
    this._alert("");
    this._entitle();
    this._wantsFocus = focus;
    this.following.follow(() => this._look(), this.view.every);
  }

  _viewOf(name, sid, given, context) {
    if (name === "calls") return sid ? callView(context, sid) : historyView(context, given);
    return (
      { notifications: noticesView, setup: setupView, server: serverView }[name]?.(context) ??
      liveView(context)
    );
  }

  async _look() {
    const { view } = this;
    await view.look();
    if (view !== this.view) return;
    this._entitle();
    this._tick();
    // Those who do not see the page hear where they have come; not before it is there.
    if (this._wantsFocus) view.element.querySelector("h2")?.focus();
    this._wantsFocus = false;
  }

  _looked(error) {
    if (error?.status === 401) return this._signedOut(error.message);
    if (!error) {
      this._state("ready", "Connected");
      this._alert("");
      if (this.view.over) this.following.stop();
    } else if (error.status) {
      this._alert(error.message);
      // What is not there, or not this reader's, is not asked for again and again.
      if (error.status < 429) this.following.stop();
    } else this._state("lost", "The server does not answer. The page tries again.");
  }

  async _hangUp(call) {
    try {
      await this.api.change(`Calls/${call.sid}`, { Status: "completed" });
    } catch (error) {
      return this._alert(`The call was not ended: ${error.message}`);
    }
    this._say("The call was hung up.");
    this.following.again();
  }

  _entitle() {
    document.title = `${this.view.title} · Dialplane`;
  }

  _state(state, sentence) {
    at("state").dataset.state = state;
    if (at("state-text").textContent !== sentence) at("state-text").textContent = sentence;
  }

  _alert(sentence) {
    at("alert").textContent = sentence;
    at("alert").hidden = !sentence;
  }

  _say(sentence) {
    at("say").textContent = sentence;
  }

  /** Write anew how long what goes on has been going on. */
  _tick() {
    const now = Date.now() + (this.api?.ahead ?? 0);
    for (const each of document.querySelectorAll("[data-since]"))
      each.textContent = duration((now - Date.parse(each.dataset.since)) / 1000);
  }

  _wire(ask) {
    this._ask = ask;
    at("sign-in").addEventListener("submit", (event) => {
      event.preventDefault();
      this._submit();
    });
    at("skip").addEventListener("click", (event) => {
      // The part of the address behind # is the name of a view.
      event.preventDefault();
      at("view").focus();
    });
    at("sign-out").addEventListener("click", () => this._signedOut(""));
    at("account").addEventListener("change", ({ target }) => {
      this.signIn.use(this.api, target.value);
      this._open();
    });
    addEventListener("hashchange", () => this._open({ focus: true }));
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.api && !this.view.over) this.following.again();
    });
    setInterval(() => this._tick(), 1000);
  }
}

new Console().begin();
