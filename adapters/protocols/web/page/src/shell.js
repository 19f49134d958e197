// Lines to copy into a shell.

/** Quotes a word for a POSIX shell. @param {string} word */
export function quote(word) {
  return /^[\w.\/:=@%+,-]+$/.test(word) ? word : `'${word.replace(/'/g, `'\\''`)}'`;
}

/** The option of `metric` for a server, unless it is the default. @param {string} host with its port */
export function serverOptions(host) {
  return /^(127\.0\.0\.1|localhost):8888$/.test(host) ? "" : ` --server ${quote(host)}`;
}
