/** A tuning engine and a candidate on the same service, in virtual time: neither measures the other. */
import { describe, expect, it } from "vitest"
import { createEngine } from "../../../src/index.ts"
import { GrowthError } from "../../../src/domain/GrowthError.ts"
import type { PieceView } from "../../../src/morph/growth/pieceView.ts"
import { EngineHold } from "../../../src/morph/service/EngineHold.ts"
import { createGrowth } from "../../../src/morph/service/growAny.ts"
import { pipelineHost } from "../../../src/morph/service/pipelineHost.ts"
import { uniforms, VirtualClock } from "./service.ts"

/** A function whose time depends on a knob, with an engine that tunes it, and a candidate that is the same function. */
async function bothOn(seed: number) {
  const clock = new VirtualClock()
  const chance = uniforms(seed)
  const engine = createEngine({
    params: { batch: { min: 0, max: 10, initial: 4, step: 0.1 } },
    clock: "manual",
    window: { digests: 10 },
    comparison: { everyCycles: 1 },
    seed,
  })
  const search = async (query: number): Promise<number> => {
    await clock.sleep(8 + 4 * chance() + (engine.values.batch - 7) ** 2 / 5)
    return query
  }
  const host = pipelineHost({ search: { incumbent: search, effects: "none", deadlineMs: 100 } })
  const growth = createGrowth({
    host,
    seed,
    clock,
    engine,
    gates: { shares: [0.1, 0.5], pairsPerStep: 20, trialCalls: 5, probationCalls: 400 },
    grafting: { stays: { probationary: { least: 5 } } },
  })
  const call = host.socket("search")
  await engine.start()
  await growth.start()
  const serve = async (): Promise<void> => {
    for (let ms = 0; ms < 1_000; ms += 5) {
      const began = clock.now()
      void call(ms).then(() => engine.observe({ objective: clock.now() - began }))
      await clock.pass(5)
      engine.tick(clock.now() * 1_000)
    }
  }
  return { engine, growth, serve, search, clock }
}

describe("a tuning engine beside a candidate", () => {
  it("stands still on its base while a ramp or a full mirror is on, and neither blames the other (A/A)", async () => {
    const { engine, growth, serve, search } = await bothOn(1)
    const states: Array<string> = []
    const steps: Array<{ state: string; share: number; began: boolean; mode: string; cycles: number }> = []
    let generation = 0
    let share = 0
    growth.subscribe(({ moves, pieces: [piece] }) => {
      states.push(...moves.map(({ to }) => to))
      const snapshot = engine.getSnapshot()
      if (piece.share !== share || piece.state === "blending" || piece.state === "shadowing")
        steps.push({
          state: piece.state,
          share: piece.share,
          began: snapshot.generation > generation,
          mode: snapshot.mode,
          cycles: snapshot.counters.cycles,
        })
      ;({ share } = piece)
      ;({ generation } = snapshot)
      if (moves.at(-1)?.to === "probationary") void growth.fossilize("search", { why: "it is the same" })
    })
    for (let i = 0; i < 10; i++) await serve()
    const { comparison, counters } = engine.getSnapshot()
    expect(comparison?.pairs).toBeGreaterThan(0)
    await growth.germinate("search", { candidate: (query) => search(query), name: "same", why: "A/A" })
    for (let i = 0; i < 500 && states.at(-1) !== "fossilized"; i++) await serve()
    expect(states).toEqual(["germinated", "training", "blending", "shadowing", "probationary", "fossilized"])
    const held = steps.filter(({ state }) => state === "blending" || state === "shadowing")
    expect(new Set(held.map(({ mode }) => mode))).toEqual(new Set(["safe"]))
    expect(new Set(held.map(({ cycles }) => cycles)).size).toBe(1)
    expect(held[0].cycles).toBeGreaterThanOrEqual(counters.cycles)
    // A generation as the hold begins and for each step of the share, and for nothing between two steps.
    const begins = steps.map(({ share }, i) => i === 0 || share !== steps[i - 1].share)
    expect(steps.map(({ began }) => began)).toEqual(begins)
    expect(new Set(held.map(({ share }) => share))).toEqual(new Set([0.1, 0.5, 0]))
    const after = engine.getSnapshot()
    expect(after).toMatchObject({ mode: "adapting", comparison: { pairs: 0 }, counters: { rollbacks: 0 } })
    for (let i = 0; i < 5; i++) await serve()
    expect(engine.getSnapshot().counters.cycles).toBeGreaterThan(after.counters.cycles)
    expect(growth.snapshot().engine).toEqual({ held: false, problem: null })
    await growth.stop()
    await engine.stop()
  })

  it("is let go by the person who gave it a command meanwhile, and not by the growth", async () => {
    const { engine, calls, hold, piece } = await held()
    engine.generation++
    hold.follow([{ ...piece, state: "dormant", share: 0 }])
    expect(hold.view.held).toBe(true)
    expect(hold.view.problem).toMatch(/Somebody else has given the engine a command/)
    expect(calls).not.toContain("reset")
    engine.mode = "adapting"
    hold.follow([{ ...piece, state: "dormant", share: 0 }])
    expect(hold.view).toEqual({ held: false, problem: null })
  })

  it("is left alone in a SafeMode of its own, and held when that is over", async () => {
    const { engine, calls, hold, piece } = await held("safe")
    expect(calls).toEqual([])
    engine.mode = "adapting"
    hold.follow([piece])
    expect([calls, hold.view.held]).toEqual([["trip"], true])
    hold.letGo("over")
    expect([calls, hold.view.held]).toEqual([["trip", "reset"], false])
  })

  it("that refuses to be held keeps shares from rising, with its reason", async () => {
    const { engine, hold, piece } = await held("safe")
    engine.mode = "adapting"
    engine.refuses = true
    hold.follow([piece])
    expect(hold.view).toEqual({ held: false, problem: "Error: the audit is full" })
  })

  it("that refuses a step of the ramp is asked before the share rises, and the share stays where it is", async () => {
    const { engine, growth, serve, search } = await bothOn(3)
    const { trip } = engine
    let refuses = false
    const tripped: Array<string> = []
    Object.assign(engine, {
      trip: (note: { readonly by: string; readonly note: string }) => {
        if (refuses) throw new Error("the audit is full")
        tripped.push(note.note)
        trip(note)
      },
    })
    await growth.germinate("search", { candidate: (query) => search(query), name: "same", why: "A/A" })
    const reaches = async (share: number): Promise<void> => {
      for (let i = 0; i < 200 && growth.share("search") !== share; i++) await serve()
      expect(growth.share("search")).toBe(share)
    }
    const state = (): string => growth.snapshot().pieces[0].state
    // It is held, and refuses the first step.
    for (let i = 0; i < 100 && state() !== "blending"; i++) await serve()
    refuses = true
    for (let i = 0; i < 3; i++) await serve()
    expect([state(), growth.share("search")]).toEqual(["blending", 0])
    expect(growth.snapshot().engine).toEqual({ held: true, problem: "Error: the audit is full" })
    // Its owner has let it go, and it refuses to be held again.
    engine.reset({ by: "ada", note: "mine" })
    for (let i = 0; i < 3; i++) await serve()
    expect(growth.share("search")).toBe(0)
    expect(growth.snapshot().engine).toEqual({ held: false, problem: "Error: the audit is full" })
    refuses = false
    await reaches(0.1)
    expect(growth.snapshot().engine).toEqual({ held: true, problem: null })
    refuses = true
    for (let i = 0; i < 30; i++) await serve()
    expect([state(), growth.share("search")]).toEqual(["blending", 0.1])
    refuses = false
    await reaches(0.5)
    // A generation as the hold begins, and one for each step: that of the first step holds it again.
    expect(tripped).toEqual([0, 0.1, 0.5].map((share) => `search is blending, share ${share}`))
    await growth.stop()
    await engine.stop()
  })

  it("is not asked for a step while the candidate is paused", async () => {
    const { engine, growth, serve, search } = await bothOn(4)
    await growth.germinate("search", { candidate: (query) => search(query), name: "same", why: "A/A" })
    for (let i = 0; i < 100 && growth.share("search") !== 0.1; i++) await serve()
    await growth.pause("search", { why: "lunch" })
    await serve()
    const { generation } = engine
    for (let i = 0; i < 20; i++) await serve()
    expect([growth.share("search"), engine.generation]).toEqual([0.1, generation])
    await growth.stop()
    await engine.stop()
  })

  it.each([[null], [3], [{ trip: () => {} }]])("%s is refused by its field", (engine) => {
    const host = pipelineHost({ search: { incumbent: () => 1, effects: "none", deadlineMs: 100 } })
    expect(() => createGrowth({ host, engine: engine as never })).toThrow(GrowthError)
    expect(() => createGrowth({ host, engine: engine as never })).toThrow(/engine: .* Give what createEngine/)
  })
})

/** An engine that does what it is asked, and a hold of it in the first window of a ramp. */
async function held(mode: "adapting" | "safe" = "adapting") {
  const calls: Array<string> = []
  const engine = {
    generation: 7,
    mode,
    refuses: false,
    getSnapshot: () => ({ status: "running" as const, mode: engine.mode }),
    trip: () => {
      if (engine.refuses) throw new Error("the audit is full")
      calls.push("trip")
      engine.mode = "safe"
      engine.generation++
    },
    reset: () => {
      calls.push("reset")
      engine.mode = "adapting"
    },
  }
  const host = pipelineHost({ search: { incumbent: () => 1, effects: "none", deadlineMs: 100 } })
  const growth = createGrowth({ host, clock: new VirtualClock() })
  await growth.start()
  const [dormant] = growth.snapshot().pieces
  const piece: PieceView = { ...dormant, state: "blending", share: 0.1 }
  const hold = new EngineHold(engine, [dormant])
  hold.follow([piece])
  return { engine, calls, hold, piece }
}
