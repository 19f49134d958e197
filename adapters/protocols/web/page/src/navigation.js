// The view that the address tells, and how it changes. Back goes back.
import { h } from "./dom.js";
import { symbolOf } from "./numbers.js";
import { zone } from "./times.js";
import * as view from "./view.js";

/** @type {view.View} */
export let current = view.parse(location.hash);
zone.utc = current.utc;

/** @type {((now: view.View, before: view.View) => void)[]} */
const listeners = [];

/** @param {(now: view.View, before: view.View) => void} listener */
export function onView(listener) {
  listeners.push(listener);
}

/** Changes the view. With `replace`, Back does not come here.
 * @param {Partial<view.View>} change @param {boolean} [replace] */
export function go(change, replace = false) {
  const hash = view.format({ ...current, ...change });
  if (hash === view.format(current)) return;
  history[replace ? "replaceState" : "pushState"](null, "", hash);
  arrive();
}

function arrive() {
  const before = current;
  current = view.parse(location.hash);
  zone.utc = current.utc;
  for (const listener of listeners) listener(current, before);
}

addEventListener("popstate", arrive);

/** What the links of the page change of the view. @type {WeakMap<Element, Partial<view.View>>} */
const changes = new WeakMap();

/** Makes a link that changes the view which is seen when it is followed, not that of now.
 * @param {Partial<view.View>} change @param {Record<string, any>} attributes @param {string} text */
export function link(change, attributes, text) {
  const follow = (/** @type {MouseEvent} */ event) => {
    // It is to open elsewhere.
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    event.preventDefault();
    go(change);
  };
  const element = h("a", { ...attributes, onclick: follow }, text);
  changes.set(element, change);
  address(element);
  return element;
}

/** Gives a link the address of where it leads, for who opens it elsewhere. @param {Element} element */
function address(element) {
  const change = changes.get(element);
  if (change) element.setAttribute("href", view.format({ ...current, ...change }));
}

onView(() => [...document.links].forEach(address));

/** Adds a chart of one item, or removes it. @param {string} item */
export function toggleChart(item) {
  toggleUnits(item, []);
}

/** Adds a chart of an item, or removes it: one for each unit of its series, since a chart has one axis.
 * @param {string} item @param {string[]} keys */
export function toggleUnits(item, keys) {
  const charts = current.charts.filter((chart) => chart.items.join() !== item);
  const units = [...new Set(keys.map(symbolOf))];
  const added = (units.length > 1 ? units : [null]).map((unit) => ({
    ...view.chartOf([item]),
    unit,
  }));
  go({ charts: charts.length < current.charts.length ? charts : [...charts, ...added] });
}

/** @param {string} item */
export function isCharted(item) {
  return current.charts.some((chart) => chart.items.includes(item));
}

/** @param {number} index @param {Partial<view.Chart>} change */
export function changeChart(index, change) {
  go({
    charts: current.charts.map((chart, at) => (at === index ? { ...chart, ...change } : chart)),
  });
}
