/** How much each replica counted in the last stage, as its tuner's status says it. */
import { describe, expect, it } from "vitest"
import { knobHash } from "../../src/cohort/knobHash.ts"
import type { Pair } from "../../src/cohort/order.ts"
import type { Answer } from "../../src/cohort/protocol.ts"
import { type ReplicaStatus, TunerHost } from "../../src/replica/TunerHost.ts"

const REPLICAS = 30
const CONTROLS = 3
/** These measure a hundred times as much as the others, and these too little to count. */
const HEAVY = new Set([4, 5, 6, 7])
const POOR = new Set([10, 11])
const STEP_US = 500_000

/** Replicas that report in step; the higher its number, the more a replica reads. */
class Shop {
  readonly host = new TunerHost({
    name: "t",
    engine: { params: { batch: { min: 1, max: 101, initial: 21 } }, guardrails: "aggressive", guard: false },
    replicas: { design: "split", control: CONTROLS / REPLICAS, minSamples: 5 },
  })
  readonly silent = new Set<number>()
  private readonly at: Array<Pair> = []
  private nowUs = 1e6
  private seq = 0

  constructor() {
    this.host.start(this.nowUs)
  }

  /** Goes on until a stage has closed: where each replica stood in it. */
  stage(): ReadonlyArray<ReplicaStatus> {
    const { stages } = this.host.loop
    for (;;) {
      const before = this.step()
      if (this.host.loop.stages > stages) return before
    }
  }

  /** Everybody reports, and then the tuner looks: where each replica stood before that. */
  step(): ReadonlyArray<ReplicaStatus> {
    this.nowUs += STEP_US
    for (let i = 0; i < REPLICAS; i++) if (!this.silent.has(i)) this.report(i)
    const before = this.host.replicas()
    this.host.tick(this.nowUs)
    return before
  }

  weights(): ReadonlyArray<number | null> {
    return this.host.replicas().map(({ weight }) => weight)
  }

  private report(i: number): void {
    const at = this.at[i] ?? [0, 0]
    const n = HEAVY.has(i) ? 1000 : POOR.has(i) ? 2 : 10
    const { body } = this.host.hear(
      {
        protocol: 1,
        tuner: "t",
        replica: `r${i}`,
        boot: `b${i}`,
        seq: this.seq++,
        table: knobHash(this.host.settings.space),
        at,
        windows: [{ at, n, sum: n * (100 + i), sum2: n * (100 + i) ** 2, errors: 0 }],
      },
      this.nowUs,
    )
    this.at[i] = (body as Answer).at
  }
}

describe("the weight of a replica", () => {
  it("is its share of its side in the last stage: none for an extreme, three times a usual one at most", () => {
    const shop = new Shop()
    const stood = shop.stage()
    const weights = shop.weights()
    for (const side of ["plus", "minus"] as const) {
      const on = stood.flatMap(({ role }, i) => (role === side && !POOR.has(i) ? [i] : []))
      expect(on.length).toBeGreaterThanOrEqual(10)
      const extremes = [on[0], on[on.length - 1]]
      const parts = on.map((i): number => (extremes.includes(i) ? 0 : HEAVY.has(i) ? 3 : 1))
      const sum = parts.reduce((a, b) => a + b, 0)
      on.forEach((i, k) => expect(weights[i]).toBeCloseTo(parts[k] / sum, 12))
    }
    expect(weights.filter((weight) => weight === null)).toHaveLength(CONTROLS + POOR.size)
    stood.forEach(({ role }, i) => {
      if (role === "control" || POOR.has(i)) expect(weights[i]).toBeNull()
    })
  })

  it("is null before the first stage, and again for one that did not count in the last", () => {
    const shop = new Shop()
    const stood = shop.stage()
    expect(stood.map(({ weight }) => weight)).toEqual(Array.from({ length: REPLICAS }, () => null))
    const gone = shop.weights().findIndex((weight) => weight !== null && weight > 0)
    shop.silent.add(gone)
    shop.stage()
    expect(shop.weights()[gone]).toBeNull()
    const kept = shop.weights().filter((weight) => weight !== null)
    expect(kept.reduce((a, b) => a + b, 0)).toBeCloseTo(2, 12)
  })

  it("stays as it was while nothing but the base is measured", () => {
    const shop = new Shop()
    shop.stage()
    const weights = shop.weights()
    expect(weights).toContain(0)
    shop.host.loop.pause()
    for (let i = 0; i < 20; i++) shop.step()
    expect(shop.weights()).toEqual(weights)
  })
})
