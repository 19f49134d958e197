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

/** Selects a node and all below it. @param {string} path @returns {import("./api.js").Parameters} */
export function subtree(path) {
  return [
    ["key", path],
    ["match", literal(path) + ".**"],
  ];
}

/** Returns the first node of a key and the rest of it.
 * @param {string} key @returns {[string, string]} */
export function split(key) {
  const dot = key.indexOf(".");
  return dot < 0 ? ["", key] : [key.slice(0, dot), key.slice(dot + 1)];
}
