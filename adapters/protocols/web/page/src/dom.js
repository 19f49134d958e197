// Elements. Text goes into the page as text only, since a key may look like HTML.

/** @typedef {Node | string | number | null | undefined | false} Child */

/** Makes an element. Functions become listeners, `true` an empty attribute, and false none.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name @param {Record<string, any>} [attributes] @param {...Child} children
 * @returns {HTMLElementTagNameMap[Name]} */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== undefined && value !== null)
      element.setAttribute(key, value);
  }
  return fill(element, ...children);
}

/** Replaces what is in an element. @template {Element} E @param {E} element @param {...Child} children */
export function fill(element, ...children) {
  element.replaceChildren(
    ...children
      .filter((child) => child !== null && child !== undefined && child !== false)
      .map((child) =>
        typeof child === "number" ? String(child) : /** @type {Node | string} */ (child),
      ),
  );
  return element;
}

/** Sets the text of an element, if it differs. @param {Element} element @param {string} text */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {string} id */
export function by(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/** A button of a symbol, with a name for those who do not see it.
 * @param {string} symbol @param {string} name @param {() => void} act @param {Record<string, any>} [more] */
export function tool(symbol, name, act, more = {}) {
  return h(
    "button",
    { type: "button", class: "tool", title: name, "aria-label": name, onclick: act, ...more },
    symbol,
  );
}

/** @type {WeakMap<Element, (visible: boolean) => void>} */
const watchers = new WeakMap();

const observer = new IntersectionObserver(
  (entries) => entries.forEach((entry) => watchers.get(entry.target)?.(entry.isIntersecting)),
  { rootMargin: "200px" },
);

/** Calls `changed` when an element comes onto the screen or leaves it.
 * @param {Element} element @param {(visible: boolean) => void} changed */
export function onScreen(element, changed) {
  watchers.set(element, changed);
  observer.observe(element);
}

/** @param {Element} element */
export function forget(element) {
  watchers.delete(element);
  observer.unobserve(element);
}

/** Calls `act` once, some time after its last call.
 * @template {any[]} A @param {(...a: A) => void} act @param {number} wait in milliseconds */
export function settled(act, wait) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  return (/** @type {A} */ ...a) => {
    clearTimeout(timer);
    timer = setTimeout(() => act(...a), wait);
  };
}

/** Calls `act` once before the next picture is drawn. @param {() => void} act */
export function onFrame(act) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      act();
    });
  };
}

/** What went wrong, and what to do. @param {unknown} error */
export function complaint(error) {
  const told = /** @type {{message?: string, advice?: string}} */ (error);
  return h(
    "p",
    { class: "complaint", role: "alert" },
    told.message ?? String(error),
    told.advice ? `: ${told.advice}` : "",
  );
}

/** A line to copy, with a button for it. @param {string} text */
export function command(text) {
  const line = h("code", { tabindex: "0" }, text);
  const button = tool("copy", "copy this line", async () => {
    try {
      await navigator.clipboard.writeText(text);
      say(button, "copied");
    } catch {
      // A page that came by plain HTTP from another machine has no clipboard.
      getSelection()?.selectAllChildren(line);
      say(button, "selected");
    }
  });
  return h("div", { class: "command" }, line, button);
}
