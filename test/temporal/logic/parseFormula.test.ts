import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as make from "../../../src/temporal/logic/formula.ts"
import { channelsOf, type Formula, formulaText } from "../../../src/temporal/logic/formula.ts"
import { type ChannelUnit, parseFormula } from "../../../src/temporal/logic/parseFormula.ts"
import { anyFormula } from "./byDefinition.ts"

const channels: Readonly<Record<string, ChannelUnit>> = {
  p50: "us",
  p99: "us",
  delay: "ms",
  err: "number",
  x: "number",
  y: "number",
}
const parse = (text: string): Formula => parseFormula(text, { channels })
const refusal = (text: string): string => {
  try {
    parse(text)
  } catch (error) {
    expect((error as { _tag: string })._tag).toBe("ConfigError")
    return (error as { problems: ReadonlyArray<{ message: string }> }).problems[0].message
  }
  throw new Error(`was read: ${text}`)
}

describe("a formula as text", () => {
  it("is read with units of time and per cents", () => {
    expect(parse("always[0,60s](p99 < 200ms)")).toEqual(
      make.always(make.channel("p99").below(200_000), make.seconds(0, 60)),
    )
    expect(parse("delay > 2s")).toEqual(make.channel("delay").above(2_000))
    expect(parse("err > 2% -> eventually[0,20](err < .01)")).toEqual(
      make.implies(
        make.channel("err").above(0.02),
        make.eventually(make.channel("err").below(0.01), [0, 20]),
      ),
    )
  })

  it("is read with sums of channels", () => {
    expect(parse("p99 - 2 * p50 <= 10ms")).toEqual(
      make.positive(
        [
          { channel: "p99", factor: -1 },
          { channel: "p50", factor: 2 },
        ],
        10_000,
      ),
    )
    expect(parse("(x + y) > 3")).toEqual(
      make.positive(
        [
          { channel: "x", factor: 1 },
          { channel: "y", factor: 1 },
        ],
        -3,
      ),
    )
  })

  it("binds not before until before and before or before ->", () => {
    const [a, b, c, d, e] = [0, 1, 2, 3, 4].map((level) => make.channel("x").above(level))
    expect(parse("not x > 0 until x > 1 and x > 2 or x > 3 -> x > 4")).toEqual(
      make.implies(make.or(make.and(make.until(make.not(a), b), c), d), e),
    )
    expect(parse("x > 0 -> x > 1 -> x > 2")).toEqual(make.implies(a, make.implies(b, c)))
    expect(parse("!(x > 0) && (x > 1 || true)")).toEqual(
      make.and(make.not(a), make.or(b, make.constant(true))),
    )
  })

  it("counts bounds without a unit in digests, and takes 0 in any unit", () => {
    expect(parse("once[3,inf](x > 0)")).toEqual(
      make.once(make.channel("x").above(0), [3, Number.POSITIVE_INFINITY]),
    )
    expect(parse("always[0,1min](x > 0)")).toMatchObject({ bound: { from: 0, to: 60e6, unit: "us" } })
  })

  it("is written so that it reads back as the same formula", () => {
    fc.assert(
      fc.property(anyFormula, (formula) => {
        const text = formulaText(formula)
        expect(formulaText(parse(text))).toBe(text)
        expect(channelsOf(parse(text))).toEqual(channelsOf(formula))
      }),
      { numRuns: 1_000 },
    )
  })

  it("fails only with errors of its own", () => {
    const pieces = [
      "always",
      "[0,",
      "5s]",
      "(",
      ")",
      "x",
      "<",
      "3",
      "and",
      "not",
      "->",
      "ms",
      "until",
      "%",
      "-",
      "*",
      " ",
      "é",
    ]
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 12 }), (some) => {
        try {
          parse(some.join(" "))
        } catch (error) {
          expect((error as { _tag: string })._tag).toBe("ConfigError")
        }
      }),
      { numRuns: 2_000 },
    )
  })
})

describe("a text that is not a formula", () => {
  it("is refused with a caret under the word, and the nearest known one", () => {
    expect(refusal("always[0,60s](p98 < 200ms)")).toBe(
      [
        '"p98" is not a channel. Did you mean "p99"?',
        "    always[0,60s](p98 < 200ms)",
        "                  ^^^",
      ].join("\n"),
    )
    expect(refusal("allways[0,5](x > 0)")).toContain('"allways" is not a channel. Did you mean "always"?')
  })

  it("shows the line of the mistake only", () => {
    expect(refusal("x > 0 and\n  q > 1 and\ny > 2").split("\n")).toEqual([
      expect.stringContaining('"q" is not a channel.'),
      "      q > 1 and",
      "      ^",
    ])
  })

  it.each([
    ["an empty text", "", "The end is not what follows here: a number."],
    ["a missing comparison", "always[0,5](x)", "a comparison"],
    [
      "a missing parenthesis",
      "always[0,5](x > 0",
      'The end is not what follows here: a ")" that closes the formula.',
    ],
    ["words after the end", "x > 0 y", '"y" is not expected here.'],
    ["an unknown unit", "p99 < 200mss", '"mss" is not a unit. Did you mean "ms"?'],
    [
      "a bound that goes back",
      "always[5,2](x > 0)",
      "is before the start of the bound. Give the smaller one first.",
    ],
    ["half a digest", "always[0,2.5](x > 0)", "is not a whole number of digests. For a time give a unit"],
    ["a bound of digests and time", "always[3,5s](x > 0)", "must both be times or both count digests"],
    ["a time for something that is none", "err < 5ms", "err is not one. Leave the unit of time out."],
    ["channels with different units", "p99 < delay", "different units (ms, us)"],
    ["a comparison without a channel", "3 < 4", "without a channel"],
    ["a sign that has no meaning", "x > 0 ; y > 0", '";" cannot be read.'],
  ])("is refused: %s", (_, text, says) => {
    expect(refusal(text)).toContain(says)
  })

  it("is refused when it is nested too deep, whatever its length", () => {
    expect(refusal(`${"not ".repeat(5_000)}x > 0`)).toContain("nested more than 100 deep")
    expect(refusal(`${"(".repeat(50_000)}x > 0`)).toContain("nested more than 100 deep")
  })
})
