/**
 * CRC-32C (Castagnoli), the checksum of a journal's frames: it finds every burst of up to 32 changed bits, and every
 * one, two or three single ones in a frame. Reflected polynomial 0x82F63B78, start and end inverted (RFC 3720, B.4).
 */

const POLYNOMIAL = 0x82f63b78

const TABLE = new Uint32Array(256).map((_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1
  return crc
})

/** The checksum of `bytes[from, to)`, a whole number from 0 to 2^32 - 1. */
export function crc32c(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let crc = 0xffffffff
  for (let i = from; i < to; i++) crc = TABLE[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}
