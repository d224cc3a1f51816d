import { createReadStream } from 'node:fs';
import { digestBytes, hexOf } from '../../files/digest.js';
import { StoreError } from '../../files/error.js';
import type { Digest } from '../../values.js';
import { blobsOf } from '../artifacts.js';
import { decodeManifest, type FolderManifest } from '../manifest.js';
import type { Store } from '../store.js';
import type { Artifact, TaskKey, TaskRecord, TaskResult } from '../types.js';
import type { NamedBlob } from './action-result.js';
import { decodeEntry, encodeEntry } from './entry.js';
import { type BlobSource, fetchArtifacts, settleAll } from './fetch-artifacts.js';
import { type Incoming, type Remote, RemoteError } from './remote.js';
import type { RemoteSettings } from './settings.js';
import { LeftAlone, Traffic, type Warning } from './traffic.js';
import { patienceFor } from './watchdog.js';

/** No entry is larger, in bytes. */
const largestEntry = 16 << 20;
/** No list of a folder's files that is shared is: about a hundred thousand of them, which take a minute to bring here. */
const largestManifest = 16 << 20;

export interface RemoteOptions {
  readonly signal: AbortSignal;
  /** Bytes so far, and in all. */
  progress?(done: number, total: number): void;
}

/**
 * Results that are shared through a remote. Nothing that comes from it is taken on trust: blobs are compared with their
 * digests before they appear in the store, records with the key that this machine has computed, and no more is taken in
 * than was announced. What fails is a warning and a result that is not there.
 */
export class RemoteCache {
  readonly name: string;
  readonly readOnly: boolean;
  readonly #traffic: Traffic;
  readonly #signingKey: string | undefined;
  readonly #patienceMs: number | undefined;
  /** What the remote has wrong, to be replaced: hexadecimal digests and keys. */
  readonly #wrong = new Set<string>();
  readonly #warned = new Set<string>();

  constructor(
    readonly remote: Remote,
    readonly store: Store,
    settings: Pick<RemoteSettings, 'readOnly' | 'silenceMs' | 'signingKey'> & {
      readonly retryMs?: number;
      readonly patienceMs?: number;
    },
    readonly warn: (warning: Warning) => void,
  ) {
    this.name = remote.name;
    this.readOnly = settings.readOnly;
    this.#signingKey = settings.signingKey;
    this.#patienceMs = settings.patienceMs;
    this.#traffic = new Traffic(remote, settings.silenceMs, warn, settings.retryMs);
  }

  /** True if results can be had from it; false once it has been given up. */
  get readable(): boolean {
    return this.#traffic.uses('read');
  }

  /** True if results may be given to it. */
  get writable(): boolean {
    return !this.readOnly && this.#traffic.uses('write');
  }

  /**
   * Brings the result of a key into the store, with its record. Undefined if it can't be had, or the signal is aborted.
   *
   * @param what names it in warnings
   */
  async fetch(key: TaskKey, what: string, options: RemoteOptions): Promise<TaskResult | undefined> {
    if (!this.readable) return undefined;
    try {
      const record = await this.#record(key, options.signal);
      if (record === undefined || !(await this.#fetchOutputs(record, options))) return undefined;
      await this.store.writeRecord(record);
      return { key, outputs: record.outputs, metrics: record.metrics };
    } catch (error) {
      this.#excuse(error, options.signal, `${what} can't be taken from`);
      return undefined;
    }
  }

  /** What the remote says that the result of a key is, without its blobs. */
  async record(key: TaskKey, options: RemoteOptions): Promise<TaskRecord | undefined> {
    try {
      return await this.#record(key, options.signal);
    } catch (error) {
      this.#excuse(error, options.signal, `a result can't be looked up in`);
      return undefined;
    }
  }

  /** True if the remote has the blobs of artifacts. Of folders only the list of files is asked for. */
  async has(artifacts: readonly Artifact[], { signal }: RemoteOptions): Promise<boolean> {
    try {
      const found = await Promise.all(
        artifacts.map(({ digest, size }) =>
          size === 0 ? Promise.resolve(0) : this.#traffic.find('read', 'cas', hexOf(digest), signal),
        ),
      );
      return found.every((size) => size !== undefined);
    } catch (error) {
      this.#excuse(error, signal, `results can't be looked up in`);
      return false;
    }
  }

  /**
   * Gives a result to the remote: blobs first, the record last. What it has already is not sent again.
   *
   * @returns whether the remote has it now
   */
  async upload(record: TaskRecord, what: string, { signal, progress }: RemoteOptions): Promise<boolean> {
    if (!this.writable) return false;
    try {
      const lists = await Promise.all(
        Object.values(record.outputs).map((artifact) => blobsOf(this.store.blobs, artifact)),
      );
      // What nobody would take.
      for (const [i, { kind }] of Object.values(record.outputs).entries())
        if (kind === 'folder' && lists[i]![0]!.size > largestManifest)
          throw new RemoteError('refused', 'a folder has too many files to be shared');
      const blobs = [...new Map(lists.flat().map((blob) => [blob.digest, blob])).values()];
      if (!blobs.every(({ size }) => this.#traffic.carries('write', size))) return false;
      const total = blobs.reduce((sum, { size }) => sum + size, 0);
      let done = 0;
      const moved = (bytes: number) => {
        done += bytes;
        progress?.(done, total);
      };
      moved(0);
      await settleAll(blobs.map((blob) => this.#putBlob(blob, signal, moved)));
      if (this.#wrong.has(record.key) || (await this.#traffic.find('write', 'ac', record.key, signal)) === undefined) {
        const entry = encodeEntry(record, blobs, this.#signingKey);
        const content = {
          size: entry.length,
          async *open() {
            yield entry;
          },
        };
        await this.#traffic.put('ac', record.key, content, signal);
      }
      return true;
    } catch (error) {
      this.#excuse(error, signal, `${what} can't be given to`);
      return false;
    }
  }

  close(): Promise<void> {
    return this.remote.close();
  }

  #record(key: TaskKey, signal: AbortSignal): Promise<TaskRecord | undefined> {
    return this.#traffic.read('ac', key, signal, async (incoming, moved) => {
      const found = decodeEntry(await this.#bytes(incoming, largestEntry, moved), key, this.#signingKey);
      if (found !== undefined && 'parts' in found) return found;
      this.#wrong.add(key);
      if (found !== undefined) throw new RemoteError('content', found.problem);
      return undefined;
    });
  }

  /** Brings what a record names. False if the remote does not have it all. */
  async #fetchOutputs({ key, outputs, provenance }: TaskRecord, { signal, progress }: RemoteOptions): Promise<boolean> {
    const artifacts = Object.values(outputs);
    const patience = patienceFor(artifacts, provenance.seconds, this.#patienceMs);
    try {
      return await this.#traffic.within(patience, signal, (watched) => {
        const source: BlobSource = {
          carries: (size) => this.#traffic.carries('read', size),
          getBlob: (blob, moved) => this.#getBlob(blob, watched, moved),
          getManifest: (digest) => this.#getManifest(digest, watched),
        };
        return fetchArtifacts(this.store, artifacts, source, progress);
      });
    } catch (error) {
      if (error instanceof RemoteError && error.fault === 'content') this.#wrong.add(key);
      throw error;
    }
  }

  async #getBlob({ digest, size }: NamedBlob, signal: AbortSignal, moved: (bytes: number) => void): Promise<boolean> {
    const { blobs } = this.store;
    if (size === 0) return (await blobs.addBytes('')) === digest;
    const done = await this.#traffic.read(
      'cas',
      hexOf(digest),
      signal,
      async (incoming, tick) => {
        let got = 0;
        const count = (bytes: number) => {
          got += bytes;
          tick(bytes);
          moved(bytes);
        };
        try {
          await blobs.receive(digest, size, this.#within(incoming, { limit: size, size }, count));
          return true;
        } catch (error) {
          moved(-got);
          if (!(error instanceof StoreError) || error.code !== 'E_STORE_CORRUPT') throw error;
          throw this.#somethingElse(digest);
        }
      },
      size,
    );
    return done === true;
  }

  #getManifest(digest: Digest, signal: AbortSignal): Promise<FolderManifest | undefined> {
    return this.#traffic.read('cas', hexOf(digest), signal, async (incoming, moved) => {
      const bytes = await this.#bytes(incoming, largestManifest, moved);
      if (digestBytes(bytes) !== digest) throw this.#somethingElse(digest);
      const manifest = decodeManifest(bytes);
      if ('problem' in manifest)
        throw new RemoteError('content', `the list of a folder’s files can't be used: it ${manifest.problem}`);
      await this.store.blobs.addBytes(bytes);
      return manifest;
    });
  }

  #somethingElse(digest: Digest): RemoteError {
    this.#wrong.add(hexOf(digest));
    return new RemoteError('content', `what it has as ${hexOf(digest).slice(0, 8)}… is something else`);
  }

  async #putBlob({ digest, size }: NamedBlob, signal: AbortSignal, moved: (bytes: number) => void): Promise<void> {
    const name = hexOf(digest);
    const found =
      size === 0 ? 0 : this.#wrong.has(name) ? undefined : await this.#traffic.find('write', 'cas', name, signal);
    let sent = 0;
    if (found !== size && found !== 'unknown') {
      const path = this.store.blobs.pathOf(digest);
      const open = async function* () {
        // Another attempt begins anew.
        moved(-sent);
        sent = 0;
        for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
          yield chunk;
          sent += chunk.length;
          moved(chunk.length);
        }
      };
      await this.#traffic.put('cas', name, { size, open }, signal);
    }
    moved(size - sent);
  }

  /** The bytes of an object, no more than there may be, and no fewer. */
  async *#within(
    { size: announced, body }: Incoming,
    { limit, size }: { readonly limit: number; readonly size?: number | undefined },
    moved: (bytes: number) => void,
  ): AsyncGenerator<Uint8Array> {
    if (announced !== undefined && (announced > limit || (size !== undefined && announced !== size)))
      throw new RemoteError('content', `it announces ${announced} bytes instead of ${size ?? `at most ${limit}`}`);
    let got = 0;
    try {
      for await (const chunk of body as AsyncIterable<Uint8Array>) {
        got += chunk.length;
        if (got > limit) throw new RemoteError('content', `it sends more than ${limit} bytes`);
        moved(chunk.length);
        yield chunk;
      }
    } catch (error) {
      // Whoever takes the bytes must not think that it failed itself.
      throw this.remote.explain(error);
    }
    if (got !== (size ?? announced ?? got))
      throw new RemoteError('transient', `the connection ended after ${got} of ${size ?? announced} bytes`);
  }

  async #bytes(incoming: Incoming, limit: number, moved: (bytes: number) => void): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.#within(incoming, { limit }, moved)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  /** Says what went wrong, unless that has been said, or somebody wanted it to end. */
  #excuse(error: unknown, signal: AbortSignal, what: string): void {
    if (signal.aborted || error instanceof LeftAlone) return;
    // Whatever it is: for want of a cache no run ends.
    const { message, hint } = error as RemoteError | StoreError;
    if (!this.readable || this.#warned.has(message)) return;
    this.#warned.add(message);
    this.warn({
      message: `${what} the remote cache ${this.name}: ${message.replace(/\.$/, '')}.`,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}
