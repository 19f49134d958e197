// The overview and the finder.
import assert from "node:assert/strict";
import { test } from "node:test";
import { HOSTILE, area, card, charts, server } from "./fixture.js";
import { asked, look, open, texts, until } from "./harness.js";

test("the overview has a section for each first node, with cards of newest values", async () => {
  await look(server.url, {}, async (page) => {
    await card(page, "palm.fan").waitFor();
    assert.deepEqual(await texts(page, ".section h2"), [
      "·",
      "<img/src=x/onerror=alert(1)>",
      "oak",
      "palm",
    ]);
    const told = /^disk\.read_bytes1\.36 MB\+359 kB\d+ s ago/;
    await until(
      async () => told.test((await card(page, "palm.disk.read_bytes").textContent()) ?? ""),
      "a newest value, and its change, which comes with the range",
    );
    await until(
      async () =>
        /M.+L/.test((await card(page, "palm.cpu").locator(".line").getAttribute("d")) ?? ""),
      "a sparkline",
    );
  });
});

test("a silent series fades and says so", async () => {
  await look(server.url, {}, async (page) => {
    await card(page, "oak.gone").waitFor();
    await until(
      async () => /silent/.test((await card(page, "oak.gone").getAttribute("class")) ?? ""),
      "silent",
    );
    assert.doesNotMatch((await card(page, "oak.cpu").getAttribute("class")) ?? "", /silent/);
  });
});

test("the overview turns round to a section for each metric", async () => {
  await look(server.url, {}, async (page) => {
    await page.click("#turn");
    await page.locator(".section h2", { hasText: "*.cpu" }).waitFor();
    const section = page.locator(".section", { has: page.locator("h2", { hasText: "*.cpu" }) });
    await section.locator(".card").nth(1).waitFor();
    assert.deepEqual(await section.locator("h3").allTextContents(), ["oak", "palm"]);
    assert.equal(asked(page).get("by"), "metric");
    await page.goBack();
    await page.locator(".section h2", { hasText: "oak" }).first().waitFor();
  });
});

test("the finder goes down the tree, filters, and ticks series", async () => {
  await look(server.url, {}, async (page) => {
    await page.keyboard.press("/");
    await page.locator(".choice", { hasText: "palm." }).waitFor();
    await page.locator(".choice", { hasText: "palm." }).click();
    await page.locator(".choice", { hasText: "palm.disk.…" }).waitFor();
    await page.fill("#search", "isk.re");
    await page.locator(".choice", { hasText: "palm.disk.read_bytes" }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await area(page);
    await page.locator(".choice.chosen").waitFor();
    await page.keyboard.press("Enter");
    await until(async () => (await page.locator(".chart").count()) === 0, "the tick is taken away");
  });
});

test("Enter behind a refused pattern charts nothing", async () => {
  await look(server.url, { quiet: true }, async (page) => {
    await page.fill("#search", "*.cpu");
    await page.locator(".choice", { hasText: "chart all: 2 series" }).waitFor();
    await page.fill("#search", "*.{cpu");
    await page.locator("#choices .complaint").waitFor();
    await page.keyboard.press("Enter");
    await page.waitForTimeout(300);
    assert.equal(asked(page).get("chart"), null);
    await page.fill("#search", "*.cpu");
    await page.locator(".choice", { hasText: "chart all: 2 series" }).waitFor();
  });
});

test("arrows walk from card to card, and Enter charts", async () => {
  await look(server.url, {}, async (page) => {
    await card(page, "palm.cpu").locator(".pick").focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    await until(
      async () => asked(page).get("chart") === "=palm.disk.read_bytes",
      "the next card is charted",
    );
  });
});

test("a key that looks like HTML is text", async () => {
  await look(server.url, {}, async (page) => {
    await card(page, HOSTILE).click();
    await area(page);
    await card(page, HOSTILE).locator("a").click();
    await page.locator("#series h2").waitFor();
    assert.equal(await page.locator("#series h2").textContent(), HOSTILE);
    assert.equal(await page.locator("img").count(), 0);
  });
});

test("a refused query says why and what to do", async () => {
  const { page, close } = await open("about:blank", { quiet: true });
  await page.route(/v1\/range/, (route) =>
    route.fulfill({
      status: 422,
      contentType: "application/json",
      body: '{"error": "more than 10,000 series", "where": "match", "advice": "narrow the pattern"}',
    }),
  );
  await page.goto(charts("=palm.cpu"));
  await page
    .locator(".chart .complaint", { hasText: "more than 10,000 series: narrow the pattern" })
    .waitFor();
  await page.locator("#refusal", { hasText: "narrow the pattern" }).waitFor();
  await close();
});
