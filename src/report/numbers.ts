/** `26,880`: digits in groups of three, the same in every locale. */
export function grouped(value: number, digits = 0): string {
  const [whole, fraction] = value.toFixed(digits).split('.') as [string, string?];
  const groups = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? groups : `${groups}.${fraction}`;
}

const units = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const;

/** `27.9 M`: three digits and a unit, for labels on bars and ticks. */
export function compact(value: number): string {
  for (const [size, unit] of units) {
    // From where the three digits of the smaller unit would be rounded up to 1000.
    if (Math.abs(value) >= size * 0.9995) return `${threeDigits(value / size)} ${unit}`;
  }
  return threeDigits(value);
}

function threeDigits(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** `84.1` of 0.841: percent without the sign, which the axis has. */
export function percent(share: number, digits = 1): string {
  return (100 * share).toFixed(digits);
}
