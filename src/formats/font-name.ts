import { UserError } from '../error.js';

/** Identifiers of a font's names: the typographic family, if it has one, goes before the one that older programs know. */
const familyNames = [16, 1] as const;

/**
 * What a font file (TrueType, OpenType) calls its family.
 *
 * @throws {UserError} E_FONT for what is no such file
 */
export function fontFamilyOf(bytes: Uint8Array, file: string): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const name = familyIn(view);
    if (name !== undefined && name !== '') return name;
  } catch (error) {
    // It points beyond its end.
    if (!(error instanceof RangeError)) throw error;
  }
  throw new UserError(
    'E_FONT',
    `${file} is not a font that can be used.`,
    'Give a TrueType or OpenType file (.ttf, .otf); a .woff or a collection (.ttc) must be converted first.',
  );
}

function familyIn(view: DataView): string | undefined {
  if (![0x00010000, 0x4f54544f, 0x74727565].includes(view.getUint32(0))) return undefined;
  for (let i = 0; i < view.getUint16(4); i++) {
    const entry = 12 + 16 * i;
    if (view.getUint32(entry) === 0x6e616d65) return familyInNames(view, view.getUint32(entry + 8));
  }
  return undefined;
}

/** @param table where the table of names begins */
function familyInNames(view: DataView, table: number): string | undefined {
  const texts = table + view.getUint16(table + 4);
  const found = new Map<number, string>();
  for (let i = 0; i < view.getUint16(table + 2); i++) {
    const record = table + 6 + 12 * i;
    const [platform, , language, id, length, offset] = [0, 2, 4, 6, 8, 10].map((at) => view.getUint16(record + at)) as [
      ...[number, number, number, number, number, number],
    ];
    // English in UTF-16, as Windows wants it, which all fonts have.
    if (platform !== 3 || language !== 0x409) continue;
    const codes = Array.from({ length: length / 2 }, (_, at) => view.getUint16(texts + offset + 2 * at));
    found.set(id, String.fromCharCode(...codes));
  }
  return familyNames.map((id) => found.get(id)).find((name) => name !== undefined);
}
