import { expect, it } from 'vitest';
import { featuresOf, levels, levelsHere } from '../../../../src/engine/wasm/native/level.js';

const features = {
  'x86-64-v2': 'ssse3 sse4_1 sse4_2 popcnt cx16',
  'x86-64-v3': 'avx avx2 bmi1 bmi2 abm movbe',
  'x86-64-v4': 'avx512f avx512bw avx512cd avx512dq avx512vl avx512_vnni',
  'x86-64-v4-amx': 'amx_tile amx_int8',
};
const upTo = (count: number) => new Set(Object.values(features).slice(0, count).join(' ').split(' '));
const names = (has: ReadonlySet<string>) => levelsHere('x64', () => has).map(({ name }) => name);

it('takes a processor for no more than it can do, whatever else it has', () => {
  const all = Object.keys(features);
  expect([1, 2, 3, 4].map((count) => names(upTo(count)))).toEqual([1, 2, 3, 4].map((count) => all.slice(0, count)));
  expect(names(new Set([...upTo(4)].filter((name) => name !== 'amx_int8')))).toEqual(all.slice(0, 3));
  expect(names(new Set([...upTo(3)].filter((name) => name !== 'movbe')))).toEqual(['x86-64-v2']);
  expect(names(new Set([...upTo(3)].filter((name) => name !== 'avx512_vnni')))).toEqual(all.slice(0, 2));
  expect(names(new Set())).toEqual([]);
});

it.each([
  ['GenuineIntel', 6, true],
  ['AuthenticAMD', 23, false],
  ['AuthenticAMD', 25, true],
  ['HygonGenuine', 24, false],
])('has vectors of 256 bits deposit bits where that is fast: %s, family %i', (vendor, family, fast) => {
  const flags = [...upTo(2)].join(' ');
  const processor = `vendor_id\t: ${vendor}\ncpu family\t: ${family}\nflags\t\t: ${flags}\n`;
  const own = levelsHere('x64', () => featuresOf(`processor\t: 0\n${processor}\nprocessor\t: 1\n${processor}`));
  const deposits = own.map(({ flags }) => flags.includes('-DFAST_DEPOSITS'));
  expect(deposits).toEqual([false, fast]);
});

it('has a level of its own for 64-bit ARM, and none for what nobody has tried', () => {
  expect(levelsHere('arm64')).toEqual(levels.arm64);
  expect(levelsHere('riscv64')).toEqual([]);
});

it('finds a level here', () => {
  const [least] = levelsHere();
  if (process.platform === 'linux' && process.arch === 'x64') expect(least?.name).toBe('x86-64-v2');
  else expect(levelsHere().length).toBeLessThanOrEqual(1);
});
