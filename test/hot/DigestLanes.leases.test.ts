/** Lanes as leases and as memory: whose a lane is, how much fits into each, and when the sleeper is woken. */
import { describe, expect, it } from "vitest"
import { BACKPRESSURE, DIGEST_WIDTH, DROP_OLDEST } from "../../src/hot/codes.ts"
import { DigestLanes, LANE_DROPPED, LANE_FULL, LANE_TAKEN } from "../../src/hot/DigestLanes.ts"

const LANES = 64
/** Words before the first lane, of a lane, and of its second line. */
const HEADER = 48
const LANE = 32
const OWNER = 0

const push = (lanes: DigestLanes, value: number): number => {
  lanes.inbox.fill(value)
  return lanes.push()
}
const another = (lanes: DigestLanes): DigestLanes =>
  new DigestLanes(lanes.buffer, lanes.capacity, lanes.policy)
const range = (from: number, to: number): ReadonlyArray<number> =>
  Array.from({ length: to - from }, (_, i) => i + from)
const takeAll = (lanes: DigestLanes): ReadonlyArray<number> => {
  const out = new Float64Array(DIGEST_WIDTH)
  const seen: Array<number> = []
  while (lanes.take(out)) {
    // Whole, or two digests lie in one place.
    expect(new Set(out.subarray(0, 11)).size).toBe(1)
    seen.push(out[0])
    lanes.done()
  }
  return seen
}
/** Atomics.waitAsync, which the compiler's library does not know yet. */
const waitAsync = (
  Atomics as unknown as {
    readonly waitAsync: (
      words: Int32Array,
      at: number,
      value: number,
      mostMs: number,
    ) => { readonly async: boolean; readonly value: Promise<string> }
  }
).waitAsync
/** How many threads find a lane yet. */
const free = (lanes: DigestLanes): number => {
  let found = 0
  while (push(another(lanes), -1) === LANE_TAKEN) found++
  return found
}

describe("the memory of lanes", () => {
  it.each([
    [16, 16],
    [512, 512],
    [1024, 1024],
    [2048, 1024],
    [4096, 1024],
  ])(
    "of capacity %i holds that many in the first lane and %i in each other, without overlap",
    (first, others) => {
      const lanes = DigestLanes.create(first, BACKPRESSURE)
      expect(lanes.buffer.byteLength).toBe(
        (HEADER + LANES * LANE) * 4 + (first + (LANES - 1) * others) * DIGEST_WIDTH * 8,
      )
      const ends = [lanes, another(lanes), another(lanes), another(lanes)]
      const sizes = [first, others, others, others]
      const all: Array<number> = []
      ends.forEach((end, lane) => {
        for (const i of range(0, sizes[lane])) {
          expect(push(end, lane * 10_000 + i)).toBe(LANE_TAKEN)
          all.push(lane * 10_000 + i)
        }
        expect(push(end, 0.5)).toBe(LANE_FULL)
      })
      expect(lanes.size).toBe(all.length)
      expect(takeAll(lanes)).toEqual(all)
      expect(lanes.size).toBe(0)
    },
  )

  it("counts waiting digests after some were taken", () => {
    const lanes = DigestLanes.create(16, DROP_OLDEST)
    const other = another(lanes)
    for (const i of range(0, 10)) push(i % 2 === 0 ? lanes : other, i)
    const out = new Float64Array(DIGEST_WIDTH)
    for (const left of range(0, 10).toReversed()) {
      expect(lanes.take(out)).toBe(true)
      expect(lanes.size).toBe(left)
    }
  })

  it("begins with every position absent", () => {
    const lanes = DigestLanes.create(16, DROP_OLDEST)
    const out = new Float64Array(DIGEST_WIDTH)
    expect(lanes.push()).toBe(LANE_TAKEN)
    lanes.take(out)
    expect([...out.subarray(0, 11)].every(Number.isNaN)).toBe(true)
  })

  it("names an invalid capacity, and memory that is too small", () => {
    for (const capacity of [0, 8, 24, 2 ** 21, -16, Number.NaN])
      expect(() => DigestLanes.byteLength(capacity)).toThrow(
        `capacity: must be a power of two from 16 to 2^20, got ${capacity}.`,
      )
    expect(DigestLanes.byteLength(2 ** 20)).toBeGreaterThan(2 ** 27)
    const bytes = DigestLanes.byteLength(16)
    expect(() => new DigestLanes(new SharedArrayBuffer(bytes - 8), 16, DROP_OLDEST)).toThrow(
      `buffer: must be ${bytes} bytes long at least, for lanes of 16 digests, got ${bytes - 8}.`,
    )
    expect(push(new DigestLanes(new SharedArrayBuffer(bytes), 16, DROP_OLDEST), 1)).toBe(LANE_TAKEN)
  })
})

describe("a lane", () => {
  it("belongs to its new owner alone once released: the old one finds another", () => {
    const lanes = DigestLanes.create(16, DROP_OLDEST)
    const [old, fresh] = [another(lanes), another(lanes)]
    push(old, 0)
    takeAll(lanes)
    lanes.reclaim()
    lanes.reclaim()
    for (const i of range(0, 16)) expect(push(fresh, i)).toBe(LANE_TAKEN)
    for (const i of range(16, 32)) expect(push(old, i)).toBe(LANE_TAKEN)
    expect(takeAll(lanes)).toEqual(range(0, 32))
    // Both go on in their own.
    for (const end of [old, fresh]) for (const i of range(0, 16)) expect(push(end, i)).toBe(LANE_TAKEN)
    expect(push(old, 16)).toBe(LANE_DROPPED)
  })

  it("stays with a thread that reported since the last check", () => {
    const lanes = DigestLanes.create(16, DROP_OLDEST)
    const ends = range(0, 10).map(() => another(lanes))
    for (const end of ends) push(end, 0)
    takeAll(lanes)
    lanes.reclaim()
    push(ends[3], 1)
    takeAll(lanes)
    lanes.reclaim()
    expect(free(lanes)).toBe(62)
  })

  it("is kept while a digest waits in it, whatever its neighbours' state", () => {
    const lanes = DigestLanes.create(16, DROP_OLDEST)
    const ends = range(0, 10).map(() => another(lanes))
    const out = new Float64Array(DIGEST_WIDTH)
    for (const end of ends) push(end, 0)
    for (const end of ends) push(end, 1)
    // Lanes in turn from the first on: all but the last two digests of the last lane.
    for (let i = 0; i < 18; i++) lanes.take(out)
    expect(lanes.size).toBe(2)
    lanes.take(out)
    lanes.reclaim()
    lanes.reclaim()
    expect(free(lanes)).toBe(62)
    takeAll(lanes)
    lanes.reclaim()
    lanes.reclaim()
    expect(free(lanes)).toBe(63)
  })

  it("is not released while its thread is pushing", () => {
    const lanes = DigestLanes.create(16, DROP_OLDEST)
    push(another(lanes), 0)
    takeAll(lanes)
    const words = new Int32Array(lanes.buffer)
    words[HEADER + LANE + OWNER] += 1
    lanes.reclaim()
    lanes.reclaim()
    expect(free(lanes)).toBe(62)
  })

  it("belongs to the thread that made the engine if it is the first, and is never given away", () => {
    const lanes = DigestLanes.create(16, DROP_OLDEST)
    push(lanes, 0)
    takeAll(lanes)
    lanes.reclaim()
    lanes.reclaim()
    expect(free(lanes)).toBe(63)
    expect(push(lanes, 1)).toBe(LANE_TAKEN)
  })
})

describe("the bell of lanes", () => {
  const bellOf = ({ bell }: DigestLanes): number => Atomics.load(bell, 0)

  it("wakes a waiting taker, and reports that it rang", async () => {
    const lanes = DigestLanes.create(16, DROP_OLDEST)
    expect(lanes.sleep(2)).toBe(true)
    const waiting = waitAsync(lanes.bell, 0, lanes.bellAt, 1_000)
    expect(waiting.async).toBe(true)
    push(lanes, 0)
    push(another(lanes), 1)
    expect(await waiting.value).toBe("ok")
    expect(bellOf(lanes)).toBe(lanes.bellAt + 1)
  })

  it("does not ring after a refused sleep", () => {
    const lanes = DigestLanes.create(16, DROP_OLDEST)
    for (const i of range(0, 3)) push(lanes, i)
    expect(lanes.sleep(3)).toBe(false)
    for (const i of range(3, 9)) push(lanes, i)
    lanes.ring()
    expect(bellOf(lanes)).toBe(lanes.bellAt)
  })

  it("does not ring for a sleeper that died: the next taker begins awake", () => {
    const lanes = DigestLanes.create(16, DROP_OLDEST)
    expect(lanes.sleep(5)).toBe(true)
    expect(lanes.settleTaken()).toBe(0)
    for (const i of range(0, 10)) push(lanes, i)
    lanes.ring()
    expect(bellOf(lanes)).toBe(lanes.bellAt)
  })
})
