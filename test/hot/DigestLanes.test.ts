import { describe, expect, it } from "vitest"
import { BACKPRESSURE, DIGEST_WIDTH, DROP_OLDEST } from "../../src/hot/codes.ts"
import { DigestLanes, LANE_DROPPED, LANE_FULL, LANE_TAKEN } from "../../src/hot/DigestLanes.ts"

const CHANNELS = 11

const push = (lanes: DigestLanes, value: number): number => {
  lanes.inbox.fill(value)
  return lanes.push()
}

const takeAll = (lanes: DigestLanes): ReadonlyArray<number> => {
  const out = new Float64Array(DIGEST_WIDTH)
  const seen: Array<number> = []
  while (lanes.take(out)) {
    seen.push(out[0])
    lanes.done()
  }
  return seen
}

const another = (lanes: DigestLanes): DigestLanes =>
  new DigestLanes(lanes.buffer, lanes.capacity, lanes.policy)

const range = (from: number, to: number): ReadonlyArray<number> =>
  Array.from({ length: to - from }, (_, i) => i + from)

describe("DigestLanes in one thread", () => {
  it("deliver what was pushed, oldest first, with every channel", () => {
    const lanes = DigestLanes.create(16, DROP_OLDEST)
    for (let i = 0; i < CHANNELS; i++) lanes.inbox[i] = i + 0.5
    expect(lanes.push()).toBe(LANE_TAKEN)
    push(lanes, 7)
    expect(lanes.size).toBe(2)
    const out = new Float64Array(DIGEST_WIDTH)
    expect(lanes.take(out)).toBe(true)
    expect([...out.subarray(0, CHANNELS)]).toEqual(range(0, CHANNELS).map((i) => i + 0.5))
    expect(takeAll(lanes)).toEqual([7])
    expect(lanes.take(out)).toBe(false)
  })

  it("drop the oldest of a full lane, and count it", () => {
    const lanes = DigestLanes.create(16, DROP_OLDEST)
    const outcomes = range(0, 20).map((i) => push(lanes, i))
    expect(outcomes.slice(0, 16)).toEqual(range(0, 16).map(() => LANE_TAKEN))
    expect(outcomes.slice(16)).toEqual(range(0, 4).map(() => LANE_DROPPED))
    expect({ dropped: lanes.dropped, refused: lanes.refused }).toEqual({ dropped: 4, refused: 0 })
    expect(takeAll(lanes)).toEqual(range(4, 20))
  })

  it("refuse when a lane is full under backpressure, and count it", () => {
    const lanes = DigestLanes.create(16, BACKPRESSURE)
    for (const i of range(0, 16)) expect(push(lanes, i)).toBe(LANE_TAKEN)
    expect([push(lanes, 16), push(lanes, 17)]).toEqual([LANE_FULL, LANE_FULL])
    expect({ dropped: lanes.dropped, refused: lanes.refused }).toEqual({ dropped: 0, refused: 2 })
    expect(takeAll(lanes)).toEqual(range(0, 16))
    expect(push(lanes, 18)).toBe(LANE_TAKEN)
  })

  it("continue when a lane's 32-bit positions wrap", () => {
    const lanes = DigestLanes.create(16, DROP_OLDEST)
    const words = new Int32Array(lanes.buffer)
    // Tail and head of the first lane.
    words[48 + 1] = 2 ** 31 - 24
    words[48 + 16] = 2 ** 31 - 24
    for (const i of range(0, 100)) {
      push(lanes, i)
      push(lanes, i + 0.5)
      expect(takeAll(lanes)).toEqual([i, i + 0.5])
    }
    for (const i of range(0, 20)) push(lanes, i)
    expect(takeAll(lanes)).toEqual(range(4, 20))
    expect(lanes.dropped).toBe(4)
  })

  it("discard a copy that a producer has dropped and overwritten", () => {
    const lanes = DigestLanes.create(16, DROP_OLDEST)
    for (const i of range(0, 16)) push(lanes, i)
    const out = new Float64Array(DIGEST_WIDTH)
    let overtaken = 0
    const target = new Proxy(out, {
      set(array, key, value: number) {
        array[Number(key)] = value
        if (key === "5" && overtaken++ === 0) push(lanes, 16)
        return true
      },
    })
    expect(lanes.take(target)).toBe(true)
    expect([...out.subarray(0, CHANNELS)]).toEqual(range(0, CHANNELS).map(() => 1))
    expect(takeAll(lanes)).toEqual(range(2, 17))
  })

  it("ring once per sleep, when the requested number wait, whoever pushed them", () => {
    const lanes = DigestLanes.create(16, DROP_OLDEST)
    const other = another(lanes)
    const rung = (): boolean => Atomics.load(lanes.bell, 0) !== lanes.bellAt
    push(lanes, 0)
    expect(lanes.sleep(1)).toBe(false)
    expect(lanes.sleep(3)).toBe(true)
    push(other, 1)
    expect(rung()).toBe(false)
    push(lanes, 2)
    expect(rung()).toBe(true)
    const stood = Atomics.load(lanes.bell, 0)
    push(lanes, 3)
    other.ring()
    expect(Atomics.load(lanes.bell, 0)).toBe(stood)
    takeAll(lanes)
    expect(lanes.sleep(5)).toBe(true)
    other.ring()
    expect(rung()).toBe(true)
  })

  it("report how many digests were lost with their taker", () => {
    const lanes = DigestLanes.create(16, DROP_OLDEST)
    const out = new Float64Array(DIGEST_WIDTH)
    for (const i of range(0, 20)) push(lanes, i)
    lanes.take(out)
    lanes.done()
    lanes.take(out)
    expect(lanes.settleTaken()).toBe(1)
    expect(lanes.settleTaken()).toBe(0)
    expect(takeAll(lanes)).toEqual(range(6, 20))
  })

  it("give every thread a lane while lanes are free, and count digests without one", () => {
    const lanes = DigestLanes.create(16, DROP_OLDEST)
    const others = range(0, 64).map(() => another(lanes))
    expect(others.map((one, i) => push(one, i))).toEqual([
      ...range(0, 63).map(() => LANE_TAKEN),
      LANE_DROPPED,
    ])
    expect(push(lanes, 99)).toBe(LANE_TAKEN)
    expect([...takeAll(lanes)].sort((a, b) => a - b)).toEqual([...range(0, 63), 99])
    expect(lanes.dropped).toBe(1)
  })

  it("reclaim a lane that was idle between two calls, and its owner finds another", () => {
    const lanes = DigestLanes.create(16, BACKPRESSURE)
    const others = range(0, 63).map(() => another(lanes))
    others.forEach((one, i) => push(one, i))
    const late = another(lanes)
    expect(push(late, 100)).toBe(LANE_FULL)
    expect(lanes.refused).toBe(1)
    // Digests wait: nothing may be taken from under them.
    lanes.reclaim()
    lanes.reclaim()
    expect(push(late, 100)).toBe(LANE_FULL)
    takeAll(lanes)
    lanes.reclaim()
    push(others[0], 0)
    takeAll(lanes)
    lanes.reclaim()
    expect(push(late, 101)).toBe(LANE_TAKEN)
    expect(push(others[5], 5)).toBe(LANE_TAKEN)
    expect(push(others[0], 0)).toBe(LANE_TAKEN)
    expect([...takeAll(lanes)].sort((a, b) => a - b)).toEqual([0, 5, 101])
  })

  it("refuse invalid capacities and buffers that are too small", () => {
    for (const capacity of [0, 8, 24, 2 ** 21])
      expect(() => DigestLanes.create(capacity, DROP_OLDEST)).toThrow(RangeError)
    expect(() => new DigestLanes(new SharedArrayBuffer(64), 16, DROP_OLDEST)).toThrow(RangeError)
  })
})
