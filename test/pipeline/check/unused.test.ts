import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadPipeline } from '../../../src/pipeline/load.js';
import { formatDiagnostics } from '../../../src/pipeline/text/format.js';
import { testFolder, writeFiles } from '../../store/folder.js';
import { lines, load, mistakes } from '../load.js';
import { resolveFake } from '../stages.js';

const text = lines(`
  name: x
  axes: { noise: [0, 0.1], size: [1, 2] }
  params: { epochs: 1, epoch: 2, seeds: { a: 1 } }
  stages:
    a: { run: 'echo \${{ params.epochs }} \${{ params.seeds.a }}', over: [noise] }
`);

describe('what nothing uses', () => {
  it('is warned of, at its name, and keeps nobody from running the rest', async () => {
    expect(await mistakes(text)).toBe(
      lines(`
        pipeline.yaml:2:26: warning[W_UNUSED]: No stage is swept over the axis "size".
           2 | axes: { noise: [0, 0.1], size: [1, 2] }
             |                          ^^^^
          hint: name it in a stage's over:, or remove it

        pipeline.yaml:3:22: warning[W_UNUSED]: No stage uses the param "epoch".
           3 | params: { epochs: 1, epoch: 2, seeds: { a: 1 } }
             |                      ^^^^^
          hint: use it as \${{ params.epoch }}, or remove it
      `),
    );
    expect((await load(text)).pipeline?.tasks).toHaveLength(2);
  });

  it('is not looked for where the parser is to be spared', async () => {
    const parsed = { get: () => undefined, set: () => undefined };
    const { diagnostics } = await loadPipeline('pipeline.yaml', { resolveStage: resolveFake, text, parsed });
    expect(diagnostics).toEqual([]);
  });

  it('is not spoken of where something is wrong, nor where all params are taken at once', async () => {
    expect(await mistakes(text.replace('echo', '${{ no }}'))).not.toContain('W_UNUSED');
    expect(await mistakes(text.replace('params.epochs', 'params'))).not.toContain('param "');
  });

  it('may stand in a file that others build on', async () => {
    const folder = writeFiles(testFolder(), { 'base.yaml': text, 'p.yaml': 'name: y\nextends: base.yaml\n' });
    const { pipeline, diagnostics } = await loadPipeline(join(folder, 'p.yaml'), { resolveStage: resolveFake });
    expect(formatDiagnostics(diagnostics, () => undefined)).toBe('');
    expect(pipeline?.tasks).toHaveLength(2);
  });
});
