import { Type } from '@sinclair/typebox';

const closed = { additionalProperties: false };
/** It is shown on terminals: nothing that steers one. */
const TextSchema = Type.String({ pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$', maxLength: 10_000 });
const CountSchema = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const ContentSchema = { digest: Type.String({ pattern: '^sha256:[0-9a-f]{64}$' }), size: CountSchema };
const ScalarSchema = Type.Union([TextSchema, Type.Number(), Type.Boolean()]);

/**
 * The form of a task record that comes from elsewhere. Its parts are not described here: the key, which was computed on
 * this machine, says what they have to be.
 */
export const RemoteRecordSchema = Type.Object(
  {
    key: Type.String(),
    parts: Type.Unknown(),
    code: Type.Optional(Type.Record(TextSchema, TextSchema, closed)),
    outputs: Type.Record(
      TextSchema,
      Type.Union([
        Type.Object(
          { kind: Type.Literal('file'), ...ContentSchema, executable: Type.Optional(Type.Literal(true)) },
          closed,
        ),
        Type.Object({ kind: Type.Literal('folder'), ...ContentSchema }, closed),
      ]),
      closed,
    ),
    metrics: Type.Record(
      TextSchema,
      Type.Union([ScalarSchema, Type.Array(Type.Number()), Type.Array(TextSchema)]),
      closed,
    ),
    provenance: Type.Object(
      {
        task: TextSchema,
        pipeline: TextSchema,
        axes: Type.Record(
          TextSchema,
          Type.Union([ScalarSchema, Type.Record(TextSchema, ScalarSchema, closed)]),
          closed,
        ),
        finishedAt: Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$' }),
        seconds: Type.Number({ minimum: 0 }),
        threads: CountSchema,
        spikeline: TextSchema,
        node: TextSchema,
        kernels: Type.Optional(TextSchema),
        platform: TextSchema,
      },
      closed,
    ),
  },
  closed,
);
