import { statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { hexOf } from '../files/digest.js';
import { readRegularFile } from '../files/regular-file.js';
import { lastUse } from './last-use.js';
import { filesBelow } from './listing.js';
import { decodeManifest } from './manifest.js';
import { decodeRecord, isWhole } from './record.js';
import type { Artifact, TaskKey } from './types.js';

/** A record as `gc` sees it. */
export interface StoredRecord {
  readonly key: TaskKey;
  readonly path: string;
  /** For people: whose it is, and when it was made. */
  readonly name: string;
  readonly size: number;
  /** Time of last use, in milliseconds since the epoch. */
  readonly usedAt: number;
  /** True if it is of another version of this program, and left alone. */
  readonly foreign: boolean;
  /** Hexadecimal digits of the blobs it needs. */
  readonly blobs: readonly string[];
}

export interface StoredBlob {
  readonly hex: string;
  readonly path: string;
  readonly size: number;
  readonly usedAt: number;
}

/** Reads records and manifests without a trace: not even as used, unless that is told by a time yet to come. */
export class GcRecords {
  readonly #known = new Map<string, StoredRecord>();
  readonly #manifests = new Map<string, readonly string[]>();

  constructor(
    readonly store: string,
    readonly now: number,
    readonly mayNote: boolean,
  ) {}

  list(): readonly StoredRecord[] {
    return filesBelow(join(this.store, 'records')).flatMap((path) => {
      const known = this.#known.get(path) ?? this.#read(path);
      if (known === undefined) return [];
      this.#known.set(path, known);
      return [known];
    });
  }

  blobs(): readonly StoredBlob[] {
    return filesBelow(join(this.store, 'blobs')).flatMap((path) => {
      const stat = statSync(path, { throwIfNoEntry: false });
      if (stat === undefined) return [];
      const hex = basename(dirname(path)) + basename(path);
      return [{ hex, path, size: stat.size, usedAt: lastUse(path, stat.mtimeMs, this.now, this.mayNote) }];
    });
  }

  #read(path: string): StoredRecord | undefined {
    const stat = statSync(path, { throwIfNoEntry: false });
    const bytes = readOr(path);
    // Another process has removed it, or set it aside, in between.
    if (stat === undefined || bytes === undefined) return undefined;
    const text = bytes.toString();
    const key = basename(path, '.json') as TaskKey;
    const file = { key, path, size: stat.size, usedAt: lastUse(path, stat.mtimeMs, this.now, this.mayNote) };
    const record = decodeRecord(text, key);
    if (record === 'foreign') {
      const blobs = [...text.matchAll(/sha256:([0-9a-f]{64})/g)].flatMap(([, hex]) => [hex!, ...this.#manifest(hex!)]);
      return { ...file, name: 'a record of another version', foreign: true, blobs: [...new Set(blobs)] };
    }
    if (record === undefined || !isWhole(record))
      return { ...file, name: `a damaged record (${key.slice(0, 8)})`, foreign: false, blobs: [] };
    const { task, pipeline, finishedAt } = record.provenance;
    const blobs = Object.values(record.outputs).flatMap((artifact) => this.#blobsOf(artifact));
    const name = `${pipeline} ${task} of ${finishedAt.slice(0, 16).replace('T', ' ')}`;
    return { ...file, name, foreign: false, blobs: [...new Set(blobs)] };
  }

  #blobsOf({ kind, digest }: Artifact): readonly string[] {
    const hex = hexOf(digest);
    return kind === 'file' ? [hex] : [hex, ...this.#manifest(hex)];
  }

  /** The blobs of a folder's files; none if it is no manifest, or if that is damaged: then the folder can't be used. */
  #manifest(hex: string): readonly string[] {
    let blobs = this.#manifests.get(hex);
    if (blobs === undefined) {
      const manifest = decodeManifest(readOr(join(this.store, 'blobs', hex.slice(0, 2), hex.slice(2))) ?? '');
      blobs = 'problem' in manifest ? [] : manifest.files.map(({ digest }) => hexOf(digest));
      this.#manifests.set(hex, blobs);
    }
    return blobs;
  }
}

function readOr(path: string): Buffer | undefined {
  try {
    return readRegularFile(path);
  } catch {
    return undefined;
  }
}
