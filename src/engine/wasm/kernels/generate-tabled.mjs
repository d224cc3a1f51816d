// Writes how sums are added up from what tables say.
import { range, separator } from './generate-parts.mjs';

/**
 * Code for each group of four places, of `taps` neighbouring taps one after the other: each has its own table, and its
 * places lie tapBytes behind those of the last. code: of the names of four addresses, the group's number, and whether it is
 * the last one; keep: what puts away the sums so far, to keep each `apart` groups apart.
 */
function byGroups(block, taps, code, keep, apart = 1) {
  const groups = range(taps).flatMap((tap) => range(block / 16).map((group) => ({ tap, group })));
  return groups
    .map(({ tap, group }, index) => {
      const names = range(4).map((k) => `p${tap}_${group}_${k}`);
      const next = tap > 0 && group === 0 ? `const places${tap}: usize = places${tap - 1} + tapBytes; ` : '';
      const read = (name, k) => `const ${name}: usize = table${tap} + load<u16>(places${tap}, ${(group * 4 + k) * 2});`;
      const end = index > 0 && index % apart === 0 ? `    ${separator('places0', keep)}\n` : '';
      return `${end}    ${next}${names.map(read).join(' ')}\n${code(names, index, index + 1 === groups.length)}`;
    })
    .join('\n');
}

/**
 * Adds to each input channel of one pixel, of eight images, what one tap brings it of `block` output channels: the sums at
 * the places that its weights say, in order.
 */
export function addFloats(block) {
  const keep = 'v128.store(dx, a0); v128.store(dx, a1, 16);';
  const add = (p) => `a0 = f32x4.add(a0, v128.load(${p})); a1 = f32x4.add(a1, v128.load(${p}, 16));`;
  return `
export function addFloats${block}(places0: usize, dx: usize, channels: i32): void {
  // The tables lie in front.
  const table0 = scratch;
  for (const end = dx + (<usize>channels << 5); dx < end; dx += 32, places0 += ${block >> 1}) {
    let a0 = v128.load(dx), a1 = v128.load(dx, 16);
${byGroups(block, 1, (names) => `    ${names.map(add).join(' ')}`, keep)}
    ${keep}
  }
}`;
}

/** The same in integers, of sixteen images, each `unit` times: two sums fit 16 bits, more are added in 32. */
export function addIntegers(block) {
  const keep = 'v128.store(dx, a0); v128.store(dx, a1, 16); v128.store(dx, a2, 32); v128.store(dx, a3, 48);';
  const add = (p, q, at) => `i16x8.add(v128.load(${p}, ${at}), v128.load(${q}, ${at}))`;
  // Pairs u and v, image by image, as 32 bits.
  const widen = (a, lanes) =>
    `${a} = i32x4.add(${a}, i32x4.dot_i16x8_s(v128.shuffle<i16>(u, v, ${lanes.flatMap((lane) => [lane, lane + 8]).join(', ')}), units));`;
  const half = ([p, q, r, s], h) => `    u = ${add(p, q, h * 16)}; v = ${add(r, s, h * 16)};
    ${widen(`a${2 * h}`, [0, 1, 2, 3])} ${widen(`a${2 * h + 1}`, [4, 5, 6, 7])}`;
  return `
export function addIntegers${block}(places0: usize, dx: usize, channels: i32, unit: i16): void {
  const table0 = scratch, units = i16x8.splat(unit);
  for (const end = dx + (<usize>channels << 6); dx < end; dx += 64, places0 += ${block >> 1}) {
    let a0 = v128.load(dx), a1 = v128.load(dx, 16), a2 = v128.load(dx, 32), a3 = v128.load(dx, 48), u: v128, v: v128;
${byGroups(block, 1, (names) => `${half(names, 0)}\n${half(names, 1)}`, keep)}
    ${keep}
  }
}`;
}
