/** Who duels with whom: the coin is fair, a function of seed and pair, a user stays on one side, and no pair is older than its load. */
import { describe, expect, it } from "vitest"
import { Channels, type Side } from "../../../src/morph/pipeline/Channels.ts"
import { Coins } from "../../../src/morph/pipeline/Coins.ts"
import { Duels } from "../../../src/morph/pipeline/Duels.ts"
import { DEFAULT_PIPELINE } from "../../../src/morph/pipeline/pipelineOptions.ts"
import { uniforms } from "./service.ts"

const side = (ms: number, error = false): Side => ({ ms, error, endMs: Number.NaN, cost: Number.NaN })
const duels = (seed = 1) => new Duels(new Coins(seed, "search", "g1"))

describe("pairs of calls", () => {
  it("have one side each, by a fair coin that is a function of seed and pair", () => {
    const sidesOf = (seed: number): Array<boolean> => {
      const place = duels(seed)
      return Array.from(
        { length: 4_000 },
        (_, call) => place.enter(null, 1, () => call, 100)?.isCandidate === true,
      )
    }
    const sides = sidesOf(1)
    for (let pair = 0; pair < 2_000; pair++) expect(sides[2 * pair]).not.toBe(sides[2 * pair + 1])
    const first = sides.filter((isCandidate, call) => call % 2 === 0 && isCandidate).length
    // 1,000 of 2,000 are expected, and four standard deviations are 89.
    expect(Math.abs(first - 1_000)).toBeLessThan(90)
    expect(sidesOf(1)).toEqual(sides)
    expect(sidesOf(2)).not.toEqual(sides)
  })

  it("take the share of calls that they were given", () => {
    const place = duels()
    const taken = Array.from({ length: 10_000 }, () => place.enter(null, 0.1, () => 0, 100)).filter(Boolean)
    expect(Math.abs(taken.length - 1_000)).toBeLessThan(120)
  })

  it("are never further apart than five seconds", () => {
    const place = duels()
    const first = place.enter(null, 1, () => 0, 100)
    const late = place.enter(null, 1, () => 5_001, 100)
    expect(late?.pair).not.toBe(first?.pair)
    expect(place.enter(null, 1, () => 6_000, 100)?.pair).toBe(late?.pair)
  })
})

describe("users with a key", () => {
  it("stay on one side while the share rises, and count once in each stage", () => {
    const place = duels()
    const sides = new Map<string, boolean>()
    for (const share of [0.1, 0.5, 1])
      for (let call = 0; call < 3_000; call++) {
        const key = `user ${call % 50}`
        const seat = place.enter(key, share, () => call, 100)
        if (seat === null) continue
        expect(sides.get(key) ?? seat.isCandidate).toBe(seat.isCandidate)
        sides.set(key, seat.isCandidate)
        place.note(seat, side(1), call)
      }
    expect(sides.size).toBe(50)
    expect(place.take()).toHaveLength(25)
    place.newStage()
    for (let call = 0; call < 200; call++) {
      const seat = place.enter(`user ${call % 50}`, 1, () => call, 100)
      if (seat !== null) place.note(seat, side(1), call)
    }
    expect(place.take()).toHaveLength(25)
  })

  it("stay with the candidate, and duel there, where a smaller share would not reach them", () => {
    const place = duels()
    const users = Array.from({ length: 100 }, (_, i) => `user ${i}`)
    const before = new Map(users.map((user) => [user, place.enter(user, 1, () => 0, 100)]))
    expect(users.filter((user) => before.get(user)?.isCandidate)).toHaveLength(50)
    for (const user of users) {
      const seat = place.enter(user, 1e-9, () => 1, 100)
      expect(seat).toBe(before.get(user)?.isCandidate === true ? before.get(user) : null)
      expect(place.isCandidates(user)).toBe(seat !== null)
    }
  })

  it("wait with their pair until calls of both come within five seconds", () => {
    const place = duels()
    const a = place.enter("a", 1, () => 0, 100)
    const b = place.enter("b", 1, () => 0, 100)
    if (a === null || b === null) throw new Error("Everybody duels at a share of 1.")
    place.note(a, side(1), 0)
    place.note(b, side(2), 9_000)
    expect(place.waiting).toBe(0)
    place.note(a, side(3), 10_000)
    const [{ candidate, incumbent }] = place.take()
    expect([candidate.ms, incumbent.ms].toSorted((x, y) => x - y)).toEqual([2, 3])
  })
})

/** Shares of lives that fail in some channel. */
function failing(
  lives: number,
  pairs: number,
  at: number,
  draw: (next: () => number) => [Side, Side],
): number {
  let failed = 0
  for (let life = 0; life < lives; life++) {
    const next = uniforms(life)
    const channels = new Channels(DEFAULT_PIPELINE.margins)
    for (let pair = 0; pair < pairs; pair++) {
      const [one, other] = draw(next)
      const [candidate, incumbent] = next() < 0.5 ? [one, other] : [other, one]
      channels.note({ pair, candidate, incumbent })
      if (channels.worse("latency") < at && channels.worse("errors") < at) continue
      failed++
      break
    }
  }
  return failed / lives
}

describe("evidence from duels", () => {
  it("says how far an effect may be off by chance", () => {
    const channels = new Channels(DEFAULT_PIPELINE.margins)
    const side = (ms: number, error: boolean): Side => ({ ms, error, endMs: Number.NaN, cost: Number.NaN })
    // Logarithms of 2 and of 1/2 by turns, and an error in each tenth pair.
    for (let pair = 0; pair < 400; pair++)
      channels.note({
        pair,
        candidate: side(pair % 2 === 0 ? 20 : 5, pair % 10 === 9),
        incumbent: side(10, false),
      })
    const [latency, errors] = channels.views
    expect(latency.standardError / latency.effect).toBeCloseTo(Math.log(2) / Math.sqrt(latency.pairs), 3)
    expect(errors.effect).toBe(0.1)
    expect(errors.standardError).toBeCloseTo(Math.sqrt((0.1 * 0.9) / 400), 9)
  })

  it("culls by chance no more often than is stated, though the two calls of a pair are of two kinds", () => {
    // The second call of a pair is always slower and fails more often: the coin alone protects the candidate.
    const share = failing(200, 300, 10, (next) => [
      side(1 + next(), next() < 0.01),
      side(3 + 20 * next() ** 8, next() < 0.1),
    ])
    expect(share).toBeLessThanOrEqual(0.2)
  })

  it("does not compare the times of calls that failed, on either side", () => {
    const channels = new Channels(DEFAULT_PIPELINE.margins)
    for (let pair = 0; pair < 50; pair++)
      channels.note({ pair, candidate: side(0.01, true), incumbent: side(10, false) })
    expect(channels.worse("latency")).toBe(1)
    expect(channels.worse("errors")).toBeGreaterThan(100)
  })

  it("passes only where every channel is within its margin", () => {
    const channels = new Channels(DEFAULT_PIPELINE.margins)
    const next = uniforms(3)
    for (let pair = 0; pair < 4_000; pair++)
      channels.note({
        pair,
        candidate: { ...side(7 + next()), cost: 2 },
        incumbent: { ...side(10 + next()), cost: 1 },
      })
    const [latency, errors, cost] = channels.views
    expect(latency.within).toBeGreaterThan(20)
    expect(errors.within).toBeGreaterThan(20)
    expect(cost.within).toBeLessThan(1)
    expect(channels.within).toBe(cost.within)
  })
})
