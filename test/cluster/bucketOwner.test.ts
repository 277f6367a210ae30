/** The owner of a bucket in virtual time: keys that are tuned, put away, loaded again and handed to the next owner; and what is refused. */
import { describe, expect, it } from "vitest"
import { BucketOwner } from "../../src/cluster/BucketOwner.ts"
import type { EngineRow } from "../../src/cluster/engineRows.ts"
import type { KeyAnswer } from "../../src/cohort/keyProtocol.ts"
import { FollowedKeys, MOST_WAITING } from "../../src/replica/FollowedKeys.ts"
import type { KeyCommandName, KeyStanding } from "../../src/cluster/keyStanding.ts"
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
  touch(keys: ReadonlyArray<string>): void {
    const found = this.owner.prepare(keys).flatMap((key): ReadonlyArray<EngineRow> => {
      const row = this.rows.get(key)
      return row === undefined ? [] : [[key, row]]
    })
    this.owner.load(found, this.nowUs)
  }

  save(all: boolean, ended = false): void {
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

  tell(engine: string, command: KeyCommandName, key: string) {
    this.touch([engine])
    const done = this.owner.command({ engine, key, command, by: "ada", note: "why" }, this.nowUs, 7)
    this.save(false)
    return done
  }

  look(key: string) {
    this.touch([key])
    const view = this.owner.look(key, this.nowUs)
    if (view === null) throw new Error("no room")
    return view
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

const readRow = ({ rows }: Bench, key: string): KeyStanding => JSON.parse(rows.get(key) ?? "")
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

  // A baseline is news, which keeps a key that was just loaded until it is saved: one that had none made room for the other one.
  it.each([
    ["with", 60],
    ["without", 0.3],
  ])("makes no saved key anew for one %s a baseline, and drops none of a batch for another", (_, seconds) => {
    const window = { digests: 4, us: SECOND, settleUs: 0 }
    const bench = new Bench({ maxEngines: 2, engine: { ...PLANT.engine, window, startIsBaseline: false } })
    bench.measure("a", 60)
    bench.measure("b", seconds)
    // What was rolled back within the hour has a loop once it is loaded.
    bench.wait(4000)
    expect(bench.owner.view().engines).toBe(0)
    const before = { a: readRow(bench, "a"), b: readRow(bench, "b") }
    expect(before.a.start).not.toEqual({ rate: 0.2, share: 0.9 })
    // One slot is left, for two keys that were put away.
    bench.tell("busy", "trip", "t")
    bench.touch(["a", "b"])
    const batch = ["a", "b"].map((key) => [key, { objective: 1 }, null] as const)
    expect(bench.owner.observe(batch, bench.nowUs)).toEqual({ taken: 1, full: 1, invalid: 0, late: 0 })
    bench.save(true)
    const saved = readRow(bench, "a")
    expect([saved.start, saved.baseline]).toEqual([before.a.start, before.a.baseline])
    expect(saved.generation).toBeGreaterThan(before.a.generation)
    expect(readRow(bench, "b")).toEqual(before.b)
    // Whoever follows the other one is not sent back to its start, and a command says why it has no effect.
    bench.touch(["a", "b"])
    expect(bench.owner.follow(["a", "b"], bench.nowUs).map(({ key }) => key)).toEqual(["a"])
    bench.touch(["b"])
    expect(bench.owner.look("b", bench.nowUs)).toBeNull()
    expect(bench.tell("b", "reset", "r").refused).toBe("full")
    bench.wait(400)
    expect(bench.follow("b").base).toEqual(before.b.start)
    expect(bench.follow("b").at[1]).toBeGreaterThan(before.b.generation)
  })

  it("carries a person's command out once, also for the owner after a kill that is handed it again", () => {
    const bench = new Bench()
    bench.measure("acme", 30)
    const done = bench.tell("acme", "setBaseline", "k1")
    expect(done).toMatchObject({
      key: "k1",
      command: "setBaseline",
      by: "ada",
      refused: null,
      epoch: 1,
      atMs: 7,
    })
    expect(bench.look("acme").records.at(-1)).toMatchObject({
      kind: "baselineSet",
      run: "tenants-1/acme",
      note: "by ada: why",
    })
    bench.move(true)
    bench.measure("acme", 43)
    const { baseline } = bench.look("acme")
    expect(bench.tell("acme", "setBaseline", "k1")).toEqual(done)
    expect(bench.look("acme")).toMatchObject({ baseline, commands: [done] })
    expect(bench.tell("acme", "setBaseline", "k2")).toMatchObject({ epoch: 2 })
    expect(bench.look("acme").baseline).not.toEqual(baseline)
  })

  it("keeps a key that a person tripped still until a person resets it, over a kill and a move", () => {
    const bench = new Bench()
    bench.measure("acme", 60)
    bench.tell("acme", "trip", "t")
    const { at } = bench.follow("acme")
    bench.measure("acme", 300)
    expect(bench.follow("acme").at).toEqual(at)
    for (const killed of [true, false]) {
      bench.move(killed)
      const moved = bench.follow("acme").at
      bench.measure("acme", 300)
      expect(bench.look("acme")).toMatchObject({ at: moved, safeMode: "manualTrigger" })
    }
    bench.tell("acme", "reset", "r")
    bench.measure("acme", 60)
    expect(bench.look("acme")).toMatchObject({ safeMode: null, commands: [{ key: "t" }, { key: "r" }] })
  })

  it("ends the cooldown after a change of owners with a person's trip", () => {
    const bench = new Bench()
    bench.measure("acme", 60)
    bench.move(true)
    bench.follow("acme")
    bench.tell("acme", "trip", "t")
    bench.measure("acme", 600)
    expect(bench.look("acme").safeMode).toBe("manualTrigger")
  })

  it("makes a key that a person asks for before its first digest, and says why a command had no effect", () => {
    const engine = { ...PLANT.engine, startIsBaseline: false }
    const bench = new Bench({ engine, maxEngines: 1 })
    expect(bench.look("acme").state).toBe("absent")
    expect(bench.tell("acme", "rollback", "b").refused).toBe("noBaseline")
    expect(bench.tell("other", "trip", "t").refused).toBe("full")
    expect(bench.tell("acme", "trip", "t").refused).toBeNull()
    expect(bench.look("acme").commands.map(({ key }) => key)).toEqual(["b", "t"])
    const empty = new Bench()
    expect(empty.tell("", "trip", "t").refused).toBe("invalidKey")
    expect(empty.owner.view().engines).toBe(0)
  })

  it("watches the rules of its keys", () => {
    const engine = {
      ...PLANT.engine,
      window: { digests: 4, us: SECOND, settleUs: 0 },
      rules: [{ name: "cheap", formula: "objective < 5" }],
    }
    const bench = new Bench({ engine })
    bench.measure("acme", 5)
    expect(bench.look("acme").safeMode).toBeNull()
    for (let i = 0; i < 50; i++) {
      bench.wait(0.1)
      bench.observe("acme", 9)
    }
    expect(bench.look("acme").safeMode).toBe("ruleViolated")
    const { problems } = readFleets({
      a: { engine: { ...engine, rules: [{ name: "x", formula: "nothing >" }] } },
    })
    expect(problems.map(({ path }) => path)).toEqual([expect.stringMatching(/^fleets\.a\.engine\.rules/)])
  })

  it("does not take its time from the clock of who sends a digest", () => {
    const bench = new Bench()
    bench.measure("acme", 5)
    const leaping = { objective: 1, timestampUs: bench.nowUs + 86_400 * SECOND }
    expect(bench.owner.observe([["acme", leaping, null]], bench.nowUs)).toMatchObject({ taken: 1 })
    const { at } = bench.follow("acme")
    bench.measure("acme", 20)
    expect(bench.follow("acme").at[1]).toBeGreaterThan(at[1])
    expect(bench.look("acme").records.at(-1)?.atUs).toBeLessThanOrEqual(bench.nowUs)
  })

  it("begins a key whose row cannot be read in SafeMode until a person resets it", () => {
    const bench = new Bench()
    bench.rows.set("acme", "{")
    const { at } = bench.follow("acme")
    bench.measure("acme", 600)
    expect(bench.follow("acme")).toMatchObject({ at, values: { rate: 0.2, share: 0.9 } })
    bench.tell("acme", "reset", "r")
    bench.measure("acme", 30)
    expect(bench.follow("acme").at[1]).toBeGreaterThan(at[1])
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
      () => 0,
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
    const keys = new FollowedKeys(
      engine,
      () => 0,
      way,
      () => 0,
    )
    for (let i = 0; i < MOST_WAITING + 200; i++) keys.observe(`k${i}`, { objective: i })
    expect(sizes).toEqual([100])
    expect(keys.counts.dropped).toBe(100)
    release()
    // Those of the batch under way too.
    await keys.flush()
    expect(keys.counts.unreachable).toBe(MOST_WAITING + 100)
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
      f: { engine: PLANT.engine, sinks: [{ name: "" }] as never },
      e: { engine: PLANT.engine, buckets: 4, shared: { all: { probing: 3 } } },
    })
    expect(problems.map(({ path }) => path).toSorted()).toEqual(
      [
        'fleets["a/b"]',
        "fleets.c.buckets",
        "fleets.d.bucketz",
        "fleets.d.engine.params",
        "fleets.e.shared.all.probing",
        "fleets.f.sinks[0].close",
        "fleets.f.sinks[0].name",
        "fleets.f.sinks[0].write",
      ].toSorted(),
    )
  })
})
