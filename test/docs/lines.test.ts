/** Holds the lines of the pages: prose below 120 characters, and short cells in tables that a person wrote. */
import { readFileSync } from "node:fs"
import { relative } from "node:path"
import { describe, expect, it } from "vitest"
import { pages, root } from "./pages.ts"

const BELOW = 120
/** The longest cell of a table, in characters. Tables in generated pages come from the code's own texts. */
const LONGEST_CELL = 130

interface Line {
  readonly at: string
  readonly text: string
}

/** The lines outside code, pictures and comments. */
const linesOf = (page: string): ReadonlyArray<Line> => {
  let inFence = false
  return readFileSync(page, "utf8")
    .split("\n")
    .flatMap((text, i) => {
      const fence = text.trimStart().startsWith("```")
      if (fence) inFence = !inFence
      return fence || inFence || /^(!\[|<!--)/.test(text)
        ? []
        : [{ at: `${relative(root, page)}:${i + 1}`, text }]
    })
}

const isRow = ({ text }: Line): boolean => text.startsWith("|")
const isGenerated = (page: string): boolean => readFileSync(page, "utf8").includes("<!-- Generated ")

/** The cells of a row, without the addresses of their links. */
const cellsOf = (text: string): ReadonlyArray<string> =>
  text
    .replaceAll(/\]\([^)]*\)/g, "]")
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim())

describe("the pages", () => {
  it("have prose lines below 120 characters", () => {
    const lines = pages.flatMap(linesOf)
    expect(lines.length).toBeGreaterThan(2_000)
    expect(lines.filter((line) => !isRow(line) && line.text.length >= BELOW).map(({ at }) => at)).toEqual([])
  })

  it("have short cells in their tables", () => {
    const rows = pages
      .filter((page) => !isGenerated(page))
      .flatMap(linesOf)
      .filter(isRow)
    expect(rows.length).toBeGreaterThan(300)
    const long = rows.filter(({ text }) => cellsOf(text).some((cell) => cell.length > LONGEST_CELL))
    expect(long.map(({ at }) => at)).toEqual([])
  })
})
