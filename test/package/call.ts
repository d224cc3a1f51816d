import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Runs npm's own programs as a user does, who has none of the variables that npm gives to its scripts. */
export function call(words: readonly string[], cwd: string): SpawnSyncReturns<string> {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(npm_(?!config_(registry|userconfig))|INIT_CWD)/.test(name),
  );
  const env = { ...Object.fromEntries(own), XDG_CONFIG_HOME: join(cwd, '.config'), GITHUB_ACTIONS: '', CI: 'true' };
  return spawnSync(words[0]!, words.slice(1), { cwd, env, encoding: 'utf8' });
}
