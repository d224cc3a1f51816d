import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { systemCode } from './error.js';

/**
 * Names a process so that it can be told later whether it still lives: `host-boot-pid-start`, all but the process id
 * hashed. A process id alone is not enough: it is used again, after a reboot above all.
 */
export type ProcessToken = string;

/** How long a process on another host may be silent, whose heart beats every few seconds, before it counts as dead. */
export const remoteSilenceMs = 600_000;

let own: ProcessToken | undefined;
let host: string | undefined;

/** The name of this host, asked for once. */
export function thisHost(): string {
  host ??= hostname();
  return host;
}

/** The token of this process. */
export function ownToken(): ProcessToken {
  own ??= [short(hostId()), short(bootId()), process.pid, short(startTime(process.pid) ?? '')].join('-');
  return own;
}

/**
 * Whether the process is alive: `unknown` if it runs on another host or in another container, where nobody here can
 * look.
 *
 * @param token a token, or a name that begins with one
 */
export function stateOf(token: ProcessToken): 'alive' | 'dead' | 'unknown' {
  const [host, boot, pid, start] = token.split('-');
  const [ownHost, ownBoot] = ownToken().split('-');
  if (host !== ownHost) return 'unknown';
  if (boot !== ownBoot) return 'dead';
  const now = startTime(Number(pid));
  return now !== undefined && short(now) === start ? 'alive' : 'dead';
}

/** True if a process of this host is stopped, by Ctrl-Z for example; false where nobody can tell. */
export function isStopped(token: ProcessToken): boolean {
  return stateOf(token) === 'alive' && /^[Tt]$/.test(statOf(Number(token.split('-')[2]))?.[0] ?? '');
}

/** True if a process computes, or would if it were its turn; undefined where nobody can tell. */
export function isComputing(pid: number): boolean | undefined {
  const state = process.platform === 'linux' ? statOf(pid)?.[0] : undefined;
  return state === undefined ? undefined : state === 'R';
}

/** True of a name that begins with a token. */
export function isToken(name: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{8}-\d+-[0-9a-f]{8}\b/.test(name);
}

function short(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

/**
 * Where process ids mean what they mean here. Nodes of a cluster may share a name, or an image with its machine id; a
 * container may have the name of its host, and does not see the host's processes.
 */
function hostId(): string {
  if (process.platform !== 'linux') return hostname();
  const orEmpty = (read: () => string) => {
    try {
      return read();
    } catch {
      return '';
    }
  };
  const machine = orEmpty(() => readFileSync('/etc/machine-id', 'utf8').trim());
  return [hostname(), machine, orEmpty(() => readlinkSync('/proc/self/ns/pid'))].join(' ');
}

/** Changes with every boot. Where start times are dates of the calendar, nothing of the kind is needed. */
function bootId(): string {
  if (process.platform !== 'linux') return '';
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}

/** When a process began, in whatever unit the system tells; undefined if there is no such process. */
function startTime(pid: number): string | undefined {
  if (process.platform === 'linux') {
    // proc(5): start time is field 22.
    const fields = statOf(pid);
    // A zombie has ended; only its parent has not noticed.
    return fields?.[0] === 'Z' || fields?.[0] === 'X' ? undefined : fields?.[19];
  }
  if (process.platform === 'win32') return exists(pid) ? '' : undefined;
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { LC_ALL: 'C', TZ: 'UTC' },
    }).trim();
  } catch {
    return undefined;
  }
}

/** What Linux tells of a process, from its state on, which is the third field. */
function statOf(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, in brackets, may hold spaces and brackets itself.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}
