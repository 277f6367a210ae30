/**
 * Arrays of doubles side by side in one buffer. An array with a buffer of its own costs a hundred bytes more than what it holds,
 * which adds up where ten thousand engines live in one process.
 */
export function beside(...lengths: ReadonlyArray<number>): Array<Float64Array> {
  let end = 0
  const all = new Float64Array(lengths.reduce((sum, length) => sum + length))
  return lengths.map((length) => {
    end += length
    return all.subarray(end - length, end)
  })
}
