// What `spikeline init` makes. The files lie in pipelines/templates and, of the paper, in pipelines/ itself.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { importModule } from '../../import-module.js';
import { buildFolder, packageRoot } from '../../paths.js';

export interface Template {
  readonly name: string;
  readonly summary: string;
  /** The pipeline to run, as it is called in the new folder. */
  readonly pipeline: string;
  /** Calls to go on with, and a word of what they do. */
  readonly next: readonly (readonly [command: string, what: string])[];
  /** Files beside those that all templates have, by path in the new folder: where they lie in the package. */
  readonly files: Readonly<Record<string, string>>;
  /** Files that are made, by path in the new folder. */
  readonly make?: () => Promise<ReadonlyMap<string, Uint8Array>>;
}

const inTemplates = (path: string): string => `pipelines/templates/${path}`;

export const templates: readonly Template[] = [
  {
    name: 'quickstart',
    summary: 'one network, from images to spikes; with data, a minute',
    pipeline: 'quickstart.yaml',
    next: [
      ['run quickstart.yaml', 'runs all of it'],
      ['run quickstart.yaml --set epochs=8 --open', 'trains for twice as long, and shows it on a page'],
    ],
    files: { 'quickstart.yaml': inTemplates('quickstart/quickstart.yaml') },
  },
  {
    name: 'sweep',
    summary: 'precisions, seeds as repetitions and noise, with intervals; with data, three minutes',
    pipeline: 'sweep.yaml',
    next: [
      ['run sweep.yaml', 'runs all of it'],
      ['run sweep.yaml --profile smoke', 'a short version, to see whether everything works'],
      ["run sweep.yaml --set 'noise=[0, 0.1, 0.2, 0.4]'", 'one more point: only that is computed'],
    ],
    files: { 'sweep.yaml': inTemplates('sweep/sweep.yaml') },
  },
  {
    name: 'own-data',
    summary: 'pictures in a folder for each class, to be replaced by yours; a minute',
    pipeline: 'own-data.yaml',
    next: [
      ['run own-data.yaml', 'runs all of it'],
      ['show own-data.yaml data', 'shows what was read; see also artifacts/own-data/data/samples.png'],
    ],
    files: { 'own-data.yaml': inTemplates('own-data/own-data.yaml') },
    make: pictures,
  },
  {
    name: 'paper',
    summary: 'the whole paper: 14 networks on MNIST, CIFAR-10 and CIFAR-100; days, or minutes with --profile smoke',
    pipeline: 'paper.yaml',
    next: [
      ['run paper.yaml --profile smoke', 'the same graph on a few images, in minutes'],
      ['plan paper.yaml --measure', 'how long all of it takes on this machine'],
      ['run paper.yaml', 'all of it'],
    ],
    files: {
      'paper.yaml': inTemplates('paper/paper.yaml'),
      'lenet-mnist.yaml': 'pipelines/lenet-mnist.yaml',
      'vgg-cifar10.yaml': 'pipelines/vgg-cifar10.yaml',
      'vgg-cifar100.yaml': 'pipelines/vgg-cifar100.yaml',
      'parts/network.yaml': 'pipelines/parts/network.yaml',
    },
  },
];

/** What all templates have: editors know the file format, git knows what is computed, and there is a stage with its test. */
const shared: Template['files'] = {
  // Under its own name npm would leave it out of the package.
  '.gitignore': inTemplates('shared/gitignore'),
  // With it the folder is a project of its own, whatever lies above it, for those who clone it as well.
  'artifacts/.gitignore': inTemplates('shared/artifacts-gitignore'),
  'pipeline.schema.json': 'pipelines/pipeline.schema.json',
  'stages/trade-off.ts': inTemplates('shared/stages/trade-off.ts'),
  'test/trade-off.yaml': inTemplates('shared/test/trade-off.yaml'),
  'test/trade-off.test.mjs': inTemplates('shared/test/trade-off.test.mjs'),
};

/** By a module of its own: what reads data would make each start of the command line longer. */
async function pictures(): Promise<ReadonlyMap<string, Uint8Array>> {
  const module = await importModule(pathToFileURL(join(buildFolder, 'sample-pictures.js')).href);
  return (module as typeof import('./sample-pictures.js')).samplePictures();
}

/** All files of a template, by path in the new folder. */
export async function templateFiles({ files, make }: Template): Promise<ReadonlyMap<string, Uint8Array>> {
  const read = async ([path, from]: readonly [string, string]) =>
    [path, await readFile(join(packageRoot, from))] as const;
  const all = await Promise.all(Object.entries({ ...files, ...shared }).map(read));
  return new Map([...all, ...((await make?.()) ?? [])]);
}
