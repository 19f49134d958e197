// Lines to copy into a shell.

/** Quotes a word for a POSIX shell. @param {string} word */
export function quote(word) {
  return /^[\w.\/:=@%+,-]+$/.test(word) ? word : `'${word.replace(/'/g, `'\\''`)}'`;
}

/** The options of `metric` for a server, unless they are the defaults.
 * @param {string} host with its port @param {string} unit of its times */
export function serverOptions(host, unit) {
  const server = /^(127\.0\.0\.1|localhost):8888$/.test(host) ? "" : ` --server ${quote(host)}`;
  return server + (unit === "s" ? "" : ` --unit ${unit}`);
}
