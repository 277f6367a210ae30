/** Bounds at the ends of what doubles hold, and sizes that ask for too much: refused by name, or good for every position. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type EngineSettings, parseEngineConfig } from "../../src/domain/Config.ts"
import { ConfigError } from "../../src/domain/errors.ts"
import { type FleetSettings, parseFleetConfig } from "../../src/domain/FleetConfig.ts"
import type { KnobTable } from "../../src/hot/KnobTable.ts"
import { AuditRing } from "../../src/hot/AuditRing.ts"
import { parseSolverConfig, type SolverSettings } from "../../src/solver/SolverConfig.ts"

const { MAX_VALUE, MIN_VALUE } = Number
const SIZES = [0, MIN_VALUE, 2 * MIN_VALUE, 1e-320, 2.3e-308, 1e-300, 1e-160, 1e-9, 1, 1 + 2 ** -52]
const LARGE = [3, 1e9, 2 ** 53, 1e160, 1e300, MAX_VALUE / 2, MAX_VALUE * (1 - 2 ** -53), MAX_VALUE]
const EDGES = [...SIZES, ...LARGE].flatMap((size) => [size, -size])
const SCALES = ["linear", "log", "periodic"] as const
const STEPS = [undefined, MIN_VALUE, 1e-300, 1e-10, 0.1, 1, 7, 1e10, 1e300, MAX_VALUE / 4]
const UNITS = [0, -0, MIN_VALUE, 1e-17, 0.1, 0.25, 1 / 3, 0.5, 0.75, 0.999999, 1 - 2 ** -53, 1]

const number = fc.oneof(fc.constantFrom(...EDGES), fc.double({ noNaN: true, noDefaultInfinity: true }))
const knob = fc.record(
  { min: number, max: number, scale: fc.constantFrom(...SCALES), step: fc.oneof(number, fc.constantFrom(1)) },
  { requiredKeys: ["min", "max", "scale"] },
)

/** The table of an engine and of a solver over this knob; null where both refuse it, by name and with a remedy. */
function tables(one: object): ReadonlyArray<KnobTable> | null {
  const engine = parseEngineConfig({ params: { x: one } })
  const solver = parseSolverConfig({ budget: 5, bounds: { x: one } })
  expect(engine instanceof ConfigError).toBe(solver instanceof ConfigError)
  if (engine instanceof ConfigError || solver instanceof ConfigError) {
    for (const { path } of (engine as ConfigError).problems) expect(path).toMatch(/^params\.x\./)
    for (const { path } of (solver as ConfigError).problems) expect(path).toMatch(/^bounds\.x\./)
    return null
  }
  return [engine.space.table, solver.space.table]
}

function holds(table: KnobTable, unit: number): void {
  const [min, max] = [table.min[0], table.max[0]]
  const value = table.decode(0, unit)
  expect(value >= min && value <= max).toBe(true)
  const back = table.encode(0, value)
  expect(back >= 0 && back <= 1).toBe(true)
  const snapped = table.snap(0, unit)
  expect(table.snap(0, snapped)).toBe(snapped)
  expect(table.decode(0, snapped)).toBe(value)
  // The write path gives the same bits.
  const out = new Float64Array(2)
  table.place(Float64Array.of(unit), 0, out, 0, 1)
  expect([out[0], out[1]]).toEqual([snapped, value])
  if (table.step[0] > 0) expect(table.decode(0, back)).toBe(value)
  // As near as the bounds let two values be told apart: a range is at least 1e-9 of them.
  else expect(Math.abs(table.difference(0, snapped, back))).toBeLessThan(1e-6)
}

describe("a knob with extreme bounds", () => {
  it("is refused by name, or encoded and decoded within its bounds: every pair of edges on every scale", () => {
    let taken = 0
    for (const min of EDGES) {
      // The wrong way round is refused whatever the size: the property below draws that too.
      for (const max of EDGES.filter((edge) => edge > min)) {
        for (const scale of SCALES) {
          for (const step of STEPS) {
            const made = tables(step === undefined ? { min, max, scale } : { min, max, scale, step })
            if (made === null) continue
            taken++
            for (const table of made) for (const unit of UNITS) holds(table, unit)
          }
        }
      }
    }
    expect(taken).toBeGreaterThan(500)
  })

  it("is refused by name, or encoded and decoded within its bounds: any bounds", () => {
    fc.assert(
      fc.property(knob, fc.double({ min: 0, max: 1, noNaN: true }), (one, unit) => {
        for (const table of tables(one) ?? []) holds(table, unit)
      }),
      { numRuns: 2000 },
    )
  })

  it.each([
    [{ min: MIN_VALUE, max: 1, scale: "log" }, "min: must be 0 or from 1e-300 to 1e+300 in size, got 5e-324"],
    [{ min: -MAX_VALUE, max: 0 }, "min: must be 0 or from 1e-300 to 1e+300 in size"],
    [{ min: 0, max: MIN_VALUE }, "max: must be 0 or from 1e-300 to 1e+300 in size, got 5e-324"],
    [{ min: -MAX_VALUE, max: MAX_VALUE }, "max: is too far from min: the range overflows"],
    [{ min: 1e-300, max: 1e300, scale: "log" }, "max: is too far from min for a log scale"],
  ])("says which bound it is: %o", (one, message) => {
    const engine = parseEngineConfig({ params: { x: one } }) as ConfigError
    const solver = parseSolverConfig({ budget: 5, bounds: { x: one } }) as ConfigError
    expect(engine.message).toContain(`params.x.${message}`)
    expect(solver.message).toContain(`bounds.x.${message}`)
  })
})

describe("an option that asks for memory", () => {
  const params = (knobs: number) =>
    Object.fromEntries(Array.from({ length: knobs }, (_, i) => [`k${i}`, { min: 0, max: 1 }]))
  const paths = (outcome: EngineSettings | FleetSettings | SolverSettings | ConfigError) =>
    outcome instanceof ConfigError ? outcome.problems.map(({ path }) => path) : []

  it("may not ask for more than 1 GiB, whatever the number of knobs", () => {
    expect(paths(parseEngineConfig({ params: params(1024), audit: { capacity: 1_048_576 } }))).toEqual([
      "audit.capacity",
    ])
    expect(paths(parseEngineConfig({ params: params(1), audit: { memory: 10_000_000 } }))).toEqual([
      "audit.memory",
    ])
    expect(paths(parseEngineConfig({ params: params(9000), homeostasis: { capacity: 4096 } }))).toEqual([
      "homeostasis.capacity",
    ])
    const fleet = { engine: { params: params(1) }, auditMemory: 10_000_000 }
    expect(paths(parseFleetConfig(fleet))).toEqual(["auditMemory"])
    expect(paths(parseSolverConfig({ budget: 1_000_000, bounds: params(1024) }))).toEqual(["budget"])
    expect(() => new AuditRing(1024, 1_048_576)).toThrow(
      /^capacity: must be at most \d+ for records of 1024 knobs/,
    )
  })

  it("names its maximum, which is accepted", () => {
    const error = parseEngineConfig({ params: params(1024), audit: { capacity: 1_048_576 } }) as ConfigError
    const most = Number(/Take at most (\d+)\./.exec(error.message)?.[1])
    expect(most * 1036 * 8).toBeLessThanOrEqual(2 ** 30)
    expect((most + 1) * 1036 * 8).toBeGreaterThan(2 ** 30)
    expect(paths(parseEngineConfig({ params: params(1024), audit: { capacity: most } }))).toEqual([])
    expect(paths(parseEngineConfig({ params: params(1024), audit: { capacity: most + 1 } }))).toEqual([
      "audit.capacity",
    ])
  })

  it("is within it by default, with the largest number of knobs", () => {
    const settings = parseEngineConfig({ params: params(65_535) }) as EngineSettings
    expect(settings.auditMemory * 40 * 65_535).toBeLessThan(2 ** 30)
    expect(settings.auditCapacity * 8 * 65_547).toBeLessThan(2 ** 30)
  })
})
