import { execFileSync } from 'node:child_process';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decode, readText } from '../../../src/pipeline/text/read-text.js';
import { testFolder } from '../../store/folder.js';

const save = (encoding: string) => `save it as UTF-8, such as with iconv -f ${encoding} -t UTF-8`;

describe('bytes', () => {
  it('that are UTF-8 are text, with or without a byte order mark', () => {
    for (const text of ['', 'name: x\n', 'é € 😀 \uFFFD']) {
      expect(decode(Buffer.from(text))).toBe(text);
      expect(decode(Buffer.from(`\uFEFF${text}`))).toBe(text);
    }
  });

  it('in another encoding are told, with what it probably is', () => {
    const text = 'name: x\nparams: { v: café }\n';
    const latin = 'it is not UTF-8: the byte 0xE9 in line 2 is "é" in Windows-1252 (Latin-1)';
    expect(decode(Buffer.from(text, 'latin1'))).toEqual({ why: latin, hint: save('WINDOWS-1252') });
    // A character that looks like the decoder's own mark is none.
    expect(decode(Buffer.concat([Buffer.from('# \uFFFD\n'), Buffer.from('caf\xe9', 'latin1')]))).toEqual({
      why: latin,
      hint: save('WINDOWS-1252'),
    });
    const quoted = decode(Buffer.from('# \x93curly\x94', 'latin1'));
    expect(quoted).toMatchObject({ why: 'it is not UTF-8: the byte 0x93 in line 1 is "“" in Windows-1252 (Latin-1)' });
    const little = Buffer.from(text, 'utf16le');
    const big = Buffer.from(little).swap16();
    for (const [bytes, encoding] of [
      [little, 'UTF-16LE'],
      [big, 'UTF-16BE'],
      [Buffer.from(`\uFEFF${text}`, 'utf16le'), 'UTF-16LE'],
      [Buffer.from(`\uFEFF${text}`, 'utf16le').swap16(), 'UTF-16BE'],
      [Buffer.from([0xff, 0xfe, 0, 0, 0x6e, 0, 0, 0]), 'UTF-32'],
    ] as const)
      expect(decode(bytes)).toEqual({ why: `it is ${encoding}, not UTF-8`, hint: save(encoding) });
  });
});

describe('a file', () => {
  it('that is none, or has no end, is refused at once', async () => {
    const folder = testFolder();
    expect(readText(join(folder, 'none'))).toEqual({ why: 'there is no such file', isAbsent: true });
    expect(readText(folder)).toEqual({ why: 'it is a folder' });
    mkdirSync(join(folder, 'a'));
    writeFileSync(join(folder, 'large'), '');
    truncateSync(join(folder, 'large'), 2 ** 40);
    expect(readText(join(folder, 'large'))).toEqual({ why: 'it is larger than 16 MiB, too large for such a file' });
    if (process.platform === 'win32') return;
    expect(readText('/dev/zero')).toEqual({ why: 'it is a device' });
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    expect(readText(join(folder, 'pipe'))).toEqual({ why: 'it is a pipe' });
    const server = createServer();
    await new Promise<void>((done) => server.listen(join(folder, 'socket'), done));
    expect(readText(join(folder, 'socket'))).toEqual({ why: 'it is a socket' });
    await new Promise((done) => server.close(done));
  });

  it.runIf(process.platform === 'linux')('that does not say its size is read all the same', () => {
    expect(readText('/proc/self/status')).toMatch(/^Name:/);
  });
});
