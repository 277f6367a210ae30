/** What a script's output means, however it arrives. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { parseJson } from "../../src/study/json.ts"
import { durationText, parseDuration } from "../../src/cli/scriptRunner.ts"
import { OutputTail, TextTail } from "../../src/cli/scriptResult.ts"

const answerOf = (text: string, piece = 1000) => {
  const tail = new OutputTail()
  const bytes = Buffer.from(text)
  for (let from = 0; from < bytes.length; from += piece) tail.push(bytes.subarray(from, from + piece))
  return tail.end()
}
const value = (number: number, cost: number | null = null) => ({ kind: "value", value: number, cost })

describe("the output of a script", () => {
  it.each([
    ["RESULT=1.5\n", value(1.5)],
    ["RESULT = 2", { kind: "unreadable" }],
    ["log line\nRESULT=-3e-2\nbye\n", value(-0.03)],
    ["RESULT=1\nRESULT=2\n", value(2)],
    ["RESULT=1\n7\n", value(1)],
    ["training...\n0.25\n\n  \n", value(0.25)],
    ["  4  \r\n", value(4)],
    [".5", value(0.5)],
    ['{"value": 3}', value(3)],
    ['noise\n{"value": 3, "cost": 2.5, "accuracy": [1, 2]}\n', value(3, 2.5)],
    ['{"value": "1e3"}', value(1000)],
    ['RESULT={"value": 8, "cost": 1}', value(8, 1)],
  ])("%j is read as it is meant", (text, expected) => {
    expect(answerOf(text)).toMatchObject(expected)
  })

  it.each([
    ["RESULT=nan", "NaN"],
    ["RESULT=-inf", "-Infinity"],
    ["NaN", "NaN"],
    ['{"value": null}', "null"],
    ['{"value": NaN}', "null"],
    ['{"value": "Infinity"}', "Infinity"],
    ['{"value": 3, "failed": true}', "script reported it"],
    ['{"failed": "diverged"}', "diverged"],
    ['{"failed": true, "error": "out of memory"}', "out of memory"],
  ])("%j says that there is no value", (text, reason) => {
    const answer = answerOf(text)
    expect(answer.kind).toBe("failed")
    expect("reason" in answer ? answer.reason : "").toContain(reason)
  })

  it.each([
    "",
    "\n\n",
    "done",
    "RESULT=",
    "RESULT=abc",
    "12 apples",
    "0x10",
    "{broken",
    '{"result": 3}',
    '{"value": 3, "cost": "much"}',
    "[1]",
  ])("%j is no result", (text) => {
    expect(answerOf(text).kind).toBe("unreadable")
  })

  it("is read in any pieces, whatever comes before the last line", () => {
    const line = fc.string({ unit: "grapheme" }).filter((text) => !text.includes("RESULT="))
    fc.assert(
      fc.property(
        fc.array(line),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.integer({ min: 1, max: 7 }),
        (before, number, piece) => {
          const text = [...before, `RESULT=${number}`, ...before].join("\n")
          expect(answerOf(text, piece)).toEqual(value(number))
        },
      ),
    )
  })

  it("keeps no more of an endless line than it needs", () => {
    const tail = new OutputTail()
    const piece = Buffer.alloc(1 << 16, "x")
    for (let i = 0; i < 64; i++) tail.push(piece)
    tail.push(Buffer.from("\nRESULT=5\n"))
    expect(tail.end()).toEqual(value(5))
  })

  it("keeps the last lines of stderr for the message", () => {
    const tail = new TextTail()
    for (let i = 0; i < 5000; i++) tail.push(Buffer.from(`line ${i}\n\n`))
    expect(tail.lines(2)).toEqual(["line 4998", "line 4999"])
  })
})

describe("JSON of other languages", () => {
  it("may hold NaN and infinities as numbers, not as parts of texts", () => {
    expect(parseJson('{"a": NaN, "b": [-Infinity, Infinity], "c": "NaN, Infinity \\" NaN"}')).toEqual({
      a: null,
      b: [null, null],
      c: 'NaN, Infinity " NaN',
    })
  })

  it("is otherwise JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        const text = JSON.stringify(json)
        expect(parseJson(text)).toEqual(JSON.parse(text))
      }),
    )
    expect(parseJson("{NaN}")).toBeInstanceOf(SyntaxError)
  })
})

describe("a duration", () => {
  it.each([
    ["500ms", 500],
    ["30s", 30_000],
    ["2.5", 2500],
    ["5m", 300_000],
    ["2 h", 7_200_000],
  ])("%s is %d ms", (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  it.each(["", "s", "-1s", "0", "1d", "1e3", "36000m", "5 minutes"])("%j is none", (text) => {
    expect(() => parseDuration(text)).toThrow("a time such as")
  })

  it.each([
    [0, "0 ms"],
    [850, "850 ms"],
    [12_340, "12.3 s"],
    [245_000, "4 m 05 s"],
    [7_620_000, "2 h 07 m"],
  ])("%d ms reads as %s", (ms, text) => {
    expect(durationText(ms)).toBe(text)
  })
})
