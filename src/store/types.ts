import type { AxisValue, Digest, Metrics, TaskId } from '../values.js';

declare const brand: unique symbol;
/** 64 hexadecimal digits: what a task is found again by. */
export type TaskKey = string & { readonly [brand]: 'TaskKey' };

/** An output in the store. A folder's digest is that of its manifest blob, which lists its files' digests. */
export interface Artifact {
  readonly kind: 'file' | 'folder';
  readonly digest: Digest;
  /** Bytes of content, all files of a folder together. */
  readonly size: number;
  /** Of a file: may it be executed? Missing if not; folders keep it of each file. */
  readonly executable?: true;
}

/** One artifact of an input, as far as the task can see it. */
export interface KeyInput {
  readonly digest: Digest;
  /** What commands and stages of the user's see of a file beside its content: what it is called where it is laid out. */
  readonly name?: string;
  /** … and whether it may be executed. */
  readonly executable?: true;
  /** Of an item of a list: where it lies on the axes, which stages are told. Commands are not. */
  readonly axes?: unknown;
  readonly labels?: unknown;
}

/** The components a task key is the SHA-256 of. Each says why it is there. */
export interface KeyParts {
  /** Record type and schema version, so that a later format can't collide with this one. */
  readonly type: 'spikeline-task/2';
  /** What is executed: a stage's code fingerprint, or a command's words with inputs and outputs by name. */
  readonly action:
    | { readonly stage: string; readonly fingerprint: string }
    | { readonly command: unknown }
    | { readonly script: unknown; readonly shell: string };
  /** Parameters change results. */
  readonly parameters: unknown;
  /** Inputs by content and by what else can be seen of them, never by what made them. */
  readonly inputs: Readonly<Record<string, KeyInput | readonly KeyInput[]>>;
  /** Output names and paths: the same computation with other outputs has other records. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Declared environment variables by the digests of their values, which may be secrets; unset is null. */
  readonly env: Readonly<Record<string, string | null>>;
  /** Files outside the pipeline that the stage names itself (such as a local data folder), by content. */
  readonly files: Readonly<Record<string, Digest>>;
  /** Which arithmetic: engine name, fingerprint, versions of its libraries; null where nothing is computed with it. */
  readonly engine: {
    readonly name: string;
    readonly fingerprint: string;
    readonly libraries?: Readonly<Record<string, string>>;
  } | null;
}

/** What a finished task has made. */
export interface TaskResult {
  readonly key: TaskKey;
  readonly outputs: Readonly<Record<string, Artifact>>;
  readonly metrics: Metrics;
}

/** What the store knows of a finished task. */
export interface TaskRecord extends TaskResult {
  readonly parts: KeyParts;
  /** Digests of the stage's source files: they tell which one changed. The key has their fingerprint. */
  readonly code?: Readonly<Record<string, string>>;
  /** For people: never compared, never hashed. */
  readonly provenance: {
    readonly task: TaskId;
    readonly pipeline: string;
    readonly axes: Readonly<Record<string, AxisValue>>;
    readonly finishedAt: string;
    readonly seconds: number;
    readonly threads: number;
    readonly spikeline: string;
    readonly node: string;
    /** What the engine computed with, where that can be one thing or another of the same bits. */
    readonly kernels?: string;
    readonly platform: string;
  };
}
