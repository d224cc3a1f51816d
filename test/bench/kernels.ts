// What each kernel takes of a step, in WebAssembly and native; and beside it what it takes in another checkout that is built,
// which SPIKELINE_BEFORE names. Steps in turn, each in a process of its own with one thread. `npm run bench:kernels` writes
// test/bench/KERNELS.md; `npm run bench:kernels -- vgg:ann lenet:int16` measures some of the steps, and only prints.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { packageRoot } from '../../src/paths.js';
import { type Column, renderTable } from '../../src/text/table.js';
import { median } from './median.js';
import { startTurns } from './turns.js';

const before = process.env.SPIKELINE_BEFORE;
const rounds = Number(process.env.SPIKELINE_BENCH_ROUNDS ?? 7);
const batch = Number(process.env.SPIKELINE_BENCH_BATCH ?? 50);
/** What takes less than this share of a step, in each of the forms, is not listed. */
const least = 0.01;

const titles = {
  fp32: 'FP32 training',
  float32: 'k1B2 training, float32 gradients',
  int16: 'k1B2 training, int16 gradients',
  ann: 'k1B2, ANN inference',
  spiking: 'k1B2, spiking',
  noisy: 'k1B2, spiking, noise 0.1',
} as const;
const all = (['vgg', 'lenet'] as const).flatMap((network) => Object.keys(titles).map((task) => `${network}:${task}`));

/** Where steps are made: kernels of a checkout. */
interface Form {
  readonly key: string;
  readonly root: string;
  readonly kernels: 'wasm' | 'native';
}
const here: readonly Form[] = [
  { key: 'wasm', root: packageRoot, kernels: 'wasm' },
  { key: 'native', root: packageRoot, kernels: 'native' },
];
// There was a time before native kernels.
const hasNative = before !== undefined && existsSync(join(before, 'src/engine/wasm/native'));
const there: readonly Form[] =
  before === undefined
    ? []
    : [
        { key: 'wasm before', root: before, kernels: 'wasm' },
        ...(hasNative ? [{ key: 'native before', root: before, kernels: 'native' } as const] : []),
      ];

/** This checkout's program that makes steps, of another one's sources: it finds that one's build. */
async function stepsOf(root: string, folder: string): Promise<string> {
  const outfile = join(folder, `steps-${root === packageRoot ? 'here' : 'before'}.mjs`);
  await build({
    stdin: {
      contents: readFileSync(join(packageRoot, 'test/bench/kernel-steps.ts'), 'utf8'),
      resolveDir: join(root, 'test/bench'),
      loader: 'ts',
    },
    outfile,
    ...{ bundle: true, platform: 'node', format: 'esm', target: 'node20', logLevel: 'error' },
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(join(root, '.build/dev/kernel-steps.js')).href) },
  });
  return outfile;
}

type Times = Readonly<Record<string, number>>;
/** Milliseconds of each round, by form. */
async function measure(name: string, programs: ReadonlyMap<string, string>): Promise<Map<string, Times[]>> {
  const [network, task] = name.split(':') as [string, string];
  const forms = [...here, ...there];
  const takers = await Promise.all(
    forms.map(async ({ root, kernels }) => {
      const options = [programs.get(root)!, network, task, String(batch)];
      return (await startTurns(process.execPath, options, { SPIKELINE_KERNELS: kernels }))!;
    }),
  );
  const times = new Map<string, Times[]>(forms.map(({ key }) => [key, []]));
  for (let round = 0; round < rounds; round++)
    for (const [i, { key }] of forms.entries()) times.get(key)!.push(JSON.parse(await takers[i]!.turn()) as Times);
  for (const { close } of takers) close();
  return times;
}

/** Medians of milliseconds, and of the ratios round by round. */
function tableOf(times: ReadonlyMap<string, readonly Times[]>): string {
  const forms = [...times.keys()];
  const names = [...new Set([...times.values()].flatMap((all) => all.flatMap((one) => Object.keys(one))))];
  const row = (name: string) => {
    const [kernel, layer = ''] = name.split(' ');
    const series = new Map(forms.map((key) => [key, times.get(key)!.map((one) => one[name])]));
    const ratio = (a: string, b: string) => {
      const values = (series.get(a) ?? []).map(
        (value, i) => (value ?? Number.NaN) / (series.get(b)?.[i] ?? Number.NaN),
      );
      return values.some(Number.isFinite) ? median(values.filter(Number.isFinite)).toFixed(2) : '–';
    };
    const milliseconds = forms.map((key) => {
      const known = series.get(key)!.filter((value) => value !== undefined);
      return [key, known.length > 0 ? median(known).toFixed(2) : '–'];
    });
    const ratios = [
      ['wasm / native', ratio('wasm', 'native')],
      ['wasm now / before', ratio('wasm', 'wasm before')],
      ['native now / before', ratio('native', 'native before')],
    ];
    return { kernel, layer, ...Object.fromEntries([...milliseconds, ...ratios]) } as Record<string, string>;
  };
  const share = (name: string) =>
    Math.max(...forms.flatMap((key) => times.get(key)!.map((one) => (one[name] ?? 0) / one.step!)));
  const rows = names
    .filter((name) => name !== 'step' && share(name) >= least)
    .sort((a, b) => share(b) - share(a))
    .map(row);
  const ratios = [
    'wasm / native',
    ...(before ? ['wasm now / before'] : []),
    ...(hasNative ? ['native now / before'] : []),
  ];
  const columns: Column[] = ['kernel', 'layer', ...forms, ...ratios].map((key) => ({ key }));
  return renderTable([...rows, row('step')], columns, 'md');
}

const asked = process.argv.slice(2);
const sections: string[] = [];
const folder = mkdtempSync(join(tmpdir(), 'spikeline-kernels-'));
try {
  const roots = [...new Set([...here, ...there].map(({ root }) => root))];
  const programs = new Map<string, string>();
  for (const root of roots) programs.set(root, await stepsOf(root, folder));
  for (const name of asked.length > 0 ? asked : all) {
    const [network, task] = name.split(':') as [string, keyof typeof titles];
    const section = `## ${network === 'vgg' ? 'VGG' : 'LeNet'}, ${titles[task]}\n\n${tableOf(await measure(name, programs))}`;
    console.log(section);
    sections.push(section);
  }
} finally {
  rmSync(folder, { recursive: true });
}
if (asked.length === 0)
  writeFileSync(
    join(packageRoot, 'test/bench/KERNELS.md'),
    `# What each kernel takes of a step

Milliseconds of processor time, batch ${batch}, one thread; medians of ${rounds} steps made in turn, and of the ratios step by step. What
takes less than ${100 * least} % of a step is in the last row only. ${cpus()[0]?.model ?? 'Unknown processor'}, Node ${process.version}. Written by
\`npm run bench:kernels\`${before === undefined ? '' : ', with `SPIKELINE_BEFORE` set to a checkout of an earlier version'}.

${sections.join('\n')}`,
  );
