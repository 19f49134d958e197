// axe finds nothing serious in any state of the page, light or dark.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { end, look, serve, series } from "./harness.js";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** @type {Awaited<ReturnType<typeof serve>>} */
let server;

before(async () => {
  server = await serve();
  await server.put(
    ...series("palm.cpu", (index) => index, 60),
    ...series("oak.cpu", (index) => index, 60),
    ...series("oak.old", (index) => index, 20).map(
      ([key, value, time]) => /** @type {[string, number, number]} */ ([key, value, time - 3000]),
    ),
  );
});

after(async () => {
  await end();
  await server.stop();
});

/** @param {import("playwright-core").Page} page */
async function inspect(page) {
  // By the debugger, since the page's policy forbids another script.
  await page.evaluate(await (await import("node:fs/promises")).readFile(AXE, "utf8"));
  const found = await page.evaluate(() => /** @type {any} */ (globalThis).axe.run());
  const serious = found.violations.filter((/** @type {any} */ rule) =>
    ["serious", "critical"].includes(rule.impact),
  );
  assert.deepEqual(
    serious.map((/** @type {any} */ rule) => [
      rule.id,
      rule.nodes.map((/** @type {any} */ node) => node.html + node.failureSummary),
    ]),
    [],
  );
}

/** @type {[string, string, (page: import("playwright-core").Page) => Promise<any>][]} */
const STATES = [
  ["the overview", "", async (page) => page.locator(".card").first().waitFor()],
  [
    "charts",
    "#chart=~*.cpu&chart=%3Doak.old",
    async (page) => page.locator(".u-over").nth(1).waitFor(),
  ],
  ["one series", "#key=palm.cpu", async (page) => page.locator("#samples td").first().waitFor()],
  [
    "the finder",
    "",
    async (page) => (
      await page.locator("#search").fill("cpu"),
      page.locator(".choice").first().waitFor()
    ),
  ],
  ["help", "", async (page) => page.click("#help")],
  ["the range", "", async (page) => page.click("#window")],
];

for (const dark of [false, true])
  for (const [name, hash, reach] of STATES)
    test(`${name} is accessible, ${dark ? "dark" : "light"}`, async () => {
      await look(server.url + hash, { dark }, async (page) => {
        await reach(page);
        await page.waitForTimeout(1000);
        await inspect(page);
      });
    });

test("an empty server is accessible", async () => {
  const empty = await serve();
  await look(empty.url, {}, async (page) => {
    await page.locator(".first").waitFor();
    await inspect(page);
  });
  await empty.stop();
});
