// The view that the address tells, and how it changes. Back goes back.
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

/** Returns the address of a view. @param {Partial<view.View>} change */
export function link(change) {
  return view.format({ ...current, ...change });
}

/** Follows a link within the page, unless it is to open elsewhere. @param {MouseEvent} event */
export function follow(event) {
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const hash = /** @type {HTMLAnchorElement} */ (event.currentTarget).hash;
  if (hash === location.hash) return;
  history.pushState(null, "", hash);
  arrive();
}

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
