/** Parts that every kernel may use: the ends of rows, and what moves words without looking at them. */
export const ENDS = `
// Writes the first \`left\` bytes of v (a multiple of 4, any sign), and nothing beside them.
fn put(to: int, v: vec, left: int) {
  if (left >= 16) { store(to, v) }
  else if (left > 0) {
    storeLane(to, v, 0)
    if (left > 4) {
      storeLane(to + 4, v, 1)
      if (left > 8) { storeLane(to + 8, v, 2) }
    }
  }
}

// Adds \`length\` bytes of numbers to what is there.
fn gather(to: int, from: int, length: int) {
  for (i = 0; i < length; i += 16) { put(to + i, load(to + i) + load(from + i), length - i) }
}

// Lanes of v where fewer than \`left\` bytes come before, the rest from \`other\`.
fn within(v: vec, other: vec, left: int): vec {
  return choose(i32x4.lt_s(words(0, 4, 8, 12), all(left)), v, other)
}
`

export const WORDS = `
kernel fill(y, n, value: vec) {
  for (left = n * 4; left > 0; left -= 16) {
    put(y, value, left)
    y += 16
  }
}

kernel copy(y, x, n) {
  for (left = n * 4; left > 0; left -= 16) {
    put(y, load(x), left)
    x += 16
    y += 16
  }
}

// FNV-1a over words, with 64 bits of state: each word counts, and so does its place.
kernel hash(y, x, n) {
  h = long(14695981039346656037)
  for (i = n; i > 0; i -= 1) {
    h = (h ^ longWord(x)) * 1099511628211
    x += 4
  }
  storeLong(y, h)
}
`
