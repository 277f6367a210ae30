/** A tuner with many replicas in virtual time, as a studio looks at it: some fall silent, and another owner may take over. */
import type { Beginning, OwnerTurnRow } from "../../src/cluster/turnRows.ts"
import { knobHash } from "../../src/cohort/knobHash.ts"
import type { Pair } from "../../src/cohort/order.ts"
import type { Answer, Refusal } from "../../src/cohort/protocol.ts"
import { TunerHost } from "../../src/replica/TunerHost.ts"
import { TunerTrail } from "../../src/replica/TunerTrail.ts"
import type { TunerLook, TunerSource } from "../../src/studio/server/TunerBook.ts"
import { uniformAt } from "../../src/testing/noise.ts"

const params = { concurrency: { min: 1, max: 256, step: 1, initial: 32 }, waitMs: { min: 0, max: 20 } }
const STEP_US = 500_000
const CALLS = 40

export class TunerRig implements TunerSource {
  readonly name = "checkout"
  /** Replicas by number that report no more. */
  readonly silent = new Set<number>()
  readonly refusing = new Map<number, Refusal>()
  private readonly replicas: number
  private readonly at: Array<Pair> = []
  private readonly values: Array<Answer["values"]> = []
  private epoch = 0
  private nowUs = 0
  private seq = 0
  private readonly turns: Array<OwnerTurnRow> = []
  host!: TunerHost
  private trail!: TunerTrail

  constructor(replicas: number) {
    this.replicas = replicas
    this.own()
  }

  /** Another owner begins, after one that stopped, or died 9 s ago. */
  own(began: Beginning = this.epoch === 0 ? "first" : "wentOn"): this {
    const before = this.turns.pop()
    if (before !== undefined)
      this.turns.push(began === "wentOn" ? { ...before, endedMs: this.nowMs - 400 } : before)
    this.epoch++
    this.turns.push({
      epoch: this.epoch,
      runner: this.runner,
      sinceMs: this.nowMs,
      leftMs: before === undefined ? null : this.nowMs - 9000,
      began,
      endedMs: null,
    })
    const engine = { params, guardrails: "aggressive", seed: 7 } as const
    this.host = new TunerHost({ name: this.name, engine, epoch: this.epoch })
    this.trail = new TunerTrail(this.host, `run-${this.epoch}`)
    this.trail.start(this.nowUs)
    this.host.start(this.nowUs)
    return this
  }

  private get nowMs(): number {
    return 1_764_000_000_000 + this.nowUs / 1000
  }

  /** As an owner says it. */
  private get began(): string | null {
    const { began } = this.turns[this.turns.length - 1]
    if (began === "first") return null
    return began === "wentOn" ? "Its owner has stopped." : "Its owner ended without saying so."
  }

  private get runner(): string {
    return `10.0.0.${this.epoch}:7071`
  }

  run(seconds: number): this {
    for (const until = this.nowUs + seconds * 1e6; this.nowUs < until; ) {
      this.nowUs += STEP_US
      for (let i = 0; i < this.replicas; i++) if (!this.silent.has(i)) this.report(i)
      this.host.tick(this.nowUs)
      this.trail.flush()
    }
    return this
  }

  private report(i: number): void {
    const { concurrency = 32, waitMs = 10 } = this.values[i] ?? {}
    const cost = 20 + ((concurrency - 90) / 40) ** 2 + 0.3 * Math.abs(waitMs - 4)
    const each = cost * (1 + 0.02 * (uniformAt(5, ++this.seq) - 0.5))
    const at: Pair = this.at[i] ?? [0, 0]
    const { body } = this.host.hear(
      {
        protocol: 1,
        tuner: this.name,
        replica: `pod-${String(i).padStart(4, "0")}`,
        boot: `boot-${i}`,
        seq: this.seq,
        table: knobHash(this.host.settings.space),
        zone: `zone-${"abc"[i % 3]}`,
        version: i % 2 === 0 ? "4.2" : "4.1",
        at,
        windows: [{ at, n: CALLS, sum: CALLS * each, sum2: CALLS * each * each * 1.0001, errors: 0 }],
        ...(this.refusing.has(i) && { refused: this.refusing.get(i) }),
      },
      this.nowUs,
    )
    if ("error" in body) throw new Error(JSON.stringify(body))
    if (this.refusing.has(i)) return
    this.at[i] = body.at
    this.values[i] = body.values
  }

  look = (): Promise<TunerLook> =>
    Promise.resolve({
      status: this.host.status(),
      replicas: this.host.replicas(),
      records: this.trail.audit.records(),
      began: this.began,
      owner: { runner: this.runner, sinceMs: this.turns.at(-1)?.sinceMs ?? 0, savedMs: null },
      turns: { nowMs: this.nowMs, turns: [...this.turns] },
    })
}
