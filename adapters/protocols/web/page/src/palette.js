// Colours of lines, from the style, and the theme: the system's unless the viewer has chosen.

export const COLOURS = 10;

/** @param {string} name */
export function colour(name) {
  return getComputedStyle(document.documentElement)
    .getPropertyValue("--" + name)
    .trim();
}

/** @type {(() => void)[]} */
const listeners = [];

/** @param {() => void} listener */
export function onTheme(listener) {
  listeners.push(listener);
}

const dark = matchMedia("(prefers-color-scheme: dark)");
dark.addEventListener("change", apply);

/** The chosen theme is kept; a browser may forbid that. */
function chosen() {
  try {
    return localStorage.getItem("theme");
  } catch {
    return null;
  }
}

export function apply() {
  wear(chosen() ?? (dark.matches ? "dark" : "light"));
}

/** @param {string} theme */
function wear(theme) {
  document.documentElement.dataset.theme = theme;
  for (const listener of listeners) listener();
}

// Paper is light.
addEventListener("beforeprint", () => wear("light"));
addEventListener("afterprint", apply);

export function toggle() {
  const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  try {
    // The system's theme is followed again when it is the one chosen.
    if ((next === "dark") === dark.matches) localStorage.removeItem("theme");
    else localStorage.setItem("theme", next);
    apply();
  } catch {
    wear(next);
  }
}
