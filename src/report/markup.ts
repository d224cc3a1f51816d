/** A text as it stands in XML and HTML, in attributes too. Control characters, which XML can't hold, are replaced. */
export function escaped(text: string): string {
  const known: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replaceAll(/[&<>"]/g, (character) => known[character]!).replaceAll(/\p{Cc}/gu, '�');
}
