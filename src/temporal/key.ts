/** The key of `chacha8Block` that a seed stands for: its low and its high word. */
export function keyOf(seed: number): Uint32Array {
  const key = new Uint32Array(8)
  key[0] = seed >>> 0
  key[1] = Math.floor(seed / 2 ** 32) >>> 0
  return key
}
