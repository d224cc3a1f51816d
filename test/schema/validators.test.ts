import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ErrorObject } from 'ajv';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PipelineSchema } from '../../src/pipeline/check/schema.js';
import { ajvOptions, plainSchema, validatorFile, validatorOf, validatorsFolder } from '../../src/schema/validators.js';

const told = (errors: readonly ErrorObject[] | null | undefined) =>
  (errors ?? []).map(({ instancePath, keyword, params, parentSchema }) => ({
    ...{ instancePath, keyword, params },
    title: (parentSchema as { title?: string }).title,
  }));

it('finds by the functions that the build makes of parts of a schema what ajv finds by the whole', () => {
  expect(existsSync(join(validatorsFolder, validatorFile(plainSchema(PipelineSchema))))).toBe(true);
  const built = validatorOf(PipelineSchema);
  const whole = new Ajv(ajvOptions).compile(plainSchema(PipelineSchema));
  const value = fc.oneof(
    ...[fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.array(fc.string(), { maxLength: 2 })],
    fc.constantFrom({ gpus: 0, memory: '4 apples' }, { partition: '' }, { stage: 'a', at: 1 }, { file: 1 }),
  );
  const keys = [
    'uses',
    'run',
    'inputs',
    'outputs',
    'resources',
    'slurm',
    'retries',
    'shell',
    'over',
    'extra',
    'nonsense',
  ];
  const stage = fc.dictionary(
    fc.constantFrom(...keys),
    fc.oneof(value, fc.dictionary(fc.constantFrom('in', '1'), value)),
  );
  const file = fc.record(
    {
      ...{ name: value, axes: fc.dictionary(fc.constantFrom('k', '-'), value), slurm: value, cache: value },
      stages: fc.dictionary(fc.constantFrom('a', 'b', '1'), stage, { maxKeys: 3 }),
      expect: fc.array(fc.dictionary(fc.constantFrom('stage', 'metric', 'equals', 'min', 'maxx'), value), {
        maxLength: 2,
      }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(file, (one) => {
      const [mine, others] = [structuredClone(one), structuredClone(one)];
      expect([built(mine), told(built.errors)]).toEqual([whole(others), told(whole.errors)]);
      expect(mine).toEqual(others);
    }),
    { numRuns: 300 },
  );
});
