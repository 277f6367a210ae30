/** FNV-1a, 64 bits (Fowler, Noll, Vo): a short word for some bytes, the same everywhere. It tells things apart, and proves nothing. */

const BASIS = 0xcbf29ce484222325n
const PRIME = 0x100000001b3n

/** 16 hexadecimal digits for these bytes, one part after the other. */
export function fnv64(parts: Iterable<Uint8Array>): string {
  let h = BASIS
  for (const part of parts) for (const byte of part) h = BigInt.asUintN(64, (h ^ BigInt(byte)) * PRIME)
  return h.toString(16).padStart(16, "0")
}
