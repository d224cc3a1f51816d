import { execFileSync } from 'node:child_process';
import { symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readMetrics } from '../../../src/run/process/metrics.js';
import { testFolder, writeFiles } from '../../store/folder.js';

describe('the metrics of a command', () => {
  it.skipIf(process.platform === 'win32')('are read from a file that ends', () => {
    const folder = writeFiles(testFolder(), { 'good.json': '{"a":1,"b":["x"]}', 'large.json': '', 'sub.json/x': '' });
    execFileSync('mkfifo', [join(folder, 'pipe.json')]);
    symlinkSync('/dev/zero', join(folder, 'zero.json'));
    truncateSync(join(folder, 'large.json'), 2 ** 40);
    expect(readMetrics(join(folder, 'good.json'), expect.unreachable)).toEqual({ a: 1, b: ['x'] });
    expect(readMetrics(join(folder, 'none.json'), expect.unreachable)).toEqual({});
    for (const [name, why] of [
      ['pipe', 'it is a pipe'],
      ['zero', 'it is a device'],
      ['sub', 'it is a folder'],
      ['large', 'it is larger than 16 MiB, too large for such a file'],
    ])
      expect(() => readMetrics(join(folder, `${name}.json`), expect.unreachable)).toThrow(
        expect.objectContaining({ code: 'E_METRICS', message: `The output "metrics" can't be read: ${why}.` }),
      );
  });

  it('say what else is in that file, which is left out', () => {
    const folder = writeFiles(testFolder(), {
      'map.json': '{"a":1,"top":{"k1":0.5,"k5":1}}',
      'many.json': '{"n":null,"l":[1,"x"],"deep":[[1]],"m":{},"o":{},"ok":true}',
    });
    const read = (name: string) => {
      const told: string[] = [];
      return [readMetrics(join(folder, name), (message) => told.push(message)), told];
    };
    const start = 'What of its metrics is no number, no text and no list of either is left out:';
    expect(read('map.json')).toEqual([
      { a: 1 },
      [`${start} "top" (a map). Numbers in a map become metrics if they are written as "top.NAME".`],
    ]);
    expect(read('many.json')).toEqual([
      { ok: true },
      [
        `${start} "n" (null), "l" (a list of something else), "deep" (a list of something else) and 2 more. Numbers in a ` +
          'map become metrics if they are written as "m.NAME".',
      ],
    ]);
  });
});
