import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readSealed, sealed } from '../../src/files/sealed.js';
import { testFolder } from '../store/folder.js';

it('what was sealed is read as it was, and with any byte changed, lost or added it is none', () => {
  const path = join(testFolder(), 'note');
  const read = (bytes: Uint8Array | string) => {
    writeFileSync(path, bytes);
    return readSealed(path);
  };
  expect(readSealed(path)).toBeUndefined();
  for (const content of ['', '{"a":1}', 'lines\nand\n\nmore: é\n']) {
    const good = Buffer.from(sealed(content));
    expect(read(good)).toBe(content);
    for (let at = 0; at < good.length; at++) {
      const bad = Buffer.from(good);
      bad[at]! ^= 1 << (at % 8);
      expect(read(bad), `byte ${at}`).toBeUndefined();
      expect(read(good.subarray(0, at)), `${at} bytes`).toBeUndefined();
    }
    expect(read(Buffer.concat([good, Buffer.of(0)]))).toBeUndefined();
  }
});
