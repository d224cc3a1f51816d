import { chmodSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type Running, Sandbox, type test as sandboxTest } from '../e2e/program.js';
import { Cluster, hasAccounting, isInstalled, programPath } from './cluster.js';

/** A sandbox on a cluster. The user there has no configuration but what a test writes to `config/`. */
export class ClusterBox extends Sandbox {
  readonly #started: Running[] = [];

  constructor(readonly cluster: Cluster) {
    super();
  }

  override start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
    const PATH = `${this.path('bin')}:${this.cluster.env.PATH!}`;
    const running = super.start(args, { ...this.cluster.env, PATH, XDG_CONFIG_HOME: this.path('config'), ...env });
    this.#started.push(running);
    return running;
  }

  /**
   * Puts a script before one of Slurm's programs, which it has as `$real`, for the runs of this box. Each call is noted
   * in `calls`, with its arguments.
   */
  standIn(program: string, script = 'exec $real "$@"'): void {
    const real = programPath(program);
    const head = `#!/bin/sh\necho "${program} $*" >> '${this.path('calls')}'\nreal=${real}\n`;
    this.write(`bin/${program}`, `${head}${script}\n`);
    chmodSync(this.path(`bin/${program}`), 0o755);
  }

  /** Calls of programs with stand-ins so far, in their order. */
  get calls(): string[] {
    return this.has('calls') ? this.read('calls').trim().split('\n') : [];
  }

  /** What there is to say after a failure: what its runs printed, the queue, and what jobs wrote. It never throws. */
  async report(): Promise<string> {
    const queue = await this.cluster.queue().catch((error: unknown) => [String(error)]);
    return [...this.#started.flatMap(({ out, err }) => [out, err]), ...queue, ...this.#jobsWrote()].join('\n');
  }

  #jobsWrote(): string[] {
    try {
      const files = readdirSync(this.folder, { recursive: true, encoding: 'utf8' });
      // Jobs go on meanwhile, and replace these files.
      const told = (name: string) => (existsSync(this.path(name)) ? readFileSync(this.path(name), 'utf8') : 'gone');
      return files.filter((name) => /\.(out|status)$/.test(name)).map((name) => `${name}: ${told(name)}`);
    } catch (error) {
      return [String(error)];
    }
  }
}

/** Tests with a cluster of their own; where Slurm is not installed, they say so and are skipped. */
export function describeOnCluster(
  name: string,
  define: (test: ReturnType<typeof onCluster>) => void,
  /** Further lines of slurm.conf. */
  options: readonly string[] = [],
  /** For a cluster with accounting: further words of `sacctmgr`. */
  accounts?: readonly string[],
): void {
  if (!isInstalled || (accounts !== undefined && !hasAccounting)) {
    const packages = `slurm-wlm munge${accounts === undefined ? '' : ' slurmdbd mariadb-server'}`;
    console.log(`${name}: skipped, because Slurm is not installed (apt-get install ${packages})`);
    describe.skip(name, () => it('needs Slurm', () => undefined));
    return;
  }
  describe(name, () => {
    let cluster: Cluster;
    beforeAll(async () => {
      cluster = await Cluster.start(options, accounts);
    });
    afterAll(() => cluster.stop());
    define(onCluster(() => cluster));
  });
}

function onCluster(cluster: () => Cluster) {
  return it.extend<{ readonly box: ClusterBox }>({
    box: async ({ task }, use) => {
      const box = new ClusterBox(cluster());
      try {
        await use(box);
      } finally {
        // Not by `onTestFailed`: when that is called, the folder is gone and the runs are killed.
        if (task.result?.state === 'fail') console.log(await box.report());
        await box.remove();
      }
    },
  });
}

/** The same, for tests that know of no cluster. */
export const asSandboxTest = (test: ReturnType<typeof onCluster>) => test as unknown as typeof sandboxTest;
