/**
 * The configuration: every problem in one error, each with its path and its remedy, for any input whatever.
 */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { resolveGuardrails } from "../../src/control/guardrails.ts"
import { parseEngineConfig, requireEngineConfig } from "../../src/domain/Config.ts"
import { parseFleetConfig } from "../../src/domain/FleetConfig.ts"
import { parseSolverConfig } from "../../src/solver/SolverConfig.ts"
import { ConfigError } from "../../src/domain/errors.ts"
import { GUARDRAILS } from "../../src/domain/guardrailPresets.ts"
import { checkGuardrails } from "../../src/hot/Guardrails.ts"

const params = { concurrency: { min: 1, max: 256, scale: "log", step: 1, initial: 16 } }

const problemsOf = (input: unknown): ReadonlyArray<string> => {
  const result = parseEngineConfig(input)
  if (!(result instanceof ConfigError)) return []
  return result.problems.map(
    (p) => `${p.path}: ${p.message}${p.suggestion === undefined ? "" : ` ${p.suggestion}`}`,
  )
}

const only = (input: unknown): string => {
  const problems = problemsOf(input)
  expect(problems).toHaveLength(1)
  return problems[0]
}

describe("an incomplete first call", () => {
  const engine = "createEngine({ params: { concurrency: { min: 1, max: 64 } } })"
  const fleet = "createFleet({ engine: { params: { concurrency: { min: 1, max: 64 } } } })"
  const solver = "createSolver({ bounds: { x: { min: -10, max: 10 } }, budget: 200 })"
  const messageOf = (settings: unknown): string => (settings instanceof ConfigError ? settings.message : "")

  it.each([
    ["an engine of nothing", () => parseEngineConfig({}), engine, ["params: is missing."]],
    ["an engine of no object", () => parseEngineConfig(undefined), engine, ["must be an object"]],
    ["a fleet of nothing", () => parseFleetConfig({}), fleet, ["engine: must be an object"]],
    ["a fleet without knobs", () => parseFleetConfig({ engine: {} }), fleet, ["engine.params: is missing."]],
    [
      "a solver of nothing",
      () => parseSolverConfig({}),
      solver,
      ["bounds: is missing.", "budget: is missing."],
    ],
  ] as const)(
    "is told all that is missing and the smallest call that works: %s",
    (_, parse, call, missing) => {
      const message = messageOf(parse())
      for (const one of missing) expect(message).toContain(one)
      expect(message.split("The smallest call that works: ")).toHaveLength(2)
      expect(message).toContain(`The smallest call that works: ${call}.`)
    },
  )

  it("gets an example that works", () => {
    const smallest = { params: { concurrency: { min: 1, max: 64 } } }
    expect(messageOf(parseEngineConfig(smallest))).toBe("")
    expect(messageOf(parseFleetConfig({ engine: smallest }))).toBe("")
    expect(messageOf(parseSolverConfig({ bounds: { x: { min: -10, max: 10 } }, budget: 200 }))).toBe("")
  })
})

describe("a configuration", () => {
  it("is accepted in its documented form, with every default filled in", () => {
    const settings = requireEngineConfig({ params, objective: "minimize", seed: 42, guardrails: "balanced" })
    expect(settings).toMatchObject({
      objective: "minimize",
      seed: 42,
      guardrails: "balanced",
      clock: "system",
      tickUs: 20_000,
      state: null,
      extras: [],
      window: { windowDigests: 5, windowUs: 500_000, settleUs: 10_000, trim: 0.1 },
    })
    expect(settings.space.table.decode(0, settings.space.initialUnit[0])).toBe(16)
  })

  it("may hold undefined for an omitted option", () => {
    expect(
      problemsOf({ params, state: undefined, window: { us: undefined }, guardrails: undefined }),
    ).toEqual([])
  })

  it("lists every problem at once, sorted by path, each with its remedy if there is one", () => {
    const error = parseEngineConfig({
      params: {
        concurrency: { min: 1, max: 256, scale: "lgo", stpe: 1 },
        b: { min: 3, max: 1 },
        l: { min: -1, max: 2, scale: "log", step: 7, initial: 9, maxStep: 2 },
        c: { min: Number.NaN, max: "2" },
      },
      objectve: "minimize",
      guardrails: "balancd",
      seed: 1.5,
    })
    expect(error).toBeInstanceOf(ConfigError)
    expect((error as ConfigError)._tag).toBe("ConfigError")
    expect((error as ConfigError).message).toBe(
      [
        "The configuration has 12 problems:",
        '  guardrails: must be "conservative" or "balanced" or "aggressive", got "balancd". Did you mean "balanced"?',
        '  objectve: is not an option here. Did you mean "objective"?',
        "  params.b.min: must be below max, got min 3 and max 1. Swap the two.",
        '  params.c.max: must be a number, got "2".',
        "  params.c.min: must be a finite number, got NaN.",
        '  params.concurrency.scale: must be "linear" or "log" or "periodic", got "lgo". Did you mean "log"?',
        '  params.concurrency.stpe: is not an option here. Did you mean "step"?',
        "  params.l.initial: is outside [-1, 2]: 9. Start inside the bounds, or widen them.",
        "  params.l.maxStep: must be above 0 and at most 1, got 2. It is a share of the knob's range: 0.1 means 10 % per apply.",
        '  params.l.min: must be above 0 on a log scale, got -1. Raise it, or use scale: "linear".',
        "  params.l.step: is larger than the whole range (7 > 3). With one allowed value there is nothing to tune.",
        "  seed: must be a whole number from 0 to 9007199254740991, got 1.5.",
      ].join("\n"),
    )
  })

  it("names a start outside the valid bound, beside the invalid bound", () => {
    expect(problemsOf({ params: { a: { min: "1", max: 64, initial: 80 } } })).toEqual([
      "params.a.initial: must be at most max, 64, got 80. Start inside the bounds, or widen them.",
      'params.a.min: must be a number, got "1".',
    ])
    expect(problemsOf({ params: { a: { min: 1, initial: 0 } } })).toEqual([
      "params.a.initial: must be at least min, 1, got 0. Start inside the bounds, or widen them.",
      "params.a.max: is missing. Give a number.",
    ])
  })

  it("names the right object for misplaced options", () => {
    expect(problemsOf({ params, guardrails: { safeMode: { timerUs: 1 }, patience: 3 } })).toEqual([
      "guardrails.patience: is not an option here. It belongs at gains.patience.",
      "guardrails.safeMode: is not an option here. It belongs at safeMode.",
    ])
  })

  it.each([
    ["min equal to max", { a: { min: 1, max: 1 } }, /^params\.a\.min: must be below max/],
    [
      "a log scale from 0",
      { a: { min: 0, max: 1, scale: "log" } },
      /^params\.a\.min: must be above 0 on a log scale/,
    ],
    [
      "an infinite bound",
      { a: { min: 0, max: Number.POSITIVE_INFINITY } },
      /^params\.a\.max: must be a finite number, got Infinity/,
    ],
    ["a range that overflows", { a: { min: -1.7e308, max: 1.7e308 } }, /^params\.a\.max: .*overflows/],
    [
      "a range lost beside its size",
      { a: { min: 1e12, max: 1e12 + 1e-3 } },
      /^params\.a\.max: is too close to min/,
    ],
    ["a missing bound", { a: { min: 0 } }, /^params\.a\.max: is missing/],
    ["a step of 0", { a: { min: 0, max: 1, step: 0 } }, /^params\.a\.step: must be above 0/],
    ["a step below 0", { a: { min: 0, max: 1, step: -1 } }, /^params\.a\.step: must be above 0/],
    [
      "a step beyond the range",
      { a: { min: 0, max: 1, step: 2 } },
      /^params\.a\.step: is larger than the whole range/,
    ],
    [
      "a step that closes a circle at once",
      { a: { min: 0, max: 1, step: 1, scale: "periodic" } },
      /^params\.a\.step: leaves one place/,
    ],
    [
      "an initial value outside",
      { a: { min: 0, max: 1, initial: 1.01 } },
      /^params\.a\.initial: is outside \[0, 1\]/,
    ],
    ["a maxStep of 0", { a: { min: 0, max: 1, maxStep: 0 } }, /^params\.a\.maxStep: must be above 0/],
    ["an empty name", { "": { min: 0, max: 1 } }, /^params\[""\]: has an empty name/],
    ["a blank name", { "  ": { min: 0, max: 1 } }, /empty name/],
    ["white space around a name", { " a": { min: 0, max: 1 } }, /white space around its name\. Write "a"/],
    ["a name of JavaScript's own", JSON.parse('{"__proto__": {"min": 0, "max": 1}}'), /is a reserved name/],
    [
      "names that read the same",
      { "\u00e9": { min: 0, max: 1 }, "e\u0301": { min: 0, max: 1 } },
      /reads the same/,
    ],
    ["no knobs at all", {}, /^params: has no knobs/],
  ])("refuses %s", (_, knobs, expected) => {
    expect(only({ params: knobs })).toMatch(expected)
  })

  it.each([
    ["the audit switched off", { audit: "off" }, /^audit: cannot be switched off/],
    ["the audit switched off by false", { audit: false }, /^audit: cannot be switched off/],
    ["a preset in the wrong case", { guardrails: "Balanced" }, /Did you mean "balanced"\?/],
    [
      "a near miss inside guardrails",
      { guardrails: { maxSteps: 0.1 } },
      /^guardrails\.maxSteps: .*"maxStep"/,
    ],
    ["a near miss of a preset inside guardrails", { guardrails: { preset: "agressive" } }, /"aggressive"/],
    [
      "a step limit above the whole range",
      { guardrails: { maxStep: 1.5 } },
      /^guardrails\.maxStep: must be a number above 0 and at most 1/,
    ],
    [
      "a path shorter than its range",
      { guardrails: { pathPerMinute: 0.1 } },
      /^guardrails\.pathPerMinute: lets a path/,
    ],
    [
      "rollbacks that come after the trip",
      { guardrails: { rollbackRegressions: 9 } },
      /^guardrails\.rollbackRegressions: trips before/,
    ],
    [
      "an emergency margin that is none",
      { guardrails: { emergencyMargin: 0 } },
      /^guardrails\.emergencyMargin: must be a number below 0/,
    ],
    ["a window of no digests", { window: { digests: 0 } }, /^window\.digests: must be a whole number from 1/],
    ["a trim of half", { window: { trim: 0.5 } }, /^window\.trim: must be a number from 0 to below 0\.5/],
    ["an unknown aggregate", { window: { aggregate: "meen" } }, /Did you mean "mean"\?/],
    ["a clock of another name", { clock: "manuel" }, /Did you mean "manual"\?/],
    ["a ring that is no power of two", { telemetry: { capacity: 1000 } }, /power of two/],
    ["five extra channels", { extras: ["a", "b", "c", "d", "e"] }, /^extras: must be at most 4 names/],
    ["a channel named twice", { extras: ["a", "a"] }, /^extras\[1\]: repeats "a"/],
    ["a channel named like a field", { extras: ["objective"] }, /is a built-in channel/],
    [
      "a label of the objective with a control character",
      { objectiveLabel: { unit: "m\u202es" } },
      /^objectiveLabel\.unit: must be 1 to 40 characters/,
    ],
    ["a seed below 0", { seed: -1 }, /^seed: must be a whole number/],
    ["a tick of no length", { tickUs: 0 }, /^tickUs: must be a number from 1000/],
    ["an empty state directory", { state: "" }, /^state: must be a path/],
    [
      "a journal without a directory",
      { journal: {} },
      /^journal: needs `state`: there is no journal to keep/,
    ],
    ["an unknown sync", { state: "s", journal: { sync: "now" } }, /^journal\.sync: /],
  ])("refuses %s", (_, options, expected) => {
    expect(only({ params, ...options })).toMatch(expected)
  })

  it("refuses more knobs than ids, in one problem", () => {
    const many = Object.fromEntries(Array.from({ length: 65_536 }, (_, i) => [`k${i}`, { min: 0, max: 1 }]))
    expect(only({ params: many })).toBe(
      "params: has 65536 knobs; the limit is 65535. Split them over several engines.",
    )
  })

  it("bounds the length of its message", () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`k${i}`, { min: 1, max: 0 }]))
    expect(problemsOf({ params: many })).toHaveLength(101)
  })

  it.each([
    [
      "a getter that throws",
      {
        get params() {
          throw new Error("no")
        },
      },
    ],
    [
      "a proxy that throws",
      new Proxy(
        {},
        {
          ownKeys() {
            throw new Error("no")
          },
        },
      ),
    ],
  ])("refuses %s without throwing", (_, input) => {
    expect(only(input)).toMatch(/^: could not be read/)
  })

  it("never throws and never lets a broken policy through, whatever the input", () => {
    const anything = fc.anything({
      withNullPrototype: true,
      withBigInt: true,
      withDate: true,
      withSparseArray: true,
    })
    const scalar = fc.oneof(
      fc.double(),
      fc.integer(),
      fc.constantFrom("log", "linear", "x", null, undefined, Number.NaN),
      anything,
    )
    const knob = fc.record(
      { min: scalar, max: scalar, scale: scalar, step: scalar, initial: scalar, maxStep: scalar },
      { requiredKeys: [] },
    )
    const policy = fc.dictionary(
      fc.constantFrom(...Object.keys(GUARDRAILS.balanced), "preset"),
      fc.oneof(scalar, fc.constantFrom("balanced", "aggressive")),
    )
    const config = fc.record(
      {
        params: fc.oneof(fc.dictionary(fc.string(), fc.oneof(knob, anything)), anything),
        guardrails: fc.oneof(policy, anything),
        window: anything,
        seed: scalar,
        extras: anything,
        audit: anything,
      },
      { requiredKeys: ["params"] },
    )
    fc.assert(
      fc.property(fc.oneof(config, anything), (input) => {
        const result = parseEngineConfig(input)
        if (result instanceof ConfigError) {
          expect(result.problems.length).toBeGreaterThan(0)
          for (const one of result.problems) expect(one.message).toMatch(/^\S.*\.$/s)
          return
        }
        checkGuardrails(resolveGuardrails(result.guardrails))
        const { table, initialUnit } = result.space
        for (let i = 0; i < table.size; i++) {
          const value = table.decode(i, initialUnit[i])
          expect(value >= table.min[i] && value <= table.max[i]).toBe(true)
        }
      }),
      { numRuns: 400, seed: 7 },
    )
  })
})

describe("guardrails", () => {
  it("match the documented table", () => {
    const { conservative, balanced, aggressive } = GUARDRAILS
    const row = (key: keyof typeof balanced) => [conservative[key], balanced[key], aggressive[key]]
    expect(row("maxStep")).toEqual([0.05, 0.1, 0.2])
    expect(row("appliesPerSecond")).toEqual([2, 10, 20])
    expect(row("minIntervalUs")).toEqual([500_000, 100_000, 50_000])
    expect(row("turnsPerMinute")).toEqual([2, 3, 5])
    expect(row("cooldownUs")).toEqual([60e6, 30e6, 10e6])
    expect(row("rangePerMinute")).toEqual([0.25, 0.5, 1])
    expect(row("pathPerMinute")).toEqual([1.25, 2.5, 5])
    expect(row("regressionsToTrip")).toEqual([3, 5, 8])
    expect(row("rollbackRegressions")).toEqual([2, 3, 5])
    expect(row("rollbacksPerHour")).toEqual([2, 4, 10])
    expect(row("minStableUs")).toEqual([30e6, 5e6, 1e6])
    expect(row("emergencyMargin")).toEqual([-0.5, -0.5, -0.5])
  })

  it("combine a user's numbers with a preset", () => {
    expect(resolveGuardrails("aggressive")).toEqual(GUARDRAILS.aggressive)
    expect(resolveGuardrails({ maxStep: 0.03, cooldownUs: undefined })).toEqual({
      ...GUARDRAILS.balanced,
      maxStep: 0.03,
    })
    expect(resolveGuardrails({ preset: "conservative", turnsPerMinute: 0 })).toEqual({
      ...GUARDRAILS.conservative,
      turnsPerMinute: 0,
    })
  })
})
