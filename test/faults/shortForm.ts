/**
 * The short form of the fault suite (`npm run faults` is the long one): real processes, each sabotaged in one way, judged by
 * the journal they leave and by the record that their plant kept of itself.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { type Fault, faults } from "../../bench/faults/catalogue.ts"
import { runSuite } from "../../bench/faults/suite.ts"

/** One test for each fault of the short form that the filter takes. */
export function testFaults(takes: (fault: Fault) => boolean): void {
  let folder = ""
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "arqon-faults-"))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  for (const { name, what, short } of faults.filter((fault) => fault.short > 0 && takes(fault))) {
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
}
