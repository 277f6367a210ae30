/** What a loop without actors makes of an emergency under a probe: where it does not go again, for how long, and when it was not the probe. */
import { describe, expect, it } from "vitest"
import { ACCEPTED, EMERGENCY, TRIP_MANUAL, UPDATE } from "../../src/hot/codes.ts"
import { FROZEN, WAITING_MINUS, WAITING_PLUS } from "../../src/hot/phases.ts"
import { LoopBench, type Overrides, policy, READING, SECOND } from "./loopBench.ts"

const ALIKE = 1

const waits = ({ loop }: LoopBench): boolean => loop.phase === WAITING_PLUS || loop.phase === WAITING_MINUS

/** How far from its base the plant runs now, each knob. */
const offset = ({ live, base }: LoopBench): ReadonlyArray<number> => live.map((at, i) => at - base[i])

/** Goes on to the next probe, whatever has to be waited for. */
const toProbe = (bench: LoopBench): void => {
  for (let i = 0; i < 200 && !waits(bench); i++) {
    bench.tick(SECOND)
    // Nothing but a window ends SafeMode.
    if (bench.loop.phase === FROZEN && bench.loop.dueUs <= bench.now) bench.digest(ALIKE)
  }
  expect(waits(bench)).toBe(true)
}

/** As many rollbacks an hour as a test wants: when SafeMode wants a person is another test's affair. */
const often = { ...policy, rollbacksPerHour: 1000 }

const started = (overrides: Overrides = {}): LoopBench => {
  const bench = new LoopBench({ policy: often, ...overrides })
  bench.loop.start()
  toProbe(bench)
  return bench
}

/** On the probe that lies above the base in the first knob, or below it; the other probes read alike. */
const onProbe = (bench: LoopBench, side: 1 | -1): ReadonlyArray<number> => {
  for (let i = 0; i < 20; i++) {
    if (Math.sign(offset(bench)[0]) === side) return offset(bench)
    bench.digest(ALIKE, 0.5)
    toProbe(bench)
  }
  throw new Error("no probe on that side")
}

const emergency = (bench: LoopBench): void => {
  expect(bench.digest(ALIKE, -0.9)).toBe(EMERGENCY)
  expect(bench.loop.phase).toBe(FROZEN)
}

/** How far the probes of the next cycles reach, by knob: up and down. */
const reach = (bench: LoopBench, pairs = 6): ReadonlyArray<readonly [up: number, down: number]> => {
  const far: Array<[number, number]> = [
    [0, 0],
    [0, 0],
  ]
  for (let i = 0; i < 2 * pairs; i++) {
    toProbe(bench)
    offset(bench).forEach((way, knob) => {
      far[knob] = [Math.max(far[knob][0], way), Math.max(far[knob][1], -way)]
    })
    bench.digest(ALIKE, 0.5)
  }
  return far
}

describe("an emergency under a probe of a loop without actors", () => {
  it.each([1, -1] as const)("keeps what follows within half the distance (%i)", (side) => {
    const bench = started()
    const [far, other] = onProbe(bench, side)
    emergency(bench)
    const [[up, down], grid] = reach(bench)
    expect(side === 1 ? up : down).toBeCloseTo(Math.abs(far) / 2, 12)
    expect(side === 1 ? down : up).toBeCloseTo(Math.abs(far), 12)
    // The grid has no point half the way: the knob stays at its base on that side.
    expect(grid[other > 0 ? 0 : 1]).toBe(0)
    expect(grid[other > 0 ? 1 : 0]).toBeGreaterThan(0)
  })

  it("expires on time, and not before", () => {
    const safeModeUs = 30 * SECOND
    for (const [fenceUs, share] of [
      [safeModeUs + READING, 1],
      [safeModeUs + READING + 1, 0.5],
    ]) {
      const bench = started({ options: { fenceUs, safeModeUs } })
      const [far] = onProbe(bench, 1)
      emergency(bench)
      // The first pair is drawn as SafeMode ends, the next ones later.
      expect(reach(bench, 1)[0][0]).toBeCloseTo(share * far, 12)
      const [[up, down]] = reach(bench, 1)
      expect(up).toBeCloseTo(down, 12)
    }
  })

  it("keeps the base on this side too, however much better the other side reads", () => {
    const bench = started()
    const from = bench.base[0]
    const [far] = onProbe(bench, 1)
    emergency(bench)
    let highest = 0
    for (let i = 0; i < 60; i++) {
      toProbe(bench)
      highest = Math.max(highest, bench.base[0] - from)
      bench.digest(1 - bench.live[0], 0.5)
    }
    expect(highest).toBeGreaterThan(far / 4)
    expect(highest).toBeLessThanOrEqual(far / 2)
  })

  it("is not blamed on the probe if a window of SafeMode shows that the constraint is still broken", () => {
    for (const [margin, share] of [
      [-0.1, 1],
      [0, 0.5],
      [0.1, 0.5],
      [Number.NaN, 0.5],
    ]) {
      const bench = started()
      const [far] = onProbe(bench, 1)
      emergency(bench)
      bench.digest(ALIKE, margin)
      expect(reach(bench)[0][0]).toBeCloseTo(share * far, 12)
    }
  })

  it("is not blamed on the probe if a second one follows in SafeMode", () => {
    const bench = started()
    const [far] = onProbe(bench, 1)
    emergency(bench)
    bench.digest(ALIKE, -0.9)
    expect(bench.loop.phase).toBe(FROZEN)
    expect(reach(bench)[0][0]).toBeCloseTo(far, 12)
  })

  it("is not blamed on the probe if a second one leads from the baseline to the start", () => {
    const bench = new LoopBench({ policy: often })
    const { executor, config } = bench.hot
    // A baseline that lies as near to the start as half a probe.
    executor.proposal.set([bench.now, config.generation, 1, 2, 0.292, bench.live[1]])
    expect(bench.hot.apply(UPDATE)).toBe(ACCEPTED)
    bench.loop.start()
    toProbe(bench)
    const [far] = onProbe(bench, 1)
    emergency(bench)
    expect(bench.live[0]).toBe(0.292)
    emergency(bench)
    expect(bench.live).toEqual(bench.startedAt)
    const [[up, down]] = reach(bench)
    expect([up, down]).toEqual([expect.closeTo(far, 12), expect.closeTo(far, 12)])
  })

  it.each([1, 2, 3, 4, 5, 6])(
    "is not blamed on the probe if the other side broke the constraint too (seed %i)",
    (seed) => {
      for (const [margin, share] of [
        [-0.1, 1],
        [0, 0.5],
      ]) {
        const bench = started({ settings: { seed } })
        const [first] = offset(bench)
        bench.digest(ALIKE, margin)
        toProbe(bench)
        const [far] = offset(bench)
        expect(Math.sign(far)).toBe(-Math.sign(first))
        emergency(bench)
        const [[up, down]] = reach(bench)
        expect(far > 0 ? up : down).toBeCloseTo(share * Math.abs(far), 12)
        expect(far > 0 ? down : up).toBeCloseTo(Math.abs(first), 12)
      }
    },
  )

  it("is not blamed on the probe if the previous cycle found that the base broke the constraint", () => {
    for (const [first, second, fenced] of [
      [-0.1, -0.1, false],
      [0.3, -0.1, false],
      [-0.1, 0.3, true],
      [0, 0, true],
      [-0.1, Number.NaN, true],
    ] as const) {
      const bench = started()
      // Whole pairs: what is known of the base is their mean.
      for (const margin of [first, first, second, second]) {
        bench.digest(ALIKE, margin)
        toProbe(bench)
      }
      const [far] = offset(bench)
      emergency(bench)
      const [[up, down]] = reach(bench)
      const [closed, open] = far > 0 ? [up, down] : [down, up]
      expect(closed).toBeCloseTo(fenced ? open / 2 : open, 12)
    }
  })

  it("is the only fence that such windows remove: an earlier one stays", () => {
    const bench = started()
    const [far] = onProbe(bench, 1)
    emergency(bench)
    toProbe(bench)
    const [nearer] = onProbe(bench, 1)
    expect(nearer).toBeCloseTo(far / 2, 12)
    emergency(bench)
    for (let i = 0; i < 3; i++) bench.digest(ALIKE, -0.1)
    expect(bench.loop.phase).toBe(FROZEN)
    expect(reach(bench)[0][0]).toBeCloseTo(far / 2, 12)
  })

  it("is kept through a later, unrelated SafeMode", () => {
    const bench = started()
    const [far] = onProbe(bench, 1)
    emergency(bench)
    toProbe(bench)
    bench.loop.trip()
    expect(bench.loop.lastTrip).toBe(TRIP_MANUAL)
    // What breaks now breaks without a probe.
    bench.digest(ALIKE, -0.1)
    bench.loop.reset()
    expect(reach(bench)[0][0]).toBeCloseTo(far / 2, 12)
  })

  it("sets no fence if it comes on the base: after a rollback, before the first probe, after a stop during one", () => {
    const rolledBack = started()
    onProbe(rolledBack, 1)
    rolledBack.loop.rollback()
    const fresh = new LoopBench({ policy: often })
    fresh.hot.executor.setBaseline()
    fresh.hot.executor.rollback()
    fresh.loop.start()
    const again = started()
    onProbe(again, 1)
    again.loop.stop()
    again.loop.start()
    for (const bench of [rolledBack, fresh, again]) {
      expect(waits(bench)).toBe(false)
      emergency(bench)
      const [[up, down]] = reach(bench)
      expect(up).toBeGreaterThan(0)
      expect(up).toBeCloseTo(down, 12)
    }
  })

  it("adds to the existing fences: the nearest counts", () => {
    const bench = started()
    const [far] = onProbe(bench, 1)
    emergency(bench)
    toProbe(bench)
    onProbe(bench, 1)
    emergency(bench)
    const [[up, down]] = reach(bench)
    expect(up).toBeCloseTo(far / 4, 12)
    expect(down).toBeCloseTo(far, 12)
  })
})
