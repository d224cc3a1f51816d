import { createHash } from 'node:crypto';

const longest = 150;
const plain = /^(?![.])[A-Za-z0-9._=@,+-]{1,150}(?<![.])$/;

/**
 * A file name for any text, readable where it can be: what some file system refuses is written `%xx`. Long names end in
 * a hash. Names that begin with a dot are kept for the store's own use.
 */
export function fileName(text: string): string {
  if (plain.test(text)) return text;
  const safe = text
    .replace(/[^A-Za-z0-9._=@,+-]/gu, (character) =>
      [...Buffer.from(character)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
    )
    .replace(/^\./, '%2e')
    .replace(/\.$/, '%2e');
  if (safe.length <= longest && safe !== '') return safe;
  return `${safe.slice(0, longest - 17)}~${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
}

/** The folder of a pipeline beside `store/`, which no pipeline may take. */
export function pipelineFolderName(pipeline: string): string {
  const name = fileName(pipeline);
  return name.toLowerCase() === 'store' ? `%73${name.slice(1)}` : name;
}
