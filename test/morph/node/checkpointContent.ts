/** What a checkpoint of a boundary holds in the tests: enough for several hashed pieces, and another one for each boundary. */
export const contentOf = (boundary: number): Uint8Array =>
  Uint8Array.from({ length: 5000 }, (_, i) => (i * 31 + boundary) % 251)
