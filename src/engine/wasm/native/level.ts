// What the kernels are compiled for: levels of processors as the x86-64 psABI has them, and one of our own, told by what they
// can do.
import { readFileSync } from 'node:fs';

export interface Level {
  readonly name: string;
  /** Bytes of its vectors. */
  readonly width: 16 | 32 | 64;
  /** What has a compiler use it: by feature, as compilers learned the names of the levels late. */
  readonly flags: readonly string[];
  /**
   * Set where its kernels add up spikes bit by bit: in layers of which at least this share of the places that are taken together
   * are pixels. For others, what it has in their place takes less time.
   */
  readonly slices?: number;
  /** Set where its kernels add up spikes by columns of weights. */
  readonly columns?: true;
  /** Set where vectors have 256 bits or more: its kernels multiply some gradients in integers, where others look their sums up. */
  readonly multiplies?: true;
  /** Set where its kernels multiply spikes and weights as matrices: if the compiler knows how, and the system grants it. */
  readonly matrices?: true;
}

/** What a level has more than the one below, as Linux calls it. */
interface Step extends Level {
  readonly needs: readonly string[];
}

const v2 = ['-mssse3', '-msse4.1', '-msse4.2', '-mpopcnt', '-mcx16'];
const v3 = [...v2, '-mavx', '-mavx2', '-mbmi', '-mbmi2', '-mlzcnt', '-mmovbe'];
/** With products of integers that are added up in one instruction: only the first processors of this level lack it. */
const more = ['-mavx512f', '-mavx512bw', '-mavx512cd', '-mavx512dq', '-mavx512vl', '-mavx512vnni'];
const v4 = [...v3, ...more, '-mprefer-vector-width=512'];

/** What kernels do with vectors of 512 bits. */
const avx512 = { width: 64, slices: 0.55, multiplies: true } as const;

/** From the least on; each needs those before it. */
const x86: readonly Step[] = [
  { name: 'x86-64-v2', width: 16, flags: v2, needs: ['ssse3', 'sse4_1', 'sse4_2', 'popcnt', 'cx16'] },
  {
    ...{ name: 'x86-64-v3', width: 32, flags: v3, columns: true, multiplies: true },
    needs: ['avx', 'avx2', 'bmi1', 'bmi2', 'abm', 'movbe'],
  },
  {
    ...{ name: 'x86-64-v4', flags: v4, ...avx512 },
    needs: ['avx512f', 'avx512bw', 'avx512cd', 'avx512dq', 'avx512vl', 'avx512_vnni'],
  },
  {
    ...{ name: 'x86-64-v4-amx', flags: [...v4, '-DMATRICES'], ...avx512, matrices: true },
    needs: ['amx_tile', 'amx_int8'],
  },
];

const aarch64: Level = { name: 'aarch64', width: 16, flags: [] };

/** Levels that the kernels can be compiled for, by processor as Node calls it. */
export const levels: Readonly<Record<string, readonly Level[]>> = { x64: x86, arm64: [aarch64] };

/** A feature of ours: depositing bits takes as long as adding, not hundreds of cycles. */
const fastDeposits = 'fast_deposits';

/** Levels of this machine's processor, the least first: none where there is nothing to be known of it. */
export function levelsHere(
  arch: string = process.arch,
  features: () => ReadonlySet<string> = featuresHere,
): readonly Level[] {
  if (arch !== 'x64') return levels[arch] ?? [];
  const has = features();
  const missing = x86.findIndex(({ needs }) => !needs.every((need) => has.has(need)));
  const own = missing < 0 ? x86 : x86.slice(0, missing);
  if (!has.has(fastDeposits)) return own;
  return own.map((level) => (level.width === 32 ? { ...level, flags: [...level.flags, '-DFAST_DEPOSITS'] } : level));
}

/** What Linux says of its first processor. Macs with such a processor that still run have what the second level needs. */
function featuresHere(): ReadonlySet<string> {
  if (process.platform === 'darwin') return new Set(x86[0]!.needs);
  try {
    return featuresOf(readFileSync('/proc/cpuinfo', 'utf8'));
  } catch {
    return new Set();
  }
}

/** Features of the first processor of what Linux says of all. Those of AMD's kind deposit bits slowly before Zen 3, of family 25. */
export function featuresOf(processors: string): ReadonlySet<string> {
  const field = (name: string) => new RegExp(`^${name}\\s*: (.*)$`, 'm').exec(processors)?.[1]?.trim() ?? '';
  const features = new Set(field('flags').split(/\s+/));
  if (field('vendor_id') === 'GenuineIntel' || Number(field('cpu family')) >= 25) features.add(fastDeposits);
  return features;
}
