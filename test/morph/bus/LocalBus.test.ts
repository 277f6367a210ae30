import { describe, expect, it } from "vitest"
import { BUS } from "../../../src/morph/bus/Bus.ts"
import { LocalBus } from "../../../src/morph/bus/LocalBus.ts"
import { work } from "../../../src/morph/bus/work.ts"
import { busConformance } from "./conformance.ts"

busConformance("in one process", (options) => {
  let nowMs = 0
  const bus = new LocalBus(() => nowMs, options)
  return Promise.resolve({
    bus,
    advance: (ms) => {
      nowMs += ms
      return Promise.resolve()
    },
    dispose: () => bus.close(),
  })
})

describe("a bus in one process", () => {
  const message = (id: string) =>
    ({ id, type: "report", priority: "normal", payload: Uint8Array.of(1) }) as const

  it("becomes conservative at 4,000 that wait and leaves that at 1,000, after ten seconds", async () => {
    let nowMs = 0
    const bus = new LocalBus(() => nowMs)
    const consumer = await bus.subscribe("normal", "a", "a1")
    const isConservative = async (): Promise<boolean> => (await bus.state("normal")).conservative
    for (let i = 0; i < 3999; i++) await bus.publish("normal", message(`m${i}`))
    expect(await isConservative()).toBe(false)
    await bus.publish("normal", message("last"))
    expect(await isConservative()).toBe(true)
    nowMs = 9999
    await work(consumer, 3000, () => {})
    expect(await isConservative()).toBe(true)
    nowMs = 10_000
    expect(await isConservative()).toBe(false)
  })

  it("does not count for a group what was given back to another one", async () => {
    const bus = new LocalBus(() => 0)
    const failing = await bus.subscribe("normal", "a", "a1")
    const well = await bus.subscribe("normal", "b", "b1")
    await bus.publish("normal", message("m0"))
    await work(well, 1, () => {})
    const [taken] = await failing.take(1)
    await failing.retry(taken, "not now")
    expect([await bus.depth("normal", "a"), await bus.depth("normal", "b")]).toEqual([1, 0])
    await bus.subscribe("normal", "c", "c1")
    expect(await bus.depth("normal", "c")).toBe(1)
  })

  it("forgets an id after five minutes, and never holds what all have finished for long", async () => {
    let nowMs = 0
    const bus = new LocalBus(() => nowMs)
    const consumer = await bus.subscribe("normal", "a", "a1")
    await bus.publish("normal", message("m0"))
    nowMs = BUS.rememberMs - 1
    expect(await bus.publish("normal", message("m0"))).toBe("duplicate")
    nowMs = BUS.rememberMs
    expect(await bus.publish("normal", message("m0"))).toBe("accepted")
    for (let i = 0; i < 3000; i++) {
      await bus.publish("normal", message(`n${i}`))
      await work(consumer, 2, () => {})
    }
    expect(await bus.trim("normal")).toBeLessThanOrEqual(1024)
  })
})
