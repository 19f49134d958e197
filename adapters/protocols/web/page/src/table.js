// Tables, and the one in place of a chart, for those who do not see it.
import { statistics, within } from "./buckets.js";
import { clock } from "./clock.js";
import { fill, h, say } from "./dom.js";
import { full } from "./numbers.js";
import { stamp } from "./times.js";

const HEAD = ["series", "newest", "lowest", "highest", "mean"];

/** Writes rows of text, of which the first is the head. Cells stay where they are, so that nobody loses the
 * place in them. @param {HTMLTableElement} table @param {string[][]} rows */
export function write(table, rows) {
  if (table.rows.length !== rows.length) {
    const [head, ...body] = rows.map((row, at) =>
      h(
        "tr",
        {},
        ...row.map((_, column) =>
          at && column ? h("td") : h("th", { scope: at ? "row" : "col" }),
        ),
      ),
    );
    fill(table, table.caption, h("thead", {}, head), h("tbody", {}, ...body));
  }
  rows.forEach((row, at) => row.forEach((text, column) => say(table.rows[at].cells[column], text)));
}

/** Writes what a chart shows. @param {HTMLTableElement} table @param {HTMLElement} picture is told what it shows
 * @param {{key: string, buckets: import("./buckets.js").Bucket[]}[]} series @param {bigint} width of the buckets */
export function describe(table, picture, series, width) {
  const span = `${stamp(clock.from)} to ${stamp(clock.until)}`;
  const names = series.map(({ key }) => key).join(", ");
  picture.setAttribute("aria-label", `Chart of ${names}, ${span}. A table follows.`);
  say(/** @type {Element} */ (table.caption), span);
  write(table, [HEAD, ...series.map(({ key, buckets }) => texts(key, buckets, width))]);
}

/** @param {string} key @param {import("./buckets.js").Bucket[]} buckets @param {bigint} width */
function texts(key, buckets, width) {
  const told = statistics(within(buckets, width, clock));
  const cells = told ? [told.last, told.min, told.max, told.mean].map(full) : ["none", "", "", ""];
  return [key, ...cells];
}
