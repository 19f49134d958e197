// What a page of another site can do to a server, in a real browser.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request } from "node:http";
import { after, test } from "node:test";
import { end, look, now, open, serve } from "./harness.js";

after(end);

/** What a script of the other site tries, by a name. Each returns what it could read.
 * @type {Record<string, string>} */
const ATTEMPTS = {
  read: "fetch(T + 'v1/last').then((reply) => reply.text())",
  "read blindly": "fetch(T + 'v1/last', { mode: 'no-cors' }).then((reply) => reply.text())",
  "put as text": "fetch(T + 'v1/put', { method: 'POST', mode: 'no-cors', body: 'evil 1 1' })",
  "put as metric":
    "fetch(T + 'v1/put', { method: 'POST', body: 'evil 2 2', headers: { 'content-type': 'application/x-metric' } })",
  "put by beacon": "Promise.resolve(navigator.sendBeacon(T + 'v1/put', 'evil 3 3')).then(() => '')",
  "put natively":
    "fetch(T, { method: 'POST', mode: 'no-cors', body: '\\nput evil 4 4\\nput evil 5 5\\n' })",
  delete: "fetch(T + 'v1/series?key=secret', { method: 'DELETE' })",
  "an image":
    "new Promise((done) => { const image = new Image(); image.onload = () => done('shown'); image.onerror = () => done(''); image.src = T + 'v1/last'; })",
  "a script":
    "new Promise((done) => { const script = document.createElement('script'); script.onload = () => done('run'); script.onerror = () => done(''); script.src = T + 'v1/last'; document.head.append(script); })",
  events:
    "new Promise((done) => { const events = new EventSource(T + 'v1/live'); events.addEventListener('samples', (event) => done(event.data)); events.onerror = () => done(''); })",
  "a frame":
    "new Promise((done) => { const frame = document.createElement('iframe'); frame.onload = () => { try { done(frame.contentDocument.body.textContent); } catch { done(''); } }; frame.src = T; document.body.append(frame); })",
};

/** Serves a page of another site, whose scripts may do what they like. */
async function otherSite() {
  const site = createServer((_, reply) => {
    reply.setHeader("content-type", "text/html");
    reply.end("<!doctype html><title>evil</title><body>");
  });
  site.listen(0, "127.0.0.1");
  await once(site, "listening");
  const address = site.address();
  assert.ok(address && typeof address === "object");
  return { site, port: address.port };
}

test("a page of another site can neither read nor write", async () => {
  const server = await serve();
  await server.put(["secret", 42.5, now()]);
  const { site, port } = await otherSite();
  // Another port of the same address is another origin of the same site; a name is another site.
  for (const name of ["127.0.0.1", "localhost"]) {
    const { page, close } = await open(`http://${name}:${port}/`, { quiet: true });
    page.on("console", () => {});
    for (const [what, script] of Object.entries(ATTEMPTS)) {
      const told = await page.evaluate(
        `{ const T = ${JSON.stringify(server.url)}; (${script}).then(String, () => ''); }`,
      );
      assert.ok(!String(told).includes("42.5"), `${what} from ${name}: ${told}`);
      assert.ok(!["shown", "run"].includes(String(told)), `${what} from ${name}`);
    }
    // The browser tells of each refusal in its console.
    await close().catch((error) =>
      assert.match(String(error), /CORS|refused|blocked|403|Content Security|frame/i),
    );
  }
  site.close();
  await look(server.url, {}, async (page) => {
    const keys = await page.evaluate(async () => (await fetch("/v1/keys")).json());
    assert.deepEqual(
      keys.series.map((/** @type {{key: string}} */ one) => one.key),
      ["secret"],
    );
    assert.equal(keys.series[0].count, 1);
  });
  await server.stop();
});

test("a name that another site had resolve to the server is refused", async () => {
  const server = await serve();
  await server.put(["secret", 42.5, now()]);
  const port = server.host.split(":")[1];
  const told = await new Promise((done, failed) => {
    const asked = request({ port, path: "/v1/last", headers: { host: `evil.example:${port}` } });
    asked
      .on("response", (reply) => done(reply.statusCode))
      .on("error", failed)
      .end();
  });
  assert.equal(told, 403);
  await server.stop();
});

test("a link of another site leads to the page", async () => {
  const server = await serve();
  const { site, port } = await otherSite();
  const { page, close } = await open(`http://localhost:${port}/`, { quiet: true });
  await page.evaluate((url) => {
    const link = document.createElement("a");
    link.href = url;
    link.textContent = "metric";
    document.body.append(link);
  }, server.url);
  await page.getByText("metric").click();
  await page.getByText("There are no samples yet").waitFor();
  await close();
  site.close();
  await server.stop();
});
