import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { removeFolder } from '../../files/remove.js';

/** A browser has read the file by then that leads it to the page. */
const readMs = 30_000;

/**
 * Opens an address in the user's browser. Where there is no display, returns the call that brings the page's port to a
 * computer that has one.
 *
 * The address has a token in it, and all users of a machine see what programs are called with: the browser is given a file
 * that only this user can read, and which leads there.
 */
export function openBrowser(url: string, port: number): string | undefined {
  const { SSH_CONNECTION: connection, DISPLAY, WAYLAND_DISPLAY, CI } = process.env;
  const isWindowed = process.platform === 'darwin' || process.platform === 'win32';
  const hasDisplay = isWindowed || DISPLAY !== undefined || WAYLAND_DISPLAY !== undefined;
  if (connection !== undefined || !hasDisplay || CI !== undefined) {
    // The address by which the other computer has come here.
    const host = connection?.split(' ')[2] ?? hostname();
    return `ssh -L ${port}:127.0.0.1:${port} ${userPart()}${host}`;
  }
  try {
    openHere(url);
  } catch {
    // The address is there to be copied.
  }
  return undefined;
}

/** `name@`; nothing for a user whom the machine does not know, as containers have them. */
function userPart(): string {
  try {
    return `${userInfo().username}@`;
  } catch {
    return '';
  }
}

/** @throws the system's error, as where there is no room for a file */
function openHere(url: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'spikeline-page-'));
  const file = join(folder, 'open.html');
  writeFileSync(file, `<!doctype html><meta http-equiv="refresh" content="0;url=${url}"><a href="${url}">page</a>`, {
    mode: 0o600,
  });
  const [program, ...words] = opener();
  const child = spawn(program, [...words, pathToFileURL(file).href], { detached: true, stdio: 'ignore' });
  // Without such a program the address is there to be copied.
  child.on('error', () => undefined);
  child.unref();
  const remove = () => removeFolder(folder);
  setTimeout(remove, readMs).unref();
  process.once('exit', remove);
}

function opener(): readonly [string, ...string[]] {
  if (process.platform === 'darwin') return ['open'];
  return process.platform === 'win32' ? ['explorer.exe'] : ['xdg-open'];
}
