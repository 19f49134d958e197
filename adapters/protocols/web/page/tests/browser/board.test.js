// The board's page, from a stand-in for a board that sends what the firmware does.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { end, look, texts, until } from "./harness.js";

const FOLDER = new URL("../../../../board-web/", import.meta.url);
const PAGE = readFileSync(new URL("page.html.gz", FOLDER));
const HEAD = readFileSync(new URL("page.head", FOLDER), "utf8");
const HOSTILE = "<img/src=x/onerror=alert(1)>";

/** @typedef {[number, number]} Sample */

/** Starts a board. Its samples and its time can be changed. */
async function board(/** @type {Record<string, Sample[]>} */ samples, time = 100) {
  const state = { samples, time };
  const server = createServer((request, reply) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://board");
    if (pathname === "/") {
      for (const field of ("Content-Type: " + HEAD).trim().split("\r\n")) {
        const [name, ...value] = field.split(": ");
        reply.setHeader(name, value.join(": "));
      }
      return reply.end(PAGE);
    }
    const key = searchParams.get("key");
    const keys = Object.keys(state.samples).filter((name) => key === null || name === key);
    const series = keys.map((key) =>
      pathname === "/v1/last"
        ? { key, last: state.samples[key].at(-1) }
        : { key, samples: state.samples[key] },
    );
    reply.end(JSON.stringify({ now: state.time, series }));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(null)));
  // Else a test that fails would not end.
  server.unref();
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const stop = () => (server.closeAllConnections(), server.close());
  return { state, url: `http://127.0.0.1:${port}/`, stop };
}

after(end);

test("each series has a card with its newest value, its age and its line", async () => {
  const { state, url, stop } = await board({
    [HOSTILE]: [[98, 1]],
    constant: [
      [60, 7],
      [90, 7],
    ],
    slope: [
      [0, -1.7976931348623157e308],
      [50, 0],
      [97, 1.7976931348623157e308],
    ],
    wave: [
      [40, 0.1],
      [100, 23.712345678],
    ],
  });
  await look(url, {}, async (page) => {
    await until(async () => (await texts(page, "svg ~ small"))[2]?.includes(" to "), "lines");
    assert.deepEqual(await texts(page, "b"), [HOSTILE, "constant", "slope", "wave"]);
    const values = ["1", "7", "1.7976931348623157e+308", "23.7123"];
    assert.deepEqual(await texts(page, "output"), values);
    const ages = await texts(page, "output + small");
    assert.match(ages[1], /^1\d s ago$/);
    assert.equal(await page.locator("label.old").count(), 0);
    const lines = await page
      .locator("path")
      .evaluateAll((paths) => paths.map((path) => path.getAttribute("d")));
    assert.deepEqual(lines.slice(0, 2), ["M50,50h2", "M0,50L100,50"]);
    assert.match(lines[2] ?? "", /^M0,98L51\.\d+,50L100,2$/);
    const ranges = await texts(page, "svg ~ small");
    assert.deepEqual(ranges.slice(0, 2), ["one sample", "constant for 30 s"]);
    // What comes later is appended, and what is silent grows old.
    state.samples.wave.push([120, 5]);
    state.time = 160;
    await until(async () => (await texts(page, "output"))[3] === "5", "a newer value");
    await until(async () => (await page.locator("label.old").count()) === 2, "old values");
    await page.locator("label", { hasText: "wave" }).click();
    const box = await page.locator("label", { hasText: "wave" }).boundingBox();
    assert.ok((box?.width ?? 0) > 1000, "a card that is clicked is large");
  });
  stop();
});

test("a card says nothing of a range that has not been asked for yet", async () => {
  /** @type {[string, Sample[]][]} */
  const samples = Array.from({ length: 20 }, (_, index) => [
    `constant.n${index}`,
    [
      [60, 7],
      [90, 7],
    ],
  ]);
  const { url, stop } = await board(Object.fromEntries(samples));
  await look(url, {}, async (page) => {
    const told = () => texts(page, "svg ~ small");
    await until(async () => (await told()).length === 20, "all cards");
    assert.ok((await told()).includes("…"), "some are still to come");
    await until(async () => {
      const all = await told();
      assert.ok(!all.includes("one sample"));
      return all.every((text) => text === "constant for 30 s");
    }, "all ranges");
  });
  stop();
});

test("a board that does not answer, starts anew, or has nothing yet is told", async () => {
  const first = await board({ "a.b": [[5, 1]], "a.c": [[5, 2]] });
  await look(first.url, { quiet: true }, async (page) => {
    // The page loads itself again when the board has lost its series.
    const says = async (/** @type {RegExp} */ text) =>
      text.test((await texts(page, "p").catch(() => [""]))[0]);
    await until(() => says(/^2 series, live$/), "live");
    await page.route("**/v1/*", (route) => route.abort());
    await until(() => says(/^no answer for \d+ s, trying again$/), "no answer");
    assert.equal(await page.locator("p.lost").count(), 1);
    first.state.samples = {};
    await page.unroute("**/v1/*");
    await until(() => says(/^nothing yet: send “put /), "nothing yet");
  });
  first.stop();
});

test("the page fits a phone, in the dark", async () => {
  const { url, stop } = await board({ ["k".repeat(48)]: [[5, -1.7976931348623157e308]] });
  await look(url, { width: 375, height: 700, touch: true, dark: true }, async (page) => {
    await until(async () => (await texts(page, "output")).length === 1, "a card");
    const [width, ground] = await page.evaluate(() => [
      document.documentElement.scrollWidth,
      getComputedStyle(document.body).backgroundColor,
    ]);
    assert.deepEqual([width, ground], [375, "rgb(21, 23, 26)"]);
  });
  stop();
});
