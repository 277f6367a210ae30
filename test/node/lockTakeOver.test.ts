/**
 * Two processes find the same stale lock. Between the look at it and the take-over the other one was faster: what stands
 * there now is a living lock, and must stay.
 */
import type * as Fs from "node:fs"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { hostname, tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, expect, it, vi } from "vitest"
import { lockFile } from "../../src/node/lockFile.ts"
import { processStart } from "../../src/node/processIdentity.ts"

/** What happens at the moment the stale lock itself is being locked. */
const moment = vi.hoisted(() => ({ happens: (): void => {} }))

vi.mock("node:fs", async (importOriginal) => {
  const fs = await importOriginal<typeof Fs>()
  return {
    ...fs,
    linkSync: (from: string, to: string) => {
      if (to.endsWith(".stale")) moment.happens()
      fs.linkSync(from, to)
    },
  }
})

const folder = mkdtempSync(join(tmpdir(), "arqon-lock-"))
afterEach(() => rmSync(folder, { recursive: true }))

it("a lock that somebody else has taken over first is not taken from them", async () => {
  const path = join(folder, "run.json")
  const holder = {
    pid: process.pid,
    start: processStart(process.pid),
    host: hostname(),
    command: "the other",
    brief: false,
  }
  const living = JSON.stringify({ ...holder, token: "living" })
  // Larger than any pid there is.
  writeFileSync(`${path}.lock`, JSON.stringify({ ...holder, pid: 2 ** 30, token: "stale" }))
  moment.happens = () => writeFileSync(`${path}.lock`, living)
  await expect(lockFile(path, { command: "a test", brief: false, patienceMs: 0 })).rejects.toThrow(
    "the other",
  )
  expect(readFileSync(`${path}.lock`, "utf8")).toBe(living)
})
