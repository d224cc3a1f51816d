import { execFile, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { alive, removeInUse, until } from '../e2e/processes.js';
import { accounting, accountingDaemon, startDatabase } from './database.js';

const run = promisify(execFile);

// Debian keeps daemons where users don't look.
const path = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;

/** Are Slurm's daemons and munge installed? */
export const isInstalled: boolean = ['munged', 'slurmctld', 'slurmd', 'sbatch'].every((name) =>
  path.split(':').some((folder) => existsSync(join(folder, name))),
);

/** Is what accounting needs installed, too? */
export const hasAccounting: boolean =
  isInstalled && ['slurmdbd', 'mariadbd', 'mariadb-install-db'].every((name) => existsSync(programPath(name) ?? ''));

/** Where one of its programs lies. */
export function programPath(name: string): string {
  return path
    .split(':')
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file))!;
}

/**
 * A real Slurm on this machine: munge, a controller and two nodes, without systemd, cgroups and accounting, in a folder
 * of its own. Its nodes say that they have eight cores each: most of what tests run only waits.
 */
export class Cluster {
  readonly folder = mkdtempSync(join(tmpdir(), 'spikeline-slurm-'));
  readonly env: Readonly<Record<string, string>> = { PATH: path, SLURM_CONF: join(this.folder, 'slurm.conf') };
  /** Pid files of what was started, in this order. */
  readonly #daemons: string[] = [];

  /**
   * @param options further lines of slurm.conf
   * @param accounts further words of `sacctmgr`, for a cluster with accounting
   */
  static async start(options: readonly string[] = [], accounts?: readonly string[]): Promise<Cluster> {
    const cluster = new Cluster();
    try {
      await cluster.#start(options, accounts);
      return cluster;
    } catch (error) {
      const logs = ['munged', 'slurmdbd', 'slurmctld', 'slurmd.n1'].map((name) => cluster.#log(name)).join('\n');
      await cluster.stop();
      throw new Error(`Slurm did not start. ${(error as Error).message}\n${logs}`, { cause: error });
    }
  }

  /** Runs one of Slurm's programs; returns what it printed. */
  async slurm(program: string, ...args: string[]): Promise<string> {
    const { stdout } = await run(program, args, { env: { ...process.env, ...this.env } });
    return stdout.trim();
  }

  /** Jobs that are in the queue, as `12_3 RUNNING n1`. */
  async queue(): Promise<string[]> {
    const text = await this.slurm('squeue', '--noheader', '--array', '--format=%F_%K %T %N %j');
    return text === '' ? [] : text.split('\n').map((line) => line.trim());
  }

  /** The first job of a name that is in a state. */
  async job(name: string, state: string, seconds = 300): Promise<string> {
    const end = Date.now() + seconds * 1e3;
    for (;;) {
      const found = (await this.queue()).find((line) => line.endsWith(` ${name}`) && line.includes(` ${state} `));
      if (found !== undefined) return found.split(' ')[0]!;
      if (Date.now() > end) throw new Error(`waited in vain: ${name} is ${state}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Resolves once the controller has forgotten a job: with `MinJobAge=2` that is soon after its end. */
  async forgets(job: string): Promise<void> {
    const known = () =>
      this.slurm('scontrol', 'show', 'job', job).then(
        () => true,
        () => false,
      );
    await eventually(async () => !(await known()), 'the controller has forgotten it');
  }

  /** Ends the controller, or starts it anew with the state it has kept. */
  async stopController(): Promise<void> {
    await this.#stopDaemon('slurmctld');
  }

  async startController(): Promise<void> {
    await this.#startDaemon('slurmctld', 'slurmctld', []);
    await this.#answers();
  }

  /** Ends all of it, jobs included, and removes the folder. */
  async stop(): Promise<void> {
    await this.slurm('scancel', '--user', userInfo().username).catch(() => undefined);
    await this.#jobsEnd().catch(() => undefined);
    for (const name of [...this.#daemons].reverse()) await this.#stopDaemon(name);
    await removeInUse(this.folder);
  }

  async #start(options: readonly string[], accounts: readonly string[] | undefined): Promise<void> {
    const { folder } = this;
    chmodSync(folder, 0o755);
    for (const name of ['run', 'state', 'log']) mkdirSync(join(folder, name), { mode: 0o755 });
    writeFileSync(join(folder, 'munge.key'), randomBytes(128), { mode: 0o400 });
    const [controller, first, second, daemon, database] = await freePorts();
    const lines =
      accounts === undefined ? ['AccountingStorageType=accounting_storage/none'] : accounting(folder, daemon);
    const all = [...lines, ...options];
    writeFileSync(join(folder, 'slurm.conf'), this.#configuration([controller, first, second], all));
    const munge = ['--key-file', 'munge.key', '--socket', 'run/munge.sock', '--pid-file', 'run/munged.pid'];
    const more = ['--log-file', 'log/munged.log', '--seed-file', 'run/munge.seed', '--num-threads', '2'];
    const absolute = (word: string) => (word.includes('.') ? join(folder, word) : word);
    await this.#startDaemon('munged', 'munged', [...munge, ...more].map(absolute));
    if (accounts !== undefined) {
      const { PATH } = this.env;
      await startDatabase(folder, database, { ...process.env, PATH });
      this.#daemons.push('mariadbd');
      writeFileSync(join(folder, 'slurmdbd.conf'), accountingDaemon(folder, daemon, database), { mode: 0o600 });
      await this.#startDaemon('slurmdbd', 'slurmdbd', []);
      for (const words of ['add cluster spikeline', ...accounts])
        await eventually(
          () => this.slurm('sacctmgr', '--immediate', ...words.split(' ')).then(() => true),
          `sacctmgr ${words}`,
        );
    }
    await this.#startDaemon('slurmctld', 'slurmctld', []);
    for (const node of ['n1', 'n2']) await this.#startDaemon(`slurmd.${node}`, 'slurmd', ['-N', node]);
    await this.#answers();
    // A line for each node of each partition.
    const words = ['--noheader', '--Node', '--nodes=n[1-2]', '--format=%T'];
    const states = async () => (await this.slurm('sinfo', ...words)).split('\n');
    await eventually(async () => (await states()).every((state) => state === 'idle'), 'both nodes are idle');
  }

  #configuration([controller, first, second]: readonly number[], options: readonly string[]): string {
    const { folder } = this;
    const user = userInfo().username;
    return `${[
      'ClusterName=spikeline',
      `SlurmctldHost=${hostname()}(127.0.0.1)`,
      `SlurmctldPort=${controller}`,
      'AuthType=auth/munge',
      `AuthInfo=socket=${folder}/run/munge.sock`,
      'CredType=cred/munge',
      `SlurmUser=${user}`,
      `SlurmdUser=${user}`,
      `StateSaveLocation=${folder}/state`,
      `SlurmdSpoolDir=${folder}/spool.%n`,
      `SlurmctldPidFile=${folder}/run/slurmctld.pid`,
      `SlurmdPidFile=${folder}/run/slurmd.%n.pid`,
      `SlurmctldLogFile=${folder}/log/slurmctld.log`,
      `SlurmdLogFile=${folder}/log/slurmd.%n.log`,
      'ProctrackType=proctrack/linuxproc',
      'TaskPlugin=task/none',
      'SwitchType=switch/none',
      'MpiDefault=none',
      'SelectType=select/cons_tres',
      'SelectTypeParameters=CR_CPU_Memory',
      'SlurmdParameters=config_overrides',
      'SchedulerType=sched/backfill',
      'SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0',
      'JobAcctGatherType=jobacct_gather/none',
      'ReturnToService=2',
      'KillWait=5',
      'DefMemPerCPU=100',
      `NodeName=n[1-2] NodeHostname=${hostname()} NodeAddr=127.0.0.1 Port=[${first}-${second}] CPUs=8 RealMemory=4000`,
      'PartitionName=main Nodes=n[1-2] Default=YES MaxTime=INFINITE State=UP',
      ...options,
    ].join('\n')}\n`;
  }

  async #answers(): Promise<void> {
    await eventually(async () => (await this.slurm('scontrol', 'ping')).includes('is UP'), 'the controller answers');
  }

  async #startDaemon(name: string, program: string, args: readonly string[]): Promise<void> {
    const child = spawn(program, args, { cwd: this.folder, env: { ...process.env, ...this.env }, stdio: 'ignore' });
    const code = await new Promise((resolve) => child.on('error', resolve).on('exit', resolve));
    if (code !== 0) throw new Error(`${program} ended with ${String(code)}.`);
    if (!this.#daemons.includes(name)) this.#daemons.push(name);
    await until(() => this.#pid(name) !== undefined, `${name} says its process id`);
  }

  async #stopDaemon(name: string): Promise<void> {
    const pid = this.#pid(name);
    if (pid === undefined || !alive(pid)) return;
    process.kill(pid, 'SIGTERM');
    await until(() => !alive(pid), `${name} ends`, 20).catch(() => process.kill(pid, 'SIGKILL'));
  }

  async #jobsEnd(): Promise<void> {
    await eventually(async () => (await this.queue()).length === 0, 'no job is left', 30);
  }

  #pid(name: string): number | undefined {
    try {
      const pid = Number(readFileSync(join(this.folder, 'run', `${name}.pid`), 'utf8'));
      return pid > 0 ? pid : undefined;
    } catch {
      return undefined;
    }
  }

  #log(name: string): string {
    const file = join(this.folder, 'log', `${name}.log`);
    return existsSync(file) ? `${name}: ${readFileSync(file, 'utf8').split('\n').slice(-10).join('\n')}` : '';
  }
}

/** Waits until a condition holds; what it throws meanwhile is a no. */
export async function eventually(condition: () => Promise<boolean>, what: string, seconds = 300): Promise<void> {
  const end = Date.now() + seconds * 1e3;
  while (!(await condition().catch(() => false))) {
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Five ports that nobody listens on, one after the other. */
async function freePorts(): Promise<[number, number, number, number, number]> {
  for (;;) {
    const first = 20_000 + Math.floor(Math.random() * 12_000);
    const ports = [first, first + 1, first + 2, first + 3, first + 4] as [number, number, number, number, number];
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return ports;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** What `slurmctld -V` says, for reports. */
export function slurmVersion(): string {
  return spawnSync('slurmctld', ['-V'], { env: { ...process.env, PATH: path } })
    .stdout.toString()
    .trim();
}
