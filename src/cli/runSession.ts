/**
 * The work of `arqon run`: some workers that each take a point, have it evaluated and record the answer. An evaluation
 * that fails is recorded and the run goes on, until too many have failed in a row: then nothing new is begun, and what runs
 * comes to its end. One that is interrupted stays pending and is the first of the next session.
 */
import { type Failing, failingAt } from "../solver/failing.ts"
import type { Trial } from "../solver/Solver.ts"
import { CliFailure } from "./exitCodes.ts"
import type { Progress, Standing } from "./runProgress.ts"
import type { Outcome, ScriptRunner } from "./scriptRunner.ts"
import type { Study } from "./study.ts"

/** Failures in a row that end a run in which nothing has succeeded yet: a script that is not found, a module that is missing. */
const PATIENCE = 3

export class RunSession {
  private readonly study: Study
  private readonly runner: ScriptRunner
  private readonly progress: Progress
  /** What an earlier session had begun comes first. */
  private readonly leftOver: Array<Trial>
  private failure: { readonly cause: unknown } | null = null
  private stoppedBy: NodeJS.Signals | null = null
  private answers = 0
  private readonly mostFailures: number | null
  /** What an earlier session failed at may be mended by now: only failures of this one count. */
  private readonly since: number
  private failures: Failing | null = null

  /** @param mostFailures failures in a row that end the run, 0 for none; null: `PATIENCE`, while nothing has succeeded */
  constructor(study: Study, runner: ScriptRunner, progress: Progress, mostFailures: number | null) {
    this.study = study
    this.mostFailures = mostFailures
    this.since = study.solver.history.length
    this.runner = runner
    this.progress = progress
    this.leftOver = [...study.solver.pending]
  }

  /** Evaluations recorded by this session. */
  get evaluated(): number {
    return this.answers
  }

  /** The signal that ended it, or null. */
  get stopped(): NodeJS.Signals | null {
    return this.stoppedBy
  }

  /** The failures in a row that ended it before its time, or null. */
  get failing(): Failing | null {
    return this.study.solver.phase === "done" ? null : this.failures
  }

  /** Resolves when nothing is left to do, or after `stop`, with everything on disk. Rejects where it cannot go on. */
  async run(concurrency: number): Promise<void> {
    if (this.study.resumed) this.progress.note(this.resumption())
    await Promise.all(Array.from({ length: concurrency }, () => this.work()))
    await this.study.save()
    if (this.failure !== null) throw this.failure.cause
  }

  /** The first time asks what runs to end, the second time ends it. */
  stop(signal: NodeJS.Signals): void {
    this.runner.stop(this.stoppedBy !== null)
    this.stoppedBy ??= signal
  }

  private async work(): Promise<void> {
    while (this.stoppedBy === null && this.failure === null && this.failures === null) {
      const trial = this.leftOver.shift() ?? this.study.solver.askTrials(1)?.[0]
      if (trial === undefined) return
      this.progress.update(this.standing())
      const outcome = await this.runner.evaluate(trial.id, trial.params)
      if (outcome.kind === "unstartable") this.abort(new CliFailure(outcome.reason))
      else if (outcome.kind !== "stopped") this.record(trial, outcome)
    }
  }

  private record(trial: Trial, outcome: Extract<Outcome, { kind: "value" | "failed" }>): void {
    const value = outcome.kind === "value" ? outcome.value : null
    const reason = outcome.kind === "failed" ? outcome.reason : null
    this.study.solver.tell({
      id: trial.id,
      value,
      ...(outcome.kind === "value" && outcome.cost !== null ? { cost: outcome.cost } : {}),
      ...(reason === null ? {} : { failed: reason }),
    })
    this.answers++
    if (value === null) this.failures ??= this.tooManyFailures()
    const standing = this.standing()
    // Shown once it is on disk; the next evaluation does not wait for that.
    this.study.save().then(
      () => this.progress.recorded({ ...trial, value, reason }, standing),
      (cause: unknown) => this.abort(cause),
    )
  }

  private tooManyFailures(): Failing | null {
    const { mostFailures } = this
    if (mostFailures === 0) return null
    const failing = failingAt(this.study.solver.history, this.since)
    if (mostFailures === null && failing.succeeded) return null
    return failing.inARow >= (mostFailures ?? PATIENCE) ? failing : null
  }

  /** The run cannot go on: nothing new is begun, what runs is ended, and its points stay pending. */
  private abort(cause: unknown): void {
    this.failure ??= { cause }
    this.runner.stop()
  }

  private standing(): Standing {
    const { solver } = this.study
    const { told, foreign, budget, failed } = solver.counts
    return { phase: solver.phase, told: told + foreign, budget, failed, best: solver.best?.value ?? null }
  }

  private resumption(): string {
    const { told, budget } = this.standing()
    const again = this.leftOver.length === 0 ? "" : `, ${this.leftOver.length} started but not finished`
    return `Resuming ${this.study.solver.runId}: ${told} of ${budget} evaluations done${again}.`
  }
}
