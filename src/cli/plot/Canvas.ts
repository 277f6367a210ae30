/** A drawing of dots in a terminal: two by four to a character, by the braille patterns of Unicode. */

/** Bit of a dot by its column and row within the character. */
const BITS: ReadonlyArray<ReadonlyArray<number>> = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
]
const BLANK = 0x2800

export class Canvas {
  /** In characters. */
  readonly columns: number
  readonly rows: number
  /** In dots. */
  readonly width: number
  readonly height: number
  private readonly bits: Uint8Array

  constructor(columns: number, rows: number) {
    this.columns = columns
    this.rows = rows
    this.width = 2 * columns
    this.height = 4 * rows
    this.bits = new Uint8Array(columns * rows)
  }

  /** Sets a dot; (0, 0) is at the lower left. What lies outside is left out. */
  dot(x: number, y: number): void {
    const column = Math.round(x)
    const row = this.height - 1 - Math.round(y)
    if (column < 0 || column >= this.width || row < 0 || row >= this.height) return
    this.bits[(row >> 2) * this.columns + (column >> 1)] |= BITS[column & 1][row & 3]
  }

  horizontal(fromX: number, toX: number, y: number): void {
    for (let x = Math.round(fromX); x <= Math.round(toX); x++) this.dot(x, y)
  }

  vertical(x: number, fromY: number, toY: number): void {
    const low = Math.round(Math.min(fromY, toY))
    for (let y = low; y <= Math.round(Math.max(fromY, toY)); y++) this.dot(x, y)
  }

  /** The character at a place, or null when it has no dot. */
  character(column: number, row: number): string | null {
    const bits = this.bits[row * this.columns + column]
    return bits === 0 ? null : String.fromCodePoint(BLANK + bits)
  }
}
