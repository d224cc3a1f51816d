// Preloaded with `node --require`: the n-th call that changes something on disk fails, in the program itself, not in
// the processes it starts. SPIKELINE_FAULT is such as `EIO 17`, `ENOSPC 17+` for all from the 17th on, or `KILL 17`.
// Before the 17th call of `GONE 17 FOLDER`, which may be one that only reads, somebody removes that folder of the store.
// Only calls on what lies below SPIKELINE_STORE count, and for ENOSPC only such as may take space; how many there were is
// written to the file SPIKELINE_CALLS.
const fs = require('node:fs');
const { syncBuiltinESMExports } = require('node:module');
const { basename, join } = require('node:path');

const [code, count, folder = ''] = (process.env.SPIKELINE_FAULT ?? '').split(' ');
const first = Number.parseInt(count, 10);
const last = count?.endsWith('+') ? Number.POSITIVE_INFINITY : first;
const names = [
  ...['mkdir', 'open', 'write', 'writeFile', 'appendFile', 'copyFile', 'rename', 'link', 'symlink', 'unlink', 'rm'],
  ...['rmdir', 'chmod', 'fchmod', 'futimes', 'utimes', 'fsync', 'truncate', 'ftruncate', 'mkdtemp'],
];
const reading = [
  'access',
  'exists',
  'stat',
  'lstat',
  'fstat',
  'read',
  'readFile',
  'readdir',
  'readlink',
  'realpath',
  'close',
];
const free = ['unlink', 'rm', 'rmdir', 'chmod', 'fchmod', 'futimes', 'utimes', 'truncate'];
const store = process.env.SPIKELINE_STORE;
const { rmSync } = fs;
let calls = 0;

/** Open files of the store. */
const opened = new Set();

function concerns(on) {
  return typeof on === 'number' ? opened.has(on) : String(on).startsWith(store);
}

function fails(name, on) {
  // Killed before it, a program leaves the same as before the next call.
  if (!concerns(on) || (code === 'KILL' && name === 'fsync')) return undefined;
  if (code !== 'ENOSPC' || !free.includes(name)) calls++;
  if (calls < first || calls > last) return undefined;
  if (code === 'KILL') process.kill(process.pid, 'SIGKILL');
  if (code === 'GONE') return void rmSync(join(store, folder), { recursive: true, force: true });
  return Object.assign(new Error(`${code}: injected, at '${String(on)}'`), { code, errno: -5, syscall: 'injected' });
}

function wrap(owner, name, make) {
  const original = owner[name];
  // With what hangs on it, such as `realpathSync.native`.
  if (typeof original === 'function') owner[name] = Object.assign(make(original.bind(owner)), original);
}

if (basename(process.argv[1] ?? '') === 'cli.cjs' && store !== undefined) {
  for (const name of code === 'GONE' ? [...names, ...reading] : names) {
    wrap(fs, `${name}Sync`, (original) => (on, ...rest) => {
      const error = readsOnly(name, rest) ? undefined : fails(name, on);
      if (error) throw error;
      const result = original(on, ...rest);
      if (name === 'open' && concerns(on)) opened.add(result);
      return result;
    });
    wrap(fs.promises, name, (original) => async (on, ...rest) => {
      const error = readsOnly(name, rest) ? undefined : fails(name, on);
      if (error) throw error;
      return original(on, ...rest);
    });
    // With a callback, and so by what `promisify` makes of it.
    wrap(fs, name, (original) => (on, ...rest) => {
      const error = readsOnly(name, rest) ? undefined : fails(name, on);
      if (error) process.nextTick(rest.at(-1), error);
      else original(on, ...rest);
    });
  }
  wrap(fs, 'closeSync', (original) => (descriptor) => {
    original(descriptor);
    opened.delete(descriptor);
  });
  syncBuiltinESMExports();
  process.on('exit', () => {
    if (process.env.SPIKELINE_CALLS) fs.appendFileSync(process.env.SPIKELINE_CALLS, `${calls}\n`);
  });
}

/** Opening a file to read it changes nothing. */
function readsOnly(name, rest) {
  return name === 'open' && code !== 'GONE' && (rest[0] === undefined || rest[0] === 'r');
}
