/**
 * The JSON Schemas that ship: they are what the code says now, and they accept whatever the code accepts.
 */
import { readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import Ajv from "ajv"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { catalogFile, schemaFiles } from "../../scripts/jsonSchemas.ts"
import { parseJson } from "../../src/study/json.ts"
import { EvidenceShape, VariantContentShape } from "../../src/domain/Variant.ts"
import { readShape } from "../../src/domain/Shape.ts"
import { parseRunArtifact, type RunArtifact } from "../../src/solver/RunArtifact.ts"
import { parseSolverConfig } from "../../src/solver/SolverConfig.ts"
import { parseSolverState } from "../../src/solver/SolverState.ts"
import { pages } from "../docs/pages.ts"
import { configs, type Json, runs } from "./documents.ts"

const root = resolve(import.meta.dirname, "../..")
const folder = join(root, "schemas")
// Strict about the schemas too: SchemaStore takes none that its checker would not.
const ajv = new Ajv.default({ allErrors: true, strict: true, strictTypes: true })
const validators = Object.fromEntries(
  schemaFiles().map(({ file, text }) => [file.split(".")[0], ajv.compile(JSON.parse(text) as object)]),
)
const accepts = (name: string, document: unknown): boolean => {
  const validate = validators[name]
  const valid = validate(JSON.parse(JSON.stringify(document)))
  if (!valid) expect(validate.errors).toEqual([])
  return true
}
const refuses = (name: string, document: unknown): boolean => !validators[name](document)

const describedFields = (schema: Json, path = ""): Array<string> =>
  Object.entries(schema).flatMap(([key, inner]) => {
    if (typeof inner !== "object" || inner === null) return []
    if (key !== "properties") return describedFields(inner as Json, `${path}/${key}`)
    return Object.entries(inner as Record<string, Json>).flatMap(([name, field]) => [
      ...("description" in field || JSON.stringify(field).includes('"$ref"') ? [] : [`${path}/${name}`]),
      ...describedFields(field, `${path}/${name}`),
    ])
  })

/** Every configuration that a page or an example shows whole. */
const shownConfigs = (): ReadonlyArray<readonly [string, unknown]> => [
  ["examples/shell/pack.json", JSON.parse(readFileSync(join(root, "examples/shell/pack.json"), "utf8"))],
  ...pages.flatMap((page) =>
    [...readFileSync(page, "utf8").matchAll(/^(?:```json.*|.*<<'END')\n([\s\S]*?)^(?:```|END)$/gm)]
      .map(([, text]) => [page, parseJson(text)] as const)
      .filter(([, one]) => typeof one === "object" && one !== null && "bounds" in one && "budget" in one),
  ),
]

describe("the JSON Schemas of the command's files", () => {
  for (const { file, text } of schemaFiles()) {
    it(`schemas/${file} matches what the code reads (npm run docs updates it)`, () => {
      expect(readFileSync(join(folder, file), "utf8")).toBe(text)
    })

    it(`schemas/${file} describes every field`, () => {
      expect(describedFields(JSON.parse(text) as Json)).toEqual([])
    })
  }

  it("are in draft-07, each with its address in the catalogue", () => {
    const { file, text } = catalogFile()
    expect(readFileSync(join(folder, file), "utf8")).toBe(text)
    const { schemas } = JSON.parse(text) as { schemas: ReadonlyArray<Json> }
    const documents = schemaFiles().map((one) => JSON.parse(one.text) as Json)
    expect(documents.map(({ $schema }) => $schema)).toEqual(
      documents.map(() => "http://json-schema.org/draft-07/schema#"),
    )
    expect(schemas.map(({ url }) => url)).toEqual(documents.map(({ $id }) => $id))
    expect(schemas.map(({ description }) => description)).toEqual(
      documents.map(({ description }) => description),
    )
    for (const { file: name } of schemaFiles())
      expect(
        schemas.some(({ url }) => String(url).endsWith(`/schemas/${name}`)),
        name,
      ).toBe(true)
  })

  it("are listed under names that are unique and used by no other program", () => {
    const { schemas } = JSON.parse(catalogFile().text) as {
      schemas: ReadonlyArray<{ fileMatch: ReadonlyArray<string>; name: string }>
    }
    const names = schemas.flatMap(({ fileMatch }) => fileMatch)
    expect(new Set(names).size).toBe(names.length)
    for (const name of names) expect(name).toMatch(/^(\*\.)?arqon(-[a-z]+)?\.json$/)
  })

  it("accept every configuration that a page or an example shows", () => {
    const shown = shownConfigs()
    expect(shown.length).toBeGreaterThan(4)
    for (const [where, config] of shown) {
      expect(parseSolverConfig(config), where).not.toHaveProperty("problems")
      accepts("solver-config", config)
    }
  })

  it("offer the strategies by name", () => {
    const text = schemaFiles().find(({ file }) => file.startsWith("solver-config"))?.text ?? ""
    const { properties } = JSON.parse(text) as { properties: { strategy: { examples: Array<string> } } }
    const names = properties.strategy.examples
    expect(names).toContain("auto")
    expect(names).toContain("tpe")
    for (const strategy of names)
      expect(
        parseSolverConfig({ budget: 9, bounds: { x: { min: 0, max: 1 } }, strategy }),
        strategy,
      ).not.toHaveProperty("problems")
  })

  const variant = {
    values: { codec: "zstd", level: 3, dictionary: true },
    description: "Smaller answers",
    constraints: [
      { channel: "throughputRps", of: "context", atMost: 500 },
      { channel: "errorRate", of: "outcome", atLeast: 0, atMost: 0.01 },
    ],
    rollback: { to: "previous", afterBreaches: 2, quarantineUs: 60_000_000 },
  }
  const evidence = { source: "replay", mean: 14, standardError: 0.5, readings: 40, constraintsHeld: true }

  it("accept and refuse the same variants and evidence as the catalogue", () => {
    const both = (name: string, shape: typeof VariantContentShape | typeof EvidenceShape, document: Json) => {
      const read = readShape(shape as typeof EvidenceShape, document).ok
      expect(validators[name](document), JSON.stringify(document)).toBe(read)
      return read
    }
    const content = (change: Json) => both("variant-content", VariantContentShape, { ...variant, ...change })
    const measured = (change: Json) => both("variant-evidence", EvidenceShape, { ...evidence, ...change })
    expect(content({})).toBe(true)
    expect(measured({})).toBe(true)
    expect(measured({ against: { mean: 15, standardError: 0, readings: 1 }, note: "a calm hour" })).toBe(true)
    const { rollback } = variant
    const bad = [
      content({ values: { codec: null } }),
      content({ values: { [""]: 1 } }),
      content({ valeus: {} }),
      content({ description: "" }),
      content({ constraints: [{ channel: "errorRate", of: "outcome" }] }),
      content({ constraints: [{ channel: "errorRate", of: "result", atMost: 1 }] }),
      content({ constraints: Array.from({ length: 33 }, () => variant.constraints[0]) }),
      content({ rollback: { ...rollback, afterBreaches: 0.5 } }),
      content({ rollback: { ...rollback, quarantineUs: -1 } }),
      content({ rollback: { to: "previous" } }),
      measured({ readings: 0 }),
      measured({ mean: "14" }),
      measured({ against: { mean: 1 } }),
      measured({ constraintsHeld: 1 }),
      measured({ source: "x".repeat(501) }),
    ]
    expect(bad).toEqual(bad.map(() => false))
  })

  it("accept the files of the seeds and of upstream as they are", () => {
    accepts("solver-config", {
      seed: 42,
      budget: 100,
      bounds: { x: { min: -5, max: 5, scale: "Linear" } },
      probe_ratio: 0.2,
      batch_size: 4,
      strategy_params: { alpha: 0.1 },
    })
    accepts("run-artifact", {
      run_id: "a",
      seed: 1,
      budget: 2,
      history: [{ eval_id: 0, params: { x: 1 }, value: 2, cost: 1 }],
    })
    accepts("solver-state", {
      run_id: "a",
      config: { budget: 2, bounds: { x: { min: 0, max: 3 } } },
      history: [{ params: { x: 1 }, value: 2, cost: 1 }],
    })
  })

  it("refuse plain mistakes, so that an editor shows them", () => {
    const bounds = { x: { min: 0, max: 1 } }
    expect(refuses("solver-config", { budget: 10, bounds: {} })).toBe(true)
    expect(refuses("solver-config", { budget: 1.5, bounds })).toBe(true)
    expect(refuses("solver-config", { budget: 10, bounds, seeed: 1 })).toBe(true)
    expect(refuses("solver-config", { budget: 10, bounds: { x: { min: 0, max: 1, scale: "lgo" } } })).toBe(
      true,
    )
    expect(refuses("solver-state", { config: { budget: 10, bounds }, history: [] })).toBe(true)
    expect(refuses("run-artifact", { run_id: "a", seed: -1, budget: 1, history: [] })).toBe(true)
  })

  it("accept every document that the code accepts, as written and as saved", () => {
    let read = 0
    fc.assert(
      fc.property(configs, (config) => {
        const settings = parseSolverConfig(config)
        if ("problems" in settings) return
        read++
        accepts("solver-config", config)
        accepts("solver-config", settings.config)
      }),
      { numRuns: 300, seed: 1 },
    )
    fc.assert(
      fc.property(runs, ({ state, artifact }) => {
        const saved = parseSolverState(state)
        const kept = parseRunArtifact(artifact)
        if ("problems" in saved || "problems" in kept) return
        read++
        accepts("solver-state", state)
        accepts("solver-state", saved)
        accepts("run-artifact", artifact)
        accepts("run-artifact", kept satisfies RunArtifact)
      }),
      { numRuns: 150, seed: 2 },
    )
    expect(read).toBeGreaterThan(300)
  })
})
