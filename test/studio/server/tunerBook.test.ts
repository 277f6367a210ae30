/** A tuner of many replicas behind the studio's server: the page of its replicas, what the sides read, and what cannot be asked. */
import { describe, expect, it } from "vitest"
import { ConfigError } from "../../../src/domain/errors.ts"
import { tunerStudio } from "../../../src/platform/node/tunerStudio.ts"
import { createTuner } from "../../../src/replica/createTuner.ts"
import { MARKS, type TunerPage } from "../../../src/studio/protocol/tunerProtocol.ts"
import { Refusal } from "../../../src/studio/server/refusal.ts"
import { replicaQueryOf, TunerBook } from "../../../src/studio/server/TunerBook.ts"
import { TunerRig } from "../tunerRig.ts"

const asked = (text: string) => replicaQueryOf(new URLSearchParams(text))

/** Twelve replicas; two fall silent, one refuses. */
function rig(): { readonly rig: TunerRig; readonly page: (query: string) => Promise<TunerPage> } {
  const tuner = new TunerRig(12).run(30)
  tuner.silent.add(3).add(7)
  tuner.refusing.set(5, "step")
  tuner.run(6)
  const book = new TunerBook(tuner)
  return { rig: tuner, page: (query) => book.page(asked(query)) }
}

describe("a tuner of many replicas, as the studio shows it", () => {
  it("counts and marks every replica by what is wrong with it, else by its role", async () => {
    const { page } = rig()
    const { counts, map, replicas } = await page("sort=name")
    expect(counts).toMatchObject({ silent: 2, refusing: 1 })
    expect(counts.following + counts.behind).toBe(9)
    expect(map).toHaveLength(12)
    expect([map[3], map[7], map[5]]).toEqual([MARKS.silent, MARKS.silent, MARKS.refusing])
    for (const [i, { state, role }] of replicas.entries())
      expect(map[i]).toBe(MARKS[state === "following" || state === "behind" ? role : state])
    expect(replicas.map(({ replica }) => replica)).toEqual(replicas.map(({ replica }) => replica).toSorted())
  })

  it("gives a page at a time, in the order and of the state that is asked for", async () => {
    const { page } = rig()
    const worst = await page("limit=3")
    expect(worst.total).toBe(12)
    expect(worst.replicas.map(({ replica }) => replica)).toEqual(["pod-0005", "pod-0003", "pod-0007"])
    const rest = await page("limit=200&offset=3")
    const all = [...worst.replicas, ...rest.replicas].map(({ replica }) => replica)
    expect(new Set(all).size).toBe(12)
    expect((await page("state=silent")).replicas.map(({ state }) => state)).toEqual(["silent", "silent"])
    expect((await page("search=ZONE-A")).total).toBe(4)
    expect((await page("search=4.1&state=silent")).total).toBe(2)
    const [first] = (await page("sort=lag")).replicas
    expect(first.agoMs).toBeGreaterThan(5000)
  })

  it("says what both sides of every stage read, each with the epoch of its owner", async () => {
    const { rig: tuner, page } = rig()
    const before = (await page("")).stages
    expect(before.length).toBeGreaterThan(5)
    for (const { plus, minus, epoch, design } of before) {
      expect(epoch).toBe(1)
      const read = [plus, minus].filter((side) => side !== null)
      // In turns there is one side at a time.
      expect(read).toHaveLength(design === "together" ? 1 : 2)
      // What the plant costs, by its own formula with its noise.
      for (const loss of read) expect(loss).toSatisfy((cost: number) => cost > 19 && cost < 64)
    }
    tuner.silent.clear()
    tuner.own().run(20)
    const after = await page("")
    expect(after.status.epoch).toBe(2)
    expect(new Set(after.stages.map(({ epoch }) => epoch))).toEqual(new Set([2]))
    expect(after.began).toContain("where the owner before it stood")
  })

  it("refuses a query that means nothing, and says why a tuner cannot be read", async () => {
    for (const query of ["state=lost", "sort=age", "limit=many"]) expect(() => asked(query)).toThrow(Refusal)
    const book = new TunerBook({ name: "t", look: () => Promise.reject(new Error("nobody answers")) })
    await expect(book.page(asked(""))).rejects.toThrow("The tuner t cannot be read: nobody answers")
  })

  it("is served for tuners of this process, and refuses what is none", async () => {
    const tuner = createTuner({ name: "t", engine: { params: { x: { min: 0, max: 1 } } } })
    const studio = await tunerStudio({ tuners: { t: tuner } }, { token: false })
    const get = async (path: string) => {
      const response = await fetch(new URL(path, studio.url))
      return [response.status, await response.json()] as const
    }
    expect((await get("api/session"))[1]).toMatchObject({ tuners: [{ id: "t", name: "t" }], engines: [] })
    expect(await get("api/tuner")).toMatchObject([200, { map: "", owner: null, status: { epoch: 1 } }])
    expect((await get("api/tuner?tuner=u"))[0]).toBe(404)
    await studio.stop()
    for (const wrong of [undefined, { tuners: {} }, { tuners: { t: null } }, { tuners: { t: {} } }])
      await expect(tunerStudio(wrong as never)).rejects.toBeInstanceOf(ConfigError)
    await expect(tunerStudio({ tuners: { t: tuner } }, { inspectAt: "ws://localhost:1" })).rejects.toThrow(
      /inspectAt/,
    )
  })
})
