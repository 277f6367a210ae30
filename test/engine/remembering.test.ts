/** An engine at a plant that remembers: what its snapshot, its record and the studio say of it, and that a replay repeats it. */
import { describe, expect, it } from "vitest"
import { createEngine, type EngineSnapshot } from "../../src/index.node.ts"
import { readJournal, replayJournal, whyChanged } from "../../src/platform/node/index.ts"
import { late } from "../../src/testing/controlPlants.ts"
import type { MemoryPlant } from "../../src/testing/MemoryPlant.ts"
import { heated } from "../../src/testing/storePlants.ts"
import { standingOf } from "../../src/studio/page/parts/standing.ts"
import { ownFolder } from "../journal/journalRig.ts"

const DIGEST_US = 100_000
const DIGESTS = 5
const folder = ownFolder()
const connection = { state: "open" } as Parameters<typeof standingOf>[1]

/** Runs an engine into the folder; `seen` hears each snapshot. */
async function run(plant: MemoryPlant, seconds: number, seen: (snapshot: EngineSnapshot) => void) {
  const engine = createEngine({
    params: { x: { min: 0, max: 1, initial: plant.start[0] } },
    seed: 3,
    clock: "manual",
    window: { us: 5_000_000 },
    state: folder.path,
    guard: false,
  })
  const running = plant.begin(3)
  await engine.start()
  for (let nowUs = DIGEST_US; nowUs <= seconds * 1e6; nowUs += DIGEST_US) {
    const objective = running.advance(Float64Array.of(engine.values.x), DIGEST_US / 1e6)
    engine.tick(nowUs)
    engine.observe({ timestampUs: nowUs, objective })
    seen(engine.getSnapshot())
  }
  await engine.stop()
}

describe("an engine on a plant that remembers", () => {
  it("reports it in snapshot, record and studio, detects a change from whole readings, and replays byte for byte", async () => {
    const modes = new Set<string>()
    const sentences = new Set<string>()
    let farthestUs = 0
    await run(heated(20), 300, (snapshot) => {
      const { cycle } = snapshot
      if (cycle === null) return
      modes.add(cycle.lookAhead)
      expect(cycle.horizonUs > 0).toBe(cycle.horizonUs !== 0)
      if (cycle.lookAhead === "off") expect(cycle.horizonUs).toBe(0)
      farthestUs = Math.max(farthestUs, cycle.horizonUs)
      if (snapshot.safeMode === null) sentences.add(standingOf(snapshot, connection).sentence)
    })
    expect([...modes].toSorted()).toEqual(["off", "on", "trial"])
    // Sixteen windows at least.
    expect(farthestUs).toBeGreaterThanOrEqual(16 * DIGESTS * DIGEST_US * 0.99)
    const said = [...sentences].join("\n")
    expect(said).toContain("the engine checks whether this plant remembers.")
    expect(said).toMatch(/This plant remembers for about [\d.]+ (s|min).*: readings are projected that far\./)

    const { records } = readJournal(folder.path)
    const proven = records.find(({ reason }) => reason === "memoryProven") ?? never()
    expect(proven).toMatchObject({ kind: "noChange" })
    expect(proven.value).toBeGreaterThan(0)
    // It came while the level was rising, so the base went back to the baseline with it.
    const back = records.find(({ kind, atUs }) => kind === "rollback" && atUs === proven.atUs) ?? never()
    expect(whyChanged(folder.path, "x", back.atUs)?.text).toMatch(
      /this plant remembers for about [\d.]+ seconds: readings are projected that far/,
    )

    // An update behind the proof follows from two readings of eight windows.
    const update = records.findLast(({ kind, action }) => kind === "apply" && action === "update") ?? never()
    const change = whyChanged(folder.path, "x", null) ?? never()
    expect(change.seq).toBe(update.seq)
    expect(change.windows.map(({ digests }) => digests)).toEqual([8 * DIGESTS, 8 * DIGESTS])
    for (const { generation, objective, fromUs, toUs } of change.windows) {
      expect(toUs - fromUs).toBeGreaterThanOrEqual((8 * DIGESTS - 1) * DIGEST_US)
      const values = records.flatMap((one) =>
        one.kind === "digest" && one.reason === "valid" && one.generation === generation
          ? [one.digest?.objective ?? never()]
          : [],
      )
      // A trimmed mean of each window: without its least and its greatest. What comes behind the last window belongs to none.
      let sum = 0
      for (let at = 0; at < 8 * DIGESTS; at += DIGESTS) {
        const sorted = values.slice(at, at + DIGESTS).toSorted((x, y) => x - y)
        sum += (sorted[1] + sorted[2] + sorted[3]) / 3
      }
      expect(objective).toBeCloseTo(sum / 8, 9)
    }
    expect(replayJournal(folder.path)).toMatchObject({ verdict: "identical" })
  })

  it("reports late effects, and replays", async () => {
    const sentences = new Set<string>()
    let windows = 0
    await run(late(0.5), 300, (snapshot) => {
      windows = snapshot.cycle?.lateWindows ?? 0
      if (snapshot.safeMode === null) sentences.add(standingOf(snapshot, connection).sentence)
    })
    expect(windows).toBe(1)
    expect([...sentences].join("\n")).toContain(
      "Changes show late on this plant: the first window after each is left out.",
    )
    const { records } = readJournal(folder.path)
    expect(records.filter(({ reason }) => reason === "effectLate")).toHaveLength(1)
    // What was read of a side is its second window alone.
    const change = whyChanged(folder.path, "x", null) ?? never()
    expect(change.windows.map(({ digests }) => digests)).toEqual([DIGESTS, DIGESTS])
    for (const { generation, fromUs } of change.windows) {
      const first = records.find((one) => one.kind === "digest" && one.generation === generation)
      expect(fromUs).toBeGreaterThanOrEqual((first?.atUs ?? never()) + DIGESTS * DIGEST_US)
    }
    expect(replayJournal(folder.path)).toMatchObject({ verdict: "identical" })
  })
})

function never(): never {
  throw new Error("there is none")
}
