// A server with the series that most tests look at, and where they are on its page.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { asked, end, now, serve, series, until } from "./harness.js";

/** @type {Awaited<ReturnType<typeof serve>>} */
export let server;
export const HOSTILE = "<img/src=x/onerror=alert(1)>.x";

before(async () => {
  server = await serve();
  await server.put(
    ...series("palm.cpu", (index) => 40 + (index % 20), 360),
    ...series("palm.disk.read_bytes", (index) => 1e6 + index * 1000, 360),
    ...series("palm.requests_total", (index) => (index % 180) * 50, 360),
    ...series("palm.fan", (index) => 740 + (index % 3) * 10, 360),
    ...series("oak.cpu", (index) => 10 + (index % 5), 360),
    ...series("oak.gone", (index) => index, 50).map(
      ([key, value, time]) => /** @type {[string, number, number]} */ ([key, value, time - 1800]),
    ),
    ...series("lone", () => 7, 1),
    [HOSTILE, 1, now()],
  );
});

after(async () => {
  await end();
  await server.stop();
});

/** @param {import("playwright-core").Page} page @param {string} key */
export const card = (page, key) =>
  page.locator(".card", { has: page.locator(`h3 a[title="${key}"]`) });

/** @param {...string} items */
export const charts = (...items) =>
  server.url + "#" + items.map((item) => "chart=" + encodeURIComponent(item)).join("&");

/** The area of a chart's lines. @param {import("playwright-core").Page} page @param {number} [index] */
export async function area(page, index = 0) {
  const over = page.locator(".u-over").nth(index);
  await over.waitFor();
  const box = await over.boundingBox();
  assert.ok(box);
  return box;
}

/** Waits until the page has taken a window into its address. @param {import("playwright-core").Page} page */
export async function zoomed(page, before = "") {
  await until(
    async () => asked(page).has("from") && asked(page).get("from") !== before,
    "another window",
  );
  let seen = "";
  await until(async () => {
    const rested = seen === page.url();
    seen = page.url();
    if (!rested) await page.waitForTimeout(500);
    return rested;
  }, "a window at rest");
  return [Number(asked(page).get("from")), Number(asked(page).get("until"))];
}
