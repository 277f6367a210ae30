/** That each mechanism which `npm run test:broken` breaks is still there to be broken, and its test too: that run is long, this is not. */
import { existsSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { expect, it } from "vitest"
import { mechanisms } from "./mechanisms.ts"

const root = resolve(import.meta.dirname, "../..")

it.each(mechanisms)("$name occurs once in $file, and the broken code differs from it", (mechanism) => {
  const source = readFileSync(join(root, mechanism.file), "utf8")
  expect(source.split(mechanism.intact)).toHaveLength(2)
  expect(mechanism.broken).not.toBe(mechanism.intact)
  expect(existsSync(join(root, mechanism.test))).toBe(true)
})

it("has one name for each mechanism", () => {
  const names = mechanisms.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
})
