/**
 * The JSON Schemas that ship: they are what the code says now, and they accept whatever the code accepts.
 */
import { readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import Ajv2020 from "ajv/dist/2020.js"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { schemaFiles } from "../../scripts/jsonSchemas.ts"
import { parseRunArtifact, type RunArtifact } from "../../src/solver/RunArtifact.ts"
import { parseSolverConfig } from "../../src/solver/SolverConfig.ts"
import { parseSolverState } from "../../src/solver/SolverState.ts"
import { configs, type Json, runs } from "./documents.ts"

const folder = resolve(import.meta.dirname, "../../schemas")
const ajv = new Ajv2020.default({ allErrors: true })
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

describe("the JSON Schemas of the solver's files", () => {
  for (const { file, text } of schemaFiles()) {
    it(`schemas/${file} says what the code reads now (npm run docs brings it up to date)`, () => {
      expect(readFileSync(join(folder, file), "utf8")).toBe(text)
    })

    it(`schemas/${file} tells of every field what it is`, () => {
      expect(describedFields(JSON.parse(text) as Json)).toEqual([])
    })
  }

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

  it("refuse what is plainly wrong, so that an editor shows it", () => {
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
