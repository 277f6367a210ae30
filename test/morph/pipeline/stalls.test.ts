/**
 * Streams that stall or that nobody reads hold nothing up. Only the first chunk had a deadline, and a call was under way until its
 * stream had ended, so one stalled mirror stopped a trial, and one unread stream kept a socket from being planted again.
 */
import { describe, expect, it } from "vitest"
import type { AnyFunction } from "../../../src/morph/pipeline/pieces.ts"
import { judge } from "../../../src/morph/grafting/gates.ts"
import { DEFAULT_PIPELINE } from "../../../src/morph/pipeline/pipelineOptions.ts"
import { RecordedHost } from "../../../src/morph/pipeline/RecordedHost.ts"
import { createGrowth } from "../../../src/morph/service/growAny.ts"
import { pipelineHost } from "../../../src/morph/service/pipelineHost.ts"
import { VirtualClock } from "./service.ts"

const read = async (answer: unknown): Promise<void> => {
  for await (const _ of answer as AsyncIterable<unknown>);
}

/** A piece whose deadline is 50 ms, in windows of a second with five calls each. */
async function streaming(clock: VirtualClock, incumbent: AnyFunction, candidate: AnyFunction, compared = 3) {
  const host = pipelineHost({
    piece: { incumbent, effects: "none", agree: (a, b) => String(a) === String(b), deadlineMs: 50 },
  })
  const growth = createGrowth({
    host,
    seed: 1,
    clock,
    gates: {
      shares: [0.5],
      pairsPerStep: 1,
      trialCalls: 1,
      training: { compared, share: 1, atOnce: 2, agreement: 0.5 },
    },
    grafting: { embargo: { boundaries: 2 } },
  })
  const call = host.socket("piece") as (n: number) => unknown
  const piece = () => growth.snapshot().pieces[0]
  const moved: Array<string> = []
  growth.subscribe(({ moves }) => moved.push(...moves.map(({ from, to }) => `${from} ${to}`)))
  await growth.start()
  await growth.germinate("piece", { candidate, name: "new", why: "test" })
  const windows = async (most: number, until: string, act: (answer: unknown) => unknown): Promise<void> => {
    for (let i = 0; i < most && piece().state !== until; i++) {
      for (let n = 0; n < 5; n++) void act(call(n))
      await clock.pass(1_000)
    }
  }
  return { growth, piece, windows, moved }
}

/** Chunks that come so many milliseconds apart, from the second one on; 0 for never. */
const chunks = (clock: VirtualClock, gapMs: number) =>
  async function* (): AsyncGenerator<string> {
    yield "a"
    await (gapMs === 0 ? new Promise(() => {}) : clock.sleep(gapMs))
    yield "b"
  }

describe("a mirror of a stream", () => {
  it("that stalls after its first chunk is a critical event, in a trial and after it", async () => {
    for (const good of [0, 6]) {
      const clock = new VirtualClock()
      let calls = 0
      const candidate = () => chunks(clock, ++calls > good ? 0 : 10)()
      const { growth, piece, windows, moved } = await streaming(clock, chunks(clock, 10), candidate, 1_000)
      await windows(20, "embargoed", read)
      expect(moved.find((one) => one.endsWith("culled"))).toBe(
        good === 0 ? "germinated culled" : "training culled",
      )
      const said = new Set(piece().criticals)
      expect(said).toEqual(new Set(["let a stream stall: no further chunk after 200 ms"]))
      await growth.stop()
    }
  })

  it("may take as long between its chunks as the incumbent does", async () => {
    const clock = new VirtualClock()
    const { growth, piece, windows } = await streaming(clock, chunks(clock, 400), chunks(clock, 700), 10)
    await windows(20, "blending", read)
    expect(piece()).toMatchObject({ state: "blending", criticals: [], cause: null })
    await growth.stop()
  })

  it("lets its source go where it stalls", async () => {
    const clock = new VirtualClock()
    let left = 0
    const candidate = () => {
      let given = 0
      const all = {
        next: () => (given++ === 0 ? Promise.resolve({ done: false, value: "a" }) : new Promise(() => {})),
        return: async () => (left++, { done: true, value: undefined }),
        [Symbol.asyncIterator]: () => all,
      }
      return all
    }
    const { growth, windows } = await streaming(clock, chunks(clock, 10), candidate)
    await windows(20, "embargoed", read)
    expect(left).toBeGreaterThanOrEqual(3)
    await growth.stop()
  })
})

describe("a stream that nobody reads", () => {
  it("holds RESETTING for a minute, and the verdict says how many were left", async () => {
    const clock = new VirtualClock()
    const { growth, piece, windows } = await streaming(clock, chunks(clock, 10), chunks(clock, 10))
    await windows(20, "blending", read)
    // Neither the callers' generators nor those of the next windows are read.
    await windows(4, "culled", () => {})
    const { inFlight } = piece()
    expect(inFlight).toBeGreaterThan(0)
    await growth.cull("piece", { why: "test" })
    await clock.pass(30_000)
    expect(piece()).toMatchObject({ state: "resetting", inFlight })
    expect(piece().verdicts[5]?.findings).toMatchObject([
      { figure: "callsInFlight", value: inFlight, answer: "hold" },
      { figure: "streamsLeft", value: 0, answer: "pass" },
    ])
    await clock.pass(33_000)
    expect(piece().state).toBe("dormant")
    await growth.germinate("piece", { candidate: chunks(clock, 10), name: "next", why: "test" })
    await windows(2, "training", read)
    // The streams of the one before are not counted against this one.
    expect(piece()).toMatchObject({ candidate: "next", inFlight: 0 })
    await growth.stop()
  })
})

it("a record from before streams were counted is repeated as it was", () => {
  const host = new RecordedHost(["piece"], DEFAULT_PIPELINE)
  host.figures = new Map([["piece", { callsInFlight: 0 }]])
  const verdict = judge("G5", host.checks.resetting ?? [], host.measure("piece"), 1, null)
  expect(verdict.answer).toBe("pass")
})
