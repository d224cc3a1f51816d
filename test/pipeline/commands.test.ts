import { describe, expect, it } from 'vitest';
import { lines, mistakes, pipelineOf } from './load.js';

const withRun = (run: string) =>
  lines(`
    name: commands
    axes: { seed: [1, 2] }
    params: { rate: 0.1, map: { a: 1 }, empty: }
    stages:
      first: { run: [x], over: [seed], outputs: { out: out.txt } }
      own:
        inputs: { all: first, file: { file: package.json } }
        outputs: { result: result.json, log: log }
        env: [HOME, CUDA, HOME]
        run: RUN
  `).replace('RUN', () => run);

const own = async (run: string) => (await pipelineOf(withRun(run))).tasks.at(-1)!;

describe('commands', () => {
  it('are words, with parts that are known now and parts that are known later', async () => {
    const run =
      "[mine, 3, true, 'rate=${{ params.rate }}', '${{ inputs.all }}', '-o${{ outputs.result }}', '${{ params.map.a }}']";
    const { action, env, resources } = await own(run);
    expect({ action, env, resources }).toEqual({
      action: {
        kind: 'command',
        command: [
          [{ text: 'mine' }],
          [{ text: '3' }],
          [{ text: 'true' }],
          [{ text: 'rate=' }, { value: '0.1' }],
          [{ input: 'all' }],
          [{ text: '-o' }, { output: 'result' }],
          [{ value: '1' }],
        ],
      },
      env: ['CUDA', 'HOME'],
      resources: {},
    });
  });

  it('get no credentials of the remote cache, even by name', async () => {
    const text = withRun('[x]').replace('CUDA', 'SPIKELINE_REMOTE_TOKEN');
    expect(await mistakes(text)).toContain(
      'must be the name of a variable, and none of the remote cache (SPIKELINE_REMOTE…), not "SPIKELINE_REMOTE_TOKEN".',
    );
  });

  it('may be a text for the shell', async () => {
    const { action } = await own('mine ${{ inputs.all }} < ${{ inputs.file }} > ${{ outputs.log }} ${{ params.rate }}');
    expect(action).toEqual({
      kind: 'shell',
      shell: 'sh',
      script: [
        { text: 'mine ' },
        { input: 'all' },
        { text: ' < ' },
        { input: 'file' },
        { text: ' > ' },
        { output: 'log' },
        { text: ' ' },
        { value: '0.1' },
      ],
    });
  });

  it('name what can not be part of them', async () => {
    const words = `
      - x\${{ inputs.all }}
      - \${{ inputs.al }}
      - \${{ outputs.out }}
      - \${{ params.map }}
      - \${{ params.empty }}
      - \${{ seed }}`;
    expect(await mistakes(withRun(words))).toBe(
      lines(`
        pipeline.yaml:11:10: error[E_EXPRESSION]: inputs.all is a list of files, which must be a word of its own.
          11 |       - x\${{ inputs.all }}
             |          ^^^^^^^^^^^^^^^^^
          hint: write '\${{ inputs.all }}' as an item of the list: each file becomes a word

        pipeline.yaml:12:20: error[E_UNKNOWN_NAME]: There is no "al" in inputs.
          12 |       - \${{ inputs.al }}
             |                    ^^
          hint: did you mean "all"?

        pipeline.yaml:13:21: error[E_UNKNOWN_NAME]: There is no "out" in outputs.
          13 |       - \${{ outputs.out }}
             |                     ^^^
          hint: known: result, log

        pipeline.yaml:14:9: error[E_EXPRESSION]: params.map is a map, which can't be part of a command.
          14 |       - \${{ params.map }}
             |         ^^^^^^^^^^^^^^^^^

        pipeline.yaml:15:9: error[E_EXPRESSION]: params.empty is empty, which can't be part of a command.
          15 |       - \${{ params.empty }}
             |         ^^^^^^^^^^^^^^^^^^^

        pipeline.yaml:16:13: error[E_UNKNOWN_NAME]: There is no "seed".
          16 |       - \${{ seed }}
             |             ^^^^
          hint: the stage is not swept over "seed": write over: [seed]
      `),
    );
  });

  it('stand where the shell can be given a value as it is', async () => {
    const run = `|
      # it's a comment: \${{ params.map.a }}
      mine "\${{ outputs.log }}"
      mine '\${{ inputs.file }}'
      mine "\${{ inputs.all }}" $((\${{ params.rate }} + 1))`;
    expect(await mistakes(withRun(run))).toBe(
      lines(`
        pipeline.yaml:13:13: error[E_EXPRESSION]: \${{ inputs.file }} stands inside 'single quotes', where the shell puts in no values.
          13 |       mine '\${{ inputs.file }}'
             |             ^^^^^^^^^^^^^^^^^^
          hint: end the quotes before it, or use "double quotes"

        pipeline.yaml:14:13: error[E_EXPRESSION]: inputs.all is a list of files, and quotes make one word of it.
          14 |       mine "\${{ inputs.all }}" $((\${{ params.rate }} + 1))
             |             ^^^^^^^^^^^^^^^^^
          hint: remove the quotes around it

        pipeline.yaml:14:35: error[E_EXPRESSION]: params.rate is not a whole number, and the shell computes with it here.
          14 |       mine "\${{ inputs.all }}" $((\${{ params.rate }} + 1))
             |                                   ^^^^^^^^^^^^^^^^^^
          hint: compute with whole numbers only
      `),
    );
  });

  it('say what shell reads them, if one does', async () => {
    const { action } = await own('mine\n    shell: bash');
    expect(action).toEqual({ kind: 'shell', shell: 'bash', script: [{ text: 'mine' }] });
    expect(await mistakes(withRun('[mine]\n    shell: bash'))).toContain(
      '`shell` belongs to a `run` that is text: a list of words is started without a shell.',
    );
  });
});
