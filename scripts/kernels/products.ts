/**
 * Matrix products. Each number of a product is one sum, taken in order from its beginning (what `start` holds there, or 0), in single
 * precision, one product rounded and then added at a time: tiles decide which sums run side by side, never their order. Strides make
 * A transposed (`aRow` 4), a bias (`startRow` 0), an accumulation (`start` is `c`), heads and batches out of one loop.
 *
 * A tile reads up to seven numbers past the end of a row of B and `start`; what it reads there reaches no result.
 */
const each = (count: number, part: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => part(i)).join("\n")

/** `rows` of C by `vectors` of four columns each, beginning at row i and column j (in bytes). */
const tile = (rows: number, vectors: number): string => {
  const cells = (part: (r: number, v: number) => string): string =>
    each(rows, (r) => each(vectors, (v) => part(r, v)))
  return `
  if (start < 0) { ${cells((r, v) => `s${r}${v} = lanes(0, 0, 0, 0)`)} }
  else {
    from = start + i * startRow + j
    ${each(rows, (r) => `${each(vectors, (v) => `s${r}${v} = load(from, ${16 * v})`)} from += startRow`)}
  }
  a0 = a + i * aRow
  ${each(rows - 1, (r) => `a${r + 1} = a${r} + aRow`)}
  bAt = b + j
  for (p = k; p > 0; p -= 1) {
    ${each(vectors, (v) => `b${v} = load(bAt, ${16 * v})`)}
    ${each(rows, (r) => `x = splat(a${r}) ${each(vectors, (v) => `s${r}${v} = s${r}${v} + x * b${v}`)} a${r} += aStep`)}
    bAt += bRow
  }
  to = c + i * cRow + j
  if (left >= ${16 * vectors}) {
    ${each(rows, (r) => `${each(vectors, (v) => `store(to, s${r}${v}, ${16 * v})`)} to += cRow`)}
  } else {
    ${each(rows, (r) => `${each(vectors, (v) => `put(to + ${16 * v}, s${r}${v}, left - ${16 * v})`)} to += cRow`)}
  }`
}

const columns = (rows: number): string => `
  j = 0
  left = n * 4
  while (left > 0) {
    if (left > 16) { ${tile(rows, 2)} } else { ${tile(rows, 1)} }
    j += 32
    left -= 32
  }`

const PARAMETERS = ["c", "a", "b", "start", "m", "k", "n", "cRow", "aRow", "aStep", "bRow", "startRow"]

export const PRODUCTS = `
fn tiles(${PARAMETERS.map((name) => `${name}: int`).join(", ")}) {
  i = 0
  for (rows = m - 3; i < rows; i += 4) { ${columns(4)} }
  for (rows = m; i < rows; i += 1) { ${columns(1)} }
}

kernel product(${PARAMETERS.join(", ")}, batch, cNext, aNext, bNext, startNext) {
  for (t = batch; t > 0; t -= 1) {
    tiles(${PARAMETERS.join(", ")})
    c += cNext
    a += aNext
    b += bNext
    start += startNext
  }
}

fn turn(y: int, x: int, rows: int, columns: int, xRow: int, yRow: int) {
  i = 0
  for (end = rows - 3; i < end; i += 4) {
    x0 = x + i * xRow
    y0 = y + i * 4
    j = 0
    for (last = columns - 3; j < last; j += 4) {
      r0 = load(x0)
      r1 = load(x0 + xRow)
      r2 = load(x0 + xRow * 2)
      r3 = load(x0 + xRow * 3)
      t0 = shuffle(r0, r1, 0, 4, 1, 5)
      t1 = shuffle(r2, r3, 0, 4, 1, 5)
      t2 = shuffle(r0, r1, 2, 6, 3, 7)
      t3 = shuffle(r2, r3, 2, 6, 3, 7)
      store(y0, shuffle(t0, t1, 0, 1, 4, 5))
      store(y0 + yRow, shuffle(t0, t1, 2, 3, 6, 7))
      store(y0 + yRow * 2, shuffle(t2, t3, 0, 1, 4, 5))
      store(y0 + yRow * 3, shuffle(t2, t3, 2, 3, 6, 7))
      x0 += 16
      y0 += yRow * 4
    }
    for (last = columns; j < last; j += 1) {
      storeWord(y0, word(x0))
      storeWord(y0, word(x0 + xRow), 4)
      storeWord(y0, word(x0 + xRow * 2), 8)
      storeWord(y0, word(x0 + xRow * 3), 12)
      x0 += 4
      y0 += yRow
    }
  }
  for (end = rows; i < end; i += 1) {
    x0 = x + i * xRow
    y0 = y + i * 4
    for (j = columns; j > 0; j -= 1) {
      storeWord(y0, word(x0))
      x0 += 4
      y0 += yRow
    }
  }
}

// y[j, i] = x[i, j]; both batches follow one another.
kernel transpose(y, x, rows, columns, batch) {
  for (t = batch; t > 0; t -= 1) {
    turn(y, x, rows, columns, columns * 4, rows * 4)
    y += rows * columns * 4
    x += rows * columns * 4
  }
}
`
