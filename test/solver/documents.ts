/**
 * Documents of the solver for tests: configurations and runs as people and programs write them, most of them valid.
 */
import * as fc from "fast-check"

export type Json = Readonly<Record<string, unknown>>

const name = fc.oneof(
  fc.constantFrom("x", "y", "learning_rate", "a b", "constructor", "toString", "0", "é"),
  fc.string({ minLength: 1, maxLength: 8 }).filter((s) => s.trim() === s && s !== "" && s !== "__proto__"),
)
const finite = fc.double({ noNaN: true, min: -1e6, max: 1e6 })
const choice = fc.oneof(fc.string({ maxLength: 5 }), fc.integer({ min: -9, max: 9 }), fc.boolean())

const number = fc
  .record({
    low: finite,
    width: fc.double({ noNaN: true, min: 1, max: 1e6 }),
    scale: fc.constantFrom(undefined, null, "linear", "Linear", "periodic", "Periodic"),
    step: fc.constantFrom(undefined, null, 0.5, 0.1),
  })
  .map(({ low, width, scale, step }) => dropped({ min: low, max: low + width, scale, step }))
const logarithmic = fc
  .record({ low: fc.double({ noNaN: true, min: 1e-9, max: 10 }), factor: fc.integer({ min: 2, max: 1000 }) })
  .map(({ low, factor }): Json => ({ min: low, max: low * factor, scale: "log" }))
const choices = fc
  .uniqueArray(choice, { minLength: 2, maxLength: 5 })
  .map((list): Json => ({ choices: list }))
const dimension = fc.oneof(number, logarithmic, choices, fc.constant<Json>({ type: "boolean" }))

/** Without the keys that are undefined. */
function dropped(record: Json): Json {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined))
}

/** A configuration that is valid. */
export const configs: fc.Arbitrary<Json> = fc
  .record(
    {
      budget: fc.integer({ min: 1, max: 60 }),
      bounds: fc.dictionary(name, dimension, { minKeys: 1, maxKeys: 5 }),
      seed: fc.option(fc.maxSafeNat()),
      objective: fc.option(fc.constantFrom("minimize", "maximize")),
      probe_ratio: fc.option(fc.double({ noNaN: true, min: 0, max: 1 })),
      probe: fc.option(
        fc.record(
          {
            method: fc.option(fc.constantFrom("auto", "kronecker", "sobol")),
            spice: fc.option(fc.double({ noNaN: true, min: 0, max: 1 })),
          },
          { requiredKeys: [] },
        ),
      ),
      batch_size: fc.option(fc.integer({ min: 1, max: 8 })),
      strategy: fc.option(fc.constantFrom("auto", "tpe", "nelderMead", "random")),
      strategy_params: fc.option(
        fc.dictionary(fc.string({ minLength: 1, maxLength: 5 }), finite, { maxKeys: 2 }),
      ),
      max_delta: fc
        .anything({ maxDepth: 1, withBigInt: false })
        .map((x) => JSON.parse(JSON.stringify(x ?? null)) as unknown),
      $schema: fc.constant("./schemas/solver-config.schema.json"),
      schema_version: fc.option(fc.constant(1)),
    },
    { requiredKeys: ["budget", "bounds"] },
  )
  .map((config): Json => config)
  .filter((config) => {
    // Two names that read the same are refused.
    const names = Object.keys(config.bounds as Json).map((one) => one.normalize("NFC"))
    return new Set(names).size === names.length && !Object.hasOwn(config.strategy_params ?? {}, "__proto__")
  })

/** A point of the bounds, by a fraction for each dimension. */
function pointOf(bounds: Json, share: (i: number) => number): Json {
  return Object.fromEntries(
    Object.entries(bounds as Record<string, Json>).map(([key, one], i) => {
      const at = share(i)
      if (Array.isArray(one.choices))
        return [key, one.choices[Math.floor(at * one.choices.length)] as unknown]
      if ("type" in one) return [key, at < 0.5]
      const [min, max] = [one.min as number, one.max as number]
      return [key, Math.min(max, Math.max(min, min + at * (max - min)))]
    }),
  )
}

/** A run in the seeds' own shape: a state and an artifact of the same evaluations. */
export const runs: fc.Arbitrary<{ readonly state: Json; readonly artifact: Json }> = fc
  .tuple(
    configs,
    fc.array(
      fc.record({
        share: fc.array(fc.double({ noNaN: true, min: 0, max: 0.999 }), { minLength: 5, maxLength: 5 }),
        value: fc.option(finite),
        cost: fc.double({ noNaN: true, min: 0, max: 1e3 }),
      }),
      { maxLength: 6 },
    ),
    fc.stringMatching(/^[a-z0-9-]{1,12}$/),
  )
  .map(([config, evaluations, runId]) => {
    const history = evaluations.slice(0, config.budget as number).map(({ share, value, cost }) => ({
      params: pointOf(config.bounds as Json, (i) => share[i]),
      value,
      cost,
    }))
    return {
      state: { run_id: runId, config, history },
      artifact: {
        run_id: runId,
        seed: config.seed ?? 0,
        budget: config.budget,
        history: history.map((entry, i) => ({ eval_id: i, ...entry })),
      },
    }
  })
