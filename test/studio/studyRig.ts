/** A shared study in virtual time, as a studio looks at it: workers ask, evaluate, tell, fail and fall silent, over the study's own solver. */
import { LOST, NOBODY, type StudyEvent } from "../../src/cluster/study/StudyEvent.ts"
import { StudyLedger } from "../../src/cluster/study/StudyLedger.ts"
import type { StudyLook, StudySource } from "../../src/cluster/study/StudyLook.ts"
import { StudyReplica } from "../../src/cluster/study/StudyReplica.ts"
import { requireSolverConfig, type SolverConfig } from "../../src/solver/SolverConfig.ts"
import { random } from "../../src/solver/strategies/RandomSearch.ts"
import { uniformAt } from "../../src/testing/noise.ts"

const LEASE_MS = 30_000
const TICK_MS = 1000
const RENEWED_MS = LEASE_MS / 3
/** A trial takes 4 to 20 seconds, and one in forty fails. */
const SHORTEST_MS = 4000
const SPREAD_MS = 16_000
const FAILS = 1 / 40
const RETRIES = 3

interface Out {
  readonly id: number
  readonly attempt: number
  readonly worker: number
  untilMs: number
  readonly endsMs: number
}

export interface StudyRigOptions {
  readonly name?: string
  readonly workers: number
  readonly budget: number
  readonly strategy?: string
  readonly objective?: "minimize" | "maximize"
}

export class StudyRig implements StudySource {
  readonly name: string
  readonly config: SolverConfig
  /** Workers by number that were killed. */
  readonly killed = new Set<number>()
  readonly ledger: StudyLedger
  private readonly replica: StudyReplica
  private readonly out = new Map<number, Out>()
  private readonly seen: Array<number>
  private nowMs = 0
  private step = 0

  constructor({
    name = "checkout-limits",
    workers,
    budget,
    strategy,
    objective = "minimize",
  }: StudyRigOptions) {
    this.name = name
    const bounds = {
      concurrency: { min: 1, max: 256, scale: "log", step: 1 },
      poolSize: { min: 2, max: 64, step: 1 },
      timeoutMs: { min: 20, max: 2000, scale: "log" },
      codec: { choices: ["gzip", "zstd", "none"] },
    } as const
    const given = { seed: 11, budget, bounds, objective, ...(strategy !== undefined && { strategy }) }
    this.config = requireSolverConfig(given, [random]).config
    this.replica = new StudyReplica(name, this.config, [random])
    this.ledger = new StudyLedger(budget)
    this.seen = Array.from({ length: workers }, () => 0)
  }

  get done(): boolean {
    return this.replica.done
  }

  /** Lets virtual seconds pass. */
  run(seconds: number): this {
    for (const until = this.nowMs + seconds * 1000; this.nowMs < until; ) {
      this.nowMs += TICK_MS
      this.seen.forEach((_, worker) => {
        if (!this.killed.has(worker)) this.work(worker)
      })
    }
    return this
  }

  list = () => Promise.resolve([{ name: this.name, createdMs: 1_764_000_000_000 }])

  look = (): Promise<StudyLook> =>
    Promise.resolve({
      name: this.name,
      config: this.config,
      leaseMs: LEASE_MS,
      ledger: this.ledger,
      out: [...this.out.values()].map(({ id, attempt, worker, untilMs }) => ({
        id,
        attempt,
        worker: this.nameOf(worker),
        leftMs: untilMs - this.nowMs,
      })),
      workers: this.seen.map((seenMs, worker) => ({
        worker: this.nameOf(worker),
        seenMsAgo: this.nowMs - seenMs,
        about: `node-${worker % 7}.internal 41${worker}`,
      })),
    })

  private nameOf(worker: number): string {
    return `node-${worker % 7}-${String(4100 + worker)}`
  }

  private work(worker: number): void {
    this.seen[worker] = this.nowMs
    const name = this.nameOf(worker)
    const held = [...this.out.values()].find((one) => one.worker === worker && one.untilMs > this.nowMs)
    if (held !== undefined && held.endsMs > this.nowMs) {
      if (held.untilMs - this.nowMs <= LEASE_MS - RENEWED_MS) held.untilMs = this.nowMs + LEASE_MS
      return
    }
    this.step++
    if (held !== undefined) this.tell(held, name)
    this.take(worker, name)
  }

  private tell({ id, attempt }: Out, worker: string): void {
    const fails = uniformAt(3, id * 7 + attempt) < FAILS
    const value = fails ? null : this.value(id)
    const failed = fails ? { failed: "connection refused" } : {}
    this.both({ kind: "tell", worker, step: this.step, id, attempt, value, cost: 1, ...failed })
    this.out.delete(id)
  }

  private take(worker: number, name: string): void {
    const over = [...this.out.values()].find(({ untilMs }) => untilMs <= this.nowMs)
    if (over !== undefined && over.attempt > RETRIES) {
      const { id, attempt } = over
      const lost = { value: null, cost: 1, failed: LOST }
      this.both({ kind: "tell", worker: NOBODY, step: this.step, id, attempt, ...lost })
      this.out.delete(id)
    } else if (over !== undefined) {
      const attempt = over.attempt + 1
      this.both({ kind: "retry", worker: name, step: this.step, id: over.id, attempt })
      this.lend(over.id, attempt, worker)
    } else {
      const asked = this.replica.ask(name, this.step)
      if (asked === null) return
      this.ledger.apply(asked)
      this.lend(asked.id, 1, worker)
    }
  }

  private lend(id: number, attempt: number, worker: number): void {
    const takesMs = SHORTEST_MS + SPREAD_MS * uniformAt(5, id * 11 + attempt)
    this.out.set(id, { id, attempt, worker, untilMs: this.nowMs + LEASE_MS, endsMs: this.nowMs + takesMs })
  }

  private value(id: number): number {
    const { concurrency, poolSize, timeoutMs, codec } = this.replica.params(id)
    const far =
      Math.log(Number(concurrency) / 60) ** 2 +
      ((Number(poolSize) - 24) / 12) ** 2 +
      0.5 * Math.log(Number(timeoutMs) / 250) ** 2
    const codecs: Readonly<Record<string, number>> = { gzip: 3, zstd: 0, none: 6 }
    const loss = 18 + 4 * far + (codecs[String(codec)] ?? 0) + 0.4 * uniformAt(9, id)
    return this.config.objective === "minimize" ? loss : 200 - loss
  }

  private both(event: StudyEvent): void {
    this.replica.apply(event)
    this.ledger.apply(event)
  }
}
