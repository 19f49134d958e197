// Mouse, fingers and keys on charts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { area, charts, zoomed } from "./fixture.js";
import { look, now, texts, until } from "./harness.js";

test("dragging zooms all charts, Back undoes it", async () => {
  await look(charts("=palm.cpu", "=oak.cpu"), {}, async (page) => {
    const box = await area(page);
    await page.waitForTimeout(300);
    const middle = box.y + box.height / 2;
    await page.mouse.move(box.x + box.width * 0.25, middle);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, middle, { steps: 5 });
    await page.mouse.up();
    const [from, until0] = await zoomed(page);
    assert.ok(Math.abs(until0 - from - 900) < 60, `${until0 - from}`);
    assert.equal(await page.getAttribute("#live", "aria-pressed"), "false");
    await page.goBack();
    await until(
      async () => (await page.getAttribute("#live", "aria-pressed")) === "true",
      "live again",
    );
  });
});

test("the wheel zooms with Ctrl around the pointer, and pans with Shift", async () => {
  await look(charts("=palm.cpu"), {}, async (page) => {
    const box = await area(page);
    await page.mouse.move(box.x + box.width - 20, box.y + 50);
    await page.keyboard.down("Control");
    await page.mouse.wheel(0, -300);
    await page.keyboard.up("Control");
    const [from, until0] = await zoomed(page);
    assert.ok(until0 - from < 2500 && Math.abs(until0 - now()) < 60);
    await page.keyboard.down("Shift");
    await page.mouse.wheel(0, -200);
    await page.keyboard.up("Shift");
    const [shifted, end0] = await zoomed(page, String(from));
    assert.ok(shifted < from && Math.abs(end0 - shifted - (until0 - from)) <= 2);
  });
});

test("Shift and dragging pan", async () => {
  await look(charts("=palm.cpu"), {}, async (page) => {
    const box = await area(page);
    await page.keyboard.down("Shift");
    await page.mouse.move(box.x + 100, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + 100 + box.width / 2, box.y + 50, { steps: 5 });
    await page.mouse.up();
    const [from, until0] = await zoomed(page);
    assert.ok(
      Math.abs(until0 - from - 3600) < 3 && Math.abs(now() - 1800 - until0) < 60,
      `${from} ${until0}`,
    );
  });
});

test("one finger pans, two zoom, and a tap shows values", async () => {
  await look(charts("=palm.cpu"), { width: 375, touch: true }, async (page) => {
    const box = await area(page);
    const touch = await page.context().newCDPSession(page);
    const y = box.y + 60;
    /** @param {"touchStart" | "touchMove" | "touchEnd"} type @param {...number} places */
    const send = (type, ...places) =>
      touch.send("Input.dispatchTouchEvent", {
        type,
        touchPoints: places.map((x, id) => ({ x: box.x + x, y, id })),
      });
    await page.touchscreen.tap(box.x + 100, y);
    await until(
      async () => /^\d{4}-/.test((await texts(page, ".legend li"))[0]),
      "the time of the tap",
    );
    await send("touchStart", 100, 200);
    await send("touchMove", 75, 225);
    await send("touchMove", 50, 250);
    await send("touchEnd");
    const [from, until0] = await zoomed(page);
    assert.ok(Math.abs(until0 - from - 1800) < 200, `${until0 - from}`);
    await send("touchStart", 100);
    await send("touchMove", 150);
    await send("touchMove", 200);
    await send("touchEnd");
    const [panned, end0] = await zoomed(page, String(from));
    assert.ok(panned < from && Math.abs(end0 - panned - (until0 - from)) < 3);
  });
});

test("keys zoom, shift, and go live", async () => {
  await look(charts("=palm.cpu"), {}, async (page) => {
    await area(page);
    await page.keyboard.press("z");
    const [from, until0] = await zoomed(page);
    assert.ok(Math.abs(until0 - from - 7200) < 3);
    await page.keyboard.press("[");
    const [earlier] = await zoomed(page, String(from));
    assert.ok(Math.abs(from - earlier - 3600) < 3);
    await page.keyboard.press("]");
    const [later] = await zoomed(page, String(earlier));
    assert.ok(Math.abs(later - from) < 3);
    await page.keyboard.press("l");
    await until(async () => (await page.getAttribute("#live", "aria-pressed")) === "true", "live");
    await page.keyboard.press("?");
    await page.locator("#keys[open]").waitFor();
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("#keys[open]").count(), 0);
  });
});

test("the cursor is at the same time in all charts, with all digits in the legends", async () => {
  await look(charts("=palm.disk.read_bytes", "=oak.cpu"), {}, async (page) => {
    const box = await area(page, 1);
    await page.waitForTimeout(300);
    await page.mouse.move(box.x + box.width / 2, box.y + 50);
    await until(
      async () =>
        (await texts(page, ".legend li:first-child")).every((text) =>
          /^\d{4}-\d\d-\d\d /.test(text),
        ),
      "times in both legends",
    );
    const [one, two] = await texts(page, ".legend li:first-child");
    assert.ok(Math.abs(Date.parse(one) - Date.parse(two)) <= 10000, `${one} ${two}`);
    const [bytes] = await texts(page, ".legend b");
    assert.match(bytes, /^1\d{6} B$/);
  });
});
