import { execFileSync } from 'node:child_process';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readText } from '../../src/files/read-text.js';
import { testFolder } from '../store/folder.js';

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
