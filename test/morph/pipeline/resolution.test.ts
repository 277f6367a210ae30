/**
 * A few microseconds cull nobody. Code that is called more often is compiled further, so an identical function of some microseconds was
 * slower as a candidate than as the incumbent: it was culled 11 of 11 times behind HTTP. What the candidate's calls alone were looked at
 * for, and how the incumbent was timed in a quiet window, differed by microseconds too.
 */
import { createServer } from "node:http"
import { describe, expect, it } from "vitest"
import { Channels, type Side } from "../../../src/morph/pipeline/Channels.ts"
import { EvidenceTape, pairsOf } from "../../../src/morph/pipeline/EvidenceTape.ts"
import { DEFAULT_PIPELINE, pipelineChecks } from "../../../src/morph/pipeline/pipelineOptions.ts"
import { createGrowth } from "../../../src/morph/node/createGrowth.ts"
import { pipelineHost } from "../../../src/morph/service/pipelineHost.ts"
import { uniforms, VirtualClock } from "./service.ts"

const { margins, resolutionMs } = DEFAULT_PIPELINE
const side = (ms: number): Side => ({ ms, error: false, endMs: Number.NaN, cost: Number.NaN })

/** Shares of lives whose latency reaches 10 as worse, and 20 as within the margin; the candidate takes `moreMs` longer. */
function lives(moreMs: number, resolution: number, msOf: (next: () => number) => number) {
  const most = 100
  let worse = 0
  let within = 0
  for (let life = 0; life < most; life++) {
    const next = uniforms(life)
    const channels = new Channels(margins, resolution)
    let isWorse = false
    let isWithin = false
    for (let pair = 0; pair < 400 && !isWorse; pair++) {
      channels.note({ pair, candidate: side(msOf(next) + moreMs), incumbent: side(msOf(next)) })
      isWorse = channels.worse("latency") >= 10
      isWithin ||= (channels.views.find(({ channel }) => channel === "latency")?.within ?? 0) >= 20
    }
    if (isWorse) worse++
    if (isWithin) within++
  }
  return { worse: worse / most, within: within / most }
}

describe("the resolution of times", () => {
  it.each<[string, (next: () => number) => number]>([
    ["steady", (next) => 0.01 + 0.002 * next()],
    ["of a heavy tail", (next) => 0.01 / (1 - next()) ** 0.7],
    ["of two kinds", (next) => (next() < 0.9 ? 0.005 : 0.3)],
    ["long", (next) => 5 + next()],
  ])("keeps the stated rate of false culls where the candidate is slower by that much: %s", (_, msOf) => {
    expect(lives(resolutionMs, resolutionMs, msOf).worse).toBeLessThanOrEqual(0.1)
  })

  it("is what keeps a candidate that is slower by some microseconds", () => {
    const msOf = (next: () => number): number => 0.01 + 0.01 * next()
    expect(lives(0.004, resolutionMs, msOf)).toEqual({ worse: 0, within: 1 })
    expect(lives(0.004, 0, msOf).worse).toBe(1)
    // Both times made longer by ten times as much change nothing: the spread of the differences shrinks as the differences do.
    expect(lives(0.004, 0, (next) => 0.1 + msOf(next)).worse).toBe(1)
  })

  it("hides no slowness beyond it", () => {
    expect(lives(0.2, resolutionMs, (next) => 0.01 + 0.01 * next()).worse).toBe(1)
    expect(lives(0.5, resolutionMs, (next) => 4 + 2 * next()).worse).toBe(1)
  })

  it("is in no effect, and in no cost", () => {
    const channels = new Channels(margins, resolutionMs)
    for (let pair = 0; pair < 100; pair++)
      channels.note({
        pair,
        candidate: { ms: 0.016, endMs: 0.016, cost: 0.016, error: false },
        incumbent: { ms: 0.008, endMs: 0.008, cost: 0.008, error: false },
      })
    const of = (name: string) => channels.views.find(({ channel }) => channel === name)
    expect(of("latency")?.effect).toBeCloseTo(2, 9)
    expect([channels.worse("latency"), channels.worse("end")].every((worse) => worse < 1)).toBe(true)
    expect(channels.worse("cost")).toBeGreaterThan(100)
  })

  it("is in the pairs of a record, so that the evidence from them is the same", () => {
    const tape = new EvidenceTape()
    const lived = new Channels(margins, resolutionMs, tape)
    const next = uniforms(4)
    for (let pair = 0; pair < 300; pair++)
      lived.note({
        pair,
        candidate: { ms: 0.05 * next(), endMs: next(), cost: next(), error: next() < 0.1 },
        incumbent: { ms: 0.05 * next(), endMs: next(), cost: next(), error: next() < 0.1 },
      })
    // What repeats a record gives no resolution.
    const repeated = new Channels(margins)
    const taped = tape.take()
    for (const [pair, seen] of taped === null ? [] : pairsOf(taped)) repeated.notePair(pair, seen)
    for (const channel of ["latency", "errors", "end", "cost"] as const)
      expect(repeated.worse(channel)).toBe(lived.worse(channel))
    expect(repeated.within).toBe(lived.within)
    expect(repeated.views).toEqual(lived.views)
  })

  it("is named in verdicts about times, and not in those of a record from before it", () => {
    const notes = (thresholds: object) =>
      pipelineChecks(thresholds as typeof DEFAULT_PIPELINE).blending?.flatMap(({ figure, note }) =>
        note === undefined ? [] : [[figure, note]],
      )
    const note = "slower by 0.01 ms counts as equal"
    expect(notes(DEFAULT_PIPELINE)).toEqual([
      ["latencyWorse", note],
      ["endWorse", note],
    ])
    const { resolutionMs: _, ...before } = DEFAULT_PIPELINE
    expect(notes(before)).toEqual([])
    expect(notes({ ...before, resolutionMs: 0 })).toEqual([])
  })
})

describe("the two calls of a pair", () => {
  it("are both searched for writes before their time is taken", async () => {
    const clock = new VirtualClock()
    /** A field that takes a while to read: the function itself never does. */
    const input = {
      get field() {
        clock.spend(5)
        return 1
      },
    }
    const incumbent: (given: object) => Promise<number> = async () => {
      clock.spend(10)
      return 1
    }
    const host = pipelineHost({ piece: { incumbent, effects: "none", deadlineMs: 1_000 } })
    const gates = { trialCalls: 1, training: { compared: 3, share: 1 }, shares: [0.5], fail: 1e12 }
    const growth = createGrowth({ host, seed: 1, clock, gates })
    await growth.start()
    await growth.germinate("piece", { candidate: (given) => incumbent(given), name: "same", why: "test" })
    const call = host.socket("piece")
    const piece = () => growth.snapshot().pieces[0]
    for (let window = 0; window < 60; window++) {
      for (let n = 0; n < 10; n++) await call(input)
      await clock.pass(1_000)
    }
    const [latency] = piece().channels
    expect([piece().state, latency.channel]).toEqual(["blending", "latency"])
    expect(latency.pairs).toBeGreaterThan(20)
    expect(latency.effect).toBeCloseTo(1, 6)
    // Quiet windows have no pairs, and those take longer: that is no neighbour.
    expect(piece().interference).toBe(1)
    await growth.stop()
  })
})

describe("a service behind HTTP", () => {
  it.each([1, 2, 3])(
    "does not cull an equal function of some microseconds: seed %i",
    async (seed) => {
      const incumbent = async (query: string) => ({ length: query.length })
      const host = pipelineHost({
        search: { incumbent, effects: "none", deadlineMs: 1_000, agree: (a, b) => a.length === b.length },
      })
      const search = host.socket("search")
      const server = createServer((request, response) => {
        void search(request.url ?? "").then((answer) => response.end(JSON.stringify(answer)))
      })
      const port = await new Promise<number>((listens) => {
        server.listen(0, () => {
          const at = server.address()
          listens(typeof at === "object" && at !== null ? at.port : 0)
        })
      })
      const growth = createGrowth({
        host,
        seed,
        windowMs: 20,
        // It stays in the first step: what is asked is whether it is culled there.
        gates: {
          shares: [0.1],
          trialCalls: 5,
          training: { share: 1, compared: 20 },
          mirrors: "all",
          pairsPerStep: 1_000_000,
        },
      })
      await growth.start()
      await growth.germinate("search", {
        candidate: async (query) => ({ length: query.length }),
        name: "same",
        why: "test",
      })
      const piece = () => growth.snapshot().pieces[0]
      const timed = () => piece().channels.find(({ channel }) => channel === "latency")
      for (let n = 0; n < 8_000 && (timed()?.pairs ?? 0) < 300 && piece().cause === null; n += 8) {
        const ask = async (i: number): Promise<unknown> =>
          (await fetch(`http://127.0.0.1:${port}/${"x".repeat((n + i) % 7)}`)).json()
        await Promise.all(Array.from({ length: 8 }, (_, i) => ask(i)))
      }
      const { cause, criticals } = piece()
      const worse = timed()?.worse ?? 1
      await growth.stop()
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
      // A busy machine may hold a call for so long that it counts as an error; times alone are asked about.
      expect(cause ?? "").not.toMatch(/latencyWorse/)
      expect({ isWorse: worse >= 100, criticals }).toEqual({ isWorse: false, criticals: [] })
    },
    60_000,
  )
})
