// Preloaded with `node --require`: what lies below SPIKELINE_STORE is as on a share. Links of both kinds are refused with
// the code in SPIKELINE_LINKS, as by SMB and exFAT, and a file that this process has open stays in its folder by another
// name when it is removed, as on NFS.
const fs = require('node:fs');
const { syncBuiltinESMExports } = require('node:module');
const { basename, dirname, join } = require('node:path');

const { SPIKELINE_STORE: store, SPIKELINE_LINKS: code } = process.env;

/** Paths of open files, by descriptor. */
const opened = new Map();

const isBelow = (path, folder) => String(path).startsWith(`${folder}/`);
const isOpen = (path) => [...opened.values()].includes(String(path));

function failure(code, syscall, path) {
  return Object.assign(new Error(`${code}: injected, ${syscall} '${path}'`), { code, errno: -95, syscall, path });
}

if (basename(process.argv[1] ?? '') === 'cli.cjs' && store !== undefined) {
  const { openSync, closeSync, renameSync, unlinkSync, rmSync, symlinkSync, linkSync } = fs;
  for (const [name, original] of Object.entries({ symlink: symlinkSync, link: linkSync }))
    fs[`${name}Sync`] = (target, path) => {
      if (isBelow(path, store)) throw failure(code, name, path);
      original(target, path);
    };
  fs.openSync = (path, ...rest) => {
    const descriptor = openSync(path, ...rest);
    if (isBelow(path, store)) opened.set(descriptor, String(path));
    return descriptor;
  };
  fs.closeSync = (descriptor) => {
    opened.delete(descriptor);
    closeSync(descriptor);
  };
  fs.renameSync = (from, to) => {
    renameSync(from, to);
    for (const [descriptor, path] of opened)
      if (path === String(from) || isBelow(path, from)) opened.set(descriptor, to + path.slice(String(from).length));
  };
  fs.unlinkSync = (path) => {
    if (isOpen(path)) fs.renameSync(path, join(dirname(path), `.nfs${opened.size}`));
    else unlinkSync(path);
  };
  fs.rmSync = (path, options) => {
    if (isOpen(path)) fs.unlinkSync(path);
    else if ([...opened.values()].some((file) => isBelow(file, path))) throw failure('ENOTEMPTY', 'rmdir', path);
    else rmSync(path, options);
  };
  syncBuiltinESMExports();
}
