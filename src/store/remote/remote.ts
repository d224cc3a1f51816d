import type { Readable } from 'node:stream';
import type { FaultKind } from '../../net/fault.js';

/** `cas` holds blobs by the SHA-256 of their content, `ac` entries by task key; names are 64 hexadecimal digits. */
export type Area = 'cas' | 'ac';

/** An object that a remote has begun to send. Read it to its end, or destroy it. */
export interface Incoming {
  /** In bytes, if the remote says. */
  readonly size?: number;
  readonly body: Readable;
}

/** What is sent to a remote. It may be asked for again, for another attempt. */
export interface Outgoing {
  /** In bytes. */
  readonly size: number;
  open(): AsyncIterable<Uint8Array>;
}

/**
 * Where results are shared: objects by area and name. Nothing it says is believed here; see `RemoteCache`.
 *
 * Every call makes one attempt, ends soon after its signal is aborted, and fails with `RemoteError`: whether that was
 * the signal, the caller knows by the signal itself.
 */
export interface Remote {
  /** Its address as people may see it. */
  readonly name: string;
  /** Undefined if it is not there. */
  get(area: Area, name: string, signal: AbortSignal): Promise<Incoming | undefined>;
  /** The size of an object, `unknown` if the remote does not say; undefined if it is not there. */
  find(area: Area, name: string, signal: AbortSignal): Promise<number | 'unknown' | undefined>;
  put(area: Area, name: string, content: Outgoing, signal: AbortSignal): Promise<void>;
  /** What an error of a body that is being read means. */
  explain(error: unknown): RemoteError;
  close(): Promise<void>;
}

/** What went wrong with a remote, which decides what is done about it; `content`: what it sent is not what it should be. */
export type RemoteFault = FaultKind | 'content';

/** What a remote did not do, in words that follow "the remote cache URL: ". */
export class RemoteError extends Error {
  override readonly name = 'RemoteError';
  constructor(
    readonly fault: RemoteFault,
    message: string,
    readonly hint?: string,
    /** When to try again, in seconds, if the remote says. */
    readonly retryAfter?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
