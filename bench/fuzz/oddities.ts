/**
 * Values, keys and pieces of text that parsers trip over: the ends of doubles, prototype names, halves of characters,
 * objects that answer twice in two ways, nesting and lists without end.
 */
import type { Draw } from "../../src/solver/Draw.ts"

export function pick<A>(draw: Draw, list: ReadonlyArray<A>): A {
  return list[draw.below(list.length)]
}

const NUMBERS: ReadonlyArray<number> = [
  0,
  -0,
  1,
  -1,
  0.5,
  1e-9,
  5e-324,
  1e308,
  -1e308,
  Number.MAX_VALUE,
  2 ** 31,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  2 ** 53 + 2,
  -(2 ** 53),
  1_000_000,
  1_000_001,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
]

const WORDS: ReadonlyArray<string> = [
  "",
  " ",
  "x",
  "NaN",
  "1e5",
  "true",
  "null",
  "log",
  "Log",
  "lgo",
  "auto",
  "tpee",
  "seed",
  "told",
  "failed",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "\u0000",
  "\ud800",
  "\udc00x",
  "e\u0301",
  "\u2028",
  "\u001b[2J",
  "x".repeat(129),
  "y".repeat(5000),
]

/** A number, a word, or a small value that JSON can hold. */
export function plainOddity(draw: Draw): unknown {
  switch (draw.below(8)) {
    case 0:
      return null
    case 1:
      return draw.below(2) === 0
    case 2:
      return []
    case 3:
      return {}
    case 4:
      return pick(draw, WORDS)
    case 5:
      return draw.normal() * 10 ** (draw.below(20) - 10)
    case 6:
      return nested(draw, 1 + draw.below(40))
    default:
      return pick(draw, NUMBERS)
  }
}

/** What only a program can hand over, no file. */
export function foreignOddity(draw: Draw): unknown {
  switch (draw.below(16)) {
    case 0:
      return undefined
    case 1:
      return 10n
    case 2:
      return Symbol("s")
    case 3:
      return () => 1
    case 4:
      return new Date(0)
    case 5:
      return new Map([["x", 1]])
    case 6:
      return new Float64Array(3)
    case 7:
      return Object(3) as unknown
    case 8:
      return Object.assign(Object.create(null) as object, { min: 0, max: 1 })
    case 9:
      return Object.defineProperty({}, "min", {
        enumerable: true,
        get: () => {
          throw new Error("getter")
        },
      })
    case 10:
      return new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error("proxy")
          },
        },
      )
    case 11: {
      let reads = 0
      return Object.defineProperty({ max: 1 }, "min", { enumerable: true, get: () => reads++ })
    }
    case 12: {
      const cycle: Record<string, unknown> = { min: 0 }
      cycle.self = cycle
      return cycle
    }
    case 13:
      return Array.from({ length: 1 + draw.below(50) })
    case 14:
      return { __proto__: { min: 0, max: 1 } }
    default:
      return nested(draw, 20_000)
  }
}

/** What takes long to walk over: rare, since a million of them would. */
export function bulkyOddity(draw: Draw, foreign: boolean): unknown {
  switch (draw.below(foreign ? 4 : 3)) {
    case 0:
      return Array.from({ length: 20_000 }, (_, i) => i)
    case 1:
      return Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`k${i}`, { min: 1, max: 0 }]))
    case 2:
      return Array.from({ length: 3000 }, () => ({
        params: { x: 99 },
        value: "no",
        asked_after: 3,
        eval_id: 1,
      }))
    default:
      // A list of a length that no memory holds.
      return new Proxy([], { get: (list, key) => (key === "length" ? 2 ** 32 - 1 : Reflect.get(list, key)) })
  }
}

/** A key: one from elsewhere, an odd one, or a slip of the finger. */
export function oddKey(draw: Draw, key: string): string {
  switch (draw.below(5)) {
    case 0:
      return pick(draw, WORDS)
    case 1:
      return String(draw.below(3))
    case 2:
      return key.slice(1)
    case 3:
      return key.toUpperCase()
    default:
      return key.slice(0, 1) + key.slice(2, 3) + key.slice(1, 2) + key.slice(3)
  }
}

export const PIECES: ReadonlyArray<string> = [
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  '"',
  "\\",
  "\\u",
  "\\ud800",
  "//",
  "/*",
  "'",
  "-",
  "+",
  ".",
  "e",
  "0",
  "00",
  "1e999",
  "-0",
  "NaN",
  "Infinity",
  "nul",
  "true",
  "\n",
  "\t",
  "\u0000",
  "\ufeff",
  "\ud800",
  '"__proto__": {"x": 1},',
  '"seed": 1, "seed": 2,',
  "[".repeat(300),
  "[".repeat(50_000),
  '{"a":'.repeat(50_000),
]

function nested(draw: Draw, depth: number): unknown {
  const list = draw.below(2) === 0
  let value: unknown = 1
  for (let i = 0; i < depth; i++) value = list ? [value] : { a: value }
  return value
}
