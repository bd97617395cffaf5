// Why a call ended as it did: what the console says first about it, from what the server noted.

import { duration } from "./duration.mjs";
import { isLive, statusWord, tone } from "./words.mjs";

/** Tell whether a notification is of an error; others warn. */
export const isError = ({ log }) => log === 0;

const BY_PARTY = "the peer sent BYE";
const BY_US = "we hung up";
const HEADLINES = {
  failed: "The call failed",
  busy: "The line was busy",
  "no-answer": "Nobody answered",
  "not-found": "There was nobody to be called",
  canceled: "The call was given up before it was answered",
};

/**
 * Return `{tone, headline, because}` of a call; each cause is `{text, cure, code, error}`.
 *
 * `steps` are those of its SIP ladder, `legs` the calls that it made, with the steps of those that were lost.
 */
export function verdict(call, { notifications = [], exchanges = [], legs = [], steps = [] } = {}) {
  const noted = notifications.map(cause).sort((one, other) => other.error - one.error);
  const because = [...noted, ...silentFailures(exchanges, notifications), ...lostLegs(legs)];
  const told = ending(call, steps);
  if (told && !isLive(call)) because.push({ text: told, cure: "", code: null, error: false });
  const troubled = call.status === "completed" && noted.some((each) => each.error);
  return { tone: troubled ? "warn" : tone(call.status), headline: headline(call, troubled), because };
}

function headline(call, troubled) {
  if (isLive(call)) return statusWord(call.status);
  if (call.status !== "completed") return HEADLINES[call.status] ?? statusWord(call.status);
  return `Completed after ${duration(call.duration ?? 0)}${troubled ? ", with errors" : ""}`;
}

function cause(notification) {
  const { error_code: code, message_text: text, more_info: cure } = notification;
  return { text, cure, code, error: isError(notification) };
}

/** Return the requests that had no usable answer, and of which no notification tells. */
function silentFailures(exchanges, notifications) {
  const told = new Set(notifications.map((each) => each.request_url));
  return exchanges
    .filter((each) => each.problem && !told.has(each.request.url))
    .map(({ request, problem }) => ({
      text: `${request.method} ${request.url}: ${problem}`,
      cure: "",
      code: null,
      error: true,
    }));
}

/** Tell whether a call that this one made ended without having been answered. */
export function isLost(leg) {
  return !isLive(leg) && leg.status !== "completed";
}

function lostLegs(legs) {
  return legs.filter(isLost).map((leg) => ({ text: `${lost(leg)}.`, cure: "", code: null, error: false }));
}

function lost(leg) {
  const refused = refusal(leg.steps ?? []);
  if (refused?.direction === "<-") return `The call to ${leg.to} was answered ${refused.text}`;
  return `The call to ${leg.to}: ${statusWord(leg.status).toLowerCase()}${leg.reason ? ` (${leg.reason})` : ""}`;
}

/** Say who ended a call, by its record and by what passed in SIP. */
function ending(call, steps) {
  const inbound = call.direction === "inbound";
  const party = inbound ? "The caller" : "The party that was called";
  if (call.reason === BY_PARTY) return `${party} hung up.`;
  const refused = refusal(steps);
  if (refused)
    return refused.direction === "->"
      ? `We refused the call with ${refused.text}.`
      : `${party} answered ${refused.text}.`;
  if (call.reason === BY_US) return "We hung up: the document had ended, or somebody asked for it.";
  return call.reason ? `Noted as the reason: ${call.reason}.` : "";
}

/** Return the response that refused the INVITE, with its Reason; a challenge refuses nothing. */
function refusal(steps) {
  const found = steps.filter(
    ({ summary }) => /^[3-6]\d\d \(INVITE\)/.test(summary) && !/^40[17]/.test(summary),
  );
  const last = found.at(-1);
  if (!last) return null;
  const [line, ...headers] = last.message.split("\r\n");
  const why = headers.find((each) => /^reason:/i.test(each))?.replace(/^reason:\s*/i, "");
  const said = /;\s*text="([^"]*)"/i.exec(why ?? "")?.[1] ?? why;
  return { direction: last.direction, text: line.replace(/^SIP\/2\.0 /, "") + (said ? `: ${said}` : "") };
}

/** Return the lines of a document that notifications name, `{line, error}` each, for the URL it came from. */
export function markedLines(url, notifications) {
  const plain = (text) => text.split(/[?#]/)[0];
  const here = notifications.filter((each) => each.request_url && plain(each.request_url) === plain(url));
  return here.flatMap((each) => {
    const error = isError(each);
    return [...each.message_text.matchAll(/\bline (\d+)/g)].map((found) => ({ line: Number(found[1]), error }));
  });
}
