/** Followed keys after somebody has stopped to follow them, and after a way to their buckets has failed. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { FleetDoor, readFleets } from "../../src/cluster/node/clusterFleets.ts"
import type { KeyAnswer } from "../../src/cohort/keyProtocol.ts"
import { requireEngineConfig } from "../../src/domain/Config.ts"
import { BATCH, type FleetWay, FollowedKeys } from "../../src/replica/FollowedKeys.ts"

const SECOND = 1_000_000
const engine = {
  params: { rate: { min: 0, max: 1, initial: 0.4 } },
  guardrails: "aggressive",
} as const
const told = { role: "plus", values: { rate: 0.6 }, base: { rate: 0.58 }, baseline: { rate: 0.4 } } as const
const none = { taken: 0, full: 0, invalid: 0, late: 0 }

/** Keys over a way that answers with generation after generation, in virtual time. `asked`: the keys of each question. */
function follow(way: Partial<FleetWay> = {}) {
  const at = { nowUs: 0 }
  const asked: Array<ReadonlyArray<string>> = []
  let generation = 0
  const keys = new FollowedKeys(
    requireEngineConfig(engine),
    () => 0,
    {
      observe: (_, batch) => Promise.resolve({ ...none, taken: batch.length }),
      follow: (_, names) => {
        asked.push(names)
        generation++
        return Promise.resolve(names.map((key): KeyAnswer => ({ ...told, key, at: [1, generation] })))
      },
      ...way,
    },
    () => at.nowUs,
  )
  const wait = (seconds: number): void => {
    at.nowUs += seconds * SECOND
    keys.tick()
  }
  return { keys, asked, wait }
}

const stands = ({ state, values }: { readonly state: string; readonly values: Readonly<object> }) => [
  state,
  ...Object.values(values),
]

describe("a key that nobody follows any more", () => {
  it("is asked for no more, and goes to its base and then to its baseline", async () => {
    const { keys, asked, wait } = follow()
    const acme = keys.follow("acme")
    await keys.refresh()
    expect(stands(acme)).toEqual(["following", 0.6])
    const questions = asked.length
    acme.stop()
    await keys.refresh()
    expect(asked.length).toBe(questions)
    wait(1.9)
    expect(stands(acme)).toEqual(["following", 0.6])
    wait(0.2)
    expect(stands(acme)).toEqual(["holding", 0.58])
    expect(keys.left).toBe(false)
    wait(60)
    expect(stands(acme)).toEqual(["fallen", 0.4])
    expect(keys.left).toBe(true)
  })

  it("has its lease from the answers before: one that comes later counts for nothing", async () => {
    let answer: (told: ReadonlyArray<KeyAnswer>) => void = () => {}
    const { keys, wait } = follow({ follow: () => new Promise((resolve) => void (answer = resolve)) })
    const acme = keys.follow("acme")
    answer([{ ...told, key: "acme", at: [1, 1] }])
    await vi.waitFor(() => expect(acme.state).toBe("following"))
    wait(1)
    const question = keys.refresh()
    acme.stop()
    answer([{ ...told, key: "acme", at: [1, 2] }])
    await question
    wait(1.1)
    expect([acme.at, ...stands(acme)]).toEqual([[1, 1], "holding", 0.58])
  })

  it("is followed on while another call follows it, however often the first one stops", async () => {
    const { keys, asked, wait } = follow()
    const [one, other] = [keys.follow("acme"), keys.follow("acme")]
    await keys.refresh()
    one.stop()
    one.stop()
    wait(1.9)
    await keys.refresh()
    wait(1.9)
    expect([asked.at(-1), stands(other), stands(one)]).toEqual([
      ["acme"],
      ["following", 0.6],
      ["following", 0.6],
    ])
    other.stop()
    wait(0.2)
    expect([stands(other), stands(one)]).toEqual([
      ["holding", 0.58],
      ["holding", 0.58],
    ])
  })

  it("goes on where it stands for who follows it before its lease is over", async () => {
    const { keys, asked, wait } = follow()
    const one = keys.follow("acme")
    await keys.refresh()
    one.stop()
    wait(3)
    const { at } = one
    const other = keys.follow("acme")
    expect(other.at).toEqual(at)
    await keys.refresh()
    expect([asked.at(-1), stands(other), stands(one)]).toEqual([
      ["acme"],
      ["following", 0.6],
      ["following", 0.6],
    ])
  })

  it("stays where it is once all has ended: nothing is asked and nothing is lost without a count", async () => {
    const { keys, asked, wait } = follow()
    const acme = keys.follow("acme")
    await keys.refresh()
    keys.observe("acme", { objective: 1 })
    await keys.end()
    expect(keys.counts).toMatchObject({ taken: 1, unreachable: 0 })
    const questions = asked.length
    const late = keys.follow("beta")
    keys.observe("acme", { objective: 1 })
    await Promise.all([keys.refresh(), keys.flush()])
    expect([asked.length - questions, stands(late)]).toEqual([0, ["fallen", 0.4]])
    expect(keys.counts).toMatchObject({ taken: 1, unreachable: 1 })
    acme.stop()
    wait(62.1)
    expect([stands(acme), keys.left]).toEqual([["fallen", 0.4], true])
  })
})

describe("a way that fails", () => {
  it.each<[string, () => Promise<null>]>([
    ["rejects", () => Promise.reject(new Error("gone"))],
    [
      "throws",
      () => {
        throw new Error("gone")
      },
    ],
  ])("loses the digests under way and no others where it %s", async (_, fails) => {
    let broken = true
    const { keys } = follow({
      observe: (_bucket, batch) => (broken ? fails() : Promise.resolve({ ...none, taken: batch.length })),
    })
    for (let i = 0; i < BATCH; i++) keys.observe("acme", { objective: i })
    await keys.flush()
    expect(keys.counts).toMatchObject({ taken: 0, unreachable: BATCH })
    await keys.flush()
    broken = false
    for (let i = 0; i < 3; i++) {
      keys.observe("acme", { objective: 1 })
      await keys.flush()
    }
    expect(keys.counts).toMatchObject({ taken: 3, unreachable: BATCH })
  })

  it("leaves a key to its lease, and is asked again", async () => {
    let broken = true
    const { keys } = follow({
      follow: (_, names) =>
        broken
          ? Promise.reject(new Error("gone"))
          : Promise.resolve(names.map((key) => ({ ...told, key, at: [1, 1] }))),
    })
    const acme = keys.follow("acme")
    await keys.refresh()
    expect(stands(acme)).toEqual(["fallen", 0.4])
    broken = false
    await keys.refresh()
    expect(stands(acme)).toEqual(["following", 0.6])
  })
})

describe("the keys of a cluster's fleet", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] }))
  afterEach(() => void vi.useRealTimers())

  it("go to their base and to their baseline after it has stopped, and then its timer ends", async () => {
    const fleet = readFleets({ tenants: { engine, buckets: 1 } }).settings.get("tenants")
    if (fleet === undefined) throw new Error("the fleet is refused")
    const unused = () => Promise.reject(new Error("nobody asks"))
    const door = new FleetDoor("tenants", fleet, {
      observe: () => Promise.resolve(null),
      follow: (_, names) => Promise.resolve(names.map((key) => ({ ...told, key, at: [1, 1] }))),
      view: unused,
      look: unused,
      command: unused,
    })
    const acme = door.follow("acme")
    await vi.advanceTimersByTimeAsync(10_000)
    expect(stands(acme)).toEqual(["following", 0.6])
    door.close()
    await vi.advanceTimersByTimeAsync(2_100)
    expect([stands(acme), vi.getTimerCount()]).toEqual([["holding", 0.58], 1])
    await vi.advanceTimersByTimeAsync(60_000)
    expect([stands(acme), vi.getTimerCount()]).toEqual([["fallen", 0.4], 0])
    door.observe("acme", { objective: 1 })
    expect([door.counts().unreachable, vi.getTimerCount()]).toEqual([1, 0])
  })
})
