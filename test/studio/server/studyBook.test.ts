/** A shared study behind the studio's server: how it stands, what its workers do, its trials a page at a time, and what cannot be asked. */
import { describe, expect, it } from "vitest"
import { MOST_RESULTS } from "../../../src/studio/protocol/studyProtocol.ts"
import { StudyBook, trialQueryOf } from "../../../src/studio/server/StudyBook.ts"
import { StudyRig } from "../studyRig.ts"

const asked = (text: string) => trialQueryOf(new URLSearchParams(text))

const rigOf = (options: Partial<ConstructorParameters<typeof StudyRig>[0]> = {}) => {
  const rig = new StudyRig({ workers: 8, budget: 100, strategy: "random", ...options })
  return { rig, page: (query = "") => new StudyBook(rig).page(asked(query)) }
}

describe("a shared study, as the studio shows it", () => {
  it("is told of with its best value so far, by its own objective", async () => {
    for (const objective of ["minimize", "maximize"] as const) {
      const { rig, page } = rigOf({ objective })
      const values = rig.run(60).ledger.trials.flatMap(({ value }) => (value === null ? [] : [value]))
      const best = objective === "minimize" ? Math.min(...values) : Math.max(...values)
      const now = await page("sort=best")
      expect(now.best?.value).toBe(best)
      expect(now.trials[0].value).toBe(best)
      expect(now.bests.at(-1)?.value).toBe(best)
      const stair = now.bests.map(({ value }) => value)
      expect(stair).toEqual(stair.toSorted((a, b) => (objective === "minimize" ? b - a : a - b)))
    }
  })

  it("says who works, who is lost, and what becomes of the trials of those", async () => {
    const { rig, page } = rigOf()
    rig.run(30)
    expect(await page()).toMatchObject({ state: "running", workerCounts: { working: 8, lost: 0 } })
    for (let i = 0; i < 8; i++) rig.killed.add(i)
    rig.run(70)
    const now = await page()
    expect(now).toMatchObject({ state: "waiting", workerCounts: { working: 0, lost: 8 } })
    expect(now.workers.every(({ holds }) => holds.every(({ leftMs }) => leftMs <= 0))).toBe(true)
    expect(now.map.split("w").length - 1).toBe(8)
    expect((await page("state=waits")).total).toBe(8)
    rig.killed.delete(3)
    rig.run(300)
    const after = await page()
    expect(after.retried).toBe(8)
    expect(after.workers.filter(({ lost }) => lost > 0).length).toBeGreaterThan(6)
  })

  it("gives a page at a time, in the order, of the state and for the search that are asked for", async () => {
    const { rig, page } = rigOf()
    rig.run(100)
    const all = await page("limit=200")
    expect(all.total).toBe(all.asked)
    expect(all.trials.map(({ id }) => id)).toEqual(rig.ledger.trials.map(({ id }) => id).toReversed())
    const [a, b] = [await page("limit=7"), await page("limit=7&offset=7")]
    expect([...a.trials, ...b.trials]).toEqual(all.trials.slice(0, 14))
    expect((await page("state=failed")).total).toBe(rig.ledger.counts.failed)
    expect((await page("search=REFUSED")).total).toBe(rig.ledger.counts.failed)
    const worker = all.workers[0].worker
    expect((await page(`search=${worker}`)).trials.every((trial) => trial.worker === worker)).toBe(true)
  })

  it("is done when every trial of the budget is told", async () => {
    const { rig, page } = rigOf({ budget: 20 })
    rig.run(300)
    expect(await page()).toMatchObject({ state: "done", told: 20, out: 0, asked: 20 })
  })

  it("thins the results of a long study, and leaves out no best one", async () => {
    const { rig, page } = rigOf({ workers: 60, budget: 5000 })
    rig.run(1300)
    const now = await page("limit=0")
    expect(now.told).toBe(5000)
    expect(now.course.length).toBeLessThanOrEqual(MOST_RESULTS)
    expect(now.course.length).toBeGreaterThan(MOST_RESULTS / 2)
    expect(now.bests.at(-1)?.id).toBe(now.best?.id)
    expect(now.trials).toEqual([])
  })

  it("is refused where there is none, or the storage is away", async () => {
    const { rig, page } = rigOf()
    await expect(page("study=other")).rejects.toMatchObject({ reason: "notFound" })
    const none = new StudyBook({ list: () => Promise.resolve([]), look: rig.look })
    await expect(none.page(asked(""))).rejects.toMatchObject({ reason: "notFound" })
    const away = new StudyBook({ list: rig.list, look: () => Promise.reject(new Error("no such table")) })
    await expect(away.page(asked(""))).rejects.toMatchObject({
      reason: "failed",
      message: "The study checkout-limits cannot be read: no such table",
    })
    expect(() => asked("state=lost")).toThrow("state must be one of out, waits, told, failed")
  })
})
