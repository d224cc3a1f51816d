import { Type } from '@sinclair/typebox';
import { describe, expect, it } from 'vitest';
import { defineStage, type StageDefinition } from '../../../src/stage/definition.js';
import { builtInStage } from '../../../src/stage/registry.js';
import { load } from '../load.js';

const mine = defineStage({
  name: 'mine',
  summary: 'Mine',
  parameters: Type.Object({}),
  inputs: { net: { description: 'N', optional: true, kind: 'checkpoint' }, any: { description: 'A', optional: true } },
  outputs: { o: { description: 'O', path: 'o' }, set: { description: 'S', path: 's', kind: 'dataset' } },
  run: () => Promise.resolve(),
}) as unknown as StageDefinition;
const resolveStage = async (uses: string) => (uses === './mine.ts' ? mine : (await builtInStage(uses))!);

/** What is wrong with stages beside some of each kind, with what is marked. */
async function told(stages: string): Promise<readonly string[]> {
  const text = `name: p
axes: { noise: [0, 0.1] }
stages:
  data: { uses: dataset, with: { name: mnist } }
  net: { uses: train, inputs: { data: data }, with: { network: lenet, k: 1, B: 2 } }
  ann: { uses: ann-infer, inputs: { data: data, checkpoint: net } }
  conv: { uses: snn-convert, inputs: { checkpoint: net, data: data } }
  snn: { uses: snn-infer, over: [noise], inputs: { data: data, network: conv }, with: { noise: '\${{ noise }}' } }
  own: { uses: ./mine.ts }
  cmd: { run: make, outputs: { o: o } }
${stages}`;
  const { diagnostics } = await load(text, { resolveStage });
  return diagnostics.map(({ code, message, hint, range }) => {
    const found = text.slice(range!.start, range!.end);
    return `${found}: ${code} ${message}${hint === undefined ? '' : ` – ${hint}`}`;
  });
}

describe('an output of another kind than an input takes', () => {
  it.each([
    [
      '{ uses: ann-infer, inputs: { data: net, checkpoint: net } }',
      'net: E_INPUT_KIND The input "data" takes a data set, and the output "checkpoint" of "net" is a trained network.',
    ],
    [
      '{ uses: ann-infer, inputs: { data: data, checkpoint: net.history } }',
      'net.history: E_INPUT_KIND The input "checkpoint" takes a trained network, and the output "history" of "net" is the history of train. – did you mean "net"?',
    ],
    [
      '{ uses: plot, inputs: { history: net } }',
      'net: E_INPUT_KIND The input "history" takes the history of train, and the output "checkpoint" of "net" is a trained network. – did you mean "net.history"?',
    ],
    [
      '{ uses: report, inputs: { ann: [ann, snn] } }',
      'snn: E_INPUT_KIND The input "ann" takes the result of ann-infer, and the output "result" of "snn" is the result of snn-infer. – did you mean "ann"?',
    ],
    [
      '{ uses: train, inputs: { data: data.samples, checkpoint: net } }',
      'data.samples: E_INPUT_KIND The input "data" takes a data set, and the output "samples" of "data" is no such thing. – did you mean "data"?',
    ],
    [
      '{ uses: ./mine.ts, inputs: { net: own.set } }',
      'own.set: E_INPUT_KIND The input "net" takes a trained network, and the output "set" of "own" is a data set. – did you mean "net"?',
    ],
  ])('is told: %s', async (stage, message) => {
    expect(await told(`  it: ${stage}\n`)).toEqual([message]);
  });

  it('is none where nobody says what it is, nor where the input takes anything', async () => {
    const commands = '  a: { uses: ann-infer, inputs: { data: cmd, checkpoint: { file: package.json } } }\n';
    const users = '  b: { uses: ann-infer, inputs: { data: own.set, checkpoint: own } }\n';
    const any = '  c: { uses: ./mine.ts, inputs: { any: net, net: net } }\n';
    const takes = "  d: { run: 'cat ${{ inputs.x }}', inputs: { x: ann } }\n";
    expect(await told(commands + users + any + takes)).toEqual([]);
  });
});
