// Ranges, zones, themes, addresses and paper.
import assert from "node:assert/strict";
import { test } from "node:test";
import { area, card, charts, zoomed, server } from "./fixture.js";
import { asked, look, open, until } from "./harness.js";

test("ranges are relative or absolute, and all ends at the samples", async () => {
  await look(charts("=palm.cpu"), {}, async (page) => {
    await area(page);
    await page.getByRole("button", { name: "6h" }).click();
    assert.equal(asked(page).get("range"), "6h");
    await page.getByRole("button", { name: "all", exact: true }).click();
    await until(async () => (await page.getAttribute("#live", "aria-pressed")) === "true", "live");
    await page.click("#window");
    await page.fill("#from", "2026-01-01T00:00:00");
    await page.fill("#until", "2025-01-01T00:00:00");
    await page.getByRole("button", { name: "show" }).click();
    await page.getByText("The start is not before the end.").waitFor();
    await page.fill("#until", "2026-01-02T00:00:00");
    await page.getByRole("button", { name: "show" }).click();
    const [from, until0] = await zoomed(page);
    assert.deepEqual(
      [from, until0],
      [Date.UTC(2025, 11, 31, 23) / 1000, Date.UTC(2026, 0, 1, 23) / 1000],
    );
    assert.equal(await page.textContent("#window"), "2026-01-01 00:00 – 2026-01-02 00:00");
    await page.getByText("No samples in this range.").waitFor();
  });
});

test("times are in the viewer's zone, and in UTC by a click", async () => {
  await look(
    server.url + "#from=1767222000&until=1767225600",
    { zone: "Asia/Kathmandu" },
    async (page) => {
      await until(
        async () => (await page.textContent("#window")) === "2026-01-01 04:45 – 05:45",
        "Kathmandu",
      );
      assert.match((await page.textContent("#zone")) ?? "", /^Asia\/Kat[h]?mandu$/);
      await page.click("#zone");
      assert.equal(await page.textContent("#window"), "2025-12-31 23:00 – 2026-01-01 00:00");
      assert.equal(asked(page).get("zone"), "utc");
    },
  );
});

test("the theme is the system's until the viewer chooses", async () => {
  await look(charts("=palm.cpu"), { dark: true }, async (page) => {
    await area(page);
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    assert.equal(await ground(), "rgb(21, 23, 26)");
    await page.click("#theme");
    assert.equal(await ground(), "rgb(239, 241, 243)");
    await page.reload();
    await area(page);
    assert.equal(await ground(), "rgb(239, 241, 243)");
  });
});

test("the address is the view", async () => {
  const { page, close } = await open(server.url);
  await card(page, "palm.cpu").click();
  await area(page);
  await page.getByLabel("logarithmic axis").click();
  await page.getByRole("button", { name: "6h" }).click();
  const url = page.url();
  await close();
  await look(url, {}, async (other) => {
    await area(other);
    assert.equal(await other.getByLabel("logarithmic axis").getAttribute("aria-pressed"), "true");
    assert.equal(
      await other.getByRole("button", { name: "6h" }).getAttribute("aria-pressed"),
      "true",
    );
  });
});

test("a window that is not live stays when the page asks again, and live returns to its range", async () => {
  await look(server.url + "#range=15m&live=0", {}, async (page) => {
    const shown = () => page.textContent("#window");
    await card(page, "palm.cpu").waitFor();
    const before = await shown();
    await page.waitForTimeout(2000);
    const asking = page.waitForRequest(/v1\/range/);
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await asking;
    assert.equal(await shown(), before);
    await page.getByRole("button", { name: "6h" }).click();
    await page.keyboard.press("z");
    await zoomed(page);
    await page.keyboard.press("l");
    await until(async () => asked(page).get("range") === "6h", "the range before the zoom");
  });
});

test("a link changes the view as it is when it is followed", async () => {
  await look(server.url, {}, async (page) => {
    await card(page, "palm.cpu").waitFor();
    await page.getByRole("button", { name: "7d" }).click();
    await card(page, "palm.cpu").click();
    await area(page);
    const title = card(page, "palm.fan").locator("a");
    const view = "key=palm.fan&range=7d&chart=%3Dpalm.cpu";
    assert.equal(await title.getAttribute("href"), "#" + view, "who opens it elsewhere");
    await title.click();
    assert.equal(new URL(page.url()).hash, "#" + view);
    await page.getByRole("button", { name: "24h" }).click();
    await page.getByRole("link", { name: "all series" }).click();
    assert.equal(new URL(page.url()).hash, "#range=24h&chart=%3Dpalm.cpu");
  });
});

test("print has charts and cards on white, and no buttons", async () => {
  await look(charts("=palm.cpu"), { dark: true }, async (page) => {
    await area(page);
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    await page.emulateMedia({ media: "print" });
    assert.equal(await page.locator("#search").isVisible(), false);
    assert.equal(await page.locator(".chart .tool").first().isVisible(), false);
    assert.equal(
      await page.evaluate(() => getComputedStyle(document.body).color),
      "rgb(28, 32, 36)",
    );
    await page.evaluate(() => dispatchEvent(new Event("afterprint")));
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
  });
});
