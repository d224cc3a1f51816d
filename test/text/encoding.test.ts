import { describe, expect, it } from 'vitest';
import { decodeText } from '../../src/text/encoding.js';

const save = (encoding: string) => `save it as UTF-8, such as with iconv -f ${encoding} -t UTF-8`;

describe('bytes', () => {
  it('that are UTF-8 are text, with or without a byte order mark', () => {
    for (const text of ['', 'name: x\n', 'é € 😀 \uFFFD']) {
      expect(decodeText(Buffer.from(text))).toBe(text);
      expect(decodeText(Buffer.from(`\uFEFF${text}`))).toBe(text);
    }
  });

  it('in another encoding are told, with what it probably is', () => {
    const text = 'name: x\nparams: { v: café }\n';
    const latin = 'it is not UTF-8: the byte 0xE9 in line 2 is "é" in Windows-1252 (Latin-1)';
    expect(decodeText(Buffer.from(text, 'latin1'))).toEqual({ why: latin, hint: save('WINDOWS-1252') });
    // A character that looks like the decoder's own mark is none.
    expect(decodeText(Buffer.concat([Buffer.from('# \uFFFD\n'), Buffer.from('caf\xe9', 'latin1')]))).toEqual({
      why: latin,
      hint: save('WINDOWS-1252'),
    });
    const quoted = decodeText(Buffer.from('# \x93curly\x94', 'latin1'));
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
      expect(decodeText(bytes)).toEqual({ why: `it is ${encoding}, not UTF-8`, hint: save(encoding) });
  });
});
