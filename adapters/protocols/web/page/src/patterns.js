// Patterns of the API, as far as the page writes them.

const SPECIAL = /[*?[\]{},\\]/g;

/** @param {string} text */
export function isPattern(text) {
  return /[*?[{]/.test(text);
}

/** Returns a pattern that matches only `text`. @param {string} text */
export function literal(text) {
  return text.replace(SPECIAL, "\\$&");
}

// A pattern has at most 1,000 bytes, and a set of letters has up to 8.
const MOST_IN_ANY_CASE = 100;

/** Returns a pattern that matches `text` in capitals and in small letters, unless it is long. @param {string} text */
export function anyCase(text) {
  const both = (/** @type {string} */ letter) => `[${letter.toLowerCase()}${letter.toUpperCase()}]`;
  const exact = literal(text);
  return text.length > MOST_IN_ANY_CASE ? exact : exact.replace(/\p{Ll}|\p{Lu}/gu, both);
}

/** Returns the first node of a key and the rest of it.
 * @param {string} key @returns {[string, string]} */
export function split(key) {
  const dot = key.indexOf(".");
  return dot < 0 ? ["", key] : [key.slice(0, dot), key.slice(dot + 1)];
}
