/** A tuner of many replicas behind the studio's server: the page of its replicas, what the sides read, and what cannot be asked. */
import { describe, expect, it } from "vitest"
import { ConfigError } from "../../../src/domain/errors.ts"
import { tunerStudio } from "../../../src/platform/node/tunerStudio.ts"
import { createTuner } from "../../../src/replica/createTuner.ts"
import { MARKS, MOST_STAGES, type TunerPage } from "../../../src/studio/protocol/tunerProtocol.ts"
import { Refusal } from "../../../src/studio/server/refusal.ts"
import { replicaQueryOf, TunerBook } from "../../../src/studio/server/TunerBook.ts"
import { TunerRig } from "../tunerRig.ts"

const asked = (text: string) => replicaQueryOf(new URLSearchParams(text))

/** Twelve replicas, unless told; two fall silent, one refuses. */
function rig(replicas = 12): {
  readonly rig: TunerRig
  readonly page: (query: string) => Promise<TunerPage>
} {
  const tuner = new TunerRig(replicas).run(30)
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

  it("says of every replica what it counted for in the last stage, to three digits", async () => {
    // Six or seven on a side: a sixth has more digits than three.
    const { rig: tuner, page } = rig(16)
    const [{ replicas, status }, { replicas: exact }] = await Promise.all([page("sort=name"), tuner.look()])
    expect(status.stages).toBeGreaterThan(5)
    expect(exact.some(({ weight }) => String(weight).length > 5)).toBe(true)
    const known = new Map(exact.map(({ replica, weight }) => [replica, weight]))
    for (const { replica, weight } of replicas) {
      const whole = known.get(replica) ?? null
      expect(weight).toBe(whole === null ? null : Number(whole.toPrecision(3)))
    }
    // Those that are silent or refuse did not count.
    expect([3, 5, 7].map((i) => replicas[i].weight)).toEqual([null, null, null])
    const counted = replicas.flatMap(({ weight }) => weight ?? [])
    expect(counted.length).toBeGreaterThan(2)
    expect(counted.every((weight) => weight > 0 && weight <= 1)).toBe(true)
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
    expect(after.began).toBe("Its owner has stopped.")
    expect(after.owners.map(({ epoch, began, untilMs }) => [epoch, began, untilMs === null])).toEqual([
      [1, "first", false],
      [2, "wentOn", true],
    ])
  })

  it("answers for a thousand replicas what is listed, however long they have run and however often they moved", async () => {
    const tuner = new TunerRig(1000)
    const book = new TunerBook(tuner)
    for (let i = 0; i < 200; i++) tuner.own(i % 2 === 0 ? "wentOn" : "baseline")
    tuner.run(12)
    // Stages enough for hours.
    const { records, ...rest } = await tuner.look()
    const read = records.filter(({ kind, action }) => kind === "cohort" && action === "read")
    const hours = Array.from({ length: 5000 }, (_, i) => ({ ...read[i % read.length], seq: i + 1 }))
    const old = new TunerBook({ name: "old", look: () => Promise.resolve({ ...rest, records: hours }) })
    expect((await old.page(asked("limit=0"))).stages.map(({ seq }) => seq)).toEqual(
      Array.from({ length: MOST_STAGES }, (_, i) => 5000 - MOST_STAGES + 1 + i),
    )
    const bytes = (answer: TunerPage): number => Buffer.byteLength(JSON.stringify(answer))
    expect(bytes(await old.page(asked("limit=200")))).toBeLessThan(128 * 1024)
    expect((await book.page(asked("limit=5000"))).replicas).toHaveLength(200)
  })

  it("pages through a thousand without missing or repeating one, in every order", async () => {
    const tuner = new TunerRig(1000).run(10)
    for (const i of [5, 500, 905]) tuner.silent.add(i)
    tuner.run(3).silent.add(99)
    tuner.run(5)
    const book = new TunerBook(tuner)
    const names = async (query: string): Promise<ReadonlyArray<string>> => {
      const pages = await Promise.all(
        [0, 200, 400, 600, 800].map((offset) => book.page(asked(`${query}&limit=200&offset=${offset}`))),
      )
      return pages.flatMap(({ replicas }) => replicas.map(({ replica }) => replica))
    }
    const all = await names("sort=name")
    expect(all).toEqual(all.toSorted())
    expect(new Set(all).size).toBe(1000)
    const longest = ["pod-0005", "pod-0500", "pod-0905", "pod-0099"]
    const silent = longest.toSorted()
    const rest = all.filter((name) => !longest.includes(name))
    expect(await names("sort=lag")).toEqual([...longest, ...rest])
    expect(await names("sort=state")).toEqual([...silent, ...rest])
    expect(
      (await book.page(asked("search=pod-09&state=silent"))).replicas.map(({ replica }) => replica),
    ).toEqual(["pod-0905"])
  })

  it("keeps a list of healthy replicas still while stage follows stage", async () => {
    const tuner = new TunerRig(200).run(10)
    const book = new TunerBook(tuner)
    const orders = new Set<string>()
    const generations = new Set<number>()
    for (let turn = 0; turn < 30; turn++) {
      // Half of them report a little after the others.
      for (let i = 0; i < 200; i++) tuner.silent[i % 2 === turn % 2 ? "add" : "delete"](i)
      tuner.run(0.5)
      for (const sort of ["state", "lag"]) {
        const { replicas, status } = await book.page(asked(`sort=${sort}`))
        orders.add(replicas.map(({ replica }) => replica).join(" "))
        generations.add(status.generation)
      }
    }
    expect(generations.size).toBeGreaterThan(2)
    expect(orders.size).toBe(1)
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
