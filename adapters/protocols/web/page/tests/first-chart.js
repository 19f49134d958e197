// Measures how long it takes from navigation to the first chart: prints the median, the least and the
// most of nine visits, each without a cache. METRIC_SERVER_PROGRAM names a release build of the server.
import { end, open, serve, series } from "./browser/harness.js";

const server = await serve([]);
await server.put(...series("palm.cpu", (index) => 50 + 30 * Math.sin(index / 30), 1000));
const times = [];
for (let visit = 0; visit < 9; visit++) {
  const { page, close } = await open(`${server.url}#chart==palm.cpu`);
  await page.locator(".chart canvas").first().waitFor();
  times.push(
    await page.evaluate(
      () => new Promise((shown) => requestAnimationFrame(() => shown(performance.now()))),
    ),
  );
  await close();
}
await end();
await server.stop();
const [least, , , , median, , , , most] = times.map(Math.round).sort((a, b) => a - b);
console.log(`from navigation to the first chart: ${median} ms (${least} to ${most})`);
