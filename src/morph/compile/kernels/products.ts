/**
 * Matrix products. Each number of a product is one sum, taken in order from its beginning (what `start` holds there, or 0), in single
 * precision, one product rounded and then added at a time: tiles decide which sums run side by side, never their order. Strides make
 * a bias (`startRow` 0), an accumulation (`start` is `c`), heads and batches of one kernel.
 *
 * The left side is read in one of two ways: along its rows (`product`, rows `aRow` apart) or down its columns (`productTurned`: A is
 * stored transposed, one row for each turn of the sum, `aStep` apart). Either may be in `runs` parts of k, `jump` bytes apart: the rows
 * of a window in an image are such parts.
 *
 * A tile reads up to seven numbers past the end of a row of B and of `start`, and down columns up to three past the end of A; what it
 * reads there reaches no result.
 */
const each = (count: number, part: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => part(i)).join("\n")

const ROWS = 4
const UNROLLED = 4

/** Four rows of C by `vectors` of four columns each, beginning at row i and column j (in bytes); the last rows may be fewer. */
const tile = (turned: boolean, vectors: number): string => {
  const turn = (offset: number): string => `
    ${each(vectors, (v) => `b${v} = load(bAt, ${16 * v})`)}
    ${each(ROWS, (r) => `x = ${turned ? `splat(a0, ${4 * r})` : `splat(a${r}, ${offset})`} ${each(vectors, (v) => `s${r}${v} = s${r}${v} + x * b${v}`)}`)}
    bAt += bRow`
  const along = (bytes: string): string => each(ROWS, (r) => `a${r} += ${bytes}`)
  return `
  rest = m - 1 - i
  if (start < 0) { ${each(ROWS, (r) => each(vectors, (v) => `s${r}${v} = lanes(0, 0, 0, 0)`))} }
  else {
    from = start + i * startRow + j
    ${each(
      ROWS,
      (r) =>
        `${each(vectors, (v) => `s${r}${v} = load(from, ${16 * v})`)} ${r < ROWS - 1 ? `if (rest > ${r}) { from += startRow }` : ""}`,
    )}
  }
  a0 = a + i * aRow
  ${turned ? "" : each(ROWS - 1, (r) => `a${r + 1} = a${r} if (rest > ${r}) { a${r + 1} += aRow }`)}
  bAt = b + j
  for (run = runs; run > 0; run -= 1) {
    p = k
    ${
      turned
        ? `for (p = p; p > 0; p -= 1) { ${turn(0)} a0 += aStep } a0 += jump`
        : `for (p = p - ${UNROLLED - 1}; p > 0; p -= ${UNROLLED}) { ${each(UNROLLED, (u) => turn(4 * u))} ${along(`${4 * UNROLLED}`)} }
    for (p = p + ${UNROLLED - 1}; p > 0; p -= 1) { ${turn(0)} ${along("4")} }
    ${along("jump")}`
    }
  }
  to = c + i * cRow + j
  if (left >= ${16 * vectors}) {
    ${each(ROWS, (r) => `if (rest >= ${r}) { ${each(vectors, (v) => `store(to, s${r}${v}, ${16 * v})`)} } to += cRow`)}
  } else {
    ${each(ROWS, (r) => `if (rest >= ${r}) { ${each(vectors, (v) => `put(to + ${16 * v}, s${r}${v}, left - ${16 * v})`)} } to += cRow`)}
  }`
}

const SHAPE = ["c", "a", "b", "start", "m", "k", "n", "cRow"]
const REST = ["bRow", "startRow", "runs", "jump"]

const tiles = (name: string, turned: boolean): string => `
fn ${name}(${[...SHAPE, turned ? "aStep" : "aRow", ...REST].map((name) => `${name}: int`).join(", ")}) {
  ${turned ? "aRow = 4" : ""}
  for (i = 0; i < m; i += ${ROWS}) {
    j = 0
    left = n * 4
    while (left > 0) {
      if (left > 16) { ${tile(turned, 2)} } else { ${tile(turned, 1)} }
      j += 32
      left -= 32
    }
  }
}`

const kernel = (name: string, tiled: string, stride: string): string => `
kernel ${name}(${[...SHAPE, stride, "bRow", "startRow"].join(", ")}, batch, cNext, aNext, bNext, startNext) {
  for (t = batch; t > 0; t -= 1) {
    ${tiled}(${[...SHAPE, stride, "bRow", "startRow"].join(", ")}, 1, 0)
    c += cNext
    a += aNext
    b += bNext
    start += startNext
  }
}`

/** What turns matrices around. */
export const TURNS = `
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

export const PRODUCTS = `
${tiles("tiles", false)}
${tiles("turnedTiles", true)}
${kernel("product", "tiles", "aRow")}
${kernel("productTurned", "turnedTiles", "aStep")}
${TURNS}
`
