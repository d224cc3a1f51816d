import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/paths.js';
import { readPages } from './markdown.js';

const pages = readPages();
const byName = new Map(pages.map((page) => [page.name, page]));

/** Paths of this repository as they stand in back quotes; braces, stars and dots stand for others. */
const paths = /`((?:\.github|\.ci|docs|pipelines|src|stages|test)\/[\w./<>-]+)`/g;

const files = ['docs', 'src', 'stages', 'test'].flatMap((folder) =>
  readdirSync(join(packageRoot, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
);

/** True if it is there; `<name>` stands for the name of something that is there already. */
function exists(path: string): boolean {
  if (!path.includes('<')) return existsSync(join(packageRoot, path));
  const pattern = new RegExp(
    `^${path
      .replace(/\/$/, '')
      .replaceAll('.', '\\.')
      .replaceAll(/<[^>]*>/g, '[^/]+')}$`,
  );
  return files.some((file) => pattern.test(file.replaceAll(sep, '/')));
}

describe.each(pages)('$name', ({ folder, prose }) => {
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);

  it('links to pages and headings that there are', () => {
    const broken = links.filter((link) => {
      if (/^https?:/.test(link)) return false;
      const [file, anchor] = link.split('#') as [string, string | undefined];
      const name = file === '' ? undefined : relative(packageRoot, resolve(folder, file));
      if (name !== undefined && !existsSync(join(packageRoot, name))) return true;
      if (anchor === undefined) return false;
      const page = name === undefined ? pages.find((one) => one.prose === prose) : byName.get(name);
      return page?.anchors.has(anchor) !== true;
    });
    expect(broken).toEqual([]);
  });

  it('names files that there are', () => {
    const missing = [...prose.matchAll(paths)].map(([, path]) => path!).filter((path) => !exists(path));
    expect(missing).toEqual([]);
  });
});

it('every page of docs/ can be reached from README', () => {
  const linked = (name: string) =>
    [...byName.get(name)!.prose.matchAll(/\]\(([^)#\s]+\.md)[^)]*\)/g)].map(([, target]) =>
      relative(packageRoot, resolve(byName.get(name)!.folder, target!)),
    );
  const reached = new Set(['README.md']);
  for (const name of reached) for (const next of linked(name)) if (byName.has(next)) reached.add(next);
  expect(pages.map(({ name }) => name).filter((name) => !reached.has(name))).toEqual([]);
});

it('README has no link to what the package leaves out', () => {
  const { files: packed } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { files: string[] };
  const shipped = new Set([...packed, 'LICENSE']);
  const isShipped = (link: string) =>
    [link, link.split('/')[0]!, `${dirname(link)}/*.md`].some((one) => shipped.has(one));
  const links = [...byName.get('README.md')!.prose.matchAll(/\]\(([^)#\s:]+)[^)\s:]*\)/g)].map(([, target]) => target!);
  expect(links.length).toBeGreaterThan(20);
  expect(links.filter((link) => !isShipped(link))).toEqual([]);
});
