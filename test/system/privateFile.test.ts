/** A file that is its owner's alone from its first moment, on any file system, and one of whoever comes first. */
import type * as Fs from "node:fs"
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { afterEach, beforeEach, expect, it, vi } from "vitest"
import { openSqliteVariants } from "../../src/platform/node/index.ts"
import { makePrivateFile } from "../../src/system/privateFile.ts"

/** What happens in place of a hard link. */
const linking = vi.hoisted(() => ({ instead: null as ((path: string) => void) | null }))
vi.mock("node:fs", async (importOriginal) => {
  const fs = await importOriginal<typeof Fs>()
  const linkSync = (from: string, to: string): void => (linking.instead ?? fs.linkSync.bind(fs, from))(to)
  return { ...fs, linkSync }
})

let folder = ""
let path = ""
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "arqon-private-"))
  path = join(folder, "file")
  linking.instead = null
})
afterEach(() => rmSync(folder, { recursive: true }))

const noLinks = (): void => {
  throw Object.assign(new Error("operation not permitted"), { code: "EPERM" })
}

it.each([
  ["has hard links", null],
  ["has none", noLinks],
])("is made empty and for its owner alone where the file system %s", (_, instead) => {
  linking.instead = instead
  makePrivateFile(path)
  const { size, mode } = statSync(path)
  expect([size, mode & 0o777, readdirSync(folder)]).toEqual([0, 0o600, ["file"]])
})

it.each([
  ["as a link is refused for it", "EEXIST"],
  ["where there are no links", "EPERM"],
])("is that of somebody else who was faster, %s", (_, code) => {
  linking.instead = (to) => {
    writeFileSync(to, "theirs")
    throw Object.assign(new Error(code), { code })
  }
  makePrivateFile(path)
  expect([readFileSync(path, "utf8"), readdirSync(folder)]).toEqual(["theirs", ["file"]])
})

it("is not created through a dangling link", () => {
  symlinkSync(join(folder, "elsewhere"), path)
  makePrivateFile(path)
  expect(readdirSync(folder)).toEqual(["file"])
})

it("is named in the error if it cannot be created, with a remedy for a catalogue", async () => {
  const file = "x".repeat(300)
  const error = await Effect.runPromise(Effect.flip(openSqliteVariants(folder, { file })))
  expect(error).toMatchObject({
    _tag: "VariantError",
    problems: [{ suggestion: "Check that the directory exists, is writable and has room." }],
  })
  expect(error.message).toContain(`${join(folder, file)} could not be opened (`)
})
