// The table in place of a chart, for those who do not see it.
import { statistics, within } from "./buckets.js";
import { clock } from "./clock.js";
import { fill, h } from "./dom.js";
import { full } from "./numbers.js";
import { stamp } from "./times.js";

const HEAD = ["series", "newest", "lowest", "highest", "mean"];

/** @param {HTMLTableElement} table @param {HTMLElement} picture is told what it shows
 * @param {{key: string, buckets: import("./buckets.js").Bucket[]}[]} series @param {bigint} width of the buckets */
export function draw(table, picture, series, width) {
  const span = `${stamp(clock.from)} to ${stamp(clock.until)}`;
  const names = series.map(({ key }) => key).join(", ");
  picture.setAttribute("aria-label", `Chart of ${names}, ${span}. A table follows.`);
  const head = HEAD.map((text) => h("th", { scope: "col" }, text));
  fill(
    table,
    h("caption", {}, span),
    h("thead", {}, h("tr", {}, ...head)),
    h("tbody", {}, ...series.map(({ key, buckets }) => row(key, buckets, width))),
  );
}

/** @param {string} key @param {import("./buckets.js").Bucket[]} buckets @param {bigint} width */
function row(key, buckets, width) {
  const told = statistics(within(buckets, width, clock));
  const cells = told ? [told.last, told.min, told.max, told.mean].map(full) : ["none", "", "", ""];
  const data = cells.map((cell) => h("td", {}, cell));
  return h("tr", {}, h("th", { scope: "row" }, key), ...data);
}
