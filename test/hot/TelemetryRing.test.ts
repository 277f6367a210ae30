import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { BACKPRESSURE, DIGEST_WIDTH, DROP_OLDEST } from "../../src/hot/codes.ts"
import { TelemetryRing } from "../../src/hot/TelemetryRing.ts"

/** Pushes a digest whose sixteen doubles all tell which one it is. */
function push(ring: TelemetryRing, id: number): boolean {
  for (let i = 0; i < DIGEST_WIDTH; i++) ring.inbox[i] = id * 100 + i
  return ring.push()
}

function drain(ring: TelemetryRing, max?: number): Array<number> {
  const ids: Array<number> = []
  ring.drain((block, offset) => {
    const id = Math.floor(block[offset] / 100)
    for (let i = 0; i < DIGEST_WIDTH; i++) expect(block[offset + i]).toBe(id * 100 + i)
    ids.push(id)
  }, max)
  return ids
}

describe("the telemetry ring", () => {
  it.each([
    ["drops the oldest and counts it", DROP_OLDEST],
    ["refuses the newest and says so", BACKPRESSURE],
  ])("agrees with a plain list that %s", (_, policy) => {
    const commands = fc.array(fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 5 })), { maxLength: 200 })
    fc.assert(
      fc.property(commands, fc.constantFrom(1, 2, 4, 8), (steps, capacity) => {
        const ring = new TelemetryRing(capacity, policy)
        let model: Array<number> = []
        let dropped = 0
        let refused = 0
        steps.forEach((step, id) => {
          if (step >= 0) {
            expect(drain(ring, step)).toEqual(model.slice(0, step))
            model = model.slice(step)
            return
          }
          const full = model.length === capacity
          expect(push(ring, id)).toBe(!(full && policy === BACKPRESSURE))
          if (full && policy === BACKPRESSURE) refused++
          else model.push(id)
          if (full && policy === DROP_OLDEST) {
            model.shift()
            dropped++
          }
          expect([ring.size, ring.dropped, ring.refused]).toEqual([model.length, dropped, refused])
        })
        expect(drain(ring)).toEqual(model)
        expect(ring.size).toBe(0)
      }),
    )
  })

  it("hands out only what waited when the drain began", () => {
    const ring = new TelemetryRing(4, BACKPRESSURE)
    push(ring, 1)
    push(ring, 2)
    let visits = 0
    expect(ring.drain(() => push(ring, 10 + visits++))).toBe(2)
    expect(drain(ring)).toEqual([10, 11])
  })

  it("loses nothing uncounted when visitors push into a full ring", () => {
    const ring = new TelemetryRing(2, DROP_OLDEST)
    push(ring, 1)
    push(ring, 2)
    let pushed = 2
    const visited = ring.drain(() => {
      for (let i = 0; i < 3; i++) push(ring, ++pushed)
    })
    expect(visited + drain(ring).length + ring.dropped).toBe(pushed)
  })

  it("has handed a digest over even when its visitor throws", () => {
    const ring = new TelemetryRing(4, DROP_OLDEST)
    push(ring, 1)
    push(ring, 2)
    expect(() =>
      ring.drain(() => {
        throw new Error("visitor")
      }),
    ).toThrow("visitor")
    expect(drain(ring)).toEqual([2])
  })

  it("starts with every position absent", () => {
    const ring = new TelemetryRing(1, DROP_OLDEST)
    ring.push()
    ring.drain((block) => expect(block.every(Number.isNaN)).toBe(true))
  })

  it.each([0, 3, -4, 1.5, Number.NaN, 2 ** 24])("refuses the capacity %s", (capacity) => {
    const make = () => new TelemetryRing(capacity, DROP_OLDEST)
    expect(make).toThrow(RangeError)
    expect(make).toThrow(`capacity: must be a power of two up to 2^23, got ${capacity}.`)
  })
})
