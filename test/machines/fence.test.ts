/** What the cycle makes of an emergency under a probe: where it does not go again, for how long, and when it was not the probe. */
import { createActor } from "xstate"
import { describe, expect, it } from "vitest"
import type { SpsaCycleEvent } from "../../machines/events.ts"
import { type ProposalEvent, ProposalPort } from "../../machines/ProposalPort.ts"
import { spsaCycleMachine } from "../../machines/spsaCycle.machine.ts"
import type { ApplyProposal } from "../../src/domain/Proposal.ts"
import { LINEAR } from "../../src/hot/codes.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { DEFAULT_SPSA } from "../../src/hot/spsaSettings.ts"
import { windowOf } from "./windowOf.ts"

const BASE = 0.5
const BAND = Float64Array.of(-0.5, 0.5)
const FENCE_US = 1000

/** A cycle over one knob whose Tier 1 accepts everything; the test is the plant. */
class Bench {
  nowUs = 0
  generation = 1
  private last: ApplyProposal | null = null
  private readonly actor

  constructor(fenceUs = FENCE_US) {
    const { port, bind } = ProposalPort.create()
    const send = ({ proposal }: ProposalEvent): void => {
      if (proposal._tag !== "noChange") this.last = proposal
    }
    bind({ id: "tier1", sessionId: "x", send })
    const table = new KnobTable([{ min: 0, max: 1, scale: LINEAR, step: 0, maxStep: 0 }])
    const input = { table, settings: { ...DEFAULT_SPSA, seed: 5 }, port, limits: { fenceUs } }
    this.actor = createActor(spsaCycleMachine, { input }).start()
    this.resume()
  }

  send(event: SpsaCycleEvent): void {
    this.actor.send(event)
  }

  resume(): void {
    const standing = { baseUnits: Float64Array.of(BASE), band: BAND, nextApplyUs: this.nowUs }
    this.send({ type: "resume", ...standing, generation: this.generation, nowUs: this.nowUs })
  }

  /** Accepts what is asked for; returns where the plant runs now. */
  accept(): { readonly kind: ApplyProposal["_tag"]; readonly unit: number } {
    const { last } = this
    if (last === null) throw new Error("nothing was asked for")
    const { nowUs } = this
    const receipt = { proposalId: last.id, kind: last._tag, generation: ++this.generation, atUs: nowUs }
    const where = { units: last.targets, band: BAND, nextApplyUs: nowUs }
    this.send({ type: "applied", receipt: { ...receipt, ...where } })
    return { kind: last._tag, unit: last.targets[0] }
  }

  read(margin: number | null, loss = 1): void {
    const { nowUs } = this
    this.send({
      type: "window",
      window: windowOf(this.generation, loss, { constraintMargin: margin }),
      nowUs,
    })
  }

  emergency(): void {
    this.send({ type: "freeze", nowUs: this.nowUs, emergency: true })
  }

  /** Runs up to the probe that lies above the base and answers where that is, or down to the one below. */
  probe(side: 1 | -1): number {
    for (let i = 0; i < 20; i++) {
      const { kind, unit } = this.accept()
      if (kind !== "update" && Math.sign(unit - BASE) === side) return unit
      if (kind !== "update") this.read(0.5)
    }
    throw new Error("no probe on that side")
  }

  /** How far out the probes of the next cycles reach on either side. */
  reach(): { readonly above: number; readonly below: number } {
    let above = 0
    let below = 0
    for (let i = 0; i < 6; i++) {
      const { unit } = this.accept()
      above = Math.max(above, unit - BASE)
      below = Math.max(below, BASE - unit)
      // Alike on both sides: the base stays.
      this.read(0.5)
    }
    return { above, below }
  }
}

describe("an emergency under a probe", () => {
  it("keeps later probes within half the distance, and does not limit the other side", () => {
    const bench = new Bench()
    const far = bench.probe(1) - BASE
    bench.emergency()
    bench.resume()
    const { above, below } = bench.reach()
    expect(above).toBeCloseTo(far / 2, 12)
    expect(below).toBeCloseTo(far, 12)
  })

  it("expires on time", () => {
    for (const [nowUs, share] of [
      [FENCE_US - 1, 0.5],
      [FENCE_US, 1],
    ]) {
      const bench = new Bench()
      const far = bench.probe(1) - BASE
      bench.emergency()
      bench.nowUs = nowUs
      bench.resume()
      expect(bench.reach().above).toBeCloseTo(share * far, 12)
    }
  })

  it("keeps the base on this side too, however much better the other side reads", () => {
    const bench = new Bench()
    const far = bench.probe(1) - BASE
    bench.emergency()
    bench.resume()
    const bases: Array<number> = []
    for (let i = 0; i < 30; i++) {
      const { kind, unit } = bench.accept()
      if (kind === "update") bases.push(unit - BASE)
      else bench.read(0.5, 1 - unit)
    }
    expect(Math.max(...bases)).toBeGreaterThan(far / 4)
    expect(Math.max(...bases)).toBeLessThanOrEqual(far / 2)
  })

  it("is not blamed on the probe if a window of SafeMode shows that the constraint is still broken", () => {
    for (const [margin, share] of [
      [-0.1, 1],
      [0, 0.5],
      [null, 0.5],
    ] as const) {
      const bench = new Bench()
      const far = bench.probe(1) - BASE
      bench.emergency()
      bench.read(margin)
      bench.resume()
      expect(bench.reach().above).toBeCloseTo(share * far, 12)
    }
  })

  it("is not blamed on the probe if a second one follows in SafeMode", () => {
    const bench = new Bench()
    const far = bench.probe(-1) - BASE
    bench.emergency()
    bench.emergency()
    bench.resume()
    expect(bench.reach().below).toBeCloseTo(-far, 12)
  })

  it("is kept through a later, unrelated SafeMode", () => {
    const bench = new Bench()
    const far = bench.probe(1) - BASE
    bench.emergency()
    bench.resume()
    bench.send({ type: "freeze", nowUs: 0 })
    bench.emergency()
    bench.read(-1)
    bench.resume()
    expect(bench.reach().above).toBeCloseTo(far / 2, 12)
  })

  it("is not blamed on the probe if the other side also broke the constraint", () => {
    const bench = new Bench()
    const first = bench.accept().unit - BASE
    bench.read(-0.1)
    const second = bench.accept().unit - BASE
    expect(Math.sign(second)).toBe(-Math.sign(first))
    bench.emergency()
    bench.resume()
    const { above, below } = bench.reach()
    expect(above).toBeCloseTo(Math.abs(first), 12)
    expect(below).toBeCloseTo(Math.abs(first), 12)
  })

  it("leads only to a rollback on the base, for another reason, or without a configured time", () => {
    for (const [fenceUs, emergency, probing] of [
      [FENCE_US, true, false],
      [FENCE_US, false, true],
      [0, true, true],
    ] as const) {
      const bench = new Bench(fenceUs)
      if (probing) bench.probe(1)
      bench.send({ type: "freeze", nowUs: 0, ...(emergency ? { emergency } : {}) })
      bench.resume()
      const { above, below } = bench.reach()
      expect(above).toBeCloseTo(below, 12)
    }
  })
})
