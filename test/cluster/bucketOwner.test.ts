/** The owner of a bucket in virtual time: keys that are tuned, put away, loaded again and handed to the next owner; and what is refused. */
import { describe, expect, it } from "vitest"
import { BucketOwner, type KeyAnswer } from "../../src/cluster/BucketOwner.ts"
import type { EngineRow } from "../../src/cluster/engineRows.ts"
import { FollowedKeys, MOST_WAITING } from "../../src/cluster/FollowedKeys.ts"
import { readFleets } from "../../src/cluster/node/clusterFleets.ts"
import { bowl, PLANT } from "./Troop.ts"

const SECOND = 1e6
const fleetOf = (more: object = {}) => {
  const engine = { ...PLANT.engine, window: { digests: 4, us: SECOND, settleUs: 0 } }
  const { settings, problems } = readFleets({ tenants: { engine, buckets: 1, ...more } })
  expect(problems).toEqual([])
  const found = settings.get("tenants")
  if (found === undefined) throw new Error("no settings")
  return found
}

/** A bucket, the rows that a database would have of it, and the time. */
class Bench {
  readonly rows = new Map<string, string>()
  readonly settings
  nowUs = 0
  owner: BucketOwner
  private epoch = 1

  constructor(more: object = {}) {
    this.settings = fleetOf(more).settings
    this.owner = new BucketOwner({ settings: this.settings, epoch: 1, nowUs: 0 })
  }

  /** As the entity does it. */
  private touch(keys: ReadonlyArray<string>): void {
    const found = this.owner.missing(keys).flatMap((key): ReadonlyArray<EngineRow> => {
      const row = this.rows.get(key)
      return row === undefined ? [] : [[key, row]]
    })
    this.owner.load(found, this.nowUs)
  }

  private save(all: boolean, ended = false): void {
    const rows = this.owner.rows(all, ended)
    for (const [key, row] of rows) this.rows.set(key, row)
    this.owner.noteSaved(rows)
  }

  follow(key: string): KeyAnswer {
    this.touch([key])
    return this.owner.follow([key], this.nowUs)[0]
  }

  observe(key: string, objective: number, at: readonly [number, number] | null = null) {
    this.touch([key])
    const counts = this.owner.observe([[key, { objective }, at]], this.nowUs)
    this.save(false)
    return counts
  }

  /** A key is measured for so long, where its followers stand. */
  measure(key: string, seconds: number): void {
    for (let i = 0; i < seconds * 10; i++) {
      this.wait(0.1)
      const { values, at } = this.follow(key)
      this.observe(key, bowl(values["rate"], values["share"]), at)
    }
  }

  wait(seconds: number): void {
    const untilUs = this.nowUs + seconds * SECOND
    while (this.nowUs < untilUs) {
      this.nowUs = Math.min(untilUs, this.nowUs + 10 * SECOND)
      this.owner.tick(this.nowUs)
      this.save(false)
    }
  }

  /** Another owner has it from here on. */
  move(killed: boolean): void {
    if (!killed) this.save(true, true)
    this.owner = new BucketOwner({ settings: this.settings, epoch: ++this.epoch, nowUs: this.nowUs })
  }
}

const lossAt = ({ base }: KeyAnswer): number => bowl(base["rate"], base["share"])

describe("a bucket", () => {
  it("tunes each key by itself, and says where to stand before there is a digest", () => {
    const bench = new Bench()
    const start = bench.follow("acme")
    expect(start).toMatchObject({ at: [1, 0], role: "base", values: { rate: 0.2, share: 0.9 } })
    bench.measure("acme", 120)
    expect(lossAt(bench.follow("acme"))).toBeLessThan(lossAt(start) / 4)
    expect(bench.follow("other").base).toEqual(start.base)
  })

  it("puts a silent key away, saves it, drops it from memory, and goes on later with what it had learned", () => {
    const bench = new Bench()
    bench.measure("acme", 120)
    const before = bench.follow("acme")
    bench.wait(900)
    expect(bench.owner.view()).toMatchObject({ engines: 0, looping: 0 })
    const after = bench.follow("acme")
    expect(after.values).toEqual(before.base)
    // A follower that knows the old one never meets an older pair.
    expect(after.at[1]).toBeGreaterThan(before.at[1])
    expect(bench.observe("acme", 1, after.at)).toMatchObject({ taken: 1 })
    expect(bench.owner.view()).toMatchObject({ engines: 1, looping: 1 })
  })

  it("hands a key over where it stood, and begins on its baseline in SafeMode after a kill", () => {
    const bench = new Bench()
    bench.measure("acme", 120)
    const before = bench.follow("acme")
    bench.move(false)
    const moved = bench.follow("acme")
    expect(moved).toMatchObject({
      at: [2, expect.any(Number)],
      role: "base",
      base: before.base,
      baseline: before.baseline,
    })
    bench.measure("acme", 20)
    expect(bench.follow("acme").at[1]).toBeGreaterThan(moved.at[1] + 2)
    bench.move(true)
    const killed = bench.follow("acme")
    expect(killed.values).toEqual(killed.baseline)
    const [, frozen] = killed.at
    bench.measure("acme", 10)
    expect(bench.follow("acme")).toMatchObject({ at: [3, frozen], values: killed.values })
    // After the cooldown it tunes again.
    bench.measure("acme", 120)
    expect(bench.follow("acme").at[1]).toBeGreaterThan(frozen)
  })

  it("refuses and counts what is too much, late or no digest, and drops passive keys first", () => {
    const bench = new Bench({ maxEngines: 2 })
    expect(bench.observe("a", 1)).toMatchObject({ taken: 1 })
    expect(bench.observe("b", 1)).toMatchObject({ taken: 1 })
    expect(bench.observe("c", 1)).toEqual({ taken: 0, full: 1, invalid: 0, late: 0 })
    expect(bench.observe("", 1)).toMatchObject({ full: 1 })
    expect(bench.observe("a", "x" as never)).toMatchObject({ invalid: 1 })
    expect(bench.observe("a", 1, [9, 1])).toMatchObject({ late: 1 })
    expect(bench.owner.view()).toMatchObject({ engines: 2, taken: 2, full: 2, invalid: 1, late: 1 })
    bench.wait(400)
    expect(bench.observe("c", 1)).toMatchObject({ taken: 1 })
  })

  it("begins a key whose row cannot be read in SafeMode until a person resets it", () => {
    const bench = new Bench()
    bench.rows.set("acme", "{")
    const { at } = bench.follow("acme")
    bench.measure("acme", 600)
    expect(bench.follow("acme")).toMatchObject({ at, values: { rate: 0.2, share: 0.9 } })
  })
})

describe("followed keys", () => {
  const engine = fleetOf().settings.engine

  it("stand where they are told within the lease, on their base after it, and on their baseline a minute later", async () => {
    let nowUs = 0
    let there = true
    const bench = new Bench()
    const keys = new FollowedKeys(
      engine,
      1,
      {
        observe: () => Promise.resolve(null),
        follow: (_, names) => Promise.resolve(there ? names.map((name) => bench.follow(name)) : null),
      },
      () => nowUs,
    )
    const acme = keys.follow("acme")
    for (let i = 0; i < 300; i++) {
      bench.wait(0.1)
      nowUs = bench.nowUs
      await keys.refresh()
      bench.observe("acme", bowl(acme.values["rate"], acme.values["share"]), acme.at)
      if (bench.follow("acme").role === "plus") break
    }
    await keys.refresh()
    const { values, base } = bench.follow("acme")
    expect(acme.values).toEqual(values)
    expect(values).not.toEqual(base)
    there = false
    nowUs += 1.9 * SECOND
    keys.tick()
    expect([acme.state, { ...acme.values }]).toEqual(["following", values])
    nowUs += 0.2 * SECOND
    keys.tick()
    expect([acme.state, { ...acme.values }]).toEqual(["holding", base])
    nowUs += 61 * SECOND
    keys.tick()
    expect(acme.state).toBe("fallen")
    acme.observe({ objective: 1 })
    expect(keys.counts).toMatchObject({ unattributed: 1 })
  })

  it("send in batches of a hundred by bucket, and drop and count what has no room", async () => {
    const sizes: Array<number> = []
    let release = (): void => {}
    const held = new Promise<null>((resolve) => void (release = () => resolve(null)))
    const way = {
      observe: (_: number, batch: ReadonlyArray<unknown>) => {
        sizes.push(batch.length)
        return held
      },
      follow: () => Promise.resolve(null),
    }
    const keys = new FollowedKeys(engine, 1, way, () => 0)
    for (let i = 0; i < MOST_WAITING + 200; i++) keys.observe(`k${i}`, { objective: i })
    expect(sizes).toEqual([100])
    expect(keys.counts.dropped).toBe(100)
    release()
    await keys.flush()
    while (keys.counts.unreachable < MOST_WAITING + 100) await Promise.resolve()
    expect(new Set(sizes)).toEqual(new Set([100]))
  })
})

describe("the configuration of a fleet", () => {
  it("shares the whole's budgets among its buckets, and lists everything that is wrong", () => {
    const { settings } = readFleets({
      tenants: { engine: PLANT.engine, buckets: 4, shared: { all: { probing: 10, appliesPerSecond: 8 } } },
    })
    expect(settings.get("tenants")?.settings.shared.get("all")).toEqual({ probing: 2, appliesPerSecond: 2 })
    const { problems } = readFleets({
      "a/b": { engine: PLANT.engine },
      c: { engine: PLANT.engine, buckets: 0 },
      d: { engine: { params: {} }, bucketz: 1 } as never,
      f: { engine: { ...PLANT.engine, rules: [], stability: true } },
      e: { engine: PLANT.engine, buckets: 4, shared: { all: { probing: 3 } } },
    })
    expect(problems.map(({ path }) => path).toSorted()).toEqual(
      [
        'fleets["a/b"]',
        "fleets.c.buckets",
        "fleets.d.bucketz",
        "fleets.d.engine.params",
        "fleets.e.shared.all.probing",
        "fleets.f.engine.rules",
        "fleets.f.engine.stability",
      ].toSorted(),
    )
  })
})
