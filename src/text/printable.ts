// What names, values and logs may hold and a terminal would obey: escape sequences, returns of the carriage, marks that
// turn the direction of text. Whatever is shown to people goes through here first.

/**
 * Control characters but tab and line feed; the marks that embed, override or isolate a direction of writing; and the two
 * separators that some programs take for ends of lines. A line end of Windows is one as well.
 */
const unsafe = /\r\n|[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u2028-\u202e\u2066-\u2069]/g;
const inLine = /\r\n|[\0-\x1f\x7f-\x9f\u061c\u2028-\u202e\u2066-\u2069]/g;

/** A text that a terminal shows and does not obey: control characters are replaced by their pictures, such as `␛`. */
export function printable(text: string): string {
  return text.replace(unsafe, picture);
}

/** The same as one line, for cells of tables and names: line ends and tabs are pictures as well. */
export function printableLine(text: string): string {
  return text.replace(inLine, (found) => (found === '\r\n' ? '␊' : picture(found)));
}

function picture(found: string): string {
  if (found === '\r\n') return '\n';
  const code = found.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '␡' : '\ufffd';
}

/** The value as JSON that is safe to show: what `JSON.stringify` leaves as it is, is written as an escape. */
export function jsonText(value: unknown, indent?: number): string {
  return (
    JSON.stringify(value, null, indent)
      .replace(
        /[\x7f-\x9f\u061c\u2028-\u202e\u2066-\u2069]/g,
        (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
      )
      // GitHub takes these for the beginning of a command, wherever they are.
      .replaceAll('##[', '#\\u0023[')
  );
}

/** Sequences that colour text, move the cursor, set titles or make links: in logs they say nothing. */
const sequences =
  /\x1b\[[0-?]*[ -/]*[@-~]|\x9b[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b\n]*(?:\x07|\x1b\\)|\x1b[PX^_][^\x1b\n]*\x1b\\|\x1b[ -/]*[0-OQ-WYZ\\`-~]/g;

/** What a program wrote, to be read: without colours and movements; what it wrote over is a line of its own. */
export function logText(text: string): string {
  return printable(
    text
      .replace(sequences, '')
      .replaceAll('\r\n', '\n')
      .replace(/\r+(?=\n|$)/g, '')
      .replaceAll('\r', '\n'),
  );
}
