// Requests to the server.

/** @typedef {[string, string | number | bigint][]} Parameters */
/** @typedef {[string, number]} Sample */
/** `asked` is when it was asked for, in milliseconds.
 * @typedef {{key: string, count: number, first: Sample, last: Sample, asked: number}} Summary */
/** @typedef {{name: string, path: string, leaf: boolean, branch: boolean}} Node */
/** @typedef {[string, number, number, number, number, number, number]} Row of a bucket: start, min, max, mean, first, last, count */

/** The server answered, and refused. */
export class Refused extends Error {
  /** @param {number} status @param {{error?: string, advice?: string, count?: number}} body */
  constructor(status, body) {
    super(body.error ?? `the server answered with the status ${status}`);
    this.advice = body.advice ?? "";
    this.count = body.count;
    this.status = status;
  }
}

/** The server did not answer. */
export class Away extends Error {}

/** @type {(away: boolean) => void} */
let report = () => {};

/** Calls `listener` after each request with whether the server was away. @param {typeof report} listener */
export function onAnswer(listener) {
  report = listener;
}

/** @param {string} path @param {Parameters} parameters */
export function address(path, parameters) {
  return (
    path +
    "?" +
    parameters.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join("&")
  );
}

/** @param {string} path @param {Parameters} [parameters] @param {string} [method] @returns {Promise<any>} */
export async function ask(path, parameters = [], method = "GET") {
  const response = await send(address(path, parameters), method);
  // A refusal may have no body of its own.
  const broken = response.ok ? { error: "the answer is not whole" } : {};
  const body = await response.json().catch(() => broken);
  // A query may go over its budget after its reply has begun.
  if (!response.ok || body.error) throw new Refused(response.status, body);
  return body;
}

/** @param {string} url @param {string} method */
async function send(url, method) {
  try {
    const response = await fetch(url, { method });
    report(false);
    return response;
  } catch {
    report(true);
    throw new Away("no connection");
  }
}

/** Asks for times as text, since they may not fit a double. @param {string} path @param {Parameters} parameters */
export function askExact(path, parameters) {
  return ask(path, [...parameters, ["times", "text"]]);
}

/** @param {Parameters} parameters @returns {Promise<{series: Summary[], next: string | null}>} */
export async function keys(parameters) {
  const asked = performance.now();
  const page = await askExact("/v1/keys", parameters);
  for (const summary of page.series) summary.asked = asked;
  return page;
}

/** @param {Parameters} parameters @returns {Promise<{nodes: Node[], next: string | null}>} */
export const nodes = (parameters) => ask("/v1/nodes", parameters);

/** Returns the buckets of many series, in as few requests as their keys allow.
 * @param {string[]} names @param {Parameters} parameters
 * @returns {Promise<{width: string | number, series: {key: string, buckets: Row[]}[]}>} */
export async function buckets(names, parameters) {
  const answers = await Promise.all(
    batches(names).map((batch) => askExact("/v1/range", [...asKeys(batch), ...parameters])),
  );
  return { width: answers[0]?.width ?? "1", series: answers.flatMap((answer) => answer.series) };
}

/** Returns the samples of many series as they are. @param {string[]} names @param {Parameters} parameters
 * @returns {Promise<{key: string, samples: Sample[]}[]>} */
export async function samples(names, parameters) {
  const answers = await Promise.all(
    batches(names).map((batch) => askExact("/v1/range", [...asKeys(batch), ...parameters])),
  );
  return answers.flatMap((answer) => answer.series);
}

/** @param {string[]} names @returns {Promise<{key: string, last: Sample}[]>} */
export async function last(names) {
  const answers = await Promise.all(
    batches(names).map((batch) => askExact("/v1/last", asKeys(batch))),
  );
  return answers.flatMap((answer) => answer.series);
}

/** @param {string[]} names @returns {Parameters} */
export function asKeys(names) {
  return names.map((name) => ["key", name]);
}

// The server takes 8 KiB of a request's line; the rest is for other parameters.
const LINE = 7000;
const MOST = 100;

/** Cuts a list of keys into batches, each of which fits the line of a request.
 * @param {string[]} names */
export function batches(names, most = MOST, line = LINE) {
  /** @type {string[][]} */
  const all = [];
  let room = 0;
  for (const name of names) {
    const size = encodeURIComponent(name).length + 5;
    if (!all.length || size > room || all[all.length - 1].length >= most) {
      all.push([]);
      room = line;
    }
    all[all.length - 1].push(name);
    room -= size;
  }
  return all;
}
