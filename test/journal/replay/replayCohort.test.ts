/**
 * A tuner of many replicas, decided again from its records alone: owners one after the other in virtual time, with everything that replicas,
 * people and the end of an owner can bring.
 */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { TunerOwner } from "../../../src/cluster/TunerOwner.ts"
import type { CohortConfig } from "../../../src/cohort/cohortOptions.ts"
import type { EngineConfig } from "../../../src/domain/Config.ts"
import { requireEngineConfig } from "../../../src/domain/Config.ts"
import type { AuditRecord } from "../../../src/domain/AuditRecord.ts"
import { COHORT_ACTS } from "../../../src/domain/words.ts"
import { RECORD_DETAIL, RECORD_KIND, RECORD_LIMIT, RECORD_VALUE } from "../../../src/hot/AuditRing.ts"
import { AUDIT_COHORT } from "../../../src/hot/codes.ts"
import type { RecordedRun } from "../../../src/journal/replay/replay.ts"
import { replay } from "../../../src/journal/replay/replay.ts"
import { replayCohort } from "../../../src/journal/replay/replayCohort.ts"
import { whatIf } from "../../../src/journal/replay/whatIf.ts"
import { ReplicaCore } from "../../../src/replica/ReplicaCore.ts"
import { gaussianAt } from "../../../src/testing/noise.ts"

const params = { rate: { min: 0, max: 1, initial: 0.2 }, share: { min: 0, max: 1, initial: 0.9 } }
const REPORT_US = 500_000
const SECOND = 1e6

interface Scene {
  readonly engine?: Partial<EngineConfig>
  readonly replicas?: CohortConfig
  readonly size?: number
  readonly noise?: number
  /** Objective of one replica: its own values, and those of all. */
  readonly loss?: (own: Float64Array, all: ReadonlyArray<Float64Array>) => number
  readonly margin?: (own: Float64Array) => number
  readonly errors?: (own: Float64Array) => number
}

const bowl = ([rate, share]: Float64Array): number => (rate - 0.7) ** 2 + (share - 0.4) ** 2

/** A tuner, its replicas, and what was recorded of each owner. */
class Play {
  nowUs = 50 * SECOND
  /** Replicas that nobody hears. */
  silent: ReadonlySet<number> = new Set()
  readonly runs: Array<RecordedRun> = []
  private readonly scene: Scene
  private readonly cores: ReadonlyArray<ReplicaCore>
  private epoch = 0
  private asked = 0
  private saved: string | null = null
  owner!: TunerOwner
  private taken: Array<{ readonly record: AuditRecord; readonly numbers: Float64Array }> = []

  constructor(scene: Scene = {}) {
    this.scene = scene
    const { space } = requireEngineConfig({ params })
    this.cores = Array.from(
      { length: scene.size ?? 6 },
      (_, i) =>
        new ReplicaCore({
          tuner: "t",
          replica: `replica-${i}`,
          boot: `boot-${i}`,
          space,
          maxStep: 0.2,
          emergencyMargin: -0.5,
        }),
    )
    this.begin()
  }

  private begin(): void {
    const { engine, replicas } = this.scene
    const taken: typeof this.taken = []
    this.taken = taken
    this.owner = new TunerOwner({
      options: {
        name: "t",
        engine: { params, seed: 3, guardrails: "aggressive", ...engine },
        ...(replicas && { replicas }),
        sinks: [
          {
            name: "tape",
            exact: true,
            write: (batch, exact = []) =>
              Effect.sync(() => batch.forEach((record, i) => taken.push({ record, numbers: exact[i] }))),
            close: Effect.void,
          },
        ],
      },
      epoch: ++this.epoch,
      left: this.saved,
      runner: "runner",
      nowUs: this.nowUs,
    })
    this.saved = this.owner.standing(false)
  }

  /** The owner ends, and another one takes its place. `kill`: without what it had not saved. */
  async next(kill: boolean): Promise<void> {
    if (!kill) this.saved = this.owner.standing(true)
    await this.close()
    // Another process, another clock.
    this.nowUs += 4_000 * SECOND
    this.begin()
  }

  async close(): Promise<ReadonlyArray<RecordedRun>> {
    await this.owner.stop()
    const start = this.taken[0].record.start as Record<string, unknown>
    const { config, resume, cohort } = JSON.parse(JSON.stringify(start)) as Record<string, unknown>
    const records = this.taken.map(({ numbers }) => numbers)
    this.runs.push({ run: `t-${this.epoch}`, config, resume, cohort, records })
    return this.runs
  }

  async run(seconds: number): Promise<this> {
    const { noise = 0, loss = bowl, margin, errors } = this.scene
    for (const end = this.nowUs + seconds * SECOND; this.nowUs < end; ) {
      this.nowUs += REPORT_US
      const all = this.cores.map((core) => Float64Array.of(core.value(0), core.value(1)))
      this.cores.forEach((core, i) => {
        core.tick(this.nowUs)
        const level = loss(all[i], all) + noise * gaussianAt(7 + i, Math.round(this.nowUs / REPORT_US))
        const free = margin?.(all[i]) ?? Number.NaN
        const failed = errors?.(all[i]) ?? 0
        for (let k = 0; k < 20; k++)
          core.observe(level, this.nowUs, core.generation, Number.NaN, failed, free)
        if (this.silent.has(i)) return
        const report: unknown = JSON.parse(JSON.stringify(core.report()))
        const { status, body } = this.owner.hear(report, this.nowUs)
        if (status === 200) core.answer(JSON.parse(JSON.stringify(body)), this.nowUs, this.nowUs)
        else core.fail("refused")
      })
      this.owner.tick(this.nowUs)
      if (this.owner.mustSave) this.saved = this.owner.standing(false)
      // The sink's fiber takes its turn.
      await Promise.resolve()
      await new Promise((resolve) => setImmediate(resolve))
    }
    return this
  }

  ask(command: Parameters<TunerOwner["command"]>[0]["command"], candidate?: object): this {
    const key = `k${this.asked++}`
    const asked = { key, command, by: "ada", note: "why", ...(candidate && { candidate }) }
    const { problems } = this.owner.command(asked, this.nowUs, 7)
    expect(problems).toBeUndefined()
    if (this.owner.mustSave) this.saved = this.owner.standing(false)
    return this
  }
}

const [DRAWN, READ] = [COHORT_ACTS.indexOf("drawn"), COHORT_ACTS.indexOf("read")]
const INTERFERENCE = COHORT_ACTS.indexOf("interference")

describe("a tuner of many replicas, decided again", () => {
  it.each<[string, Scene]>([
    ["in halves", {}],
    ["in halves that change sides", { replicas: { design: "cross" } }],
    ["in turns", { replicas: { design: "together" } }],
    ["with two replicas", { size: 2 }],
    ["with one", { size: 1 }],
    ["with noise, and a share off the base", { noise: 0.05, replicas: { exposure: 0.5 }, size: 9 }],
    ["with a knob that is shared", { replicas: { shared: ["rate"] }, noise: 0.01 }],
    [
      "with controls",
      { engine: { comparison: { everyCycles: 2 } }, replicas: { control: 0.2 }, size: 10, noise: 0.01 },
    ],
    ["with margins", { engine: { constraint: true }, margin: ([rate]) => 0.9 - rate, noise: 0.01 }],
    [
      "where replicas share what they are tuned on",
      {
        size: 10,
        noise: 0.001,
        loss: ([own], all) => {
          const mean = all.reduce((sum, [rate]) => sum + rate, 0) / all.length
          return (own - 0.8) ** 2 + mean ** 2
        },
      },
    ],
    ["in an emergency", { margin: ([rate]) => (rate > 0.5 ? -0.6 : 0.1), noise: 0.01 }],
    [
      "where the plant changes under it",
      { loss: (own, all) => bowl(own) * (all[0][0] > 0.6 ? 9 : 1), noise: 0.01 },
    ],
  ])("%s: each decision is the recorded one, bit for bit", async (_, scene) => {
    const play = await new Play(scene).run(150)
    const [run] = await play.close()
    const found = replayCohort(run)
    expect(found).toMatchObject({ verdict: "identical", difference: null })
    expect(found.decisions).toBeGreaterThan(20)
    expect(found.inputs).toBeGreaterThan(5)
    expect(found.inputs + found.decisions).toBe(run.records.length)
  })

  it("with what people ask of it, and when replicas fall silent", async () => {
    const play = await new Play({ noise: 0.01 }).run(20)
    await play.ask("setBaseline").run(15)
    await play.ask("pause").run(5)
    await play.ask("resume").run(10)
    await play.ask("rollback").run(10)
    await play.ask("trip").run(10)
    await play.ask("reset").run(10)
    const { loop } = play.owner.host
    const { trips } = loop
    play.silent = new Set([0, 1, 2, 3])
    await play.run(30)
    expect(loop.trips).toBeGreaterThan(trips)
    play.silent = new Set([0, 1, 2, 3, 4, 5])
    await play.run(20)
    play.silent = new Set()
    await play.run(60)
    expect(play.owner.host.status().safeMode).toBeNull()
    const [run] = await play.close()
    expect(replayCohort(run)).toMatchObject({ verdict: "identical" })
  })

  it.each(["split", "cross"] as const)(
    "when most replicas fall silent just after a stage has closed: %s",
    async (design) => {
      for (let reports = 0; reports < 16; reports++) {
        const play = await new Play({ noise: 0.01, replicas: { design, windowMs: 2_000 } }).run(
          10 + reports / 2,
        )
        play.silent = new Set([0, 1, 2, 3])
        const { loop } = play.owner.host
        await play.run(5)
        expect(loop.trips).toBe(1)
        const [run] = await play.close()
        expect(replayCohort(run)).toMatchObject({ verdict: "identical" })
      }
    },
  )

  it("with candidates: rolled out, withdrawn, and a variant that breaks its constraints", async () => {
    const play = await new Play({
      engine: { guard: false },
      size: 8,
      loss: () => 1,
      errors: ([rate]) => (rate > 0.75 ? 1 : 0),
    }).run(10)
    await play.ask("rollOut", { values: { rate: 0.6, share: 0.5 } }).run(1)
    for (let s = 0; s < 300 && play.owner.host.status().canary?.end === null; s++) await play.run(1)
    expect(play.owner.host.status().canary?.end).toBe("rolledOut")
    await play.ask("rollOut", { values: { rate: 0.9 } }).run(3)
    await play.ask("withdraw").run(5)
    const variant = {
      name: "greedy",
      version: 1,
      state: "approved",
      content: {
        values: { rate: 0.8, share: 0.5 },
        constraints: [{ channel: "errorRate", of: "outcome", atMost: 0.01 }],
        rollback: { to: "previous", afterBreaches: 2, quarantineUs: 0 },
      },
      authors: ["ada"],
      evidence: [],
      evidenceCount: 0,
      approval: { by: "bo", why: "measured", atUs: 1 },
      promotion: null,
    }
    await play.ask("rollOutVariant", { variant }).run(1)
    for (let s = 0; s < 300 && play.owner.host.status().canary?.end === null; s++) await play.run(1)
    expect(play.owner.host.status().canary?.end).toBe("constraint")
    const [run] = await play.close()
    expect(replayCohort(run)).toMatchObject({ verdict: "identical" })
  })

  it("epoch by epoch: through a move with a candidate on trial, and through deaths", async () => {
    const play = await new Play({ noise: 0.01, engine: { guard: false }, size: 8 }).run(30)
    await play.ask("setBaseline").run(10)
    await play.ask("rollOut", { values: { rate: 0.6, share: 0.5 } }).run(6)
    await play.next(false)
    await play.run(60)
    await play.next(true)
    await play.run(60)
    await play.next(true)
    await play.run(5)
    play.ask("trip")
    await play.next(false)
    await play.run(10)
    const runs = await play.close()
    expect(runs).toHaveLength(5)
    for (const run of runs)
      expect(replayCohort(run)).toMatchObject({ verdict: "identical", difference: null })
  })

  it("with tests that began under one owner and come to their end under another", async () => {
    const acts = ({ records }: RecordedRun): number =>
      records.filter(
        (record) => record[RECORD_KIND] === AUDIT_COHORT && record[RECORD_DETAIL] === INTERFERENCE,
      ).length
    const sharing = new Play({
      size: 10,
      noise: 0.001,
      engine: { comparison: { everyCycles: 2 } },
      replicas: { control: 0.2 },
      loss: ([own], all) => (own - 0.8) ** 2 + (all.reduce((sum, [rate]) => sum + rate, 0) / all.length) ** 2,
    })
    for (let owners = 1; owners < 40 && !sharing.owner.host.loop.interferes; owners++) {
      await sharing.run(12)
      await sharing.next(owners % 4 === 3)
    }
    await sharing.run(12)
    const runs = await sharing.close()
    // Found by an owner that has not lived for as many checks.
    expect(runs.findIndex((run) => acts(run) > 0)).toBeGreaterThan(3)
    for (const run of runs)
      expect(replayCohort(run)).toMatchObject({ verdict: "identical", difference: null })
  })

  it("shows where a record was changed: what was read, what was decided, and what is missing", async () => {
    const play = await new Play({ noise: 0.01 }).run(60)
    const [run] = await play.close()
    const changed = (at: (record: Float64Array) => boolean, place: number, by: number): RecordedRun => {
      const seen = run.records.findIndex(at)
      expect(seen).toBeGreaterThan(0)
      return {
        ...run,
        records: run.records.map((record, i) => {
          if (i !== seen) return record
          const other = record.slice()
          other[place] += by
          return other
        }),
      }
    }
    // The last one that was read decides a step.
    const read = changed(
      (record) => record[RECORD_KIND] === AUDIT_COHORT && record[RECORD_DETAIL] === READ,
      RECORD_VALUE,
      0.01,
    )
    expect(replayCohort(read)).toMatchObject({ verdict: "different" })
    const drawn = changed(
      (record) => record[RECORD_KIND] === AUDIT_COHORT && record[RECORD_DETAIL] === DRAWN,
      RECORD_LIMIT,
      1,
    )
    expect(replayCohort(drawn)).toMatchObject({
      verdict: "different",
      difference: { field: "limit", recorded: { kind: "cohort", action: "drawn" } },
    })
    expect(replayCohort({ ...run, records: run.records.slice(0, -1), cut: true }).verdict).toBe("identical")
    expect(replayCohort({ ...run, records: run.records.filter((_, i) => i !== 9) })).toMatchObject({
      verdict: "unable",
      reason: "record 10 is not in the journal",
    })
  })

  it("says why a run cannot be, and is none for an engine's replay or for other settings", async () => {
    const [run] = await (await new Play().run(5)).close()
    expect(replayCohort({ ...run, cohort: { epoch: 1 } }).reason).toContain(
      "how its replicas were worked with",
    )
    expect(replayCohort({ ...run, cohort: { epoch: 1, paused: false } }).verdict).not.toBe("identical")
    expect(replayCohort({ ...run, config: {} }).verdict).toBe("unable")
    expect(replay(run)).toMatchObject({ verdict: "unable", reason: "it is of a tuner of many replicas" })
    expect(whatIf(run, { seed: 9 }).reason).toContain("replicas")
  })
})
