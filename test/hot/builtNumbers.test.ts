/** The build compiles the numbers of `src/hot` into the modules that use them, and changes nothing else. */
import * as fc from "fast-check"
import { runInNewContext } from "node:vm"
import { describe, expect, it } from "vitest"
import { withNumbers } from "../../scripts/builtNumbers.ts"

const layout = { AT: 3, HALF: 0.5, BELOW: -0, NEVER: Number.NEGATIVE_INFINITY, name: "layout", size: () => 1 }
const exportsOf = (specifier: string): typeof layout | null => (specifier === "./layout.js" ? layout : null)

/** The value of a module's own constant, by its text. */
const valueIn = (text: string, name: string): unknown =>
  runInNewContext(
    `${text.replaceAll(/^import .*?;/gm, "").replaceAll(/export \{.*?\};/g, "")}; ${name}`,
  ) as unknown

describe("a built module", () => {
  it("has its imported numbers as its own constants, and still imports the rest", () => {
    const text =
      'import { AT, name, HALF as SHARE, size } from "./layout.js";\nimport { AT as OTHER } from "./other.js";\n'
    const built = withNumbers(text, {}, exportsOf)
    expect(built).toContain('import { name, size } from "./layout.js";')
    expect(built).toContain('import { AT as OTHER } from "./other.js";')
    expect(valueIn(built, "AT")).toBe(3)
    expect(valueIn(built, "SHARE")).toBe(0.5)
  })

  it("does not import a module of which it only uses numbers", () => {
    expect(withNumbers('import { AT } from "./layout.js";\n', {}, exportsOf)).not.toContain("import")
  })

  it("keeps every line where it was, for the source maps", () => {
    const text =
      'import {\n  AT,\n  HALF,\n} from "./layout.js";\nconst here = AT;\nexport const OWN = 2 ** 40;\n'
    const built = withNumbers(text, { OWN: 2 ** 40 }, exportsOf).split("\n")
    expect(built).toHaveLength(text.split("\n").length)
    expect(built[4]).toBe("const here = AT;")
  })

  it("exports its own numbers under their names, through a second binding", () => {
    const built = withNumbers(
      "export const OWN = 2 ** 40;\nexport const f = (x) => x;\n",
      { OWN: 2 ** 40, f: String },
      exportsOf,
    )
    expect(built).toMatch(/export \{ (\w+\$) as OWN \}/)
    expect(built).toContain("export const f = (x) => x;")
    expect(valueIn(built.split("\n")[0], "OWN")).toBe(2 ** 40)
  })

  it("preserves every number exactly", () => {
    fc.assert(
      fc.property(fc.double(), (AT) => {
        const built = withNumbers('import { AT } from "./layout.js";\n', {}, () => ({ AT }))
        expect(valueIn(built, "AT")).toBe(AT)
      }),
    )
  })
})
