/** The judge of the fault suite, over a journal that is sound and stories about it that are not: it must be able to say no. */
import { describe, expect, it } from "vitest"
import { judge, type Life, PROPERTIES, witnesses } from "../../bench/faults/check.ts"
import type { Look } from "../../bench/faults/plant.ts"
import { ownFolder, runInto } from "../journal/journalRig.ts"
import { drive } from "../engine/plant.ts"

const folder = ownFolder()

/** A run of the same knobs as the suite's, and what its plant saw. */
async function sound(): Promise<Life> {
  const looks: Array<Look> = []
  const engine = await runInto(folder.path, (live) => {
    const look = (): void => {
      const { batch, timeout } = live.values
      const { generation, nowUs } = live
      looks.push({ atMs: nowUs / 1000, engineUs: nowUs, generation, values: { batch, timeout } })
    }
    for (let from = 0; from < 300; from += 3) {
      drive(live, { digests: 3, from })
      look()
    }
    live.trip("a look")
    live.tick(live.nowUs + 5000)
    look()
  })
  const { batch, timeout } = engine.values
  const last = looks[looks.length - 1]
  looks.push({ ...last, generation: engine.generation, values: { batch, timeout } })
  return { run: engine.runId, acknowledged: engine.audit.records().length, looks, stopped: true }
}

const broken = (life: Life, before: ReturnType<typeof witnesses> | null = null): ReadonlyArray<string> => {
  const { by } = judge(folder.path, before === null ? null : ([...before.values()][0] ?? null), life)
  return PROPERTIES.filter((property) => by[property].length > 0)
}

describe("the judge of the fault suite", () => {
  it("finds nothing if nothing is wrong, and finds every fault", async () => {
    const life = await sound()
    expect(broken(life)).toEqual([])
    expect(broken({ ...life, acknowledged: life.acknowledged + 1 })).toEqual(["nothingLost"])
    const [first, ...rest] = life.looks
    const outside = { ...first, values: { batch: 257, timeout: 2 } }
    expect(broken({ ...life, looks: [outside, ...rest] })).toEqual(["withinBounds"])
    const other = { ...first, values: { ...first.values, timeout: first.values.timeout + 0.001 } }
    expect(broken({ ...life, looks: [other, ...rest] })).toEqual(["withinBounds"])
    // Seen in SafeMode: a generation that was a perturbation.
    const witness = [...witnesses(folder.path).values()][0]
    const probe = life.looks.find(({ generation }) => !witness.good.has(generation))
    const inSafeMode = { ...(probe ?? first), engineUs: life.looks[life.looks.length - 1].engineUs }
    expect(
      broken({ ...life, looks: [...life.looks.slice(0, -1), inSafeMode, life.looks[life.looks.length - 1]] }),
    ).toEqual(["lastGood"])
    expect(broken({ ...life, looks: [...life.looks, inSafeMode] })).toEqual(["lastGood"])
    expect(broken({ ...life, run: "another" })).toEqual(["nothingLost"])
  })
})
