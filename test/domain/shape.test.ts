/** Our own reader of plain shapes says what a schema of effect says: of configurations, learnings, resumptions, variants. */
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { EngineConfigShape } from "../../src/domain/configSchema.ts"
import { LearnedShape } from "../../src/domain/Learned.ts"
import type { Problem } from "../../src/domain/errors.ts"
import { tidy } from "../../src/domain/problems.ts"
import { ResumptionShape } from "../../src/domain/Resumption.ts"
import {
  boolean,
  either,
  type Form,
  list,
  maybe,
  number,
  object,
  optional,
  readShape,
} from "../../src/domain/Shape.ts"
import { oneOf, record, string, whole } from "../../src/domain/Shape.ts"
import { plainFields } from "../../src/solver/configSchema.ts"
import { ClassificationShape } from "../../src/solver/RunArtifact.ts"
import { runFields } from "../../src/solver/SolverState.ts"
import { VariantRecordShape, VariantTransitionShape } from "../../src/domain/Variant.ts"
import { nearly, problemsFound, schemaOf } from "./schemaOf.ts"

const short = { expected: "a short name", holds: (text: string) => text.length < 4 }

const SHAPES: Readonly<Record<string, Form>> = {
  "a configuration": EngineConfigShape,
  "what was learnt": LearnedShape,
  "a resumption": ResumptionShape,
  "a variant": VariantRecordShape,
  "a step of a variant": VariantTransitionShape,
  "a solver's options": object(plainFields),
  "a solver's run": object(runFields),
  "a classification": ClassificationShape,
  "every kind of shape": object(
    {
      names: record(either(number(), string(short), boolean), short),
      word: oneOf(["one", "other", false]),
      lists: optional(
        list(list(whole(0, 5)), { expected: "at most two lists", holds: ({ length }) => length <= 2 }),
      ),
      least: maybe(number()),
      most: maybe(number()),
      single: optional(oneOf(["single"])),
    },
    {
      expected: "an object with least or most",
      holds: ({ least, most }) => least !== undefined || most !== undefined,
    },
  ),
}

/** A schema knows no remedies. */
const said = (problems: ReadonlyArray<Problem>) =>
  tidy(problems.map(({ path, message }) => ({ path, message })))

describe.each(Object.entries(SHAPES))("the reader of %s", (_, form) => {
  const schema = schemaOf(form)

  it.each(["refuse", "drop"] as const)(
    "copies and complains as its schema does, extra fields: %s",
    (excess) => {
      const decode = Schema.decodeUnknownExit(schema, {
        errors: "all",
        onExcessProperty: excess === "refuse" ? "error" : "ignore",
      })
      let refused = 0
      let taken = 0
      fc.assert(
        fc.property(nearly(form), (input) => {
          const exit = decode(input)
          const read = readShape(form, input, { excess })
          if (exit._tag === "Success") {
            taken++
            expect(read).toEqual({ ok: true, value: exit.value })
            if (read.ok) expect(JSON.stringify(read.value)).toBe(JSON.stringify(exit.value))
          } else {
            refused++
            expect(read.ok ? [] : said(read.problems)).toEqual(said(problemsFound(exit, input)))
          }
        }),
        { numRuns: 250, seed: 5 },
      )
      expect(refused).toBeGreaterThan(20)
      expect(taken).toBeGreaterThan(20)
    },
  )
})

describe("a shape", () => {
  const settings = object({
    budget: whole(1, 9),
    guards: optional(object({ limit: number() })),
    safe: optional(object({ timer: number(), limit: number() })),
    window: optional(either(oneOf(["short"]), object({ span: number() }))),
  })
  const said = (input: unknown): ReadonlyArray<string> => {
    const read = readShape(settings, input, { at: ["config"] })
    return read.ok
      ? []
      : read.problems.map(({ path, message, suggestion }) => `${path}: ${message} ${suggestion}`)
  }

  it("says what a missing field should be", () => {
    expect(said({ safe: { limit: 1 } })).toEqual([
      "config.budget: is missing. Give a whole number from 1 to 9.",
      "config.safe.timer: is missing. Give a number.",
    ])
  })

  // A field with a rule of its own was also told that it must be finite.
  it("says one thing of a number that is none: its own rule, or that it must be finite", () => {
    expect(said({ budget: Number.NaN, guards: { limit: Infinity } })).toEqual([
      "config.budget: must be a whole number from 1 to 9, got NaN. undefined",
      "config.guards.limit: must be a finite number, got Infinity. undefined",
    ])
  })

  it("says where a misplaced field belongs, unless a name here is very similar", () => {
    expect(said({ budget: 1, guards: { limit: 1, timer: 5, budget: 1 } })).toEqual([
      "config.guards.timer: is not an option here. It belongs at config.safe.timer.",
      "config.guards.budget: is not an option here. It belongs at config.budget.",
    ])
    expect(said({ budget: 1, limit: 3, span: 2 })).toEqual([
      "config.limit: is not an option here. It belongs at config.guards.limit or config.safe.limit.",
      "config.span: is not an option here. It belongs at config.window.span.",
    ])
    expect(said({ budget: 1, guards: { limit: 1, limits: 2 } })).toEqual([
      'config.guards.limits: is not an option here. Did you mean "limit"?',
    ])
  })

  it("reads a field named __proto__ without touching the prototype", () => {
    const input: unknown = JSON.parse('{"__proto__":{"polluted":1},"a":{"polluted":2}}')
    const read = readShape(record(object({ polluted: number() })), input)
    expect(read.ok && Object.keys(read.value)).toEqual(["__proto__", "a"])
    expect(read.ok && Object.getPrototypeOf(read.value)).toBe(Object.prototype)
  })

  it("returns a copy that nobody else can change", () => {
    const input = { list: [{ n: 1 }] }
    const read = readShape(object({ list: list(object({ n: number() })) }), input)
    input.list[0].n = 2
    expect(read).toEqual({ ok: true, value: { list: [{ n: 1 }] } })
  })
})
