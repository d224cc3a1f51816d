import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../src/paths.js';

const read = (file: string) => readFileSync(join(packageRoot, file), 'utf8');

/** What compiles only as long as it knows every kind: a switch that ends in `unreachable`, or a record of all kinds. */
const exhaustive = /\bunreachable\(|Record<(LayerKind|\w+\['kind'\]), /;

it('CONTRIBUTING lists the files that know every kind of layer', () => {
  const files = ['network', 'spiking', 'engine', 'exchange', 'experiment'].flatMap((folder) =>
    readdirSync(join(packageRoot, 'src', folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `src/${folder}/${name.replaceAll('\\', '/')}`),
  );
  const knowing = files.filter((file) => exhaustive.test(read(file))).sort();
  const [, list] = /### A layer kind\n[\s\S]*?the compiler lists[^:]*:\n\n([\s\S]*?)\n\n/.exec(
    read('CONTRIBUTING.md'),
  )!;
  const listed = [...list!.matchAll(/`(src\/[^`]+)`/g)].map(([, file]) => file!);
  expect(listed).toEqual(expect.arrayContaining(knowing));
});
