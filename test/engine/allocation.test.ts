/**
 * Bytes that a user's own calls leave on the heap. Root cause of what this once was (968 bytes a digest): each call ran as an
 * effect, only to catch what it might throw.
 */
import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { expect, it } from "vitest"

interface Calls {
  readonly observe: number
  readonly track: number
  readonly tick: number
  readonly valid: number
  readonly observed: number
}

interface Probed {
  readonly manual: Calls
  readonly system: Calls
  readonly window: { readonly bytes: number; readonly windows: number; readonly cycles: number }
}

// Code is compiled where it is asked for, not beside it: see test/hot/allocation.test.ts.
const flags = ["--expose-gc", "--no-concurrent-recompilation", "--no-warnings"]
const probe = fileURLToPath(new URL("./allocationProbe.ts", import.meta.url))

it("allocates only a few bytes per user call", { timeout: 120_000 }, () => {
  const printed = execFileSync(process.execPath, [...flags, probe], { encoding: "utf8" })
  const { manual, system, window } = JSON.parse(printed) as Probed
  for (const { observe, track, observed, valid } of [manual, system]) {
    expect(observe).toBeLessThanOrEqual(32)
    expect(track).toBeLessThanOrEqual(200)
    // It did the work.
    expect(valid).toBeGreaterThan(observed)
  }
  expect(manual.tick).toBeLessThanOrEqual(1)
  expect(window.bytes).toBeLessThanOrEqual(8_192)
  expect(window.cycles).toBeGreaterThan(0.4 * window.windows)
})
