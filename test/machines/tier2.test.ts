/**
 * Invariant 1: Tier 2 cannot write. Everything that can be reached from what the cycle holds, receives and says is
 * walked, boxes opened: no typed array shares memory with the configuration, no object can apply, roll back or commit.
 */
import { describe, expect, it } from "vitest"
import { Opaque } from "../../machines/Opaque.ts"
import { ProposalPort } from "../../machines/ProposalPort.ts"
import { relocationPhase } from "../../machines/relocationState.ts"
import type { HotPath } from "../../src/hot/HotPath.ts"
import { DEFAULT_SELECTION } from "../../src/control/variantSelection.ts"
import { type PlantModel, quadratic, rig, wobble } from "./rig.ts"

const WRITES = [
  "apply",
  "rollback",
  "commit",
  "returnToBase",
  "setBaseline",
  "closeLatch",
  "executor",
  "config",
]

/** What a getter gives; a prototype met as an object of its own has none to give. */
function read(value: object, key: string | symbol): unknown {
  try {
    return Reflect.get(value, key)
  } catch {
    return undefined
  }
}

/** What among all that is reachable from `start` could write `hot`'s configuration. */
function offences(start: unknown, hot: HotPath): ReadonlyArray<string> {
  const found: Array<string> = []
  const seen = new Set<unknown>()
  const visit = (value: unknown, path: string): void => {
    if (value === null || (typeof value !== "object" && typeof value !== "function") || seen.has(value))
      return
    seen.add(value)
    if (ArrayBuffer.isView(value)) {
      if (value.buffer === hot.config.buffer || value.buffer === hot.executor.base.buffer)
        found.push(`${path}: shared`)
      return
    }
    if (value === hot.config.buffer) found.push(`${path}: buffer`)
    if (value instanceof Opaque) visit(value.get(), `${path}.get()`)
    for (
      let proto: object | null = value;
      proto !== null && proto !== Object.prototype;
      proto = Object.getPrototypeOf(proto)
    ) {
      for (const key of Reflect.ownKeys(proto)) {
        if (proto === Function.prototype) continue
        if (typeof key === "string" && WRITES.includes(key)) found.push(`${path}.${key}`)
        const property = Object.getOwnPropertyDescriptor(proto, key)
        const inner: unknown = property?.get === undefined ? property?.value : read(value, key)
        visit(inner, `${path}.${String(key)}`)
      }
    }
    if (value instanceof Map) for (const [key, inner] of value) visit(inner, `${path}[${String(key)}]`)
    if (value instanceof Set) for (const inner of value) visit(inner, `${path}{}`)
  }
  visit(start, "cycle")
  return found
}

describe("Tier 2 cannot write", () => {
  it("through anything its context leads to, at any time", () => {
    const at = rig()
    for (let n = 0; n < 60; n++) {
      at.run(7)
      expect(offences(at.engine.getSnapshot().children.cycle?.getSnapshot().context, at.hot)).toEqual([])
    }
  })

  it("nor can the relocation actor, through anything its context leads to, at any time", () => {
    const at = rig({ relocation: { features: ["throughputRps"], selection: DEFAULT_SELECTION } })
    let load = 0
    const plant: PlantModel = (hot, i) => ({
      objective: 100 * (hot.config.unit(0) - 0.7 + 0.4 * load) ** 2 + 0.01 * wobble(i),
      throughputRps: 100 * (1 + load),
    })
    const phases = new Set<string>()
    for (let n = 0; n < 900; n++) {
      load = Math.floor(n / 300) % 2
      at.run(n > 600 ? 3 : 9, plant)
      const snapshot = at.engine.getSnapshot().children.relocation?.getSnapshot()
      if (snapshot === undefined) throw new Error("there is none")
      const phase = relocationPhase(snapshot)
      if (n % 50 === 0 || !phases.has(phase)) expect(offences(snapshot.context, at.hot)).toEqual([])
      phases.add(phase)
    }
    expect([...phases]).toContain("canary")
  })

  it("through anything it receives", () => {
    const received: Array<unknown> = []
    const at = rig()
    const { system } = at.engine
    system.inspect((inspected) => {
      if (inspected.type === "@xstate.event" && Reflect.get(inspected.actorRef, "id") === "cycle")
        received.push(inspected.event)
    })
    at.run(300)
    at.engine.send({ type: "rollback", nowUs: at.nowUs })
    at.run(10)
    expect(received.length).toBeGreaterThan(50)
    for (const event of received) expect(offences(event, at.hot)).toEqual([])
  })

  it("and the test would notice: the engine's own context does lead there", () => {
    const at = rig()
    expect(offences(at.engine.getSnapshot().context, at.hot).length).toBeGreaterThan(3)
  })

  it("by writing into its inputs: receipts and standings are copies", () => {
    const at = rig()
    at.run(300)
    const cycle = at.engine.getSnapshot().children.cycle?.getSnapshot().context
    const before = at.live
    cycle?.band.fill(1)
    cycle?.block.fill(0.123)
    expect(at.live).toEqual(before)
    expect(at.hot.config.unit(0)).not.toBe(0.123)
  })

  it("by sending its port anything but a proposal", () => {
    const at = rig()
    at.run(300, quadratic)
    const port = at.engine.getSnapshot().children.cycle?.getSnapshot().context.port
    expect(port).toBeInstanceOf(ProposalPort)
    const generation = at.hot.config.generation
    for (const type of ["rollback", "returnToBase", "setBaseline", "closeLatch", "openLatch", "end"]) {
      const command = { type, nowUs: at.nowUs, reason: "manualTrigger" } as unknown as Parameters<
        ProposalPort["send"]
      >[0]
      port?.send(command)
      port?._send(command)
    }
    expect(at.hot.config.generation).toBe(generation)
    expect(Atomics.load(at.hot.executor.latch, 0)).toBe(0)
  })
})
