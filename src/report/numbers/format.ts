/** `26,880`: a whole number with its digits in groups of three, the same in every locale. */
export function grouped(value: number): string {
  return groupedTo(value, 0);
}

/** The same with so many decimals, see `decimal`: `1,234.5`. */
export function groupedTo(value: number, decimals: number): string {
  const [whole = '', ...fraction] = decimal(value, decimals).split('.');
  return [whole.replace(/\B(?=(\d{3})+$)/g, ','), ...fraction].join('.');
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

/** To three significant digits. */
export function threeDigits(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** `84.12` of 0.8412: percent without the sign, which the axis has. */
export function percent(share: number): string {
  return (100 * share).toFixed(2);
}

/** `+1.20`, `−0.35`, `0.00`: a difference with its sign. */
export function signed(value: number, digits = 2): string {
  const text = Math.abs(value).toFixed(digits);
  return Number(text) === 0 ? text : `${value > 0 ? '+' : '−'}${text}`;
}

/** With so many decimals; where these are below 0, with zeros before the point. */
export function decimal(value: number, decimals: number): string {
  if (decimals < 0) return (Math.round(value * 10 ** decimals) * 10 ** -decimals).toFixed(0);
  return value.toFixed(Math.min(decimals, 20));
}

/** Without the dust of binary fractions. */
export function shortNumber(value: number): string {
  return String(Number(value.toPrecision(6)));
}
