/** What an editor shows of a public name is its own sentence, not silence because only the head of its file says it. */
import { existsSync, readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { describe, expect, it } from "vitest"
import { entries } from "../../scripts/entries.ts"
import { root } from "./pages.ts"

const ENTRIES = [
  ...new Set([...Object.values(entries("browser")), ...Object.values(entries("node"))]),
  // Handed on as a whole by `arqon/temporal`.
  "src/temporal/compare/index.ts",
  "src/temporal/attractor/index.ts",
  "src/temporal/logic/index.ts",
]

interface Name {
  readonly name: string
  readonly file: string
}

/** The names that a file hands on from others, and from which; `export * from` is only in Node's entries, which the others cover. */
const handedOn = (file: string): ReadonlyArray<Name> =>
  [...readFileSync(file, "utf8").matchAll(/^export (?:type )?\{([^}]*)\} from "(\.[^"]+)"/gm)].flatMap(
    ([, names, from]) =>
      names
        .split(",")
        .map(
          (name) =>
            name
              .trim()
              .replace(/^type /, "")
              .split(" as ")[0],
        )
        .filter((name) => name !== "")
        .map((name) => ({ name, file: join(dirname(file), from) })),
  )

/** The text of the file up to the declaration; null where the file does not declare it. */
function before(text: string, name: string): string | null {
  const word = name.replaceAll("$", String.raw`\$`)
  const kinds = String.raw`(?:abstract )?(?:async )?(?:const|function\*?|class|interface|type)`
  const at = text.search(new RegExp(String.raw`^export ${kinds} ${word}(?![\w$])`, "m"))
  return at === -1 ? null : text.slice(0, at).trimEnd()
}

/** Whether the name has a sentence of its own; follows names that are handed on once more. */
function isTold({ name, file }: Name): boolean {
  const text = readFileSync(file, "utf8")
  const above = before(text, name)
  if (above === null) {
    const next = handedOn(file).find((other) => other.name === name)
    // One that was imported before it is handed on: the file that declares it is some other's affair.
    return next === undefined
      ? /^export type \{[^}]*\}$/m.exec(text)?.[0].includes(name) === true
      : isTold(next)
  }
  // The head of the file is about the file.
  return above.endsWith("*/") && above.lastIndexOf("/**") > 0
}

/** A row of constants is told of above the first, and by their words. */
const isConstant = (name: string): boolean => /^[A-Z][A-Z0-9_]*$/.test(name)

const names = ENTRIES.flatMap((entry) => handedOn(join(root, entry))).filter(({ name }) => !isConstant(name))

describe("a public name", () => {
  it("is searched in every entry", () => {
    expect(ENTRIES.filter((entry) => !existsSync(join(root, entry)))).toEqual([])
    expect(names.length).toBeGreaterThan(300)
  })

  it("has its own sentence", () => {
    const unreported = names.filter((name) => !isTold(name))
    expect(unreported.map(({ name, file }) => `${relative(root, file)} ${name}`)).toEqual([])
  })
})
