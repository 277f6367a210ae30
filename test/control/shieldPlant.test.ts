/** Shields from a plant that is described by data: the same as from a function, and every mistake at its place. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { shieldOf } from "../../src/control/shieldPlant.ts"
import { ConfigError } from "../../src/domain/errors.ts"
import { parseFormula } from "../../src/temporal/logic/parseFormula.ts"
import { synthesizeShield } from "../../src/temporal/logic/synthesizeShield.ts"

const PLANT = {
  knobs: [{ name: "servers", cuts: [4, 8], whole: true }],
  channels: [{ name: "queue", cuts: [100, 400] }],
  next: [{ when: { servers: 2 }, to: { queue: { by: [-1, 0] } } }],
}

const problemsOf = (rule: string, plant: unknown): ReadonlyArray<string> => {
  try {
    shieldOf(rule, plant)
  } catch (error) {
    if (error instanceof ConfigError)
      return error.problems.map(({ path, message, suggestion }) => `${path}: ${message} ${suggestion ?? ""}`)
    throw error
  }
  return []
}

const anyRange = fc.tuple(fc.nat(2), fc.nat(2)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)

describe("a shield from a plant as data", () => {
  it("is that of the same plant as a function, for any cases, the first of which counts", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ servers: fc.option(anyRange), queue: fc.option(anyRange), to: anyRange }), {
          maxLength: 6,
        }),
        (cases) => {
          const holds = (range: readonly [number, number] | null, bin: number): boolean =>
            range === null || (range[0] <= bin && bin <= range[1])
          const made = shieldOf("queue < 400", {
            ...PLANT,
            next: cases.map(({ servers, queue, to }) => ({
              when: { ...(servers === null ? {} : { servers }), ...(queue === null ? {} : { queue }) },
              to: { queue: to },
            })),
          })
          const { shield, losing } = synthesizeShield({
            knobs: PLANT.knobs,
            channels: PLANT.channels,
            rule: parseFormula("queue < 400", { channels: { queue: "number" } }),
            next: (state) => {
              const found = cases.find(
                (one) => holds(one.servers, state.servers) && holds(one.queue, state.queue),
              )
              return found === undefined ? {} : { queue: found.to }
            },
            waits: true,
          })
          expect(made.table).toEqual(shield?.table ?? null)
          expect(made.losing).toEqual(losing)
          expect(made.lost.length).toBe(losing.length)
        },
      ),
    )
  })

  it("ends a move by bins at the first and the last bin", () => {
    const by = (least: number, most: number) =>
      shieldOf("queue < 400", { ...PLANT, next: [{ to: { queue: { by: [least, most] } } }] }).losing.length
    expect(by(0, 0)).toBe(3)
    // From below 100 and from 100 to 400 it goes up to 400 and beyond.
    expect(by(0, 1)).toBe(9)
    // From everywhere it falls; only what is broken already is lost.
    expect(by(-3, -1)).toBe(3)
  })

  it("lets a channel go anywhere where nothing is said of it", () => {
    expect(shieldOf("queue < 400", { ...PLANT, next: [] }).table).toBe(null)
  })

  it("reads times of a channel in microseconds, as an engine has them", () => {
    const plant = {
      knobs: PLANT.knobs,
      channels: [{ name: "p99", cuts: [200_000] }],
      next: [{ to: { p99: { by: [0, 0] } } }],
    }
    expect(shieldOf("p99 < 200ms", plant).lost).toEqual([
      "servers below 4, p99 from 200000",
      "servers 4 to 8, p99 from 200000",
      "servers from 8, p99 from 200000",
    ])
    expect(shieldOf("p99 < 199ms", plant).table).toBe(null)
  })

  it.each([
    [
      "a bin that an axis does not have",
      { next: [{ to: { queue: [0, 3] } }] },
      "next[0].to.queue: names bin 3, the last one is 2.",
    ],
    [
      "an unknown name",
      { next: [{ when: { serves: 1 }, to: {} }] },
      'next[0].when.serves: is not a knob or channel of this plant. Did you mean "servers"?',
    ],
    [
      "a knob that the plant moves",
      { next: [{ to: { servers: [0, 1] } }] },
      "next[0].to.servers: is not a channel of this plant.",
    ],
    [
      "bins in the wrong order",
      { next: [{ to: { queue: [1, 0] } }] },
      "next[0].to.queue: must be two bins, the smaller one first",
    ],
    [
      "one bin for a range",
      { next: [{ to: { queue: [1] } }] },
      "next[0].to.queue: must be two bins, the smaller one first",
    ],
    ["no knob", { knobs: [] }, "knobs: must be 1 to 3 axes"],
    [
      "four axes",
      { channels: ["a", "b", "queue"].map((name) => ({ name, cuts: [1] })), next: [] },
      "channels: make 4 axes with the knobs",
    ],
    [
      "cuts out of order",
      { channels: [{ name: "queue", cuts: [9, 1] }] },
      "channels[0].cuts: must be one to three numbers",
    ],
    ["an unknown field", { nexts: [] }, 'nexts: is not an option here. Did you mean "next"?'],
  ])("refuses a plant with %s", (_, change, text) => {
    expect(problemsOf("queue < 400", { ...PLANT, ...change }).join("\n")).toContain(text)
  })

  it.each([
    ["cannot be read", "quue < 400", 'formula: "quue" is not a channel. Did you mean "queue"?'],
    ["looks further than a digest", "eventually[0,5](queue < 400)", "rule: looks at more than one digest"],
  ])("refuses a rule that %s", (_, rule, text) => {
    expect(problemsOf(rule, PLANT).join("\n")).toContain(text)
  })
})
