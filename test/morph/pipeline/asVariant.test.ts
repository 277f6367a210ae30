/** A candidate in the catalogue of variants, in virtual time: drafted with its numbers, approved by somebody else, chosen and left. */
import { describe, expect, it } from "vitest"
import { createEngine, createVariantCatalogue } from "../../../src/index.ts"
import { settle, VirtualClock } from "./service.ts"
import { createGrowth } from "../../../src/morph/service/growAny.ts"
import { pipelineHost } from "../../../src/morph/service/pipelineHost.ts"

const ADA = { by: "ada", why: "a new index" }
const BOB = { by: "bob", why: "the evidence is sound" }

/** A service with an engine, whose candidate is on probation. */
async function onProbation(more: { readonly reaches?: boolean } = {}) {
  const clock = new VirtualClock()
  const catalogue = await createVariantCatalogue()
  const engine = createEngine({
    params: { batch: { min: 0, max: 10, initial: 4 } },
    variants: { stay: 1 },
    extras: ["share"],
    clock: "manual",
    window: { digests: 10 },
  })
  const search = async (query: number): Promise<number> => {
    await clock.sleep(10)
    return query
  }
  let fails = false
  const host = pipelineHost({ search: { incumbent: search, effects: "none", deadlineMs: 100 } })
  const growth = createGrowth({
    host,
    seed: 3,
    clock,
    engine,
    variants: catalogue,
    gates: {
      shares: [0.5],
      pairsPerStep: 5,
      trialCalls: 5,
      pass: 2,
      probationCalls: 100,
      training: { compared: 20, share: 1 },
      shadowing: { compared: 20, agreement: 0.8 },
    },
    grafting: { stays: { probationary: { least: 5 } } },
  })
  const call = host.socket("search")
  await engine.start()
  await growth.start()
  const states: Array<string> = []
  growth.subscribe(({ moves }) => states.push(...moves.map(({ to }) => to)))
  const serve = async (): Promise<void> => {
    for (let ms = 0; ms < 1_000; ms += 5) {
      const began = clock.now()
      void call(ms).then(() =>
        engine.observe({ objective: clock.now() - began, extras: { share: growth.share("search") } }),
      )
      await clock.pass(5)
      engine.tick(clock.now() * 1_000)
    }
    // What is asked of a catalogue comes back after more turns than a call's answer.
    for (let i = 0; i < 10; i++) await settle()
  }
  const until = async (state: string): Promise<void> => {
    for (let i = 0; i < 300 && states.at(-1) !== state; i++) await serve()
    expect(states.at(-1)).toBe(state)
  }
  await growth.germinate("search", {
    candidate: (query) => (fails ? Promise.reject(new Error("down")) : search(query)),
    name: "search-2026-11",
    ...ADA,
  })
  if (more.reaches !== false) {
    await until("probationary")
    await serve()
  }
  return {
    catalogue,
    engine,
    growth,
    states,
    serve,
    until,
    fail: () => {
      fails = true
    },
    end: async () => {
      await growth.stop()
      await engine.stop()
      await catalogue.close()
    },
  }
}

describe("a candidate as a variant of the catalogue", () => {
  it("is drafted with the engine's knobs and its duels, and the approval of somebody else is what G4 waits for", async () => {
    const { catalogue, growth, states, serve, until, end } = await onProbation()
    const drafted = await growth.asVariant("search", { ...ADA, constraints: [] })
    expect(drafted).toMatchObject({
      name: "search-2026-11",
      state: "evaluated",
      authors: ["ada"],
      content: { values: { batch: expect.any(Number) as number, search: "search-2026-11" } },
      evidence: [{ source: "duels of the socket search (latency)", constraintsHeld: true }],
    })
    const [{ mean, standardError, readings, note }] = drafted.evidence
    expect(mean).toBeCloseTo(1, 1)
    expect(standardError).toBeLessThan(0.1)
    expect(readings).toBeGreaterThanOrEqual(3)
    expect(note).toMatch(/latency: \d+ pairs, 1, worse .*\nerrors: .*\nG4 criticals 0: pass/)
    // Nobody has approved it, so it stays on probation for as long as that is.
    for (let i = 0; i < 60; i++) await serve()
    expect(states.at(-1)).toBe("probationary")
    expect(growth.snapshot().variants).toEqual({ waiting: ["search-2026-11"], problem: null })
    await expect(catalogue.approve("search-2026-11", ADA)).rejects.toThrow(/one of its authors/)
    await catalogue.approve("search-2026-11", BOB)
    await until("fossilized")
    for (let i = 0; i < 10; i++) await settle()
    const kept = await catalogue.get("search-2026-11")
    expect(kept).toMatchObject({ state: "approved", approval: { by: "bob" } })
    expect(kept?.evidence.at(-1)?.source).toBe("the candidate was kept (latency)")
    expect(kept?.evidence.at(-1)?.note).toMatch(/G4 calls \d+: pass/)
    expect(growth.snapshot().variants).toEqual({ waiting: [], problem: null })
    await end()
  })

  it("may be drafted after it was kept, and the engine chooses it and leaves it as any variant", async () => {
    const { catalogue, engine, growth, serve, until, end } = await onProbation()
    await growth.fossilize("search", { ...BOB })
    await until("fossilized")
    await growth.asVariant("search", { ...ADA, constraints: [] })
    await catalogue.approve("search-2026-11", BOB)
    const switches: Array<unknown> = []
    await engine.useVariants(catalogue, ({ name, choices }) => void switches.push([name, choices]))
    for (let i = 0; i < 30 && engine.relocation.variant() === null; i++) await serve()
    expect(engine.relocation.variant()).toBe("search-2026-11")
    await catalogue.withdraw("search-2026-11", BOB)
    for (let i = 0; i < 10; i++) await settle()
    expect(switches).toEqual([
      ["search-2026-11", { search: "search-2026-11" }],
      [null, {}],
    ])
    await end()
  })

  it("that is culled on probation loses its approval", async () => {
    const { catalogue, growth, serve, fail, until, end } = await onProbation()
    await growth.asVariant("search", { ...ADA, constraints: [] })
    await catalogue.approve("search-2026-11", BOB)
    fail()
    await until("culled")
    await serve()
    const culled = await catalogue.get("search-2026-11")
    expect(culled).toMatchObject({ state: "evaluated", approval: null })
    expect(culled?.evidence.at(-1)).toMatchObject({ constraintsHeld: false })
    await end()
  })

  it("is not kept where the approval was withdrawn before G4 had passed", async () => {
    const { catalogue, growth, states, serve, until, end } = await onProbation()
    await growth.pause("search", { why: "time to think" })
    await growth.asVariant("search", { ...ADA, constraints: [] })
    await catalogue.approve("search-2026-11", BOB)
    await serve()
    await catalogue.withdraw("search-2026-11", BOB)
    await serve()
    await growth.resume("search", { why: "thought" })
    for (let i = 0; i < 60; i++) await serve()
    expect(states.at(-1)).toBe("probationary")
    await catalogue.approve("search-2026-11", BOB)
    await until("fossilized")
    await end()
  })

  it("is refused by its field without a candidate, constraints, a catalogue or a free name", async () => {
    const { growth, end } = await onProbation({ reaches: false })
    const request = { ...ADA, constraints: [] }
    await expect(growth.asVariant("search", request)).rejects.toThrow(/asVariant: No candidate/)
    await expect(growth.asVariant("search", { ...ADA } as never)).rejects.toThrow(/constraints: are missing/)
    await end()
    const later = await onProbation()
    await later.growth.asVariant("search", request)
    await expect(later.growth.asVariant("search", request)).rejects.toThrow(/variants: .*search-2026-11/)
    await later.end()
    const host = pipelineHost({ search: { incumbent: () => 1, effects: "none", deadlineMs: 100 } })
    expect(() => createGrowth({ host, variants: {} as never })).toThrow(/variants: must be a catalogue/)
    const none = createGrowth({ host, clock: new VirtualClock() })
    await none.start()
    await expect(none.asVariant("search", request)).rejects.toThrow(/variants: is missing/)
  })
})

describe("a share as a context of the engine", () => {
  it("keeps a variant waiting for as long as a candidate answers", async () => {
    const { catalogue, engine, growth, serve, until, end } = await onProbation()
    expect(growth.share("search")).toBe(1)
    expect(() => growth.share("serach" as "search")).toThrow(/socket: .*Did you mean "search"/)
    await catalogue.draft(
      "large",
      {
        values: { batch: 9 },
        constraints: [{ channel: "share", of: "context", atMost: 0 }],
        rollback: { to: "previous", afterBreaches: 2, quarantineUs: 0 },
      },
      ADA,
    )
    const evidence = { source: "a bench", mean: 9, standardError: 1, readings: 9, constraintsHeld: true }
    await catalogue.evaluate("large", evidence, ADA)
    await catalogue.approve("large", BOB)
    await engine.useVariants(catalogue)
    for (let i = 0; i < 10; i++) await serve()
    expect(engine.relocation.variant()).toBeNull()
    await growth.cull("search", { why: "enough" })
    await until("culled")
    expect(growth.share("search")).toBe(0)
    for (let i = 0; i < 20; i++) await serve()
    expect(engine.relocation.variant()).toBe("large")
    await end()
  })
})
