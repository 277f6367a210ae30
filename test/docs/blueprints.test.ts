/** The page of blueprints shows what the code builds: its pictures, costs and digests, and what each one learns. */
import { readdirSync, readFileSync } from "node:fs"
import { resolve } from "node:path"
import { describe, expect, it } from "vitest"
import { blueprintFiles } from "../../scripts/blueprintPage.ts"
import { CATALOGUE } from "../../src/morph/blueprints/more/all.ts"
import { UNAVAILABLE } from "../../src/morph/blueprints/unavailable.ts"

const docs = resolve(import.meta.dirname, "../../docs")
const files = blueprintFiles()

describe("the page of blueprints", () => {
  it.each(files)("has $file as `npm run docs` writes it", ({ file, text }) => {
    expect(readFileSync(resolve(docs, file), "utf8")).toBe(text)
  })

  it("shows every blueprint, no other picture, and what is not available", () => {
    const [{ text }] = files
    for (const { name } of CATALOGUE) expect(text).toContain(`### ${name}\n`)
    for (const name of Object.keys(UNAVAILABLE)) expect(text).toContain(`| ${name} |`)
    expect(readdirSync(resolve(docs, "images/blueprints")).toSorted()).toEqual(
      CATALOGUE.map(({ name }) => `${name}.svg`).toSorted(),
    )
  })
})
