// The calls of this page. They stay in the tab: closing it forgets them.

const MOST = 50;
const KEY = "dialplane.history";

export class History {
  /** `storage` is the tab's sessionStorage, or what a test gives. */
  constructor(storage) {
    this._storage = storage;
    this.calls = read(storage);
  }

  /** Add a call that has ended: `{who, target, outgoing, answered, declined, at, seconds}`; times since 1970. */
  add(call) {
    this.calls = [call, ...this.calls].slice(0, MOST);
    try {
      this._storage.setItem(KEY, JSON.stringify(this.calls));
    } catch {
      // A full or forbidden storage costs the history of the next reload, not the call.
    }
  }

  clear() {
    this.calls = [];
    this._storage.removeItem(KEY);
  }
}

function read(storage) {
  try {
    const calls = JSON.parse(storage.getItem(KEY) ?? "[]");
    return Array.isArray(calls) ? calls : [];
  } catch {
    return [];
  }
}

/** Say in a word what became of a call. */
export function outcome({ outgoing, answered, declined }) {
  if (declined) return "Declined";
  if (outgoing) return answered ? "Called" : "Not answered";
  return answered ? "Answered" : "Missed";
}
