import { execFileSync } from 'node:child_process';
import { symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkMetrics, readMetrics } from '../../../src/run/process/metrics.js';
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

  it('are in UTF-8, with or without its mark', () => {
    const folder = testFolder();
    writeFileSync(join(folder, 'marked.json'), '\uFEFF{"ort":"Köln"}');
    expect(readMetrics(join(folder, 'marked.json'), expect.unreachable)).toEqual({ ort: 'Köln' });
    writeFileSync(join(folder, 'latin.json'), '{"ort":"Köln"}', 'latin1');
    expect(() => readMetrics(join(folder, 'latin.json'), expect.unreachable)).toThrow(
      expect.objectContaining({
        code: 'E_METRICS',
        message:
          'The output "metrics" can\'t be read: it is not UTF-8: the byte 0xF6 in line 1 is "ö" in Windows-1252 (Latin-1).',
        hint: 'save it as UTF-8, such as with iconv -f WINDOWS-1252 -t UTF-8',
      }),
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

  it('are exact: what no number holds is kept as it was written, and told with its line', () => {
    const text = `{
  "ns": 1764475200123456789, "id": -9007199254740993, "n": 9007199254740991,
  "big": 1e400, "small": -1e-400, "sci": 1e300, "zero": -0.0, "pi": 3.14159265358979323846,
  "list": [1, 2.50, 12345678901234567890],
  "near": [1, 2], "text": "a \\"12345678901234567890\\" [1e400",
  "map": {"deep": [9007199254740993]}
}`;
    const folder = writeFiles(testFolder(), { 'm.json': text });
    const told: string[] = [];
    expect(readMetrics(join(folder, 'm.json'), (message) => told.push(message))).toEqual({
      ...{ ns: '1764475200123456789', id: '-9007199254740993', n: 9007199254740991 },
      ...{ big: '1e400', small: '-1e-400', sci: 1e300, zero: -0, pi: Math.PI },
      ...{ list: ['1', '2.50', '12345678901234567890'], near: [1, 2], text: 'a "12345678901234567890" [1e400' },
    });
    expect(told).toEqual([
      expect.stringContaining('"map" (a map)'),
      'What of its metrics no number holds exactly is kept as text, with which nothing is computed: 1764475200123456789 ' +
        '(line 2), -9007199254740993 (line 2), 1e400 (line 3) and 3 more.',
    ]);
  });

  it('may be NaN and infinite as Python writes them', () => {
    const folder = writeFiles(testFolder(), {
      'm.json': '{"loss": NaN, "best": -Infinity, "curve": [0.5, NaN, Infinity], "note": "NaN"}',
      'bad.json': '{"loss": NaNs, "n": 12345678901234567890}',
      'open.json': '{"n": 12345678901234567890, "text": "never ends \\"}',
    });
    expect(readMetrics(join(folder, 'm.json'), expect.unreachable)).toEqual({
      ...{ loss: 'NaN', best: '-Infinity', curve: ['0.5', 'NaN', 'Infinity'], note: 'NaN' },
    });
    for (const name of ['bad', 'open'])
      expect(() => readMetrics(join(folder, `${name}.json`), expect.unreachable)).toThrow(
        expect.objectContaining({ code: 'E_METRICS' }),
      );
  });

  it('are read in time that grows with the file, whatever is in it', () => {
    const folder = writeFiles(testFolder(), {
      'm.json': `{"l": [${'12345678901234567890,'.repeat(200_000)}1], "t": "${'\\\\'.repeat(500_000)}"}`,
    });
    const told: string[] = [];
    expect(readMetrics(join(folder, 'm.json'), (message) => told.push(message)).l).toHaveLength(200_001);
    expect(told).toEqual([expect.stringContaining('and 199997 more')]);
  });

  it('are as many as people can look at, and no larger than a record should be', () => {
    const many = Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [`m${i}`, i]));
    const folder = writeFiles(testFolder(), { 'm.json': JSON.stringify(many) });
    const tooMany = 'has 10001 metrics, and a task can have 10000.';
    expect(() => readMetrics(join(folder, 'm.json'), expect.unreachable)).toThrow(`The output "metrics" ${tooMany}`);
    expect(() => checkMetrics(many)).toThrow(`The stage ${tooMany}`);
    const { m0: _, ...fewer } = many;
    expect(checkMetrics(fewer)).toEqual(fewer);
    expect(() => checkMetrics({ text: 'x'.repeat(2 ** 24) })).toThrow('larger than 16 MiB');
  });
});
