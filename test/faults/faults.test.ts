/**
 * The short form of the fault suite (`npm run faults` is the long one): real processes, each sabotaged in one way, judged by
 * the journal they leave and by the record that their plant kept of itself.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { faults } from "../../bench/faults/catalogue.ts"
import { runSuite } from "../../bench/faults/suite.ts"

let folder = ""
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "arqon-faults-"))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.concurrent("an engine in a process of its own", () => {
  for (const { name, what, short } of faults) {
    if (short === 0) continue
    it(`keeps its promises: ${name} (${what})`, async () => {
      const rows = await runSuite({
        form: "short",
        only: [name],
        exactly: true,
        seed: 1,
        atMost: Number.POSITIVE_INFINITY,
        jobs: 1,
        folder: join(folder, name),
      })
      expect(rows).toHaveLength(1)
      expect(rows[0].repetitions).toBe(short)
      expect(rows[0].findings).toEqual([])
      // It really tuned, and a torn journal really was torn; one that was deleted cannot show it any more.
      if (name !== "state removed") expect(rows[0].applies).toBeGreaterThan(0)
    })
  }
})
