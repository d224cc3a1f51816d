import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { until } from '../e2e/processes.js';

// What a cluster with accounting has beside it: a database, and Slurm's daemon before that.

const user = userInfo().username;

/** Lines of slurm.conf. @param port of Slurm's daemon */
export const accounting = (folder: string, port: number): string[] => [
  'AccountingStorageType=accounting_storage/slurmdbd',
  'AccountingStorageHost=localhost',
  `AccountingStoragePort=${port}`,
  `AccountingStoragePass=${folder}/run/munge.sock`,
  'AccountingStorageEnforce=associations,limits,qos',
];

/** slurmdbd.conf. @param port of this daemon */
export const accountingDaemon = (folder: string, port: number, databasePort: number): string =>
  `${[
    'AuthType=auth/munge',
    `AuthInfo=socket=${folder}/run/munge.sock`,
    'DbdHost=localhost',
    `DbdPort=${port}`,
    `SlurmUser=${user}`,
    `LogFile=${folder}/log/slurmdbd.log`,
    `PidFile=${folder}/run/slurmdbd.pid`,
    'StorageType=accounting_storage/mysql',
    'StorageHost=127.0.0.1',
    `StoragePort=${databasePort}`,
    `StorageUser=${user}`,
    'StorageLoc=slurm',
  ].join('\n')}\n`;

/** Starts MariaDB with nothing in it, for anybody on this machine, with its process id in `run/mariadbd.pid`. */
export async function startDatabase(folder: string, port: number, env: NodeJS.ProcessEnv): Promise<void> {
  const data = `--datadir=${join(folder, 'database')}`;
  const install = ['--no-defaults', data, `--user=${user}`, '--skip-test-db'];
  const { status, stderr } = spawnSync('mariadb-install-db', install, { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`mariadb-install-db: ${stderr}`);
  const socket = join(folder, 'run/mariadbd.sock');
  const where = [`--port=${port}`, '--bind-address=127.0.0.1', `--socket=${socket}`];
  const notes = [`--pid-file=${join(folder, 'run/mariadbd.pid')}`, `--log-error=${join(folder, 'log/mariadbd.log')}`];
  const small = ['--innodb-buffer-pool-size=32M', '--innodb-flush-log-at-trx-commit=0', '--skip-log-bin'];
  const args = ['--no-defaults', data, `--user=${user}`, '--skip-grant-tables', ...where, ...notes, ...small];
  spawn('mariadbd', args, { env, stdio: 'ignore', detached: true }).unref();
  await until(() => existsSync(socket), 'the database answers');
}
