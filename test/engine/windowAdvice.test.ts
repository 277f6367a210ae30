/** Advice on windows from outside: a plant that remembers, windows that are far too short for it, and an engine that says so. */
import { describe, expect, it } from "vitest"
import { createEngine, type EngineOptions } from "../../src/index.node.ts"
import { readJournal, replayJournal, whyChanged } from "../../src/platform/node/index.ts"
import { heated } from "../../src/testing/storePlants.ts"
import { standingOf } from "../../src/studio/page/parts/standing.ts"
import { ownFolder } from "../journal/journalRig.ts"

const DIGEST_US = 20_000
const plant = heated(15)
const folder = ownFolder()
const connection = { state: "open" } as Parameters<typeof standingOf>[1]
/** .1 s, where the plant takes 15 s to warm up. */
const tooShort = { digests: 5, us: 1_000_000 }

const engineWith = (options: Partial<EngineOptions<"x">>) =>
  createEngine({
    params: { x: { min: 0, max: 1, initial: plant.start[0] } },
    seed: 7001,
    clock: "manual",
    window: tooShort,
    ...options,
  })

/** What the plant paid in the last third, and what was advised at the end. */
async function run(options: Partial<EngineOptions<"x">>, seconds = 600) {
  const engine = engineWith(options)
  const running = plant.begin(7001)
  const sentences = new Set<string>()
  await engine.start()
  let paid = 0
  for (let nowUs = DIGEST_US; nowUs <= seconds * 1e6; nowUs += DIGEST_US) {
    const objective = running.advance(Float64Array.of(engine.values.x), DIGEST_US / 1e6)
    engine.tick(nowUs)
    engine.observe({ timestampUs: nowUs, objective })
    if (nowUs > (seconds * 1e6 * 2) / 3) paid += objective
    if (nowUs % 1_000_000 === 0) sentences.add(standingOf(engine.getSnapshot(), connection).sentence)
  }
  const { advice } = engine.getSnapshot()
  await engine.stop()
  return { advice, paid, sentences: [...sentences].join("\n") }
}

/** The window that a sentence asks for. */
function windowIn(advice: ReadonlyArray<string>): { readonly digests: number; readonly us: number } {
  const [, digests, us] = /Use window: \{ digests: (\d+), us: (\d+) \}\.$/.exec(advice.join()) ?? []
  return { digests: Number(digests), us: Number(us) }
}

describe("advice on windows", () => {
  it("is given once the plant was found to remember for many windows, and pays when followed", async () => {
    const short = await run({ state: folder.path })
    expect(short.advice).toHaveLength(1)
    expect(short.advice[0]).toMatch(
      /^This plant remembers for about [\d.]+ seconds, and a window of 0.1 seconds/,
    )
    expect(short.sentences).toContain(short.advice[0])

    // It is on record when that was found, is told with the next change, and is replayed.
    const { records } = readJournal(folder.path)
    const found = records.find(({ reason }) => reason === "windowsShort")
    if (found === undefined) throw new Error("nothing on record")
    expect(found.value).toBeGreaterThan(40 * 100_000)
    expect(Number(found.limit)).toBeCloseTo(100_000, -1)
    const next = records.find(({ seq, kind }) => seq > found.seq && (kind === "apply" || kind === "rollback"))
    expect(whyChanged(folder.path, "x", next?.atUs ?? 0)?.text).toMatch(
      /this plant remembers for about [\d.]+ seconds: windows of 0.1 seconds are too short for it/,
    )
    expect(replayJournal(folder.path)).toMatchObject({ verdict: "identical" })

    // The next engine says so from its first moment; one with the advised window has nothing to say.
    const again = engineWith({ state: folder.path })
    await again.start()
    expect(again.getSnapshot().advice).toHaveLength(1)
    const started = again.audit.records().find(({ kind }) => kind === "engineStarted")
    expect(started?.start?.["advice"]).toEqual(again.getSnapshot().advice)
    await again.stop()
    const window = windowIn(short.advice)
    const better = engineWith({ state: folder.path, window })
    await better.start()
    expect(better.getSnapshot().advice).toEqual([])
    await better.stop()

    const long = await run({ window })
    expect(long.advice).toEqual([])
    expect(long.paid).toBeLessThan(0.95 * short.paid)
  })

  it("names windows without a trend, and is never given without look-ahead", async () => {
    const deaf = await run({ gains: { lookAhead: false }, window: { digests: 2 } }, 60)
    expect(deaf.advice).toEqual([])
    const blind = await run({ window: { digests: 2 } }, 60)
    expect(blind.advice[0]).toContain("Windows of 2 digests show no trend")
  })
})
