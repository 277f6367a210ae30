/** What a browser carries along of Arqon stays within the bounds of `npm run size`, and has nothing of Node in it. */
import { describe, expect, it } from "vitest"
import { bundle } from "../../scripts/bundle.ts"
import { ENTRIES, excess, weigh } from "../../scripts/bundleSize.ts"

/** Made when it is first asked for, and once: a bundle takes seconds. */
function lazily<A>(make: () => Promise<A>): () => Promise<A> {
  let made: Promise<A> | null = null
  return () => (made ??= make())
}

describe("what a browser loads", () => {
  const weights = new Map(ENTRIES.map((entry) => [entry.what, lazily(() => weigh(entry))]))

  for (const [what, weighed] of weights) {
    it(`is bounded: ${what}`, async () => {
      expect(excess(await weighed())).toEqual([])
    })
  }

  it("includes chunks that bundlers split off because a later part shares them", async () => {
    const source = `import { createEngine } from "arqon"
      globalThis.made = [createEngine, () => import("./src/engine/audit/SinkQueues.ts"), () => import("./src/engine/relocation/relocationParts.ts")]`
    const [first, ...others] = await bundle(source)
    const split = others.filter(({ name }) => first.imports.includes(name))
    expect(split.length).toBeGreaterThan(0)
    const { kb } = await weigh({ what: "", source, mostKb: 0, mostLaterKb: 0 })
    const bytes = [first, ...split].reduce((sum, { gzipBytes }) => sum + gzipBytes, 0)
    expect(kb).toBeCloseTo(bytes / 1000, 0)
  })

  it("fails above its bounds, and if it contains modules of Node", async () => {
    const source = 'import { readFileSync } from "node:fs"; globalThis.made = readFileSync'
    const weighed = await weigh({ what: "", source, external: [/^node:/], mostKb: 0, mostLaterKb: 0 })
    expect(excess({ ...weighed, kb: 2, laterKb: 1 })).toEqual([
      "weighs 2 kB, 0 are allowed",
      "may fetch 1 kB later, 0 are allowed",
      expect.stringContaining("node:fs"),
    ])
  })

  it("contains nothing of Effect if only machines and the hot path are imported", async () => {
    const [{ code }] = await bundle(ENTRIES[1].source, { external: [/^xstate/, /^effect/] })
    expect(code).toMatch(/from\s*"xstate"/)
    expect(code).not.toMatch(/"effect(\/|")/)
  })

  it("contains nothing of XState and no statechart if only a fleet is imported", async () => {
    const [{ code }] = await bundle('import { createFleet } from "arqon"; globalThis.made = createFleet', {
      external: [/^xstate/],
      readable: true,
    })
    expect(code).toContain("maxEngines")
    expect(code).not.toMatch(/"xstate"/)
    expect(code).not.toContain("createMachine")
  })

  it("keeps the parts for relocations and sinks separate from the engine", async () => {
    expect((await weights.get(ENTRIES[0].what)?.())?.laterKb).toBeGreaterThan(0)
  })
})
