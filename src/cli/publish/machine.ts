// What a crate tells of the machines that computed it: their systems, and neither their names nor whose they are.

import { readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { homeFolder } from '../../home.js';
import type { TaskRecord } from '../../store/types.js';
import type { TaskId } from '../../values.js';

/**
 * Calls machines by numbers instead of their names, so that what ran on the same one can still be told.
 *
 * @returns `linux 6.1.0 x64 machine-1` for the `linux 6.1.0 x64 HOST` of a record
 */
export function machineNames(records: ReadonlyMap<TaskId, TaskRecord>): (platform: string) => string {
  // Names of hosts have no spaces.
  const hostAt = (platform: string) => platform.lastIndexOf(' ') + 1;
  const hostOf = (platform: string) => platform.slice(hostAt(platform));
  const hosts = [...new Set([...records.values()].map(({ provenance }) => hostOf(provenance.platform)))];
  return (platform) => `${platform.slice(0, hostAt(platform))}machine-${hosts.indexOf(hostOf(platform)) + 1}`;
}

/** Longer files are data. */
const mostBytes = 4e6;

/**
 * Files that name this machine or the user's own folder: they were written so by the project or by its stages, and are
 * published as they are.
 *
 * @param paths of the files, from `folder` on
 */
export function revealingFiles(folder: string, paths: readonly string[]): readonly string[] {
  const home = homeFolder();
  const names = [...(home === '/' ? [] : [home]), hostname()].filter((name) => name.length >= shortestName);
  if (names.length === 0) return [];
  const escaped = names.map((name) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const named = new RegExp(`(?<![\\w.-])(${escaped.join('|')})(?![\\w-])`);
  return paths.filter((path) => {
    const file = join(folder, path);
    return statSync(file).size <= mostBytes && named.test(readFileSync(file, 'utf8'));
  });
}

/** Shorter ones are found everywhere. */
const shortestName = 4;
