/** The level of every public name is in its docstring as users get it: an editor shows it without a visit to the page. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { type Level, publicNames } from "../../scripts/stability.ts"
import { places, tagged } from "../../scripts/stabilityTags.ts"
import { root } from "./pages.ts"

const tag = (text: string, names: Readonly<Record<string, Level>>): string =>
  tagged(text, new Map(Object.entries(names)))

describe("the tag of a level", () => {
  it("ends the docstring of its name", () => {
    expect(tag("/** One. */\nexport declare const one: number;\n", { one: "stable" })).toBe(
      "/**\n * One.\n * @stability stable\n */\nexport declare const one: number;\n",
    )
    expect(tag("/**\n * One,\n * or none.\n */\nexport interface One {\n}\n", { One: "internal" })).toBe(
      "/**\n * One,\n * or none.\n * @stability internal\n */\nexport interface One {\n}\n",
    )
  })

  it("is a docstring where there was none, and above every form of a function", () => {
    expect(
      tag("export declare function f(a: string): void;\nexport declare function f(a: number): void;\n", {
        f: "unstable",
      }).match(/\/\*\*\n \* @stability unstable\n \*\/\nexport declare function f/g),
    ).toHaveLength(2)
  })

  it("leaves names alone that only begin with it, and blocks of others", () => {
    const text = "/** Two. */\nexport declare const oneAndMore = 2;\nexport declare const one = 1;\n"
    expect(tag(text, { one: "stable" })).toBe(
      "/** Two. */\nexport declare const oneAndMore = 2;\n/**\n * @stability stable\n */\nexport declare const one = 1;\n",
    )
  })
})

describe("the build", () => {
  const found = places(join(root, "dist"))

  it("has a tag above every public name, once", () => {
    let names = 0
    for (const [file, levels] of found) {
      const text = readFileSync(file, "utf8")
      for (const [name, level] of levels) {
        const above = new RegExp(
          String.raw`\* @stability (\w+)\n \*/\nexport (?:declare )?(?:abstract )?\w+ ${name.replace("$", "[$]")}(?![\w$])`,
        ).exec(text)
        expect(above?.[1], `${name} in ${file}`).toBe(level)
        names++
      }
      expect(text).not.toMatch(/@stability \w+\n \* @stability/)
    }
    expect(names).toBeGreaterThan(publicNames("src/index.ts").length)
  })

  it("takes the level of the entry that promises most", () => {
    // Stable in `arqon`, unstable in `arqon/effect`.
    const levels = found.get(join(root, "dist/src/domain/errors.d.ts"))
    expect(levels?.get("ConfigError")).toBe("stable")
    expect(found.get(join(root, "dist/src/index.node.d.ts"))?.get("createEngine")).toBe("stable")
  })
})
