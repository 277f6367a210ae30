/** One owner of a tuner after another, in virtual time and without a database: what is saved when, and how the next one begins. */
import { describe, expect, it } from "vitest"
import { clusterMetrics } from "../../src/cluster/clusterMetrics.ts"
import { type PlainTunerCommand, TunerOwner } from "../../src/cluster/TunerOwner.ts"
import { prometheusText } from "../../src/engine/metrics/prometheus.ts"
import { replicaQueryOf, TunerBook } from "../../src/studio/server/TunerBook.ts"
import { bowl, PLANT, REPORT_US, Troop } from "./Troop.ts"

const SECOND = 1e6

class Stage {
  nowUs = 50 * SECOND
  epoch = 0
  saves = 0
  saved: string | null = null
  readonly troop = new Troop("checkout")
  owner = this.begin()

  begin(): TunerOwner {
    const options = { ...PLANT, name: "checkout" }
    const epoch = ++this.epoch
    this.owner = new TunerOwner({
      options,
      epoch,
      left: this.saved,
      runner: `run-${epoch}`,
      nowUs: this.nowUs,
    })
    this.save()
    return this.owner
  }

  save(ended = false): void {
    if (!this.owner.mustSave && !ended) return
    this.saved = this.owner.standing(ended)
    this.owner.noteSaved()
    this.saves++
  }

  run(seconds: number): this {
    for (const end = this.nowUs + seconds * SECOND; this.nowUs < end; ) {
      this.nowUs += REPORT_US
      for (const { report, heard } of this.troop.reports(this.nowUs)) {
        const { status, body } = this.owner.hear(report, this.nowUs)
        this.save()
        heard(status, body, this.nowUs)
      }
      this.owner.tick(this.nowUs)
      this.save()
    }
    return this
  }

  get base(): Readonly<Record<string, number>> {
    return this.owner.host.status().base
  }

  get loss(): number {
    return bowl(this.base["rate"], this.base["share"])
  }

  command(key: string, command: PlainTunerCommand): void {
    this.owner.command({ key, command, by: "ada", note: "why" }, this.nowUs, 7)
    this.save()
  }
}

/** Rolls a candidate out, and what is known of it by its command. */
const rollOut = (stage: Stage, key: string, values: object) => {
  const done = stage.owner.command(
    { key, command: "rollOut", by: "ada", note: "from another region", candidate: { values } },
    stage.nowUs,
    7,
  )
  stage.save()
  return done
}
const endOf = (stage: Stage, key: string) => stage.owner.view().commands.find((one) => one.key === key)?.end

/** The clock of another process: its differences are the same, its zero is not. */
const otherClock = (stage: Stage): void => void (stage.nowUs += 4_000 * SECOND)

const metricsOf = ({ owner }: Stage): string =>
  prometheusText(
    clusterMetrics({
      epochs: { claimed: 3, rehomed: 2, fencedWrites: 0, distrusted: 0, owned: 1 },
      here: { tuners: new Map([["checkout", { owner, hear: () => null }]]), buckets: new Map() },
      reports: new Map(),
      lagMs: 0,
      mostLagMs: 0,
    }),
  )

describe("the owner of a tuner", () => {
  it("goes on where the last one stopped, with what it had learned, and without SafeMode", () => {
    const stage = new Stage().run(8)
    const { base, loss } = stage
    expect(loss).toBeLessThan(0.49)
    const learned = stage.owner.host.loop.kernel.cycles(stage.owner.host.loop.state)
    stage.save(true)
    stage.begin()
    expect(stage.base).toEqual(base)
    expect(stage.owner.host.status()).toMatchObject({ epoch: 2, safeMode: null })
    expect(stage.owner.host.loop.kernel.cycles(stage.owner.host.loop.state)).toBeGreaterThanOrEqual(learned)
    stage.run(60)
    expect(stage.loss).toBeLessThan(loss / 4)
    expect(stage.owner.host.replicas().every(({ confirmed }) => confirmed[0] === 2)).toBe(true)
  })

  it("has a view that is JSON from its first moment, as another runner gets it", () => {
    const stage = new Stage()
    expect(JSON.parse(JSON.stringify(stage.owner.view()))).toStrictEqual(stage.owner.view())
    stage.run(20).save(true)
    stage.begin()
    stage.run(5)
    expect(JSON.parse(JSON.stringify(stage.owner.view()))).toStrictEqual(stage.owner.view())
  })

  it("begins on the last baseline in SafeMode where the last one was killed, and leaves it after the cooldown", () => {
    const stage = new Stage().run(20)
    stage.command("b", "setBaseline")
    const baseline = stage.base
    stage.run(20)
    expect(stage.base).not.toEqual(baseline)
    // As it is every minute.
    stage.saved = stage.owner.standing(false)
    stage.begin()
    expect(stage.base).toEqual(baseline)
    expect(stage.owner.host.status().safeMode).toBe("engineFault")
    expect(stage.owner.host.began).toContain("without saying so")
    stage.run(25)
    expect(stage.owner.host.status().safeMode).toBe("engineFault")
    stage.run(60)
    expect(stage.owner.host.status().safeMode).toBeNull()
    expect(stage.base).not.toEqual(baseline)
  })

  it("stays in SafeMode after a kill while nobody reports, and leaves it by itself with the first windows that are measured", () => {
    const stage = new Stage().run(20)
    stage.command("b", "setBaseline")
    stage.begin()
    const hour = stage.nowUs + 3600 * SECOND
    for (; stage.nowUs < hour; stage.nowUs += REPORT_US) stage.owner.tick(stage.nowUs)
    // Nobody says how the plant is, so nothing says that it is well.
    expect(stage.owner.host.status().safeMode).toBe("engineFault")
    expect(stage.owner.host.loop.tunes).toBe(false)
    stage.run(8)
    expect(stage.owner.host.status().safeMode).toBeNull()
    expect(stage.owner.host.loop.tunes).toBe(true)
  })

  it("takes no harm from a clock that leaps ahead: nobody counts as silent for it, and nothing opens SafeMode", () => {
    const stage = new Stage().run(20)
    for (const seconds of [5, 600, 86_400]) {
      // In the midst of a stage, where replicas that fall silent would open it.
      for (let i = 0; i < 200 && stage.owner.host.status().state !== "measuring"; i++) stage.run(0.5)
      expect(stage.owner.host.status().state).toBe("measuring")
      stage.nowUs += seconds * SECOND
      stage.owner.tick(stage.nowUs)
      expect(stage.owner.host.status().safeMode).toBeNull()
      stage.run(10)
      expect(stage.owner.host.replicas().filter(({ silent }) => silent)).toEqual([])
      expect(stage.owner.host.status().safeMode).toBeNull()
    }
  })

  it("demands a person after more deaths within an hour than the policy allows rollbacks", () => {
    const stage = new Stage().run(20)
    for (let deaths = 0; deaths < 6; deaths++) stage.begin()
    stage.run(100)
    expect(stage.owner.host.status().safeMode).toBe("engineFault")
    stage.command("r", "reset")
    expect(stage.owner.host.status().safeMode).toBeNull()
  })

  it("keeps SafeMode that a person has opened, through a stop and through a kill", () => {
    const stage = new Stage().run(60)
    stage.command("t", "trip")
    stage.save(true)
    stage.begin()
    stage.run(100)
    expect(stage.owner.host.status().safeMode).toBe("manualTrigger")
    stage.begin()
    stage.run(100)
    expect(stage.owner.host.status().safeMode).toBe("manualTrigger")
    stage.command("r", "reset")
    expect(stage.owner.host.status().safeMode).toBeNull()
  })

  it("has a candidate on trial for a command, and tells its end to whoever asks later", () => {
    const stage = new Stage().run(20)
    const done = rollOut(stage, "c", { rate: 0.7, share: 0.4 })
    expect(done).toMatchObject({ key: "c", command: "rollOut", end: null })
    expect(done.problems).toBeUndefined()
    expect(JSON.parse(stage.saved ?? "")).toMatchObject({ trial: { key: "c", values: { rate: 0.7 } } })
    for (let s = 0; s < 400 && endOf(stage, "c") === null; s++) stage.run(1)
    expect(endOf(stage, "c")).toBe("rolledOut")
    // Asked again it is the same command.
    expect(rollOut(stage, "c", { rate: 0.1 })).toMatchObject({ end: "rolledOut" })
    const saved = JSON.parse(stage.saved ?? "") as { commands: unknown; trial?: unknown }
    expect(saved).toMatchObject({ commands: [{ key: "c", end: "rolledOut" }] })
    expect(saved.trial).toBeUndefined()
    const notes = stage.owner
      .view()
      .records.flatMap((one) => (one.kind === "cohort" && one.action === "canary" ? [one.note] : []))
    expect(notes.at(-1)).toMatch(/^rolledOut after \d+ turns$/)
  })

  it("hands a trial over with its evidence where it stops, and ends it where it is killed", () => {
    const stage = new Stage().run(20)
    rollOut(stage, "c", { rate: 0.3 })
    expect(stage.owner.view().records.at(-1)).toMatchObject({ note: "on trial by ada: from another region" })
    while ((stage.owner.host.status().canary?.turns ?? 0) < 4) stage.run(1)
    const before = stage.owner.host.status().canary
    stage.save(true)
    otherClock(stage)
    stage.begin()
    expect(stage.owner.host.status().canary).toEqual(before)
    expect(endOf(stage, "c")).toBeNull()
    stage.run(2)
    stage.begin()
    expect(stage.owner.host.status()).toMatchObject({ canary: null, safeMode: "engineFault" })
    expect(endOf(stage, "c")).toBe("withdrawn")
  })

  it("refuses a candidate with every problem, for its command for good, and withdraws one", () => {
    const stage = new Stage().run(5)
    const done = rollOut(stage, "c", { rate: 9, rata: 1 })
    expect(done.problems?.map(({ path }) => path)).toEqual(["values.rata", "values.rate"])
    expect(done.end).toBeUndefined()
    expect(rollOut(stage, "c", { rate: 0.5 })).toEqual(done)
    expect(rollOut(stage, "d", { rate: 0.5 }).end).toBeNull()
    expect(rollOut(stage, "e", { rate: 0.6 }).problems).toMatchObject([{ path: "rollOut" }])
    const variant = stage.owner.command(
      { key: "v", command: "rollOutVariant", by: "", note: "", candidate: { variant: null } },
      stage.nowUs,
      7,
    )
    expect(variant.problems?.map(({ path }) => path)).toEqual(["rollOut", "variant"])
    stage.command("w", "withdraw")
    expect(endOf(stage, "d")).toBe("withdrawn")
    expect(stage.owner.view().records.at(-1)).toMatchObject({ note: "withdrawn by ada: why" })
    const { saves } = stage
    stage.save()
    expect(stage.saves).toBe(saves)
  })

  it("says of a candidate that cannot begin what would let it", () => {
    const stage = new Stage().run(20)
    const adviceFor = (key: string) =>
      rollOut(stage, key, { rate: 0.5 }).problems?.map(
        ({ message, suggestion }) => `${message} ${suggestion}`,
      )
    stage.command("p", "pause")
    expect(adviceFor("a")).toEqual(["cannot begin: a person has paused the tuner. Send it `resume`."])
    stage.command("go", "resume")
    stage.begin()
    expect(adviceFor("b")).toEqual([
      "cannot begin: SafeMode is open for a cooldown. Wait until it closes by itself.",
    ])
    stage.command("t", "trip")
    expect(adviceFor("c")).toEqual([
      "cannot begin: SafeMode is open until a person resets it. Find out why it opened, then send `reset`.",
    ])
    stage.command("r", "reset")
    expect(adviceFor("d")).toBeUndefined()
  })

  it("shows its baseline, and what it waits for while it stands still", () => {
    const stage = new Stage().run(20)
    const status = () => stage.owner.host.status()
    expect(status()).toMatchObject({ waitsFor: null, baseline: { rate: 0.2, share: 0.9 } })
    stage.command("b", "setBaseline")
    expect(status().baseline).toEqual(stage.base)
    expect(status().baseline).not.toEqual({ rate: 0.2, share: 0.9 })
    stage.command("p", "pause")
    expect(status()).toMatchObject({ state: "frozen", safeMode: null, waitsFor: "resume" })
    stage.command("t", "trip")
    expect(status()).toMatchObject({
      state: "frozen",
      safeMode: "manualTrigger",
      waitsFor: "manualReset",
      movesInMs: null,
    })
    stage.command("r", "reset")
    expect(status().waitsFor).toBeNull()
    stage.begin()
    expect(status()).toMatchObject({ safeMode: "engineFault", waitsFor: "timer" })
    // SafeMode that is paused is left by a person.
    stage.command("q", "pause")
    expect(status()).toMatchObject({ safeMode: "engineFault", waitsFor: "manualReset" })
    stage.owner.host.command("stop")
    expect(status().waitsFor).toBe("start")
  })

  it("says how long it cannot move after an owner has died, moves nothing until then, and tunes on", () => {
    const stage = new Stage().run(20)
    stage.begin()
    const status = () => stage.owner.host.status()
    const { generation, cycles, movesInMs } = status()
    expect(movesInMs).toBeGreaterThan(0)
    stage.run((movesInMs ?? 0) / 1000 - (2 * REPORT_US) / SECOND)
    expect(status()).toMatchObject({ generation, waitsFor: "timer" })
    expect(status().movesInMs).toBeGreaterThan(0)
    stage.run(60)
    expect(status().cycles).toBeGreaterThan(cycles)
    expect(status().generation).toBeGreaterThan(generation)
  })

  it("has no baseline before one is earned, where its start is none", () => {
    const options = { name: "checkout", engine: { ...PLANT.engine, startIsBaseline: false } }
    const owner = new TunerOwner({ options, epoch: 1, left: null, runner: "one", nowUs: 1 })
    expect(owner.host.status().baseline).toBeNull()
  })

  it("keeps a cooldown that runs: not shorter and not longer on another clock", () => {
    const stage = new Stage().run(60)
    stage.begin()
    stage.run(20)
    expect(stage.owner.host.status().safeMode).toBe("engineFault")
    stage.save(true)
    otherClock(stage)
    stage.begin()
    stage.run(8)
    expect(stage.owner.host.status().safeMode).toBe("engineFault")
    stage.run(4)
    expect(stage.owner.host.status().safeMode).toBeNull()
  })

  it("stays paused through a stop; a resume ends a pause, and never SafeMode", () => {
    const stage = new Stage().run(20)
    stage.command("p", "pause")
    const { base } = stage
    stage.save(true)
    stage.begin()
    stage.run(120)
    expect(stage.base).toEqual(base)
    expect(stage.troop.values()).toEqual(stage.troop.values().map(() => [base["rate"], base["share"]]))
    stage.command("go", "resume")
    stage.run(60)
    expect(stage.base).not.toEqual(base)
    stage.command("t", "trip")
    stage.command("go again", "resume")
    expect(stage.owner.host.status().safeMode).toBe("manualTrigger")
  })

  it("carries a command out once for its key, also as the next owner, and says who and why", () => {
    const stage = new Stage().run(60)
    stage.command("t", "trip")
    stage.command("r", "reset")
    const trips = stage.owner.host.loop.trips
    const noted = stage.owner.view().records.filter(({ note }) => note === "by ada: why")
    expect(noted.map(({ kind }) => kind)).toEqual(["safeModeEntered", "safeModeExited"])
    stage.command("t", "trip")
    expect(stage.owner.host.loop.trips).toBe(trips)
    stage.begin()
    stage.command("t", "trip")
    expect(stage.owner.host.status().safeMode).toBe("engineFault")
    expect(stage.owner.view().commands).toMatchObject([
      { key: "t", command: "trip", by: "ada", note: "why", epoch: 1, atMs: 7 },
      { key: "r", command: "reset", epoch: 1 },
    ])
  })

  it("must be saved when a baseline, SafeMode or a command is new, and not for each report", () => {
    const stage = new Stage().run(10)
    const before = stage.saves
    for (let i = 0; i < 10; i++) stage.owner.hear(stage.troop.reports(stage.nowUs)[0].report, stage.nowUs)
    expect(stage.owner.mustSave).toBe(false)
    stage.owner.command({ key: "b", command: "setBaseline", by: "", note: "" }, stage.nowUs, 0)
    expect(stage.owner.mustSave).toBe(true)
    stage.save()
    expect([stage.owner.mustSave, stage.saves]).toEqual([false, before + 1])
  })

  it("shows replicas that have followed later epochs as refusing, in metrics and in the studio alike", async () => {
    const stage = new Stage()
    stage.epoch = 40
    stage.begin()
    stage.run(4)
    // The database was restored.
    stage.epoch = 1
    stage.begin()
    for (const seconds of [1, 10]) {
      stage.run(seconds)
      const { host } = stage.owner
      const look = { status: host.status(), replicas: host.replicas(), records: [], began: null }
      const book = new TunerBook({
        name: "checkout",
        look: async () => ({ ...look, owner: null, turns: null }),
      })
      expect((await book.page(replicaQueryOf(new URLSearchParams()))).counts.refusing).toBe(6)
      expect(metricsOf(stage)).toContain('arqon_cluster_replicas{tuner="checkout",state="refusing"} 6\n')
    }
  })

  it("shows as metrics who follows, and counts each lease that ends once", () => {
    const stage = new Stage().run(4)
    const numbers = () => metricsOf(stage)
    expect(numbers()).toMatch(/arqon_cluster_replicas\{tuner="checkout",state="(following|behind)"\} 6\n/)
    expect(numbers()).toContain('arqon_cluster_lease_expiries_total{tuner="checkout"} 0\n')
    expect(numbers()).toContain("arqon_cluster_rehomings_total 2\n")
    // Its owner looks at the time, and hears nobody.
    for (let i = 0; i < 60; i++) stage.owner.tick((stage.nowUs += 0.1 * SECOND))
    expect(numbers()).toContain('arqon_cluster_replicas{tuner="checkout",state="silent"} 6\n')
    expect(numbers()).toContain('arqon_cluster_lease_expiries_total{tuner="checkout"} 6\n')
    stage.run(1)
    expect(numbers()).toContain('arqon_cluster_lease_expiries_total{tuner="checkout"} 6\n')
  })

  it("takes a standing that cannot be read for a death of which nothing is known", () => {
    for (const left of ["", "{}", '{"version":1,"commands":[],"cohort":{}}', "null"]) {
      const stage = new Stage()
      stage.saved = left
      stage.begin()
      expect(stage.owner.host.status()).toMatchObject({
        safeMode: "engineFault",
        base: { rate: 0.2, share: 0.9 },
      })
    }
  })

  it("drops what was learned, and what does not fit, where the knobs have changed", () => {
    const stage = new Stage().run(120)
    stage.save(true)
    const { base } = stage
    const owner = new TunerOwner({
      options: {
        name: "checkout",
        engine: { params: { rate: { min: 0, max: 1, initial: 0.3 }, size: { min: 1, max: 9 } } },
      },
      epoch: 9,
      left: stage.saved,
      runner: "other",
      nowUs: 1,
    })
    expect(owner.host.status().base).toEqual({ rate: base["rate"], size: 5 })
    expect(owner.host.began).toMatch(/baseline is dropped.*learned is dropped/)
  })
})
