/**
 * "Did you mean": the nearest known word to one that is not known. Needed wherever a person's typing meets a closed list.
 */

/** Longest word that is worth comparing: the work grows with the square of the length. */
const LONGEST = 64

/**
 * The closest of `known` to `word`, or null when none is near. Near is: at most a third of the letters differ (a swap of
 * neighbours counts once), never all of them, letter case aside. Ties go to the earlier word, so the answer is the same in every run.
 */
export function closest(word: string, known: ReadonlyArray<string>): string | null {
  if (word.length === 0 || word.length > LONGEST) return null
  const folded = word.toLowerCase()
  let best: string | null = null
  let bestDistance = Number.POSITIVE_INFINITY
  for (const candidate of known) {
    if (candidate.length > LONGEST) continue
    const distance = editDistance(folded, candidate.toLowerCase())
    const allowed = Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3))
    const shortest = Math.min(word.length, candidate.length)
    if (distance <= allowed && distance < bestDistance && (distance < shortest || distance === 0)) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours. */
function editDistance(a: string, b: string): number {
  let beforeLast = new Uint16Array(b.length + 1)
  let last = Uint16Array.from({ length: b.length + 1 }, (_, j) => j)
  let current = new Uint16Array(b.length + 1)
  for (let i = 1; i <= a.length; i++) {
    current[0] = i
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      let d = Math.min(last[j] + 1, current[j - 1] + 1, last[j - 1] + cost)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        d = Math.min(d, beforeLast[j - 2] + 1)
      current[j] = d
    }
    const spare = beforeLast
    beforeLast = last
    last = current
    current = spare
  }
  return last[b.length]
}
