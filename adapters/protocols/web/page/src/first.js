// What a server without series shows: how to put the first sample.
import { by, command, fill, h } from "./dom.js";
import { info, unit } from "./server.js";
import { quote, serverOptions } from "./shell.js";

/** The word of a shell that is now, in the server's unit. @type {Record<string, string>} */
const NOW = { s: "$(date +%s)", ms: "$(date +%s%3N)", us: "$(date +%s%6N)", ns: "$(date +%s%N)" };

export function show() {
  const { host, hostname, port } = location;
  const name = hostname.replace(/^\[|\]$/g, "");
  // Where the page has a port of its own, that of the native protocol is not known.
  const native = (/** @type {Node[]} */ ...lines) => (info?.native ? lines : []);
  fill(
    by("overview"),
    h(
      "div",
      { class: "first" },
      h("h2", {}, "There are no samples yet"),
      h("p", {}, "Put the first one from a shell. It appears here by itself."),
      ...native(
        command(`metric put demo.answer 42${serverOptions(host)}`),
        h("p", {}, "Without the program ", h("code", {}, "metric"), ":"),
        command(
          `printf "put demo.answer 42 ${NOW[unit]}\\n" | nc -q 1 ${quote(name)} ${port || 80}`,
        ),
      ),
      command(
        `curl -H 'content-type: application/x-metric' --data 'demo.answer 42' ${quote(location.origin + "/v1/put")}`,
      ),
      ...native(
        h("p", {}, "And this machine's own figures, every second:"),
        command(`metric agent --every 1${serverOptions(host)}`),
      ),
    ),
  );
}
