/**
 * Matrix products whose sizes are known, in place of those of `products.ts`: loops count up, so that their ends are known too, and a
 * function of each result may follow at once. The sums are the same, in the same order.
 */
import { MAP_VALUES, type MapName } from "./maps.ts"

/** Rows and vectors of a tile. */
export interface Tile {
  readonly rows: number
  readonly vectors: number
}

/** Eight sums side by side: as many as two units need that add in four steps each, and few enough for sixteen registers. */
export const STANDARD_TILE: Tile = { rows: 4, vectors: 2 }

const each = (count: number, part: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => part(i)).join("\n")

const UNROLLED = 4

const tile = (turned: boolean, rows: number, vectors: number, map: MapName | null): string => {
  const turn = (offset: number): string => `
    ${each(vectors, (v) => `b${v} = load(bAt, ${16 * v})`)}
    ${each(rows, (r) => `x = ${turned ? `splat(a0, ${4 * r})` : `splat(a${r}, ${offset})`} ${each(vectors, (v) => `s${r}${v} = s${r}${v} + x * b${v}`)}`)}
    bAt += bRow`
  const along = (bytes: string): string => each(turned ? 1 : rows, (r) => `a${r} += ${bytes}`)
  const stored = (r: number, v: number): string => {
    const plain = `put(to + ${16 * v}, s${r}${v}, left - ${16 * v})`
    if (map === null) return plain
    return `if (kept) { ${plain} } v = s${r}${v} put(to + further + ${16 * v}, ${MAP_VALUES[map]}, left - ${16 * v})`
  }
  return `
  if (start < 0) { ${each(rows, (r) => each(vectors, (v) => `s${r}${v} = lanes(0, 0, 0, 0)`))} }
  else {
    ${each(rows, (r) => each(vectors, (v) => `s${r}${v} = load(start + j + (i + ${r}) * startRow, ${16 * v})`))}
  }
  a0 = a + i * aRow
  ${turned ? "" : each(rows - 1, (r) => `a${r + 1} = a + (i + ${r + 1}) * aRow`)}
  bAt = b + j
  for (run = 0; run < runs; run += 1) {
    ${
      turned
        ? `for (p = 0; p < k / ${UNROLLED} * ${UNROLLED}; p += ${UNROLLED}) { ${each(UNROLLED, () => `${turn(0)} a0 += aStep`)} }
    for (p = p; p < k; p += 1) { ${turn(0)} a0 += aStep } a0 += jump`
        : `for (p = 0; p < k / ${UNROLLED} * ${UNROLLED}; p += ${UNROLLED}) { ${each(UNROLLED, (u) => turn(4 * u))} ${along(`${4 * UNROLLED}`)} }
    for (p = p; p < k; p += 1) { ${turn(0)} ${along("4")} }
    ${along("jump")}`
    }
  }
  to = c + i * cRow + j
  ${each(rows, (r) => `${each(vectors, (v) => stored(r, v))} to += cRow`)}`
}

const SHAPE = ["c", "a", "b", "start", "m", "k", "n", "cRow"]
const REST = ["bRow", "startRow", "runs", "jump"]

/** One block of rows: all columns, in tiles. */
const columns = (turned: boolean, rows: number, vectors: number, map: MapName | null): string => `
    for (j = 0; j < n * 4; j += ${16 * vectors}) {
      left = n * 4 - j
      ${each(vectors - 1, (v) => `if (left <= ${16 * (v + 1)}) { ${tile(turned, rows, v + 1, map)} } else {`)}
      ${tile(turned, rows, vectors, map)}
      ${"}".repeat(vectors - 1)}
    }`

const tiles = (turned: boolean, { rows, vectors }: Tile, map: MapName | null = null): string => `
fn ${turned ? "turnedTiles" : "tiles"}${map === null ? "" : `_${map}`}(${[...SHAPE, turned ? "aStep" : "aRow", ...REST, ...(map === null ? [] : ["further", "kept"])].map((name) => `${name}: int`).join(", ")}) {
  ${turned ? "aRow = 4" : ""}
  for (i = 0; i < m / ${rows} * ${rows}; i += ${rows}) { ${columns(turned, rows, vectors, map)} }
  ${each(rows - 1, (r) => `if (m - i == ${r + 1}) { ${columns(turned, r + 1, vectors, map)} }`)}
}`

const kernel = (name: string, tiled: string, stride: string): string => `
kernel ${name}(${[...SHAPE, stride, "bRow", "startRow"].join(", ")}, batch, cNext, aNext, bNext, startNext) {
  for (t = 0; t < batch; t += 1) {
    ${tiled}(c + t * cNext, a + t * aNext, b + t * bNext, start + t * startNext, m, k, n, cRow, ${stride}, bRow, startRow, 1, 0)
  }
}`

/** A product, a bias and a function in one: `further` is how far the function's results are from the product's. */
const fused = (map: MapName, shape: Tile): string => `
${tiles(false, shape, map)}
kernel product_${map}(${[...SHAPE, "aRow", "bRow", "startRow"].join(", ")}, further, kept) {
  tiles_${map}(c, a, b, start, m, k, n, cRow, aRow, bRow, startRow, 1, 0, further, kept)
}`

export const knownProducts = (shape: Tile): string => `
${tiles(false, shape)}
${tiles(true, shape)}
${kernel("product", "tiles", "aRow")}
${kernel("productTurned", "turnedTiles", "aStep")}
${(Object.keys(MAP_VALUES) as Array<MapName>).map((map) => fused(map, shape)).join("\n")}
`
