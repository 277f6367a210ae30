/** Two texts side by side, line by line: which lines both have, and which one alone. The longest common sequence of lines. */

export interface DiffLine {
  readonly text: string
  /** Whether the other text has it too, in its place. */
  readonly common: boolean
}

/** Lines beyond this are not compared: two texts of so many differ in more than one can see. */
const MOST_LINES = 300

export function lineDiff(
  left: string,
  right: string,
): readonly [ReadonlyArray<DiffLine>, ReadonlyArray<DiffLine>] {
  const [a, b] = [left.split("\n").slice(0, MOST_LINES), right.split("\n").slice(0, MOST_LINES)]
  // lengths[i][j]: of the longest sequence common to what follows i in a, and j in b.
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1))
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      lengths[i][j] =
        a[i] === b[j] ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1])
  const [first, second]: [Array<DiffLine>, Array<DiffLine>] = [[], []]
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      first.push({ text: a[i++], common: true })
      second.push({ text: b[j++], common: true })
    } else if (j >= b.length || (i < a.length && lengths[i + 1][j] >= lengths[i][j + 1]))
      first.push({ text: a[i++], common: false })
    else second.push({ text: b[j++], common: false })
  }
  return [first, second]
}
