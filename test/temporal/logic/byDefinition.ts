/** The robustness of a formula straight from its definition, digest by digest. The slow reference for everything else. */
import * as fc from "fast-check"
import type { Bound, Formula } from "../../../src/temporal/logic/formula.ts"

export interface Trace {
  readonly channels: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<number>>
  readonly atUs: ReadonlyArray<number>
}

type Interval = readonly [lo: number, hi: number]

const negated = ([lo, hi]: Interval): Interval => [-hi, -lo]
const least = (all: ReadonlyArray<Interval>): Interval => [
  Math.min(Number.POSITIVE_INFINITY, ...all.map(([lo]) => lo)),
  Math.min(Number.POSITIVE_INFINITY, ...all.map(([, hi]) => hi)),
]
const greatest = (all: ReadonlyArray<Interval>): Interval => negated(least(all.map(negated)))

/** Bounds of the robustness at digest `i`; equal where no reading is missing. */
export function byDefinition(formula: Formula, trace: Trace, i: number): Interval {
  const of = (one: Formula, at: number): Interval => byDefinition(one, trace, at)
  const { length } = trace.rows
  const place = (bound: Bound, at: number): number => (bound.unit === "us" ? trace.atUs[at] : at)
  /** The digests whose distance from `i`, forwards or backwards, is within the bound. */
  const within = (bound: Bound, back: boolean): ReadonlyArray<number> =>
    trace.rows
      .map((_, at) => at)
      .filter((at) => {
        const away = back ? place(bound, i) - place(bound, at) : place(bound, at) - place(bound, i)
        return (back ? at <= i : at >= i) && away >= bound.from && away <= bound.to
      })
  const between = (from: number, to: number): ReadonlyArray<number> =>
    Array.from({ length: Math.max(0, to - from) }, (_, n) => from + n)
  switch (formula.op) {
    case "constant": {
      const value = formula.holds ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
      return [value, value]
    }
    case "predicate": {
      const sum = formula.sum.terms.reduce(
        (so, { channel, factor }) => so + factor * trace.rows[i][trace.channels.indexOf(channel)],
        formula.sum.constant,
      )
      return Number.isNaN(sum) ? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] : [sum, sum]
    }
    case "not":
      return negated(of(formula.of, i))
    case "and":
      return least(formula.of.map((one) => of(one, i)))
    case "or":
      return greatest(formula.of.map((one) => of(one, i)))
    case "next": {
      const end = formula.strong ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
      return i + 1 < length ? of(formula.of, i + 1) : [end, end]
    }
    case "always":
      return least(within(formula.bound, false).map((at) => of(formula.of, at)))
    case "eventually":
      return greatest(within(formula.bound, false).map((at) => of(formula.of, at)))
    case "historically":
      return least(within(formula.bound, true).map((at) => of(formula.of, at)))
    case "once":
      return greatest(within(formula.bound, true).map((at) => of(formula.of, at)))
    case "until":
      return greatest(
        within(formula.bound, false).map((at) =>
          least([of(formula.right, at), ...between(i, at).map((before) => of(formula.left, before))]),
        ),
      )
    case "release":
      return least(
        within(formula.bound, false).map((at) =>
          greatest([of(formula.right, at), ...between(i, at).map((before) => of(formula.left, before))]),
        ),
      )
    case "since":
      return greatest(
        within(formula.bound, true).map((at) =>
          least([of(formula.right, at), ...between(at + 1, i + 1).map((after) => of(formula.left, after))]),
        ),
      )
  }
}

export const CHANNELS = ["x", "y"]

const inDigests = fc
  .tuple(fc.nat(3), fc.nat(4))
  .map(([from, more]): Bound => ({ from, to: from + more, unit: "digests" }))
const inTime = fc
  .tuple(fc.nat(2), fc.nat(4))
  .map(([from, more]): Bound => ({ from: from * 1e6, to: (from + more) * 1e6, unit: "us" }))
const bound = fc.oneof(inDigests, inTime)

const predicate = fc
  .record({
    channel: fc.constantFrom(...CHANNELS),
    factor: fc.constantFrom(-1, 1),
    constant: fc.integer({ min: -3, max: 3 }),
  })
  .map(
    ({ channel, factor, constant }): Formula => ({
      op: "predicate",
      sum: { terms: [{ channel, factor }], constant },
    }),
  )

const { formula } = fc.letrec<{ formula: Formula }>((tie) => {
  const of = tie("formula")
  return {
    formula: fc.oneof(
      { maxDepth: 3, depthSize: "small" },
      predicate,
      fc.boolean().map((holds): Formula => ({ op: "constant", holds })),
      of.map((one): Formula => ({ op: "not", of: one })),
      fc.tuple(fc.constantFrom("and", "or"), of, of).map(([op, a, b]): Formula => ({ op, of: [a, b] })),
      fc.tuple(fc.boolean(), of).map(([strong, one]): Formula => ({ op: "next", strong, of: one })),
      fc
        .tuple(fc.constantFrom("always", "eventually", "historically", "once"), bound, of)
        .map(([op, bound, one]): Formula => ({ op, bound, of: one })),
      fc
        .tuple(fc.constantFrom("until", "release", "since"), bound, of, of)
        .map(([op, bound, left, right]): Formula => ({ op, bound, left, right })),
      fc
        .tuple(fc.constantFrom("historically", "once"), fc.nat(2), of)
        .map(([op, from, one]): Formula => ({ op, bound: { from, to: Infinity, unit: "digests" }, of: one })),
      fc.tuple(of, of).map(
        ([left, right]): Formula => ({
          op: "since",
          bound: { from: 0, to: Infinity, unit: "digests" },
          left,
          right,
        }),
      ),
    ),
  }
})

/** Any formula that a stream can be checked against. */
export const anyFormula: fc.Arbitrary<Formula> = formula

/** Any trace: whole readings, some missing, at uneven times. */
export const anyTrace: fc.Arbitrary<Trace> = fc
  .array(
    fc.record({
      row: fc.array(
        fc.oneof(
          { weight: 9, arbitrary: fc.integer({ min: -5, max: 5 }) },
          { weight: 1, arbitrary: fc.constant(Number.NaN) },
        ),
        { minLength: 2, maxLength: 2 },
      ),
      gapUs: fc.constantFrom(0, 500_000, 1_000_000, 1_000_000, 2_500_000),
    }),
    { minLength: 1, maxLength: 14 },
  )
  .map((digests) => {
    let now = 0
    const atUs = digests.map(({ gapUs }) => (now += gapUs))
    return { channels: CHANNELS, rows: digests.map(({ row }) => row), atUs }
  })
