import { readdirSync } from 'node:fs';
import { hostname, platform, release } from 'node:os';
import { expect } from 'vitest';
import { filesIn } from '../../src/cli/publish/folder.js';
import { digestBytes, hexOf } from '../../src/files/digest.js';
import { annResults } from '../report/examples.js';
import { test } from './program.js';
import { writeProject } from './publish-project.js';

const quoted = (value: unknown) => `'${JSON.stringify(value)}'`;
const [ann] = annResults();

type Entity = Record<string, unknown> & { readonly '@id': string };

test('writes a run with all that reproduces it, the same each time', async ({ box }) => {
  writeProject(box);
  for (const [ran, what] of [
    [undefined, 'Nothing has run yet: there is no store in artifacts.'],
    ['part/one', '3 tasks of 4 have no result, or one that is out of date.'],
  ] as const) {
    if (ran !== undefined) await box.outcomes(['pipelines/p.yaml', ran]);
    const err = `${what}\n  hint: run it first: npx spikeline run pipelines/p.yaml\n`;
    expect(await box.run(['publish', 'crate', 'pipelines/p.yaml'])).toEqual({ code: 1, out: '', err });
  }
  expect(box.has('crate')).toBe(false);
  await box.outcomes(['pipelines/p.yaml']);
  const { code, out } = await box.run(['publish', 'crate', 'pipelines/p.yaml', '--max-size', '2KB']);
  expect([code, out]).toEqual([
    0,
    expect.stringMatching(
      /^Wrote crate: 23 files, \d+\.?\d* KB, as an RO-Crate \(Workflow Run Crate 0\.5\)\.\nNamed in its README\.md, and not copied \(--max-size 2KB\):\n {2}output "big" of list, 3 KB: larger than --max-size\nCheck it at any time: cd crate && sha256sum -c SHA256SUMS\n$/,
    ),
  ]);
  const files = filesIn(box.path('crate'));
  expect(files).toEqual([
    ...['CITATION.cff', 'LICENSE', 'README.md', 'SHA256SUMS', 'expectations.csv', 'metrics.csv', 'pipeline.svg'],
    ...['project/data/a b.txt', 'project/data/deep/b.txt', 'project/package.json', 'project/pipelines/base.yaml'],
    ...['project/pipelines/list.mjs', 'project/pipelines/p.yaml', 'project/pipelines/part.yaml'],
    ...['project/stages/add.ts', 'project/stages/half.ts', 'results/add/1/sum.txt', 'results/add/2/sum.txt'],
    ...['results/list/lists/list.csv', 'results/list/metrics.json', 'results/part/one/x.txt'],
    ...['ro-crate-metadata.json', 'tasks.json'],
  ]);
  const read = (path: string) => box.read(`crate/${path}`);
  const sums = files.filter((path) => path !== 'SHA256SUMS');
  expect(read('SHA256SUMS')).toBe(sums.map((path) => `${hexOf(digestBytes(read(path)))}  ${path}\n`).join(''));
  expect(read('metrics.csv')).toBe(
    'task,stage,n,metric,value\nadd@n=1,add,1,sum,2.5\nadd@n=2,add,2,sum,3\nlist,list,,throws,3\n',
  );
  expect(read('expectations.csv')).toContain('\nmet,list,throws,3,3,,0,');
  expect(read('README.md')).toContain('\nnpx spikeline run pipelines/p.yaml ');
  expect(read('README.md')).toContain(' By C. Zou, A Lab. Licence MIT.');
  // Nothing tells of this machine's folders.
  for (const path of files) expect(read(path)).not.toContain(box.folder);

  await box.run(['publish', 'again', 'pipelines/p.yaml', '--max-size', '2KB']);
  for (const path of filesIn(box.path('again'))) expect(box.read(`again/${path}`)).toBe(read(path));
  expect(readdirSync(box.folder).filter((name) => name.startsWith('.spikeline'))).toEqual([]);

  const { '@graph': graph } = JSON.parse(box.read('crate/ro-crate-metadata.json')) as { '@graph': Entity[] };
  const entity = (id: string) => graph.find((one) => one['@id'] === id);
  expect(entity('./')).toMatchObject({
    name: 'p',
    license: { '@id': '#licence' },
    author: [{ '@id': 'https://orcid.org/0000-0002-1825-0097' }, { '@id': '#author-2' }],
    mainEntity: { '@id': 'project/pipelines/p.yaml' },
  });
  expect(entity('#author-2')).toEqual({ '@id': '#author-2', '@type': 'Organization', name: 'A Lab' });
  expect(entity('#licence')).toMatchObject({ name: 'MIT', url: 'https://spdx.org/licenses/MIT' });
  expect(entity('#value/throws')).toMatchObject({ value: 3, exampleOfWork: { '@id': '#parameter/throws' } });
  expect(entity('#parameter/n')).toMatchObject({ additionalType: 'Integer', multipleValues: true });
  expect(entity('#run')).toMatchObject({
    instrument: { '@id': 'project/pipelines/p.yaml' },
    description: 'npx spikeline run pipelines/p.yaml',
    object: ['throws', 'note', 'n'].map((name) => ({ '@id': `#value/${name}` })).concat({ '@id': 'project/data/' }),
  });
  expect(entity('project/data/a%20b.txt')).toMatchObject({
    '@type': 'File',
    encodingFormat: 'text/plain',
    contentSize: '1',
  });
  expect(entity('results/list/lists/')).toMatchObject({
    '@type': 'Dataset',
    hasPart: { '@id': 'results/list/lists/list.csv' },
    exampleOfWork: { '@id': '#output/list.folder' },
  });
  const ids = new Set(graph.map((one) => one['@id']));
  const named = [...JSON.stringify(graph).matchAll(/\{"@id":"([^"]+)"\}/g)].map(([, id]) => id!);
  const own = named.filter((id) => !/^https:\/\/(w3id\.org\/ro\/crate|bioschemas\.org)\//.test(id));
  expect(own.filter((id) => !ids.has(id))).toEqual([]);

  box.write('mine/note.txt', 'mine');
  expect(await box.run(['publish', 'mine', 'pipelines/p.yaml'])).toEqual({
    code: 2,
    out: '',
    err:
      'mine is not empty, and was not made by `publish`: nothing is written over it.\n' +
      '  hint: name a folder that is not there yet, such as mine-2\n',
  });
});

test('tells neither the name of a machine nor of its user, and which files of the project do', async ({ box }) => {
  const home = box.path('homes/zou');
  box.write('homes/zou/.keep', '');
  box.write('package.json', '{ "private": true, "license": "MIT" }');
  const run = `name: p
stages:
  a:
    run: [node, -e, "fs.writeFileSync(process.argv[1], process.argv[2])", "\${{ outputs.result }}", ${quoted(ann)}]
    outputs: { result: result.json }
  page: { uses: report, inputs: { ann: a } }
`;
  box.write('p.yaml', run);
  const env = { HOME: home, USERPROFILE: home };
  await box.run(['run', 'p.yaml'], env);
  const clean = await box.run(['publish', 'crate', 'p.yaml'], env);
  expect(clean.out).not.toContain('name your home folder');
  const names = [hostname(), home, box.folder];
  for (const path of filesIn(box.path('crate')))
    for (const name of names) expect([path, box.read(`crate/${path}`).includes(name)]).toEqual([path, false]);
  const [task] = JSON.parse(box.read('crate/tasks.json')) as { readonly provenance: { readonly platform: string } }[];
  expect(filesIn(box.path('crate'))).toContain('page.html');
  expect(task!.provenance.platform).toBe(`${platform()} ${release()} ${process.arch} machine-1`);

  box.write('p.yaml', `${run}# as in ${home}/notes\n`);
  const { out } = await box.run(['publish', 'again', 'p.yaml'], env);
  expect(out).toContain('\nThese name your home folder or this machine: page.html, project/p.yaml\n');
});

test('keeps to itself what is secret by its name, whether a command names it or reads it as an input', async ({
  box,
}) => {
  box.write('package.json', '{ "private": true }');
  box.write('.env', 'TOKEN=of-nobody-else\n');
  box.write('host.key', 'of-nobody-else\n');
  box.write(
    'p.yaml',
    `name: p
stages:
  a: { run: '. ./.env; cat \${{ inputs.key }} | wc -c > \${{ outputs.o }}', inputs: { key: { file: host.key } }, outputs: { o: o.txt } }
`,
  );
  await box.run(['run', 'p.yaml']);
  const { code, out } = await box.run(['publish', 'crate']);
  expect([code, out]).toEqual([
    0,
    expect.stringContaining(
      '\n  .env: by its name there are secrets in it\n  host.key: by its name there are secrets in it\n',
    ),
  ]);
  for (const path of filesIn(box.path('crate'))) expect(box.read(`crate/${path}`)).not.toContain('of-nobody-else');
  expect(box.read('crate/README.md')).toContain('| .env |  |  | by its name there are secrets in it |');
});
