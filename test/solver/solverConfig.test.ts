/**
 * The configuration of a solver: upstream's files as they are, every problem in one error with its path and its remedy,
 * for any input whatever, and a saved form that reads back to itself.
 */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { ConfigError } from "../../src/domain/errors.ts"
import { parseSolverConfig, requireSolverConfig } from "../../src/solver/SolverConfig.ts"
import { configs, type Json } from "./documents.ts"

const bounds = { x: { min: -5, max: 5 } }

const problemsOf = (input: unknown, strategies: ReadonlyArray<string> = []): ReadonlyArray<string> => {
  const result = parseSolverConfig(input, strategies)
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

describe("a solver's configuration", () => {
  it("is read in upstream's own spelling", () => {
    const settings = requireSolverConfig({
      seed: 42,
      budget: 100,
      bounds: { x: { min: -5, max: 5, scale: "Linear" }, r: { min: 0.1, max: 10, scale: "Log" } },
      probe_ratio: 0.2,
      batch_size: 4,
      strategy_params: { alpha: 0.1 },
    })
    expect(settings).toMatchObject({ seed: 42, budget: 100, probeCount: 20, batchSize: 4, strategy: "auto" })
    expect(settings.strategyParams).toEqual({ alpha: 0.1 })
    expect(settings.warnings).toEqual([
      "strategy_params.alpha: not an option of the strategy auto; it has no effect.",
    ])
    expect(settings.space.names).toEqual(["r", "x"])
    expect(settings.config.bounds).toEqual({
      r: { min: 0.1, max: 10, scale: "log" },
      x: { min: -5, max: 5, scale: "linear" },
    })
  })

  it("accepts options of the live engine, with a note that they have no effect", () => {
    const settings = requireSolverConfig({ budget: 10, bounds, max_delta: { x: 0.25 }, cooldown_steps: 5 })
    expect(settings.warnings).toEqual([
      "max_delta: an option of the live engine; it has no effect here.",
      "cooldown_steps: an option of the live engine; it has no effect here.",
    ])
    expect(settings.config).not.toHaveProperty("max_delta")
  })

  it("fills in every default", () => {
    const settings = requireSolverConfig({ budget: 100, bounds })
    expect({ ...settings, space: null }).toEqual({
      seed: 0,
      budget: 100,
      space: null,
      objective: "minimize",
      probeCount: 10,
      probe: { method: "auto", spice: 0 },
      batchSize: null,
      strategy: "auto",
      strategyParams: {},
      warnings: [],
      config: {
        schema_version: 1,
        seed: 0,
        budget: 100,
        bounds: { x: { min: -5, max: 5, scale: "linear" } },
        objective: "minimize",
        probe: { method: "auto", spice: 0 },
        strategy: "auto",
      },
    })
  })

  it("may hold null or undefined for an omitted option", () => {
    const left = {
      seed: null,
      objective: undefined,
      probe_ratio: null,
      probe: null,
      batch_size: null,
      strategy: null,
      strategy_params: null,
    }
    expect(requireSolverConfig({ budget: 100, bounds, ...left })).toEqual(
      requireSolverConfig({ budget: 100, bounds }),
    )
    expect(problemsOf({ budget: 100, bounds: { x: { min: 0, max: 1, scale: null, step: null } } })).toEqual(
      [],
    )
  })

  it.each([
    [1, undefined, 1],
    [4, undefined, 4],
    [30, undefined, 6],
    [100, undefined, 10],
    [1000, undefined, 15],
    [100, 0.2, 20],
    [100, 0, 1],
    [100, 1, 100],
    [3, 0.5, 2],
  ])("of budget %i and probe ratio %s probes %i times", (budget, ratio, expected) => {
    expect(requireSolverConfig({ budget, bounds, probe_ratio: ratio }).probeCount).toBe(expected)
  })

  it("has numbers, choices and switches for dimensions", () => {
    const { space } = requireSolverConfig({
      budget: 10,
      bounds: {
        n: { min: 1, max: 8, step: 1 },
        angle: { min: 0, max: 360, scale: "periodic" },
        kernel: { choices: ["rbf", "linear", 3, true] },
        shrink: { type: "boolean" },
      },
    })
    expect(space.dimensions).toEqual([
      { min: 0, max: 360, scale: "periodic", step: 0 },
      { choices: ["rbf", "linear", 3, true] },
      { min: 1, max: 8, scale: "linear", step: 1 },
      { choices: [false, true] },
    ])
  })

  it("lists every problem at once, sorted by path, each with its remedy if there is one", () => {
    const error = parseSolverConfig({
      seed: 1.5,
      bugdet: 10,
      objective: "minimise",
      bounds: {
        x: { min: 3, max: 1 },
        y: { mni: 1, max: "2", scale: "lgo" },
        c: { choices: ["a", "a"] },
        d: { choices: ["a"] },
        e: { type: "bool" },
        f: { type: "int", min: 0, max: 3 },
        g: [1, 2],
      },
      strategy: "nelderMeed",
      probe: { spice: 2, methd: "sobol" },
    })
    expect(error).toBeInstanceOf(ConfigError)
    expect((error as ConfigError).message).toBe(
      [
        "The configuration has 17 problems:",
        '  bounds.c.choices[1]: repeats "a". List every value once.',
        "  bounds.d.choices: must be a list of 2 to 1024 values, got an array.",
        '  bounds.e.type: must be "boolean", got "bool". Did you mean "boolean"?',
        '  bounds.f.type: is not an option of a number. Leave it out, and write "step": 1 for whole numbers.',
        '  bounds.g: must be an object, got an array. Write { "min": 1, "max": 2 }.',
        "  bounds.x.min: must be below max, got min 3 and max 1. Swap the two.",
        '  bounds.y.max: must be a number, got "2".',
        "  bounds.y.min: is missing. Give a number.",
        '  bounds.y.mni: is not an option here. Did you mean "min"?',
        '  bounds.y.scale: must be "linear" or "log" or "periodic", got "lgo". Did you mean "log"?',
        "  budget: is missing. Give a whole number from 1 to 1000000.",
        '  bugdet: is not an option here. Did you mean "budget"?',
        '  objective: must be "minimize" or "maximize", got "minimise". Did you mean "minimize"?',
        '  probe.methd: is not an option here. Did you mean "method"?',
        "  probe.spice: must be a number from 0 to 1, got 2.",
        "  seed: must be a whole number from 0 to 9007199254740991, got 1.5.",
        '  strategy: is not a strategy: "nelderMeed". Did you mean "nelderMead"?',
      ].join("\n"),
    )
  })

  it.each([
    ["nothing", null, /^: must be an object, got null/],
    ["a list", [], /^: must be an object, got an array/],
    ["no budget", { bounds }, /^budget: is missing/],
    ["a budget of nothing", { budget: 0, bounds }, /^budget: must be a whole number from 1 to 1000000/],
    ["a budget beyond the cap", { budget: 1_000_001, bounds }, /^budget: must be a whole number/],
    ["no bounds", { budget: 1 }, /^bounds: is missing/],
    ["bounds that are null", { budget: 1, bounds: null }, /^bounds: must be an object, got null/],
    ["no parameters", { budget: 1, bounds: {} }, /^bounds: has no parameters/],
    [
      "a batch of nothing",
      { budget: 1, bounds, batch_size: 0 },
      /^batch_size: must be a whole number from 1/,
    ],
    [
      "a probe ratio above 1",
      { budget: 1, bounds, probe_ratio: 1.1 },
      /^probe_ratio: must be a number from 0 to 1/,
    ],
    [
      "a strategy option that is no number",
      { budget: 1, bounds, strategy_params: { a: "b" } },
      /^strategy_params\.a: must be a number/,
    ],
    [
      "a strategy option that is NaN",
      { budget: 1, bounds, strategy_params: { a: Number.NaN } },
      /^strategy_params\.a: must be a finite number/,
    ],
    [
      "a budget that is NaN",
      { budget: Number.NaN, bounds },
      /^budget: must be a whole number from 1 to .* got NaN/,
    ],
    [
      "an infinite budget",
      { budget: Infinity, bounds },
      /^budget: must be a whole number from 1 to .* got Infinity/,
    ],
    ["a budget beyond every memory", { budget: 1e12, bounds }, /^budget: must be a whole number from 1 to/],
    [
      "a later format, whatever else is new in it",
      { schema_version: 2, later: 1 },
      /^schema_version: is 2: written by a newer Arqon, this one reads up to 1\. Update arqon\.$/,
    ],
    [
      "a version that is none",
      { schema_version: 0, budget: 1, bounds },
      /^schema_version: must be a whole number/,
    ],
  ])("is refused with %s", (_, input, expected) => {
    expect(only(input)).toMatch(expected)
  })

  it.each([
    ["min equal to max", { min: 1, max: 1 }, /^bounds\.a\.min: must be below max/],
    [
      "a log scale from 0",
      { min: 0, max: 1, scale: "Log" },
      /^bounds\.a\.min: must be above 0 on a log scale/,
    ],
    [
      "a log scale wider than doubles",
      { min: 1e-300, max: 1e300, scale: "log" },
      /^bounds\.a\.max: is too far from min for a log scale/,
    ],
    [
      "an infinite bound",
      { min: 0, max: Number.POSITIVE_INFINITY },
      /^bounds\.a\.max: must be a finite number/,
    ],
    ["a range that overflows", { min: -1.7e308, max: 1.7e308 }, /^bounds\.a\.max: is too far from min/],
    ["a step of 0", { min: 0, max: 1, step: 0 }, /^bounds\.a\.step: must be above 0/],
    [
      "an option of a live knob",
      { min: 0, max: 1, initial: 0.5 },
      /^bounds\.a\.initial: is an option of a live engine's knob only/,
    ],
    ["choices that are objects", { choices: [{}, 1] }, /^bounds\.a\.choices\[0\]: must be/],
    [
      "too many choices",
      { choices: Array.from({ length: 1025 }, (_, i) => i) },
      /^bounds\.a\.choices: must be a list of 2 to 1024/,
    ],
    ["choices that only -0 tells apart", { choices: [0, -0] }, /^bounds\.a\.choices\[1\]: repeats 0/],
    ["choices by another name", { values: ["a", "b"] }, /^bounds\.a\.values: .*Did you mean "choices"\?$/],
    ["choices as options", { options: ["a", "b"] }, /^bounds\.a\.options: .*Did you mean "choices"\?$/],
    ["a choice with a range", { choices: [1, 2], min: 0 }, /^bounds\.a\.min: is not an option here/],
    [
      "a word for choices",
      { type: "categorical" },
      /^bounds\.a\.type: .*Write "choices": \[\.\.\.\] instead/,
    ],
    ["a word for numbers", { type: "float" }, /^bounds\.a\.type: .*Write "min" and "max" for a number/],
    ["nothing at all", {}, /^bounds\.a\.(min|max): is missing/],
    ["a number alone", 3, /^bounds\.a: must be an object, got 3\. Write \{ "min": 0, "max": 1 \}\./],
    [
      "a list of words",
      ["a", "b", "c"],
      /^bounds\.a: must be an object, got an array\. Write \{ "choices": \[\.\.\.\] \}\./,
    ],
  ])("refuses a dimension with %s", (_, dimension, expected) => {
    expect(problemsOf({ budget: 10, bounds: { a: dimension } })[0]).toMatch(expected)
  })

  it("refuses more dimensions than it can search, in one problem", () => {
    const many = Object.fromEntries(Array.from({ length: 1025 }, (_, i) => [`k${i}`, {}]))
    expect(only({ budget: 1, bounds: many })).toBe(
      "bounds: has 1025 parameters; the limit is 1024. Give those that matter least a fixed value.",
    )
  })

  it("bounds the length of its message", () => {
    const many = Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`k${i}`, { min: 1, max: 0 }]))
    expect(problemsOf({ budget: 1, bounds: many })).toHaveLength(101)
  })

  it("refuses names reserved by JavaScript, wherever they are", () => {
    const text =
      '{"budget": 3, "bounds": {"__proto__": {"min": 0, "max": 1}}, "strategy_params": {"__proto__": 1}}'
    expect(problemsOf(JSON.parse(text))).toEqual([
      "bounds.__proto__: is a reserved name in JavaScript. Choose another.",
      "strategy_params.__proto__: is a reserved name in JavaScript. Choose another.",
    ])
  })

  it("accepts names that only look like JavaScript's own", () => {
    const odd = {
      constructor: { min: 0, max: 1 },
      toString: { min: 0, max: 1 },
      hasOwnProperty: { type: "boolean" },
    }
    expect(requireSolverConfig({ budget: 1, bounds: odd }).space.names).toEqual([
      "constructor",
      "hasOwnProperty",
      "toString",
    ])
  })

  it("accepts added strategies, by name and with the options that they read", () => {
    expect(problemsOf({ budget: 1, bounds, strategy: "mine" }, ["mine"])).toEqual([])
    const settings = parseSolverConfig(
      { budget: 1, bounds, strategy: "mine", strategy_params: { temprature: 1, steps: 2 } },
      [{ name: "mine", params: ["temperature", "steps"] }],
    )
    expect((settings as { warnings: unknown }).warnings).toEqual([
      'strategy_params.temprature: not an option of the strategy mine; it has no effect. Did you mean "temperature"?',
    ])
  })

  it.each([
    [
      "a getter that throws",
      {
        get bounds() {
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

  it("refuses what no file could contain: cycles, endless nesting, endless lists", () => {
    const cycle: Record<string, unknown> = { budget: 1 }
    cycle.bounds = cycle
    expect(only(cycle)).toMatch(/^bounds: refers back to an object that contains it/)
    let deep: unknown = 1
    for (let i = 0; i < 100_000; i++) deep = { a: deep }
    expect(only({ budget: 1, bounds, max_delta: deep })).toMatch(/^max_delta\.a\.a\.a: is nested too deeply/)
    expect(only({ budget: 1, bounds, max_delta: Array.from({ length: 2_000_001 }) })).toMatch(
      /^max_delta: has 2000001 items/,
    )
  })

  it("reads everything once, so that nothing changes between check and use", () => {
    let reads = 0
    const shifty = {
      budget: 10,
      bounds: {
        get x() {
          return ++reads === 1 ? { min: 0, max: 1 } : { min: 1, max: 0 }
        },
      },
    }
    expect(requireSolverConfig(shifty).config.bounds).toEqual({ x: { min: 0, max: 1, scale: "linear" } })
  })

  it("reads negative zero as zero, which is all a file can contain", () => {
    const { config, space } = requireSolverConfig({ budget: 1, bounds: { x: { min: -0, max: 1 } } })
    expect(config.bounds).toEqual({ x: { min: 0, max: 1, scale: "linear" } })
    expect(space.decode(new Float64Array(1))).toEqual({ x: 0 })
  })

  it("saves as a configuration that round-trips", () => {
    let read = 0
    fc.assert(
      fc.property(configs, (config) => {
        const first = parseSolverConfig(config)
        if (first instanceof ConfigError) return
        read++
        const second = requireSolverConfig(JSON.parse(JSON.stringify(first.config)))
        expect(second.config).toEqual(first.config)
        expect(second.probeCount).toBe(first.probeCount)
        expect(second.space.dimensions).toEqual(first.space.dimensions)
      }),
      { numRuns: 300, seed: 4 },
    )
    expect(read).toBeGreaterThan(200)
  })

  it("never throws, and lets nothing through that cannot be searched", () => {
    const anything = fc.anything({
      withNullPrototype: true,
      withBigInt: true,
      withDate: true,
      withSparseArray: true,
    })
    const scalar = fc.oneof(
      fc.double(),
      fc.integer(),
      fc.constantFrom("log", "Log", "x", null, undefined),
      anything,
    )
    const dimension = fc.record(
      { min: scalar, max: scalar, scale: scalar, step: scalar, choices: scalar, type: scalar },
      { requiredKeys: [] },
    )
    const config = fc
      .tuple(
        configs,
        fc.record(
          {
            budget: scalar,
            bounds: fc.oneof(fc.dictionary(fc.string(), fc.oneof(dimension, anything)), anything),
            seed: scalar,
            probe: anything,
            strategy: scalar,
            strategy_params: anything,
          },
          { requiredKeys: [] },
        ),
      )
      .map(([valid, change]): Json => ({ ...valid, ...change }))
    fc.assert(
      fc.property(fc.oneof(config, anything), (input) => {
        const result = parseSolverConfig(input)
        if (result instanceof ConfigError) {
          expect(result.problems.length).toBeGreaterThan(0)
          for (const one of result.problems) expect(one.message).toMatch(/^\S.*\.$/s)
          return
        }
        const { space } = result
        for (const at of [0, 0.5, 1]) {
          for (let i = 0; i < space.size; i++) {
            expect(space.encodeOne(i, space.decodeOne(i, at))).toBe(space.snapOne(i, at))
          }
        }
      }),
      { numRuns: 500, seed: 8 },
    )
  })
})
