// One series, and samples as they come.
import assert from "node:assert/strict";
import { test } from "node:test";
import { area, card, charts, server } from "./fixture.js";
import { asked, look, now, open, series, texts, until } from "./harness.js";

test("one series has its statistics, samples, and ways to get them", async () => {
  await look(server.url, {}, async (page) => {
    await card(page, "palm.fan").locator("a").click();
    await area(page);
    assert.equal(asked(page).get("key"), "palm.fan");
    await until(async () => (await page.locator("#statistics dd").count()) === 6, "statistics");
    const statistics = await texts(page, "#statistics dd");
    assert.deepEqual(statistics.slice(0, 2), ["740", "760"]);
    assert.match(statistics[4], /^3\d\d$/);
    assert.equal(await page.locator("#samples tbody tr").count(), 100);
    await page.getByRole("button", { name: "1000 samples" }).click();
    await until(async () => (await page.locator("#samples tbody tr").count()) > 300, "all samples");
    const [cli, curl] = await texts(page, "#ways code");
    assert.equal(cli, `metric get palm.fan --since 1h --server ${server.host}`);
    assert.match(
      curl,
      /^curl 'http:\/\/127\.0\.0\.1:\d+\/v1\/range\?key=palm\.fan&from=\d+&until=\d+&format=csv'$/,
    );
    const downloading = page.waitForEvent("download");
    await page.getByRole("link", { name: "CSV" }).click();
    assert.equal((await downloading).suggestedFilename(), "palm.fan.csv");
    await page.keyboard.press("Escape");
    await card(page, "palm.fan").waitFor();
  });
});

test("a removal asks with the number of samples, then removes", async () => {
  await server.put(...series("old.thing", (index) => index, 25));
  await look(server.url + "#key=old.thing", {}, async (page) => {
    await page.getByRole("button", { name: "remove…" }).click();
    await page.getByRole("button", { name: "keep" }).click();
    await page.getByRole("button", { name: "remove…" }).click();
    await page.getByText("All 25 samples of old.thing go for good.").waitFor();
    await page.getByRole("button", { name: "remove 25 samples" }).click();
    await until(async () => asked(page).get("key") === null, "back at the overview");
    await until(
      async () => !(await texts(page, ".section h2")).includes("old"),
      "the section is gone",
    );
  });
});

test("new samples arrive by one stream, in cards and charts", async () => {
  const { page, close } = await open(charts("=live.one"));
  let streams = 0;
  page.on("request", (request) => request.url().includes("/v1/live") && streams++);
  await server.put(...series("live.one", (index) => index, 20, 1));
  await until(
    async () => (await card(page, "live.one").count()) === 1,
    "a new series appears by itself",
  );
  await server.put(["live.one", 4711, now() + 1]);
  await until(
    async () => /4\.71 k/.test((await card(page, "live.one").textContent()) ?? ""),
    "the sample in the card",
  );
  await page.reload();
  await area(page);
  await server.put(["live.one", 4712, now() + 3]);
  await until(
    async () => /4\.71 k/.test((await texts(page, ".legend b"))[0] ?? ""),
    "the sample in the legend",
  );
  await close();
});

test("samples that come while a range is on its way are in the chart", async () => {
  await server.put(...series("held.one", (index) => index, 20, 1));
  const { page, close } = await open("about:blank");
  let isAnswered = false;
  let release = () => {};
  const released = new Promise((resolve) => (release = () => resolve(null)));
  await page.route(/v1\/range/, async (route) => {
    const response = await route.fetch();
    // Those of the cards have further keys.
    isAnswered ||= /range\?key=held\.one&(?!key)/.test(route.request().url());
    await released;
    await route.fulfill({ response });
  });
  await page.goto(charts("=held.one"));
  await until(async () => isAnswered, "the answer for the chart");
  await server.put(["held.one", 4714, now() + 1]);
  await until(
    async () => /4\.71 k/.test((await card(page, "held.one").textContent()) ?? ""),
    "the sample in the card",
  );
  release();
  await area(page);
  await until(
    async () => /4\.71 k/.test((await texts(page, ".legend b"))[0] ?? ""),
    "the sample in the legend",
  );
  await close();
});

test("a hidden tab has no stream, and asks for nothing", async () => {
  const { page, close } = await open(charts("=palm.cpu"));
  await area(page);
  const streaming = page.waitForRequest(/v1\/live/);
  await page.reload();
  await streaming;
  await page.evaluate(() => {
    Object.defineProperty(document, "hidden", { value: true, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await page.waitForTimeout(1000);
  let requests = 0;
  page.on("request", () => requests++);
  await page.waitForTimeout(4000);
  assert.equal(requests, 0);
  const again = page.waitForRequest(/v1\/live/);
  await page.evaluate(() => {
    Object.defineProperty(document, "hidden", { value: false, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await again;
  await close();
});

test("without a stream the page polls", async () => {
  const { page, close } = await open("about:blank", { quiet: true, height: 2400 });
  await page.route(/v1\/live/, (route) => route.fulfill({ status: 503, body: "{}" }));
  await server.put(["polled.one", 1, now() - 5]);
  await page.goto(server.url);
  await card(page, "polled.one").waitFor();
  await server.put(["polled.one", 4713, now()]);
  await until(
    async () => /4\.71 k/.test((await card(page, "polled.one").textContent()) ?? ""),
    "the sample in the card",
  );
  await close();
});

test("samples that come while the range of a card is on its way are in its sparkline", async () => {
  await server.put(...series("held.two", () => 5, 20, 1));
  const { page, close } = await open("about:blank", { height: 2400 });
  let isAnswered = false;
  let release = () => {};
  const released = new Promise((resolve) => (release = () => resolve(null)));
  await page.route(/v1\/range/, async (route) => {
    const response = await route.fetch();
    isAnswered ||= /key=held\.two&/.test(route.request().url());
    await released;
    await route.fulfill({ response });
  });
  await page.goto(server.url);
  await until(async () => isAnswered, "the answer for the card");
  const two = card(page, "held.two");
  await server.put(["held.two", 4714, now() + 1]);
  await until(
    async () => /4\.71 k/.test((await two.textContent()) ?? ""),
    "the sample in the card",
  );
  release();
  await until(async () => /\+4\.71 k/.test((await two.textContent()) ?? ""), "its range");
  // From top to bottom; without the sample it has no height.
  assert.match((await two.locator(".band").getAttribute("d")) ?? "", / 0L/);
  await close();
});

test("the view of one series finds it when it comes, and follows it", async () => {
  await look(server.url + "#key=born.late", {}, async (page) => {
    await page.locator("#samples", { hasText: "No samples in this range." }).waitFor();
    await server.put(["born.late", 7, now()]);
    const last = page.locator("#statistics div", { hasText: "last" }).locator("dd");
    await until(async () => (await last.allTextContents()).join() === "7", "its statistics");
    await page.getByRole("button", { name: "remove…" }).waitFor();
    await server.put(["born.late", 8, now() + 1]);
    await until(async () => (await last.textContent()) === "8", "its newest sample");
    assert.equal(await page.locator("#samples tbody tr").count(), 2);
  });
});

test("a late answer of another range does not replace the figures of one series", async () => {
  const { page, close } = await open("about:blank");
  let [waiting, release] = [0, () => {}];
  const released = new Promise((resolve) => (release = () => resolve(null)));
  const hold = async (/** @type {import("playwright-core").Route} */ route) => {
    const response = await route.fetch();
    waiting++;
    await released;
    await route.fulfill({ response });
  };
  for (const asked of [/points=100&/, /newest=100&/]) await page.route(asked, hold, { times: 1 });
  await page.goto(server.url + "#key=palm.fan&range=1h");
  await until(async () => waiting === 2, "the answers of an hour");
  await page.getByRole("button", { name: "15m" }).click();
  const counted = page.locator("#statistics div", { hasText: "count" }).locator("dd");
  // A quarter of an hour has 90 samples, of which the table has as many as the statistics count.
  const isQuarter = async () => {
    const rows = await page.locator("#samples tbody tr").count();
    return rows > 0 && rows < 100 && (await counted.allTextContents()).join() === String(rows);
  };
  await until(isQuarter, "the figures of a quarter of an hour");
  release();
  await page.waitForTimeout(500);
  assert.ok(await isQuarter());
  await close();
});

test("what is refused of one series is said, and can be asked for again", async () => {
  await server.put(...series("refused.one", (index) => index, 150, 1));
  const { page, close } = await open(server.url + "#key=refused.one", { quiet: true });
  const refuse = (/** @type {RegExp} */ path) =>
    page.route(path, (route) => route.fulfill({ status: 503, json: { error: "not now" } }), {
      times: 1,
    });
  await page.locator("#samples tbody tr").nth(99).waitFor();
  await refuse(/newest=1000/);
  await page.getByRole("button", { name: "1000 samples" }).click();
  await page.locator("#samples", { hasText: "not now" }).waitFor();
  await refuse(/v1\/keys/);
  await page.getByRole("button", { name: "remove…" }).click();
  await page.locator("#removal", { hasText: "not now" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "remove…" }).click();
  await page.getByText("All 150 samples of refused.one go for good.").waitFor();
  await close();
});
