// Access tokens: signing in, and a fresh token before the old one expires.

const KEY = "dialplane.token";
const TRY_AGAIN = 15;

/** Somebody is not signed in; the message is for them. `final` says that trying again is in vain. */
export class NotSignedIn extends Error {
  constructor(message, final) {
    super(message);
    this.final = final;
  }
}

/** Return after how many seconds to renew a token: with a fifth of its life left, at most five minutes. */
export function renewAfter(seconds) {
  return Math.max(seconds - Math.min(seconds / 5, 300), 1);
}

/** Return the token that the page's address brings behind its number sign, or "". */
export function tokenOfAddress(hash) {
  return new URLSearchParams(hash.replace(/^#/, "")).get("token") ?? "";
}

/**
 * Keeps the token of one signed-in client, and renews it.
 *
 * `fetch`, `storage` and `timers` are the browser's, or what a test gives. `onRenewed` is called with each
 * new grant, `onEnded` with the reason when there will be no other one.
 */
export class Tokens {
  constructor({ fetch, storage, timers }) {
    this._fetch = fetch;
    this._storage = storage;
    this._timers = timers;
    this._timer = null;
    this.grant = null;
    this.onRenewed = () => {};
    this.onEnded = () => {};
  }

  withPassword(login, password) {
    const body = new URLSearchParams({ Login: login, Password: password });
    return this._take(this._ask("/phone/token", { method: "POST", body }));
  }

  asReadyClient() {
    return this._take(this._ask("/phone/token/ready", { method: "POST" }));
  }

  withToken(token) {
    return this._take(this._ask("/phone/token", { headers: bearer(token) }));
  }

  /** Sign in as before a reload; null when nobody was. */
  async asBefore() {
    const token = this._storage.getItem(KEY);
    if (!token) return null;
    try {
      return await this.withToken(token);
    } catch (error) {
      if (error.final) this.forget();
      else throw error;
      return null;
    }
  }

  /** Get another token now: the server did not take this one, or it is nearly over. */
  async renew() {
    try {
      const grant = await this._ask("/phone/token/renewed", {
        method: "POST",
        headers: bearer(this.grant.token),
      });
      this._keep(grant);
      this.onRenewed(grant);
    } catch (error) {
      if (error.final) this._end(error.message);
      else this._later(TRY_AGAIN);
    }
  }

  forget() {
    this._timers.clearTimeout(this._timer);
    this._storage.removeItem(KEY);
    this.grant = null;
  }

  async _take(asked) {
    const grant = await asked;
    this._keep(grant);
    return grant;
  }

  _keep(grant) {
    this.grant = grant;
    this._storage.setItem(KEY, grant.token);
    if (grant.renewable) this._later(renewAfter(grant.seconds));
    else this._later(grant.seconds, () => this._end("Your access ends here: ask for a new link, or sign in."));
  }

  _later(seconds, what = () => this.renew()) {
    this._timers.clearTimeout(this._timer);
    this._timer = this._timers.setTimeout(what, seconds * 1000);
  }

  _end(reason) {
    this.forget();
    this.onEnded(reason);
  }

  async _ask(path, options) {
    let response, body;
    try {
      response = await this._fetch(path, { ...options, cache: "no-store" });
      body = await response.json();
    } catch {
      throw new NotSignedIn("The server does not answer. Check that it runs, and try again.", false);
    }
    if (response.ok) return body;
    throw new NotSignedIn(body.message ?? `The server answered ${response.status}.`, response.status === 401);
  }
}

function bearer(token) {
  return { Authorization: `Bearer ${token}` };
}
