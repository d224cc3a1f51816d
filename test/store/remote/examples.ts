import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { RemoteCache } from '../../../src/store/remote/cache.js';
import { FolderRemote } from '../../../src/store/remote/folder.js';
import { HttpRemote } from '../../../src/store/remote/http.js';
import type { Remote } from '../../../src/store/remote/remote.js';
import type { Warning } from '../../../src/store/remote/traffic.js';
import { Store } from '../../../src/store/store.js';
import type { TaskRecord } from '../../../src/store/types.js';
import { keyParts, recordOf } from '../examples.js';
import { testFolder, writeFiles } from '../folder.js';

export const quiet = { signal: new AbortController().signal };

interface Settings {
  readonly readOnly?: boolean;
  readonly silenceMs?: number;
  readonly patienceMs?: number;
  readonly signingKey?: string;
  readonly authorization?: string;
}

/** A machine of its own: a store, and a way to the remote. */
export class Machine {
  readonly store = Store.open(testFolder());
  readonly warnings: Warning[] = [];
  readonly cache: RemoteCache;

  constructor(
    remote: Remote | string,
    { readOnly = false, silenceMs = 5000, patienceMs = 60_000, signingKey, authorization }: Settings = {},
  ) {
    const way =
      typeof remote !== 'string'
        ? remote
        : remote.startsWith('http')
          ? new HttpRemote(remote, { connectMs: silenceMs, connections: 8, ...(authorization && { authorization }) })
          : new FolderRemote(remote);
    const settings = {
      readOnly,
      silenceMs,
      patienceMs,
      retryMs: 5,
      ...(signingKey === undefined ? {} : { signingKey }),
    };
    this.cache = new RemoteCache(way, this.store, settings, (warning) => this.warnings.push(warning));
    onTestFinished(() => this.cache.close());
  }

  /** What it was told, in one text. */
  get said(): string {
    return this.warnings.map(({ message, hint }) => (hint === undefined ? message : `${message} ${hint}`)).join('\n');
  }

  /** A result in the store: a file, and a folder of two, one of them empty, and a link. */
  async result(name: string, size = 200_000): Promise<TaskRecord> {
    const folder = writeFiles(testFolder(), {
      'file.bin': name.repeat(Math.ceil(size / name.length)),
      'folder/a/b.txt': `in a folder ${name}`,
      'folder/empty': '',
    });
    symlinkSync('a/b.txt', join(folder, 'folder/latest'));
    const outputs = {
      file: await this.store.ingest(join(folder, 'file.bin')),
      folder: await this.store.ingest(join(folder, 'folder')),
    };
    const record = recordOf(keyParts({ name }, { file: 'file.bin', folder: 'folder' }), outputs);
    await this.store.writeRecord(record);
    return record;
  }

  /** A folder of so many files in the store, made in no time. */
  async folder(files: number): Promise<TaskRecord> {
    const names = Array.from({ length: files }, (_, i) => [`folder/${i}`, `file ${i} of ${files}`]);
    const folder = writeFiles(testFolder(), Object.fromEntries(names) as Record<string, string>);
    const outputs = { folder: await this.store.ingest(join(folder, 'folder')) };
    const whole = recordOf(keyParts({ files }, { folder: 'folder' }), outputs);
    const record = { ...whole, provenance: { ...whole.provenance, seconds: 0 } };
    await this.store.writeRecord(record);
    return record;
  }

  /** Gives a result away. */
  async share(name: string, size?: number): Promise<TaskRecord> {
    const record = await this.result(name, size);
    await this.cache.upload(record, name, quiet);
    return record;
  }

  /** True if the result is here, whole. */
  async has({ key, outputs }: TaskRecord): Promise<boolean> {
    if ((await this.store.record(key)) === undefined) return false;
    for (const artifact of Object.values(outputs)) if (!(await this.store.has(artifact))) return false;
    return true;
  }
}

/** What a machine gets of a result from the remote cache: undefined if it gets nothing. */
export const fetchResult = (machine: Machine, { key }: Pick<TaskRecord, 'key'>) =>
  machine.cache.fetch(key, 'The result of t', quiet);
