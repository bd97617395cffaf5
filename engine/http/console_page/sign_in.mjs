// Who reads the console: kept in this tab, never in an address.

import { Api, Refused } from "./api.mjs";

const KEY = "dialplane.console";

/** Return the sid of the account whose own credentials these are: the one whose account above is not seen. */
export function ownAccount(accounts) {
  const seen = new Set(accounts.map((each) => each.sid));
  const own = accounts.find(
    (each) => each.owner_account_sid === each.sid || !seen.has(each.owner_account_sid),
  );
  return own?.sid ?? "";
}

/** Signs in with what the REST API takes, or as the newcomer before the machine of `dialplane dev`. */
export class SignIn {
  constructor({ fetch, storage }) {
    this._fetch = fetch;
    this._storage = storage;
  }

  /** Return the API for an account sid and its token, or a key and its secret; raises `Refused`. */
  async with(name, secret) {
    const api = new Api(this._fetch, { name, secret, account: "" });
    const accounts = await api.accounts();
    return this._signedIn(api, accounts, { account: ownAccount(accounts) });
  }

  /** Return the API for whoever sits before the machine. The key ends soon: another one is asked for then. */
  async asNewcomer() {
    const api = new Api(this._fetch, await this._newcomersKey());
    api.onRefused = async () => {
      api.credentials = { ...(await this._newcomersKey()), account: api.credentials.account };
      return true;
    };
    return this._signedIn(api, await api.accounts(), { newcomer: true });
  }

  /** Return the API as before a reload, or null. */
  async asBefore() {
    const kept = this._kept();
    if (!kept || kept.newcomer) return null;
    const api = new Api(this._fetch, kept);
    try {
      return await this._signedIn(api, await api.accounts(), kept);
    } catch (error) {
      if (error.status !== 401) throw error;
      this.forget();
      return null;
    }
  }

  /** Show another account from now on. */
  use(api, account) {
    api.credentials = { ...api.credentials, account };
    this._keep(api.credentials);
  }

  forget() {
    this._storage.removeItem(KEY);
  }

  async _signedIn(api, accounts, more) {
    api.credentials = { ...api.credentials, ...more };
    this._keep(api.credentials);
    return { api, accounts };
  }

  async _newcomersKey() {
    let response;
    try {
      response = await this._fetch("console/key", { method: "POST", credentials: "omit" });
    } catch {
      throw new Refused("The server does not answer.", 0);
    }
    if (!response.ok) throw new Refused("Sign in: this is no page of the machine itself any more.", 401);
    const { account_sid: account, sid: name, secret } = await response.json();
    return { name, secret, account };
  }

  _keep(credentials) {
    // A newcomer's key is not kept: whoever may have one gets another.
    if (!credentials.newcomer) this._storage.setItem(KEY, JSON.stringify(credentials));
  }

  _kept() {
    try {
      return JSON.parse(this._storage.getItem(KEY));
    } catch {
      return null;
    }
  }
}
