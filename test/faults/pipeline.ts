/**
 * A small pipeline with all that a store has to do with: files and folders (nested, empty, executable, with shared
 * content), an axis, a list, metrics, a file of the user's, a stage of the user's that keeps its state, and tasks that
 * share a key, so that they meet at its lock (`bit` is the same at both points, and so `wide` has one key).
 */
const pipeline = `name: small
axes: { n: [1, 3] }
stages:
  data:
    run: >-
      mkdir -p \${{ outputs.folder }}/sub/deep \${{ outputs.folder }}/empty &&
      cp \${{ inputs.seed }} \${{ outputs.folder }}/a.txt &&
      cp \${{ inputs.seed }} \${{ outputs.folder }}/sub/deep/same.txt &&
      echo 'echo run' > \${{ outputs.folder }}/sub/tool.sh &&
      chmod +x \${{ outputs.folder }}/sub/tool.sh
    inputs: { seed: { file: seed.txt } }
    outputs: { folder: folder }
  count:
    uses: ./count.ts
    over: [n]
    inputs: { data: data }
    with: { n: '\${{ n }}' }
  bit: { run: 'echo $((\${{ n }} % 2)) > \${{ outputs.bit }}', over: [n], outputs: { bit: bit.txt } }
  wide:
    run: 'read bit < \${{ inputs.bit }} && echo "wide $bit" > \${{ outputs.text }}'
    over: [n]
    inputs: { bit: bit }
    outputs: { text: text.txt }
  all:
    run: >-
      sum=0; for file in \${{ inputs.numbers }}; do read number < $file && sum=$((sum + number)) || exit 1; done;
      echo $sum > \${{ outputs.sum }} && echo "{\\"sum\\":$sum}" > \${{ outputs.metrics }}
    inputs: { numbers: count.total, wide: wide }
    outputs: { sum: sum.txt, metrics: metrics.json }
`;

/** Adds up the data's bytes in three steps, keeping its state after each. */
const count = `import { readFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { defineStage, Type } from 'spikeline';
export default defineStage({
  name: 'count', summary: 'Counts', parameters: Type.Object({ n: Type.Integer() }),
  inputs: { data: { description: 'Bytes' } },
  outputs: {
    total: { description: 'The total', path: 'total.txt' },
    steps: { description: 'A file for each step', path: 'steps' },
  },
  async run({ parameters, inputs, outputs, resume }) {
    const bytes = readFileSync(inputs.data.path + '/sub/deep/same.txt');
    const saved = await resume.load();
    const steps: number[] = saved === undefined ? [] : JSON.parse(Buffer.from(saved).toString());
    while (steps.length < 3) {
      steps.push((steps.at(-1) ?? 0) + bytes[steps.length]! * parameters.n);
      await resume.save(Buffer.from(JSON.stringify(steps)));
    }
    mkdirSync(outputs.steps!);
    steps.forEach((step, i) => writeFileSync(outputs.steps + '/' + i + '.txt', step + '\\n'));
    writeFileSync(outputs.total!, steps.at(-1) + '\\n');
    return { total: steps.at(-1)!, steps };
  },
});
`;

/** The same in the least that a run can be: a folder with an executable file, an empty folder, and a copy of a file. */
const tiny = `name: small
stages:
  data:
    run: >-
      mkdir -p \${{ outputs.folder }}/sub \${{ outputs.folder }}/empty && cp \${{ inputs.seed }} \${{ outputs.folder }}/sub &&
      echo 'echo run' > \${{ outputs.folder }}/tool.sh && chmod +x \${{ outputs.folder }}/tool.sh
    inputs: { seed: { file: seed.txt } }
    outputs: { folder: folder }
  copy:
    run: 'cp \${{ inputs.data }}/tool.sh \${{ outputs.copy }} && echo "{\\"n\\":1}" > \${{ outputs.metrics }}'
    inputs: { data: data }
    outputs: { copy: copy.txt, metrics: metrics.json }
`;

/** A folder with a file that is so large that threads hash it. */
const large = `name: small
stages:
  data:
    run: 'mkdir \${{ outputs.folder }} && yes spike | head -c 1100000 > \${{ outputs.folder }}/large'
    outputs: { folder: folder }
  copy:
    run: 'cp \${{ inputs.data }}/large \${{ outputs.copy }} && echo "{\\"n\\":1}" > \${{ outputs.metrics }}'
    inputs: { data: data }
    outputs: { copy: copy, metrics: metrics.json }
`;

/** A pipeline with the files it needs. */
export interface Example {
  readonly files: Readonly<Record<string, string>>;
  readonly tasks: readonly string[];
}

const seed = 'seed of the data\n';

export const smallPipeline: Example = {
  files: { 'p.yaml': pipeline, 'count.ts': count, 'seed.txt': seed },
  tasks: ['data', 'count@n=1', 'count@n=3', 'bit@n=1', 'bit@n=3', 'wide@n=1', 'wide@n=3', 'all'],
};

export const tinyPipeline: Example = {
  files: { 'p.yaml': tiny, 'seed.txt': seed },
  tasks: ['data', 'copy'],
};

export const largePipeline: Example = { files: { 'p.yaml': large }, tasks: ['data', 'copy'] };
