/** Holds the solver's reference to the code: no option without a line, no line without an option. */
import { readFileSync } from "node:fs"
import { createSolver } from "arqon"
import { describe, expect, it } from "vitest"
import { plainFields } from "../../src/solver/configSchema.ts"
import { STRATEGIES } from "../../src/solver/strategies/catalogue.ts"
import { EXTRA_STRATEGIES } from "../../src/solver/strategies/extraStrategies.ts"

const ALL = [...STRATEGIES, ...EXTRA_STRATEGIES]

const page = readFileSync(new URL("../../docs/reference/solver.md", import.meta.url), "utf8")

/** The rows of the table whose header begins with these words: cells without their back quotes. */
const table = (header: string): ReadonlyArray<ReadonlyArray<string>> => {
  const [, rows] = page.split(`\n| ${header} |`)
  return rows
    .split("\n")
    .slice(2)
    .slice(
      0,
      rows
        .split("\n")
        .slice(2)
        .findIndex((line) => !line.startsWith("|")),
    )
    .map((line) =>
      line
        .slice(1, -1)
        .split("|")
        .map((cell) => cell.replaceAll("`", "").trim()),
    )
}

const names = (cell: string): ReadonlyArray<string> => cell.split(", ").filter((name) => name !== "")

describe("the solver's reference", () => {
  it("has exactly one row per field of the configuration", () => {
    // Upstream's two and the editors' one are told of below the table.
    const told = ["$schema", "max_delta", "cooldown_steps"]
    const fields = ["bounds", ...Object.keys(plainFields)].filter((name) => !told.includes(name))
    expect(
      table("field | values")
        .map(([name]) => name)
        .toSorted(),
    ).toEqual(fields.toSorted())
  })

  it("has every strategy with the options that it reads", () => {
    const written = Object.fromEntries(
      table("`strategy` | what it is").map(([name, , params]) => [name, names(params)]),
    )
    expect(written).toEqual(
      Object.fromEntries(ALL.map(({ name, params }) => [name, (params ?? []).toSorted()])),
    )
  })

  it("explains every option of a strategy", () => {
    const options = [...new Set(ALL.flatMap(({ params }) => params ?? []))]
    expect(
      table("option | default")
        .map(([name]) => name)
        .toSorted(),
    ).toEqual(options.toSorted())
  })

  it("names every count, and only members that a solver has", () => {
    const solver = createSolver({ budget: 1, bounds: { x: { min: 0, max: 1 } } })
    const row = table("member | what it gives").find(([name]) => name === "counts")
    expect(names(row?.[1] ?? "").toSorted()).toEqual(Object.keys(solver.counts).toSorted())
    const members = table("member | what it gives").flatMap(([cell]) =>
      names(cell.replaceAll(/\(.*?\)/g, "")),
    )
    for (const name of members) expect(name in solver, name).toBe(true)
  })
})
