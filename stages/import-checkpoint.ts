import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Type } from '@sinclair/typebox';
import { decodeAuthorsCheckpoint } from '../src/network/authors/checkpoint.js';
import { encodeCheckpoint } from '../src/network/checkpoint.js';
import { precisionProblem } from '../src/network/precision.js';
import { network, networkNames } from '../src/network/presets.js';
import { defineStage, inputFile } from '../src/stage/definition.js';

export default defineStage({
  name: 'import-checkpoint',
  summary: "Turns a checkpoint of the paper's authors (.npz) into one of ours",
  parameters: Type.Object({
    network: Type.Union(
      networkNames.map((name) => Type.Literal(name)),
      { description: 'The network that the file is a checkpoint of.' },
    ),
    k: Type.Integer({ minimum: 0, description: 'n = 2^k levels of an activation per unit.' }),
    B: Type.Integer({ minimum: 1, description: 'Bound of an activation.' }),
    classes: Type.Integer({ minimum: 2, default: 10, description: 'Classes of the data set it was trained on.' }),
  }),
  inputs: { file: { description: "The authors' .npz file" } },
  outputs: { checkpoint: { description: 'The checkpoint', path: 'checkpoint.safetensors' } },
  resources: { cpus: 1 },

  check({ k, B }) {
    const message = precisionProblem({ kind: 'quantised', k, B });
    return message === undefined ? [] : [{ parameter: 'k', message }];
  },

  async run(context) {
    const { network: name, k, B, classes } = context.parameters;
    const { path } = inputFile(context, 'file');
    const model = network(name, { classes, precision: { kind: 'quantised', k, B } });
    const checkpoint = decodeAuthorsCheckpoint(await readFile(path), model, basename(path));
    await writeFile(context.outputs.checkpoint!, encodeCheckpoint(checkpoint));
    return undefined;
  },
});
