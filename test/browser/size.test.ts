/** What a browser carries along of Arqon stays within the bounds of `npm run size`, and has nothing of Node in it. */
import { describe, expect, it } from "vitest"
import { bundle } from "../../scripts/bundle.ts"
import { ENTRIES, excess, weigh } from "../../scripts/bundleSize.ts"

describe("what a browser loads", () => {
  for (const entry of ENTRIES) {
    it(`is bounded: ${entry.what}`, async () => {
      expect(excess(await weigh(entry))).toEqual([])
    })
  }

  it("is refused above its bounds, and with modules of Node in it", async () => {
    const source = 'import { readFileSync } from "node:fs"; globalThis.made = readFileSync'
    const weighed = await weigh({ what: "", source, external: [/^node:/], mostKb: 0, mostLaterKb: 0 })
    expect(excess({ ...weighed, kb: 2, laterKb: 1 })).toEqual([
      "weighs 2 kB, 0 are allowed",
      "may fetch 1 kB later, 0 are allowed",
      expect.stringContaining("node:fs"),
    ])
  })

  it("has nothing of Effect in it where only machines and the hot path are imported", async () => {
    const [{ code }] = await bundle(ENTRIES[1].source, { external: [/^xstate/, /^effect/] })
    expect(code).toMatch(/from\s*"xstate"/)
    expect(code).not.toMatch(/"effect(\/|")/)
  })

  it("has the part that relocations need apart from the engine", async () => {
    const { laterKb } = await weigh(ENTRIES[0])
    expect(laterKb).toBeGreaterThan(0)
  })
})
