/**
 * An editor shows the block above a name and nothing else. Root cause of what it showed before: sentences that ran over the blocks
 * of two names, of which each shows one half, and two blocks above one name, of which it shows the second.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "vitest"
import { root } from "./pages.ts"

const FILES = ["src", "machines"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    // What a generator writes, no one reads.
    .filter((name) => /\.tsx?$/.test(name) && !/[/\\]gen[/\\]/.test(name))
    .map((name) => join(folder, name)),
)

/** What is wrong with the blocks of a text, by line. */
function fragments(text: string): ReadonlyArray<string> {
  const lineOf = (at: number): number => text.slice(0, at).split("\n").length
  const wrong: Array<string> = []
  for (const { index, 1: inner } of text.matchAll(/\/\*\*(.*?)\*\//gs)) {
    const words = inner.replace(/\n\s*\*/g, " ").trim()
    if (/[,;]$/.test(words)) wrong.push(`${lineOf(index)}: is cut off`)
    if (/^(and|but|or|so|then|when|where|which|with) /.test(words))
      wrong.push(`${lineOf(index)}: goes on from another`)
  }
  for (const { index } of text.matchAll(/\*\/\n[ \t]*\/\*\*/g))
    wrong.push(`${lineOf(index)}: another one follows`)
  return wrong
}

it("finds a sentence over two blocks, and two blocks above one name", () => {
  expect(fragments("/** So many, */\nconst A = 1\n/** and so many more. */\nconst B = 2")).toHaveLength(2)
  expect(fragments("/** One. */\n/** Two. */\nconst A = 1")).toEqual(["1: another one follows"])
  expect(fragments("/** One. */\nconst A = 1\n/**\n * Two,\n * and more.\n */\nconst B = 2")).toEqual([])
})

it("every docstring of the library stands by itself", () => {
  const found = FILES.flatMap((file) =>
    fragments(readFileSync(join(root, file), "utf8")).map((what) => `${file}:${what}`),
  )
  expect(FILES.length).toBeGreaterThan(300)
  expect(found).toEqual([])
})
