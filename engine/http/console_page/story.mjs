// What the REST API knows of one call, gathered for its page.

import { isLost } from "./verdict.mjs";
import { asked } from "./words.mjs";

const MOST = 200;
/** Legs that were not reached whose SIP is looked at, too: it says why. */
const MOST_LADDERS = 8;

/**
 * Everything that is known of a call, asked for at once; `missing` says in sentences what is not shown of it.
 *
 * `known` are the exchanges of a look before: they change no more, and only later ones are asked for.
 */
export async function story(api, sid, known = []) {
  const path = `Calls/${encodeURIComponent(sid)}`;
  const inOrder = { PageSize: MOST, SortBy: "DateCreated:asc" };
  const missing = [];
  const list = async (name, where, query) => {
    try {
      const { items, total } = await api.list(where, query);
      if (total > items.length) missing.push(`Of ${total} ${name} the first ${items.length} are shown.`);
      return items;
    } catch (error) {
      // A key with few rights shows what it may.
      if (error.status !== 403) throw error;
      missing.push(`These credentials may not read ${name}.`);
      return [];
    }
  };
  const [call, legs, exchanges, notifications, executions, recordings, ladder, events] = await Promise.all([
    api.one(path),
    list("legs", "Calls", { ...inOrder, ParentCallSid: sid }),
    list("exchanges with the application", "Traces", { ...inOrder, SessionSid: sid, ...after(known) }),
    list("notifications", `${path}/Notifications`),
    list("verbs", `${path}/Executions`),
    list("recordings", `${path}/Recordings`),
    api.maybe(`${path}/Ladder`),
    list("events", "Events", { ...inOrder, CallSid: sid }),
  ]);
  const lost = legs.filter(isLost).slice(0, MOST_LADDERS);
  const ladders = await Promise.all(
    lost.map((leg) => api.maybe(`Calls/${encodeURIComponent(leg.sid)}/Ladder`)),
  );
  lost.forEach((leg, place) => (leg.steps = ladders[place]?.steps ?? []));
  return {
    call,
    legs,
    exchanges: joined(known, exchanges),
    notifications,
    executions,
    recordings,
    events,
    steps: ladder?.steps ?? [],
    missing,
  };
}

/** Ask from the second of the last one on: another may have come in the same. */
function after(known) {
  if (!known.length) return {};
  return { StartTime: asked(new Date(known.at(-1).date_created)) };
}

function joined(known, later) {
  const seen = new Set(known.map((each) => each.sid));
  return [...known, ...later.filter((each) => !seen.has(each.sid))];
}
