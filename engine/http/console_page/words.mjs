// How things are called and written.

/** What each status of a call is called, and which tone it has. */
const STATUS = {
  queued: ["Queued", "live"],
  ringing: ["Ringing", "live"],
  "wait-for-answer": ["Ringing", "live"],
  "in-progress": ["In progress", "live"],
  completed: ["Completed", "good"],
  busy: ["Busy", "warn"],
  "no-answer": ["No answer", "warn"],
  canceled: ["Canceled", "warn"],
  failed: ["Failed", "bad"],
  "not-found": ["Not found", "bad"],
};
export const STATUSES = Object.keys(STATUS);
export const LIVE = STATUSES.filter((each) => STATUS[each][1] === "live");

export const isLive = (call) => LIVE.includes(call.status);
export const statusWord = (status) => STATUS[status]?.[0] ?? status;
export const tone = (status) => STATUS[status]?.[1] ?? "warn";

/** Return who called, the name first where there is one. */
export function caller(call) {
  return call.caller_name && call.caller_name !== call.from
    ? `${call.caller_name} (${call.from})`
    : call.from;
}

/** Write a moment as a time of today, or with its day; `now` is a Date. */
export function moment(text, now = new Date()) {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) return "";
  const time = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  if (at.toDateString() === now.toDateString()) return time;
  return `${at.toLocaleDateString([], { day: "numeric", month: "short", year: "numeric" })}, ${time}`;
}

/** Write a moment as the API takes it, to the second. */
export const asked = (at) => `${at.toISOString().slice(0, 19)}Z`;

/** Return the first and last second of a day (YYYY-MM-DD) where the reader is, as the API takes moments. */
export function bounds(day) {
  const first = new Date(`${day}T00:00:00`);
  if (Number.isNaN(first.getTime())) return null;
  const next = new Date(first);
  next.setDate(next.getDate() + 1);
  return { StartTime: asked(first), EndTime: asked(new Date(next - 1000)) };
}

/** Return calls, the newest first, with those that one made right behind it, and how deep each lies. */
export function arranged(all) {
  const calls = [...all].sort((one, other) => Date.parse(other.date_created) - Date.parse(one.date_created));
  const known = new Set(calls.map((call) => call.sid));
  const below = grouped(calls, (call) => call.parent_call_sid);
  const found = [];
  const add = (call, depth) => {
    found.push({ ...call, depth });
    for (const each of below.get(call.sid) ?? []) add(each, depth + 1);
  };
  for (const call of calls) if (!known.has(call.parent_call_sid)) add(call, 0);
  return found;
}

function grouped(items, key) {
  const found = new Map();
  for (const item of items) found.set(key(item), [...(found.get(key(item)) ?? []), item]);
  return found;
}
