import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildFolder } from '../../src/paths.js';
import { writeFewImages } from '../e2e/few-images.js';
import { cases, goldenTrials, writeLively } from '../engine/fingerprint.js';
import { listFiles, testFolder } from '../store/folder.js';

/** CI installs other versions of Node and says where their programs lie. */
const others = (process.env.SPIKELINE_OTHER_NODES ?? '').split(delimiter).filter((path) => path !== '');
/** Runs the built program on a version of Node, as a user does who has nothing yet. */
const spikeline = (node: string, folder: string, ...args: readonly string[]) =>
  execa(node, [join(buildFolder, 'cli.cjs'), ...args], {
    cwd: folder,
    env: { CI: 'true', GITHUB_ACTIONS: '', XDG_CONFIG_HOME: folder, SPIKELINE_CACHE: join(folder, 'cache') },
    reject: false,
  });

interface StoredRecord {
  readonly key: string;
  readonly outputs: Readonly<Record<string, { readonly digest: string }>>;
  readonly metrics: unknown;
  readonly provenance: { readonly task: string };
}

/** Keys, digests and metrics of all results in a store, by task. */
function results(artifacts: string): Record<string, unknown> {
  const folder = join(artifacts, 'store/records');
  const records = listFiles(folder).map(
    (name) => (JSON.parse(readFileSync(join(folder, name), 'utf8')) as { record: StoredRecord }).record,
  );
  return Object.fromEntries(
    records.map(({ key, outputs, metrics, provenance }) => [provenance.task, { key, outputs, metrics }]),
  );
}

describe.skipIf(others.length === 0)('on every version of Node', () => {
  let expected: Record<string, unknown> | undefined;
  let drawn: string;

  beforeAll(async () => {
    drawn = mkdtempSync(join(tmpdir(), 'spikeline-nodes-'));
    await writeLively(join(drawn, 'lively'));
  });
  afterAll(() => rmSync(drawn, { recursive: true, force: true }));

  it.each([process.execPath, ...others])('the quickstart gives the same bits, and no warning: %s', async (node) => {
    const folder = testFolder();
    const quickstart = [...writeFewImages(folder), '--artifacts', 'artifacts'];
    const run = await spikeline(node, folder, 'run', ...quickstart);
    expect([run.exitCode, run.stderr]).toEqual([0, '']);
    const found = results(join(folder, 'artifacts'));
    expect(Object.keys(found)).toHaveLength(22);
    expected ??= found;
    expect(found).toEqual(expected);
    const again = await spikeline(node, folder, 'run', ...quickstart);
    expect([again.exitCode, again.stderr, again.stdout]).toEqual([0, '', expect.stringContaining('ran 0, cached 22')]);
    const doctor = await spikeline(node, folder, 'doctor');
    expect([doctor.exitCode, doctor.stderr]).toEqual([0, '']);
    expect(doctor.stdout).toMatch(/^engine wasm +ok +WebAssembly .*, --no-liftoff --no-wasm-lazy-compilation/m);
  });

  // This Node's own are those of test/engine/determinism.test.ts, which has more numbers of threads.
  it.each([...others.map((node) => [node, 'optimised']), [others.at(-1)!, 'liftoff']])(
    'all that the engine computes has its golden hashes: %s, %s',
    async (node, compiler) => {
      const env = { ...process.env, SPIKELINE_TEST_LIVELY: join(drawn, 'lively') };
      const { stdout } = await promisify(execFile)(node, [join(buildFolder, '../dev/golden.js'), compiler], { env });
      const golden = Object.fromEntries(Object.entries(cases).map(([name, { golden }]) => [name, golden]));
      expect(JSON.parse(stdout)).toEqual({ ...golden, trials: goldenTrials });
    },
  );
});
