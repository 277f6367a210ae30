/** Bytes of well-formed text in UTF-8, without making them. Needed for bounds that are in bytes. */
export function utf8Bytes(text: string): number {
  let bytes = text.length
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    // Each half of a surrogate pair stands for two of its four bytes.
    if (unit > 127) bytes += unit < 2048 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2
  }
  return bytes
}
