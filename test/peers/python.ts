import { spawnSync } from 'node:child_process';

/** Runs Python's own libraries, for tests beside them. */
export const python: string = process.env.SPIKELINE_PEERS_PYTHON ?? 'python3';

/** Can Python find all of these packages? They are not imported: some take seconds for that. */
export function hasPackages(names: readonly string[], by = python): boolean {
  const program = 'import sys, importlib.util as u; sys.exit(not all(map(u.find_spec, sys.argv[1:])))';
  return spawnSync(by, ['-c', program, ...names]).status === 0;
}
