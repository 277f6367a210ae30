/**
 * The page about the solver's files: its examples load, the refusal it shows is the one that is printed, and no field is
 * missing from it.
 */
import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import { describe, expect, it } from "vitest"
import { schemaFiles } from "../../scripts/jsonSchemas.ts"
import { readJson } from "../../src/domain/jsonText.ts"
import { renderProblems } from "../../src/domain/renderProblems.ts"
import { parseRunArtifact } from "../../src/solver/RunArtifact.ts"
import { requireSolverConfig } from "../../src/solver/SolverConfig.ts"
import { parseSolverState } from "../../src/solver/SolverState.ts"

const pageOf = (name: string): string =>
  readFileSync(resolve(import.meta.dirname, `../../docs/reference/${name}`), "utf8")
const page = pageOf("solver-files.md")
const [example, , upstream, state, artifact] = [...page.matchAll(/```json\n([\s\S]*?)\n```/g)].map(
  (match) => match[1],
)

/** Every name that a schema gives a field, at any depth. */
const fieldsOf = (schema: unknown): ReadonlyArray<string> =>
  typeof schema !== "object" || schema === null
    ? []
    : Object.entries(schema).flatMap(([key, inner]) =>
        key === "properties" ? [...Object.keys(inner as object), ...fieldsOf(inner)] : fieldsOf(inner),
      )

/** Told of together, as numbers without a unit. */
const FEATURES = [
  "keptPromises",
  "variance",
  "residualDecay",
  "quadraticFit",
  "dispersion",
  "distanceCorrelation",
  "separability",
  "noise",
]
/** Told of where `counts` of the solver are. */
const COUNTS = ["spent", "asked", "told", "failed", "duplicates", "seeded", "foreign"]

/** By how the name of a schema begins. */
const OTHER_PAGES = [
  ["variant", "variants.md"],
  ["replica", "replica.md"],
  ["fleet", "cluster.md"],
] as const

describe("docs/reference/solver-files.md", () => {
  it("shows files that load", () => {
    expect(requireSolverConfig(readJson(example).value).space.names).toEqual(["rate", "x"])
    expect(requireSolverConfig(readJson(upstream).value).budget).toBe(100)
    expect(parseSolverState(readJson(state).value)).toMatchObject({ run_id: "run-1" })
    expect(parseRunArtifact(readJson(artifact).value)).toMatchObject({ run_id: "run-1", seed: 42 })
  })

  it("shows a refusal as it is printed", () => {
    const broken = example
      .replace('"x": { "min": -5, "max": 5 },', '"x": { "min": -5, "max": 5 },\n')
      .replace('"log"', '"lgo"')
    const { value } = readJson(broken)
    let shown = ""
    try {
      requireSolverConfig(value)
    } catch (error) {
      shown = renderProblems("config.json", broken, (error as { problems: [] }).problems)
    }
    expect(page).toContain(`\`\`\`\n${shown}\n\`\`\``)
  })

  it("describes every field, and the pages of variants, replicas and fleets those of theirs", () => {
    const missing = schemaFiles().flatMap(({ file, text }) => {
      const other = OTHER_PAGES.find(([start]) => file.startsWith(start))
      const told = other === undefined ? page : pageOf(other[1])
      const end = other?.[0] === "variant" ? "[`,:?} ]" : "[`,} ]"
      const fields = fieldsOf(JSON.parse(text))
      expect(fields.length).toBeGreaterThan(5)
      return fields
        .filter((name) => !FEATURES.includes(name) && !COUNTS.includes(name))
        .filter((name) => !new RegExp(`[\`.{, ]${name.replace("$", "\\$")}${end}`).test(told))
    })
    expect([...new Set(missing)]).toEqual([])
  })
})
