// Values that the whole program passes around: what stands in pipeline files, and what stages report.

/** What a stage reports of its result: stored in the task record, shown by `show`, compared by `expect:`. */
export type MetricValue = number | string | boolean | readonly number[] | readonly string[];

export type Metrics = Readonly<Record<string, MetricValue>>;

/** A value of a sweep axis: a scalar, or a map of scalars such as `{ k: 1, B: 2 }`. */
export type Scalar = string | number | boolean;

export type AxisValue = Scalar | Readonly<Record<string, Scalar>>;

declare const brand: unique symbol;
/** `stage` or `stage@axis=label,…`: unique within a pipeline, for people and for the readable tree. */
export type TaskId = string & { readonly [brand]: 'TaskId' };

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Path of keys and indices from the root of a document. */
export type Path = readonly (string | number)[];

/** `sha256:` and 64 hexadecimal digits: the content of a blob or folder. */
export type Digest = string & { readonly [brand]: 'Digest' };
