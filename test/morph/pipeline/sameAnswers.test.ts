/** Two answers without an `agree` are compared by what they hold: an identity would cull every candidate that answers with an object. */
import { describe, expect, it } from "vitest"
import { MOST_BYTES, MOST_COMPARED, sameAnswers } from "../../../src/morph/pipeline/sameAnswers.ts"

class Point {
  readonly x: number
  constructor(x: number) {
    this.x = x
  }
}
class Other extends Point {}
class Hidden {
  readonly #x: number
  constructor(x: number) {
    this.#x = x
  }
  get x(): number {
    return this.#x
  }
}

const circle = (x: number): unknown => {
  const made: Record<string, unknown> = { x, list: [] }
  made["self"] = made
  ;(made["list"] as Array<unknown>).push(made)
  return made
}
const deep = (depth: number, end: number): unknown => {
  let made: unknown = end
  for (let i = 0; i < depth; i++) made = [made]
  return made
}

describe("two answers", () => {
  it.each<[string, () => unknown]>([
    ["plain values", () => 3],
    ["NaN", () => Number.NaN],
    ["objects", () => ({ v: 2_320, deep: [{ a: null }, undefined] })],
    ["lists of chunks", () => [new Uint8Array([1, 2]), "text", { row: 1 }]],
    [
      "maps and sets",
      () =>
        new Map<unknown, unknown>([
          ["a", new Set([{ b: 1 }])],
          [{ k: 1 }, 2],
        ]),
    ],
    ["dates, patterns and URLs", () => [new Date(5), new Date(Number.NaN), /a/g, new URL("http://a.b/c")]],
    [
      "buffers",
      () => [new Float64Array([0.5, Number.NaN]), new ArrayBuffer(3), new DataView(new ArrayBuffer(2))],
    ],
    ["errors", () => new TypeError("no", { cause: { code: 1 } })],
    ["objects of a class", () => new Point(3)],
    ["circles", () => circle(1)],
    ["what is deeper than the stack", () => deep(9_000, 1)],
    ["an object without a prototype", () => Object.assign(Object.create(null) as object, { a: 1 })],
  ])("agree: %s", (_, make) => {
    expect(sameAnswers(make(), make())).toBe(true)
  })

  it("agree in any order of fields, of entries with plain keys, and with or without a prototype", () => {
    expect(sameAnswers({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe(true)
    expect(sameAnswers(new Set([1, 2]), new Set([2, 1]))).toBe(true)
    expect(
      sameAnswers(
        new Map([
          ["a", {}],
          ["b", []],
        ]),
        new Map<string, unknown>([
          ["b", []],
          ["a", {}],
        ]),
      ),
    ).toBe(true)
    expect(sameAnswers({ a: 1 }, Object.assign(Object.create(null) as object, { a: 1 }))).toBe(true)
  })

  it.each<[string, unknown, unknown]>([
    ["values", 1, 2],
    ["signs of zero", 0, -0],
    ["types", "1", 1],
    ["null and an object", null, {}],
    ["fields", { a: 1 }, { a: 2 }],
    ["names of fields", { a: undefined }, { b: undefined }],
    ["a field more", { a: 1 }, { a: 1, b: undefined }],
    ["lengths", [1, 2], [1]],
    ["a list and an object", [], {}],
    ["bytes", new Uint8Array([1]), new Uint8Array([2])],
    ["kinds of buffers", new Uint8Array([1]), new Int8Array([1])],
    ["dates", new Date(1), new Date(2)],
    ["patterns", /a/, /a/g],
    ["maps", new Map([["a", 1]]), new Map([["a", 2]])],
    ["keys of maps", new Map([["a", 1]]), new Map([["b", 1]])],
    ["keys that are objects", new Map([[{ a: 1 }, 1]]), new Map([[{ a: 2 }, 1]])],
    ["sets", new Set([1]), new Set([2])],
    ["errors", new Error("a"), new Error("b")],
    ["causes", new Error("a", { cause: 1 }), new Error("a", { cause: 2 })],
    ["classes", new Point(1), new Other(1)],
    ["objects of a class", new Point(1), new Point(2)],
    ["functions", () => 1, () => 1],
    ["circles", circle(1), circle(2)],
    ["depths", deep(9_000, 1), deep(9_000, 2)],
  ])("differ: %s", (_, a, b) => {
    expect(sameAnswers(a, b)).toBe(false)
    expect(sameAnswers(b, a)).toBe(false)
  })

  it("are unknown where there is too much of them, or where a class hides what it holds", () => {
    const many = () => Array.from({ length: MOST_COMPARED }, (_, i) => i)
    expect(sameAnswers(many(), many())).toBe("large")
    expect(sameAnswers(new Uint8Array(MOST_BYTES + 1), new Uint8Array(MOST_BYTES + 1))).toBe("large")
    expect(sameAnswers([new Hidden(1)], [new Hidden(1)])).toEqual({ hiddenIn: "Hidden" })
    const one = new Hidden(1)
    expect(sameAnswers([one], [one])).toBe(true)
  })

  it("are unknown, and not looked at without end, where their circles have different lengths", () => {
    const two: Record<string, unknown> = {}
    two["next"] = { next: two }
    const one: Record<string, unknown> = {}
    one["next"] = one
    expect(sameAnswers(one, two)).toBe("large")
  })
})
