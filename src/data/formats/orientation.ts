/** What says how a picture is to be turned, among EXIF's other remarks. */
const orientationTag = 0x0112;
const entryBytes = 12;

/**
 * True if a picture is to be turned or mirrored before it is looked at, as cameras note how they were held.
 * @param exif a TIFF header, and what it points to
 */
export function isTurned(exif: Uint8Array): boolean {
  const view = new DataView(exif.buffer, exif.byteOffset, exif.byteLength);
  // "II", from Intel, or "MM", from Motorola.
  const isLittle = exif[0] === 0x49;
  if (exif.length < 8) return false;
  const start = view.getUint32(4, isLittle) + 2;
  if (start > exif.length) return false;
  const end = Math.min(start + entryBytes * view.getUint16(start - 2, isLittle), exif.length);
  for (let at = start; at + entryBytes <= end; at += entryBytes)
    if (view.getUint16(at, isLittle) === orientationTag) {
      const orientation = view.getUint16(at + 8, isLittle);
      return orientation >= 2 && orientation <= 8;
    }
  return false;
}
