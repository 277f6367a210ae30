import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import { LINEAR, LOG, TRIMMED_MEAN } from "../../src/hot/codes.ts"
import { AtomicConfig } from "../../src/hot/AtomicConfig.ts"
import { HotPath } from "../../src/hot/HotPath.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { balanced } from "./rig.ts"

interface Probed {
  readonly bytesPerOp: number
  readonly collections: number
  readonly windows: number
  readonly applied: number
  readonly refused: number
  readonly rounds: number
}

interface Decided {
  readonly bytesPerCycle: number
  readonly collections: number
  readonly cycles: number
  readonly lowest: number
  readonly rests: number
}

/** The parts of a hot path, which nothing that merely walks it finds. */
const partsOf = (hot: HotPath): ReadonlyArray<unknown> =>
  Object.values(Object.getOwnPropertyDescriptors(HotPath.prototype)).map(({ get }) => get?.call(hot))

/** Every typed array reachable from an object, each buffer once. */
const buffersOf = (root: object): ReadonlyArray<ArrayBufferLike> => {
  const seen = new Set<object>()
  const buffers = new Set<ArrayBufferLike>()
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null || seen.has(value)) return
    seen.add(value)
    if (ArrayBuffer.isView(value)) buffers.add(value.buffer)
    else if (value instanceof HotPath) [...partsOf(value), ...Object.values(value)].forEach(visit)
    else Object.values(value).forEach(visit)
  }
  visit(root)
  return [...buffers]
}

/** What a probe prints, run in a process of its own. */
const measured = (
  file: string,
  args: ReadonlyArray<string> = [],
  more: ReadonlyArray<string> = [],
): unknown => {
  const probe = fileURLToPath(new URL(file, import.meta.url))
  // Code is compiled where it is asked for, not beside it: on a busy machine the compiler's own thread may come so
  // late that the measured rounds still run in the interpreter, which allocates every double.
  const flags = ["--expose-gc", "--no-concurrent-recompilation", "--no-warnings", ...more]
  return JSON.parse(execFileSync(process.execPath, [...flags, probe, ...args], { encoding: "utf8" }))
}

describe("the hot path", () => {
  it("allocates nothing per digest, tick, apply or refusal", () => {
    const probed = measured("./allocationProbe.ts") as Probed
    expect(probed.collections).toBe(0)
    expect(probed.bytesPerOp).toBeLessThanOrEqual(0.02)
    // It did the work: nearly every apply was taken, every other one was asked too soon.
    expect(probed.applied + probed.refused).toBe(2 * probed.rounds)
    expect(probed.applied).toBeGreaterThan(0.99 * probed.rounds)
    expect(probed.windows).toBe(probed.rounds)
  })

  // What the compiler inlines depends on what else the process does, and a double that crosses a call that is not inlined is
  // allocated: so nothing but the smallest functions may depend on it.
  const STINGY = ["--max-inlined-bytecode-size-cumulative=0", "--reserve-inline-budget-scale-factor=0"]

  describe.each([
    ["as it is", []],
    ["where hardly a call is inlined", STINGY],
  ])("in a process %s", (_, flags) => {
    it("allocates nothing per decision and rest of a kernel that rests, on any kind of knob", () => {
      const decided = measured("./decisionProbe.ts", ["resting"], flags) as Decided
      expect(decided).toMatchObject({ collections: 0, cycles: 600_000, lowest: 0 })
      expect(decided.rests).toBeGreaterThan(decided.cycles)
      expect(decided.bytesPerCycle).toBeLessThanOrEqual(0.1)
    })

    it("allocates nothing per decision of a kernel that tunes, on any kind of knob", () => {
      const decided = measured("./decisionProbe.ts", ["tuning"], flags) as Decided
      expect(decided).toMatchObject({ collections: 0, cycles: 600_000, lowest: 0, rests: 0 })
      expect(decided.bytesPerCycle).toBeLessThanOrEqual(0.1)
    })
  })

  it("keeps an engine of four knobs with small rings within 10 KB of numbers", () => {
    const knob = { min: 1, max: 256, scale: LOG, step: 1, maxStep: 0 }
    const table = new KnobTable([knob, knob, { ...knob, scale: LINEAR }, { ...knob, scale: LINEAR, step: 0 }])
    const hot = new HotPath({
      table,
      policy: balanced,
      initialUnit: new Float64Array(4),
      window: {
        windowDigests: 5,
        windowUs: 5e5,
        settleUs: 0,
        maxAgeUs: 1e6,
        aggregate: TRIMMED_MEAN,
        trim: 0.1,
      },
      auditCapacity: 16,
    })
    // The table is shared by all engines of a kind.
    const own = buffersOf(hot).filter((buffer) => !buffersOf(table).includes(buffer))
    const bytes = own.reduce((sum, buffer) => sum + buffer.byteLength, 0)
    expect(bytes).toBeGreaterThan(AtomicConfig.byteLength(4))
    expect(bytes).toBeLessThanOrEqual(10 * 1024)
    expect(own.length).toBeLessThanOrEqual(32)
  })
})
