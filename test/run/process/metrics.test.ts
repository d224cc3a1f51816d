import { execFileSync } from 'node:child_process';
import { symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readMetrics } from '../../../src/run/process/metrics.js';
import { testFolder, writeFiles } from '../../store/folder.js';

describe('the metrics of a command', () => {
  it.skipIf(process.platform === 'win32')('are read from a file that ends', () => {
    const folder = writeFiles(testFolder(), { 'good.json': '{"a":1,"b":{}}', 'large.json': '', 'sub.json/x': '' });
    execFileSync('mkfifo', [join(folder, 'pipe.json')]);
    symlinkSync('/dev/zero', join(folder, 'zero.json'));
    truncateSync(join(folder, 'large.json'), 2 ** 40);
    expect(readMetrics(join(folder, 'good.json'))).toEqual({ a: 1 });
    expect(readMetrics(join(folder, 'none.json'))).toEqual({});
    for (const [name, why] of [
      ['pipe', 'it is a pipe'],
      ['zero', 'it is a device'],
      ['sub', 'it is a folder'],
      ['large', 'it is larger than 16 MiB, too large for such a file'],
    ])
      expect(() => readMetrics(join(folder, `${name}.json`))).toThrow(
        expect.objectContaining({ code: 'E_METRICS', message: `The output "metrics" can't be read: ${why}.` }),
      );
  });
});
