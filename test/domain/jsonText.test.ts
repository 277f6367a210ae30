/**
 * JSON as a person wrote it: the walk agrees with JSON.parse, knows every place, and shows it.
 */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { locateAll, pathKeys, readJson } from "../../src/domain/jsonText.ts"
import { pathText } from "../../src/domain/problems.ts"
import { locate, renderProblems } from "../../src/domain/renderProblems.ts"

const config = `{
  "budget": 100,
  "bounds": {
    "x": { "min": -5, "max": 5, "scale": "lgo" },
    "a b": { "choices": [ "é", true, [1, {"k": null}] ] }
  }
}
`

const parses = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

describe("reading a text", () => {
  it.each([
    ["nothing", "", "The text needs a value here, but the text ends."],
    ["a comma before the end of an object", '{"a": 1,}', "The text has a comma before }. Remove it."],
    ["a comma before the end of a list", "[1, ]", "The text has a comma before ]. Remove it."],
    ["a missing comma", '{"a": 1 "b": 2}', 'The text needs a comma or } here, found "\\"".'],
    ["a comment", '{"a": 1 // one\n}', 'The text needs a comma or } here, found "/". JSON has no comments.'],
    ["single quotes", "{'a': 1}", 'The text needs a key here, found "\'". Put keys in double quotes.'],
    ["a key without quotes", "{a: 1}", 'The text has a key without quotes. Write "a".'],
    ["a missing colon", '{"a" 1}', 'The text needs a colon after the key, found "1".'],
    ["NaN", "[NaN]", "The text has a number that is not JSON: NaN. Write null where there is none."],
    ["Python's True", "[True]", "The text has the word True. Write true."],
    ["Python's None", "[None]", "The text has the word None. Write null."],
    ["a bare word", "[yes]", "The text has a word without quotes. Put texts in double quotes."],
    [
      "a bare fraction",
      "[.5]",
      'The text needs a value here, found ".". Numbers begin with a digit or a minus.',
    ],
    [
      "a number with a leading zero",
      "[01]",
      "The text has a number that is not JSON. Write it like 0.5, -3 or 1e-9.",
    ],
    ["a lone minus", "[-]", "The text has a number without digits."],
    [
      "an open text",
      '["a\n"]',
      "The text has a text without an end. Close it with a double quote on its line.",
    ],
    ["an unknown escape", '["\\x"]', "The text has an escape that is not JSON. Write a backslash as \\\\."],
    [
      "a control character",
      '["\u001f"]',
      "The text has a control character in a text. Write it as an escape, for example \\t.",
    ],
    ["two documents", "{} {}", "The text continues after its end. A file holds one document."],
    ["a torn end", '{"a": [1, 2', "The text needs a comma or ] here, but the text ends."],
    ["a key given twice", '{"a": 1,\n"a": 2}', "is given twice, first on line 1. Keep one."],
  ])("refuses %s, with a word for it", (_, text, expected) => {
    const { problems } = readJson(text)
    expect(
      problems.map((p) => `${p.message}${p.suggestion === undefined ? "" : ` ${p.suggestion}`}`),
    ).toEqual([expected])
  })

  it("accepts a byte order mark, which editors leave", () => {
    expect(readJson('\ufeff{"a": 1}')).toEqual({ value: { a: 1 }, problems: [] })
  })

  it("names the path of every repeated key", () => {
    const { problems } = readJson('{"b": [{"x": 1, "\\u0078": 2}], "c": {"d": 1, "d": 2, "d": 3}}')
    expect(problems.map((p) => p.path)).toEqual(["b[0].x", "c.d", "c.d"])
  })

  it("refuses excessive nesting instead of overflowing the stack", () => {
    const { problems } = readJson("[".repeat(1_000_000))
    expect(problems.map((p) => p.message)).toEqual(["The text is nested too deeply."])
    expect(problems[0].offset).toBe(256)
  })

  it("accepts what JSON.parse accepts and nothing else, with the same value", () => {
    const whole = fc.json({ maxDepth: 4 })
    const broken = fc
      .tuple(
        whole,
        fc.nat(),
        fc.constantFrom(
          "",
          ",",
          "}",
          "]",
          '"',
          "\\",
          "1",
          "-",
          "\n",
          " ",
          "e",
          ":",
          "\ud800",
          "\u0000",
          "\u001f",
          "\t",
        ),
      )
      .map(([text, at, piece]) => {
        const i = at % (text.length + 1)
        return text.slice(0, i) + piece + text.slice(i + (at % 2))
      })
    fc.assert(
      fc.property(fc.oneof(whole, broken), (text) => {
        const { value, problems } = readJson(text)
        const twice = problems.every((p) => p.message.startsWith("is given twice"))
        expect(problems.length > 0 && !twice).toBe(!parses(text))
        if (problems.length === 0) expect(value).toEqual(JSON.parse(text))
        for (const { offset } of problems) expect(offset! >= 0 && offset! <= text.length).toBe(true)
      }),
      { numRuns: 3000, seed: 11 },
    )
  })
})

describe("a place in a text", () => {
  it("is found by the path that a problem writes", () => {
    expect(locate(config, "bounds.x.scale")).toEqual({ line: 4, column: 42 })
    expect(locate(config, 'bounds["a b"].choices[2][1].k')).toEqual({ line: 5, column: 48 })
    expect(locate(config, "")).toEqual({ line: 1, column: 1 })
    expect(locate(config, "bounds.y")).toBeNull()
    expect(locate(config, "budget.x")).toBeNull()
  })

  it("is the last of repeated keys, the one that JSON.parse takes", () => {
    expect(locate('{"a": 1,\n"a": 2}', "a")).toEqual({ line: 2, column: 6 })
  })

  it("is where the value is, for every part of any document", () => {
    const parts = (value: unknown, path: ReadonlyArray<string | number>): Array<typeof path> => [
      path,
      ...(typeof value === "object" && value !== null
        ? Object.entries(value).flatMap(([key, inner]) =>
            parts(inner, [...path, Array.isArray(value) ? Number(key) : key]),
          )
        : []),
    ]
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), fc.constantFrom(undefined, 1), (json, indent) => {
        const text = JSON.stringify(JSON.parse(json), null, indent)
        const document: unknown = JSON.parse(text)
        const paths = parts(document, [])
        const spans = locateAll(text, paths.map(pathText))
        paths.forEach((path, i) => {
          const value = path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)[key], document)
          const span = spans[i]
          expect(span).not.toBeNull()
          expect(JSON.parse(text.slice(span!.start, span!.end))).toEqual(value)
          const key = path[path.length - 1]
          if (typeof key === "string") expect(JSON.parse(text.slice(span!.keyStart, span!.keyEnd))).toBe(key)
        })
      }),
      { numRuns: 300, seed: 5 },
    )
  })

  it("has a path that parses back to its keys", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.nat(99))), (keys) => {
        expect(pathKeys(pathText(keys))).toEqual(keys)
      }),
      { seed: 3 },
    )
  })
})

describe("problems of a file", () => {
  it("are shown with place, line, caret and remedy, in the order of the file", () => {
    const text = renderProblems("config.json", config, [
      {
        path: "bounds.x.scale",
        message: 'must be "linear" or "log", got "lgo".',
        suggestion: 'Did you mean "log"?',
      },
      { path: 'bounds["a b"].choises', message: "is missing." },
      { path: "budget", message: "is not an option here." },
    ])
    expect(text).toBe(
      [
        "config.json:2:3: budget: is not an option here.",
        '  2 |   "budget": 100,',
        "    |   ^^^^^^^^",
        'config.json:4:42: bounds.x.scale: must be "linear" or "log", got "lgo". Did you mean "log"?',
        '  4 |     "x": { "min": -5, "max": 5, "scale": "lgo" },',
        "    |                                          ^^^^^",
        'config.json:5:5: bounds["a b"].choises: is missing.',
        '  5 |     "a b": { "choices": [ "é", true, [1, {"k": null}] ] }',
        "    |     ^^^^^",
      ].join("\n"),
    )
  })

  it("show a syntax error at its position", () => {
    const broken = '{\n\t"a": 1,\n\t"b": 2,\n}'
    expect(renderProblems("c.json", broken, readJson(broken).problems)).toBe(
      ["c.json:3:8: The text has a comma before }. Remove it.", '  3 | \t"b": 2,', "    | \t      ^"].join(
        "\n",
      ),
    )
  })

  it("show part of a line that is too long for the screen", () => {
    const long = `{"history": [${"0, ".repeat(5000)}"x"]}`
    const lines = renderProblems("s.json", long, [{ path: "history[5000]", message: "is wrong." }]).split(
      "\n",
    )
    expect(lines[0]).toBe("s.json:1:15014: history[5000]: is wrong.")
    expect(lines[1].length).toBeLessThan(120)
    expect(lines[1][lines[2].indexOf("^")]).toBe('"')
  })

  it("never let the file's content move a terminal's cursor", () => {
    const text = renderProblems("c.json", '{"a": "\u001b[2J\u009b1m"}', [{ path: "a", message: "is wrong." }])
    expect(text).not.toMatch(/(?!\n)\p{Cc}/u)
  })

  it("point at the beginning if a document has no such place", () => {
    expect(renderProblems("c.json", "", [{ path: "a.b", message: "is missing." }])).toBe(
      ["c.json:1:1: a.b: is missing.", "  1 |", "    | ^"].join("\n"),
    )
  })
})
