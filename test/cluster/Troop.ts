/** Six replicas in virtual time that report to whatever answers reports. Needed wherever a test asks what an owner does to its replicas. */
import { knobHash } from "../../src/cohort/knobHash.ts"
import { requireEngineConfig } from "../../src/domain/Config.ts"
import { ReplicaCore } from "../../src/replica/ReplicaCore.ts"

export const PLANT = {
  engine: {
    params: { rate: { min: 0, max: 1, initial: 0.2 }, share: { min: 0, max: 1, initial: 0.9 } },
    seed: 3,
  },
} as const

/** A bowl whose best is at (.7, .4). */
export const bowl = (rate: number, share: number): number => (rate - 0.7) ** 2 + (share - 0.4) ** 2

export const REPORT_US = 500_000

export class Troop {
  readonly space = requireEngineConfig(PLANT.engine).space
  readonly cores: ReadonlyArray<ReplicaCore>
  readonly hash = knobHash(this.space)
  /** Statuses of answers, by number of times. */
  readonly statuses = new Map<number, number>()

  constructor(tuner: string, size = 6) {
    this.cores = Array.from(
      { length: size },
      (_, i) =>
        new ReplicaCore({
          tuner,
          replica: `replica-${i}`,
          boot: `boot-${i}`,
          space: this.space,
          maxStep: 0.1,
          emergencyMargin: -0.5,
        }),
    )
  }

  /** Each measures for a report's time; returns what each is to send, with what to do with the answer. */
  reports(
    nowUs: number,
  ): ReadonlyArray<{ report: unknown; heard: (status: number, body: unknown, atUs: number) => void }> {
    return this.cores.map((core) => {
      core.tick(nowUs)
      const level = bowl(core.value(0), core.value(1))
      for (let k = 0; k < 20; k++) core.observe(level, nowUs, core.generation, Number.NaN, 0, Number.NaN)
      return {
        report: JSON.parse(JSON.stringify(core.report())),
        heard: (status, body, atUs) => {
          this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1)
          if (status === 200) core.answer(JSON.parse(JSON.stringify(body)), nowUs, atUs)
          else core.fail("refused")
        },
      }
    })
  }

  values(): ReadonlyArray<ReadonlyArray<number>> {
    return this.cores.map((core) => [core.value(0), core.value(1)])
  }
}
