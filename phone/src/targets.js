// What somebody types to be connected with, made into the user part or address that is dialled.

const SEPARATORS = /[\s().\-/]+/g;

/**
 * Return what to dial for a text, or null when it names nobody.
 *
 * A number loses the blanks and signs that people write into it; a name and an address stay as they are.
 */
export function dialled(text) {
  const wanted = text.trim();
  if (/^sips?:/i.test(wanted)) return /^sips?:[^\s@]+(@[^\s@]+)?$/i.test(wanted) ? wanted : null;
  const number = wanted.replace(SEPARATORS, "");
  if (/^\+?[0-9*#]+$/.test(number)) return number;
  return /^[^\s<>"@]+(@[^\s<>"@]+)?$/.test(wanted) ? wanted : null;
}

/** Return whom a call is with, as a person would say it: not `sip:alice@dialplane`, but `alice`. */
export function shownName(displayName, user, host, realm) {
  if (displayName && displayName !== user) return displayName;
  if (!user) return host || "Unknown caller";
  if (user === "anonymous") return "Unknown caller";
  return host && host !== realm && !host.endsWith(".invalid") && !/^\+?[0-9*#]+$/.test(user)
    ? `${user}@${host}`
    : user;
}
