// The REST API, as the console asks it. Its addresses are relative: a proxy may serve us below a path.

const VERSION = "2012-04-24";

/** The server refused; the message is for whoever reads the page. `status` is 0 when nobody answered. */
export class Refused extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/** Return the value of an Authorization header (RFC 7617), whatever letters the two have. */
export function basic(name, secret) {
  const octets = new TextEncoder().encode(`${name}:${secret}`);
  return `Basic ${btoa(String.fromCharCode(...octets))}`;
}

/** Asks for one account. `credentials` are `{name, secret, account}`; `fetch` is the browser's. */
export class Api {
  constructor(fetch, credentials) {
    this._fetch = fetch;
    this.credentials = credentials;
    /** Milliseconds by which the server's clock is ahead of ours. */
    this.ahead = 0;
    /** Called when the credentials are not taken any more; returns whether there are others now. */
    this.onRefused = async () => false;
  }

  /** Return one resource, such as `Calls/CA…`. */
  async one(path) {
    return (await this._ask(this._address(path))).json();
  }

  /** Return one resource, or null when there is none. */
  async maybe(path) {
    try {
      return await this.one(path);
    } catch (error) {
      if (error.status === 404) return null;
      throw error;
    }
  }

  /** Return a page of a list: its `items`, the `total`, and the queries of the pages beside it, or null. */
  async list(path, query = {}) {
    const given = Object.entries(query).filter(([, value]) => value);
    const body = await (await this._ask(`${this._address(path)}?${new URLSearchParams(given)}`)).json();
    if (Array.isArray(body)) return { items: body, total: body.length, older: null, newer: null };
    const items = Object.values(body).find(Array.isArray) ?? [];
    return {
      items,
      total: body.total,
      older: beside(body.next_page_uri),
      newer: beside(body.previous_page_uri),
    };
  }

  /** Change a resource. */
  async change(path, fields) {
    return (
      await this._ask(this._address(path), { method: "POST", body: new URLSearchParams(fields) })
    ).json();
  }

  /** Return the accounts that the credentials reach, each with the one above it. */
  async accounts() {
    return (await (await this._ask("2010-04-01/Accounts.json?PageSize=1000")).json()).accounts;
  }

  /** Return the server's figures, as Prometheus reads them. */
  async figures() {
    return (await this._ask("metrics", { anonymous: true })).text();
  }

  /** Return where the sound of a recording is, which needs no credentials. */
  sound(recording) {
    return `${VERSION}/Accounts/${recording.account_sid}/Recordings/${recording.sid}.wav`;
  }

  _address(path) {
    return `${VERSION}/Accounts/${encodeURIComponent(this.credentials.account)}/${path}.json`;
  }

  async _ask(address, { anonymous = false, ...options } = {}, again = true) {
    const { name, secret } = this.credentials;
    const headers = anonymous ? {} : { Authorization: basic(name, secret) };
    let response;
    try {
      // Without credentials of the browser's own it never asks for a password by itself.
      response = await this._fetch(address, { ...options, headers, cache: "no-store", credentials: "omit" });
    } catch {
      throw new Refused("The server does not answer.", 0);
    }
    const date = Date.parse(response.headers.get("Date") ?? "");
    if (date) this.ahead = date - Date.now();
    if (response.ok) return response;
    if (response.status === 401 && again && (await this.onRefused()))
      return this._ask(address, options, false);
    throw new Refused(await reason(response), response.status);
  }
}

async function reason(response) {
  try {
    return (await response.json()).message;
  } catch {
    return `The server answered ${response.status}.`;
  }
}

/** Return what leads to another page of the same list: its number and token. */
function beside(uri) {
  if (!uri || uri === "null") return null;
  const query = new URLSearchParams(uri.split("?")[1]);
  return { Page: query.get("Page") ?? "", PageToken: query.get("PageToken") ?? "" };
}
