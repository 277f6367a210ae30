/** `npm run mutate` runs its tests in a copy of the project: what they import has to be in it, or not one of them begins. */
import { globSync, readFileSync } from "node:fs"
import { dirname, join, normalize } from "node:path"
import { describe, expect, it } from "vitest"

const { ignorePatterns } = JSON.parse(readFileSync("scripts/mutation/stryker.json", "utf8")) as {
  readonly ignorePatterns: ReadonlyArray<string>
}
const copied = ignorePatterns.filter((pattern) => pattern.startsWith("!")).map((pattern) => pattern.slice(1))

/** Folders of the project that a file imports from, by its text. */
const foldersOf = (file: string): ReadonlyArray<string> =>
  [...readFileSync(file, "utf8").matchAll(/from "(\.[^"]+)"/g)].map(
    ([, path]) => normalize(join(dirname(file), path)).split("/")[0],
  )

describe("the copy that mutants are made in", () => {
  // Root cause: a test of the kernel came to use the arena's plants, and the copy had no benchmarks.
  it("has every folder from which the tests of hot and control import", () => {
    const tests = globSync(["test/hot/*.test.ts", "test/control/*.test.ts"])
    expect(tests.length).toBeGreaterThan(50)
    // A builder of the package, for a test that is left out.
    const folders = new Set(tests.filter((file) => !file.includes("builtNumbers")).flatMap(foldersOf))
    for (const folder of folders) expect(copied).toContain(`${folder}/**`)
  })
})
