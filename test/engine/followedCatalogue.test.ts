/**
 * An engine that follows a catalogue. Root causes of what is held here: it heard only steps taken through its own object, so
 * `arqon variants withdraw` in another process changed nothing; one variant that it could not be kept every later word of the
 * catalogue from it, withdrawals included; a constraint on a channel that nobody reports kept a variant out without a word; and
 * following before the start was accepted and forgotten.
 */
import { assert, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { requireEngineConfig } from "../../src/domain/Config.ts"
import { createVariantCatalogue, type SelectableVariant, type VariantCatalogue } from "../../src/index.ts"
import { useVariants } from "../../src/engine/relocation/relocationApi.ts"
import { relocationParts } from "../../src/engine/relocation/relocationParts.ts"
import { memoryPlatform } from "../../src/engine/contract/Platform.ts"
import { buildCore, runEngine } from "../../src/engine/runEngine.ts"
import { memoryVariants } from "../../src/engine/relocation/VariantStore.ts"
import { knobs, manual } from "./plant.ts"

const ada = { by: "ada", why: "a test" }
const bob = { by: "bob", why: "sound" }
const evidence = { source: "test", mean: 1, standardError: 0.1, readings: 9, constraintsHeld: true }
const rollback = { to: "previous", afterBreaches: 1, quarantineUs: 0 }

async function approved(
  catalogue: VariantCatalogue,
  name: string,
  values: SelectableVariant["values"] = { codec: name },
  constraints: SelectableVariant["constraints"] = [],
) {
  await catalogue.draft(name, { values, constraints, rollback }, ada)
  await catalogue.evaluate(name, evidence, ada)
  await catalogue.approve(name, bob)
}

/** What was asked of the event loop before is done. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

const offers = (records: ReadonlyArray<{ readonly kind: string; readonly action?: string | undefined }>) =>
  records.filter(({ kind, action }) => kind === "command" && action === "offer").length

describe("an engine that follows a catalogue", () => {
  it.effect("sees outside changes within a second, and records only what is new", () =>
    Effect.gen(function* () {
      const store = memoryVariants()
      const [own, elsewhere] = yield* Effect.promise(() =>
        Promise.all([createVariantCatalogue({ store }), createVariantCatalogue({ store })]),
      )
      yield* Effect.promise(() => approved(elsewhere, "zstd"))
      const clock = yield* Effect.clockWith(Effect.succeed)
      const platform = { ...memoryPlatform, relocation: relocationParts }
      const core = buildCore(
        requireEngineConfig({ params: knobs, variants: {}, audit: { digests: true } }),
        {},
        clock,
        platform,
      )
      const { stop } = yield* runEngine(core, {})
      yield* Effect.promise(() => useVariants(core, own))
      const offered = () => core.relocations.state()?.offered
      yield* TestClock.adjust(5_000)
      yield* Effect.promise(settled)
      assert.deepStrictEqual([offered(), offers(core.trail.records())], [1, 1])
      yield* Effect.promise(() => elsewhere.withdraw("zstd", bob))
      yield* TestClock.adjust(1_000)
      yield* Effect.promise(settled)
      assert.deepStrictEqual([offered(), offers(core.trail.records())], [0, 2])
      yield* stop
    }).pipe(Effect.scoped),
  )

  it("skips an impossible variant, reports it, and uses the rest", async () => {
    const catalogue = await createVariantCatalogue()
    await approved(catalogue, "zstd")
    const engine = manual({ variants: {}, audit: { digests: true } })
    await engine.start()
    await engine.useVariants(catalogue)
    await approved(catalogue, "odd", { batch: 1e9 })
    await approved(catalogue, "gzip")
    await catalogue.withdraw("zstd", bob)
    await settled()
    const last = engine.audit.records().findLast(({ action }) => action === "offer")
    expect(JSON.parse(last?.note ?? "").map(({ name }: SelectableVariant) => name)).toEqual(["gzip"])
    expect(engine.getSnapshot().counters.callbackFailures["catalogue"]).toBeGreaterThan(0)
    engine.tick(engine.nowUs + 1)
    expect(JSON.stringify(engine.audit.records())).toContain("offered.odd.batch")
    // At the beginning somebody is there to be told.
    const again = manual({ variants: {} })
    await again.start()
    await expect(again.useVariants(catalogue)).rejects.toThrow(/offered\.odd\.batch/)
    expect(again.getSnapshot().relocation?.offered).toBe(0)
    await Promise.all([engine.stop(), again.stop()])
  })

  it("refuses a constraint on an unknown channel, and suggests the nearest one", async () => {
    const engine = manual({ variants: {}, extras: ["cacheHits"] })
    await engine.start()
    const on = (...channels: ReadonlyArray<string>): ReadonlyArray<SelectableVariant> => [
      {
        name: "zstd",
        version: 1,
        state: "approved",
        values: {},
        constraints: channels.map((channel) => ({ channel, of: "outcome", atMost: 1 })),
        rollback,
      },
    ]
    expect(() => engine.relocation.offer(on("errorRate", "cacheHits", "throughputRps"))).not.toThrow()
    expect(() => engine.relocation.offer(on("errorrate"))).toThrow(
      /offered\.zstd\.constraints\[0\]\.channel.*errorrate.*Did you mean "errorRate"/,
    )
    expect(() => engine.relocation.offer([...on("errorRate"), ...on("errorRate")])).toThrow(/appears twice/)
    await engine.stop()
  })

  it("is refused before the start, and without the option `variants`", async () => {
    const catalogue = await createVariantCatalogue()
    const idle = manual({ variants: {} })
    await expect(idle.useVariants(catalogue)).rejects.toThrow(/useVariants.*Call start\(\) first/)
    const plain = manual({ homeostasis: {} })
    await plain.start()
    await expect(plain.useVariants(catalogue)).rejects.toThrow(/variants: \{\}/)
    await plain.stop()
    await expect(plain.useVariants(catalogue)).rejects.toThrow(/stopped/)
  })

  it("uses the latest answer of a catalogue that answers out of order or slowly", async () => {
    const catalogue = await createVariantCatalogue()
    await approved(catalogue, "zstd")
    const before = await catalogue.selectable()
    const waiting: Array<(variants: ReadonlyArray<SelectableVariant>) => void> = []
    let told: () => void = () => {}
    let slow = false
    const engine = manual({ variants: {} })
    await engine.start()
    await engine.useVariants({
      selectable: () => (slow ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(before)),
      subscribe: (listener) => {
        told = () => listener({} as Parameters<typeof listener>[0])
        return { unsubscribe: () => {} }
      },
    })
    slow = true
    for (let i = 0; i < 3; i++) told()
    waiting[1]([])
    await settled()
    expect(engine.getSnapshot().relocation?.offered).toBe(0)
    waiting[0](before)
    await settled()
    expect(engine.getSnapshot().relocation?.offered).toBe(0)
    waiting[2](before)
    await settled()
    expect(engine.getSnapshot().relocation?.offered).toBe(1)
    await engine.stop()
  })
})
