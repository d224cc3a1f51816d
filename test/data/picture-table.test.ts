import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { byTable } from '../../src/data/picture-table.js';

const root = mkdtempSync(join(tmpdir(), 'spikeline-table-'));
afterAll(() => rmSync(root, { recursive: true }));

let tables = 0;
/** The folder `NUMBER/photos` with files of these names, and a table beside it. */
function listed(files: readonly string[], rows: string | Buffer) {
  const number = String(++tables);
  for (const file of [...files.map((name) => `photos/${name}`), 't.csv']) {
    const path = join(root, number, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, file === 't.csv' ? rows : '');
  }
  const named = (label: string) => ({ path: join(root, number, label), label });
  return byTable(named('photos'), named('t.csv'));
}

const pairs = async (files: readonly string[], rows: string | Buffer) =>
  (await listed(files, rows)).map(({ file, label }) => `${file} ${label}`);

async function refusal(files: readonly string[], rows: string | Buffer): Promise<string> {
  const error = await listed(files, rows).then(
    () => expect.unreachable(),
    (reason: unknown) => reason as Error & { code: string; hint?: string },
  );
  expect(error.code).toBe('E_DATA_CSV');
  return `${error.message} ${error.hint ?? ''}`;
}

const two = ['1.png', '2.png'];

describe('a table of pictures', () => {
  it.each<[string, readonly string[], string]>([
    ['names with their endings', two, '1.png,cat\n2.png,dog\n'],
    ['ids without', two, '1,cat\n2,dog\n'],
    ['a heading of ids and labels', two, 'id,label\n1,cat\n2,dog\n'],
    ['a heading of ids, whose classes go by another name', two, 'id,breed\n1,cat\n2,dog\n'],
    ['a heading that only what follows tells', two, 'which,kind\n1.png,cat\n2.png,dog\n'],
    ['the index of pandas before it', two, ',image_id,label\n0,1,cat\n1,2,dog\n'],
    ['the class before the name', two, 'label,filename\ncat,1.png\ndog,2.png\n'],
    ['a row twice', two, '1,cat\n2.png,dog\n1.png,cat\n'],
    ['another way to write a path', two, './1.png,cat\n2.png,dog\n'],
  ])('may have %s', async (_, files, rows) => {
    expect(await pairs(files, rows)).toEqual(['1.png cat', '2.png dog']);
  });

  it('keeps a first row whose class is called as columns of labels are', async () => {
    expect(await pairs(two, '1.png,y\n2.png,n\n')).toEqual(['1.png y', '2.png n']);
    expect(await pairs(['a/1.png', 'a/2.png'], 'a/1.png,target\na/2.png,other\n')).toEqual([
      'a/1.png target',
      'a/2.png other',
    ]);
  });

  it('may be in UTF-8 and in UTF-16 with its mark, and names what else it is in', async () => {
    const rows = '1,Bär\n2,dog\n';
    for (const bytes of [Buffer.from(rows), Buffer.from(`\uFEFF${rows}`), Buffer.from(`\uFEFF${rows}`, 'utf16le')])
      expect(await pairs(two, bytes)).toEqual(['1.png Bär', '2.png dog']);
    expect(await refusal(two, Buffer.from(rows, 'latin1'))).toBe(
      't.csv can\'t be read: it is not UTF-8: the byte 0xE4 in line 1 is "ä" in Windows-1252 (Latin-1). ' +
        'save it as UTF-8, such as with iconv -f WINDOWS-1252 -t UTF-8',
    );
    const wide = Buffer.from(Uint32Array.from(`\uFEFF${rows}`, (one) => one.codePointAt(0)!).buffer);
    expect(await refusal(two, wide)).toBe(
      "t.csv can't be read: it is UTF-32, not UTF-8. save it as UTF-8, such as with iconv -f UTF-32 -t UTF-8",
    );
  });

  it('may name pictures in subfolders, and files without any ending', async () => {
    expect(await pairs(['a/1.png', 'b/1.jpg', 'plain', '2.png.png'], 'a/1,x\nb/1.jpg,y\nplain,z\n2.png,w\n')).toEqual([
      'a/1.png x',
      'b/1.jpg y',
      'plain z',
      '2.png.png w',
    ]);
  });

  it('is never taken to begin with a heading where that is a picture that is missing', async () => {
    expect(await refusal(['2.png'], '1.png,cat\n2.png,dog\n')).toContain('t.csv names 1.png, which is not in photos.');
    expect(await refusal(['2.png'], '1,cat\n2,dog\n')).toContain('also with .png and .jpg');
  });

  it.each<[string, readonly string[], string, string]>([
    ['in a folder below', ['train/1.png'], '1,cat\n', 'It is in train: write folder: photos/train.'],
    ['by the folder above', ['1.png'], 'photos/1.png,cat\n', 'write folder: .'],
    ['with another ending', ['1.png'], '1.jpg,cat\n', 'There is 1.png: write that into the table.'],
    ['twice', ['1.png', '1.jpg'], '1,cat\n', 'There are 1.jpg and 1.png: write the ending, too.'],
    ['out of reach', ['1.png'], '../t.csv,cat\n', 'may not lead out of it'],
    ['by a path of the machine', ['1.png'], '/etc/passwd,cat\n', 'may not lead out of it'],
  ])('says where a picture is that is named %s', async (_, files, rows, words) => {
    expect(await refusal(files, rows)).toContain(words);
  });

  it('refuses one picture of two classes under two names, and pictures without a class', async () => {
    expect(await refusal(two, '1,cat\n2,dog\n1.png,dog\n')).toContain(
      'says of 1.png that it is "cat", and that it is "dog"',
    );
    expect(await refusal(two, '1,cat\n')).toContain('labels: test.csv }');
    expect(await refusal(two, 'id\n1\n2\n')).toContain('test: { share: 0.2 }');
  });
});
