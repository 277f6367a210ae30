/**
 * `arqon study work`: one worker of a shared study. Its evaluations are a script's, started once each, or those of the program at the
 * other end of stdin and stdout, which gets trials and gives results as JSON lines. The leases are renewed here either way.
 */
import { createInterface } from "node:readline"
import type { SharedStudy } from "../cluster/node/openStudy.ts"
import type { Evaluation, RunningTrial } from "../cluster/node/trials.ts"
import { parseJson } from "../study/json.ts"
import { plainJson } from "../system/plainText.ts"
import { CliFailure, EXIT, type ExitCode } from "./exitCodes.ts"
import { print } from "./output.ts"
import { scriptOf } from "./runCommand.ts"
import { makeProgress, type Recorded, type Standing } from "./runProgress.ts"
import { ScriptRunner } from "./scriptRunner.ts"
import { oldStorageOf, type StudyPlace, withStudy } from "./sharedStudy.ts"
import { onSignals } from "./signals.ts"

export interface WorkFlags extends StudyPlace {
  readonly script: string | null
  readonly parallel: number
  readonly timeout: number | null
}

export async function workCommand(flags: WorkFlags): Promise<ExitCode> {
  const { name, parallel } = flags
  return withStudy({ storage: oldStorageOf(flags.storage), name }, async (study) => {
    const stop = new AbortController()
    let by: NodeJS.Signals | null = null
    const evaluator =
      flags.script === null ? lineEvaluator(stop) : scriptEvaluator(flags.script, flags, study, stop)
    const signals = onSignals((signal) => {
      by ??= signal
      stop.abort()
      evaluator.stop()
    })
    // A program at the other end of the lines shows its own.
    const progress = makeProgress(flags.script === null)
    try {
      for await (const trial of study.trials({ parallel, signal: stop.signal })) {
        progress.update(standingOf(study))
        await trial.run(async (_params, running) => {
          const found = await evaluator.evaluate(running)
          progress.recorded(recordedOf(study, running, found), standingOf(study))
          return found
        })
      }
    } finally {
      progress.end()
      signals.off()
      evaluator.stop()
    }
    const failure = evaluator.failure()
    if (failure !== null) throw failure
    const { told, budget, failed } = study.progress
    print(plainJson({ done: study.done, told, budget, failed, best: study.best }))
    return by === null ? EXIT.ok : by === "SIGINT" ? EXIT.interrupted : EXIT.terminated
  })
}

/** Of all workers, as far as this one has read. */
function standingOf({ progress, best }: SharedStudy): Standing {
  const { phase, told, budget, failed } = progress
  return { phase, told, budget, failed, best: best?.value ?? null }
}

function recordedOf({ progress }: SharedStudy, { id, params }: RunningTrial, found: Evaluation): Recorded {
  const { value, failed } = typeof found === "object" && found !== null ? found : { value: found }
  const reason = typeof failed === "string" ? failed : failed === true ? "failed" : null
  return { id, phase: progress.phase, params, value: reason === null ? (value ?? null) : null, reason }
}

interface Evaluator {
  /** Rejects for what was broken off. */
  evaluate(trial: RunningTrial): Promise<Evaluation>
  stop(): void
  /** Why it cannot go on; null where it can. */
  failure(): CliFailure | null
}

function scriptEvaluator(
  script: string,
  { timeout }: WorkFlags,
  study: SharedStudy,
  stop: AbortController,
): Evaluator {
  const runner = new ScriptRunner({
    script: scriptOf(script),
    timeoutMs: timeout,
    retries: 0,
    seed: study.config.seed,
  })
  let failure: CliFailure | null = null
  return {
    evaluate: async ({ id, params }) => {
      const outcome = await runner.evaluate(id, params)
      switch (outcome.kind) {
        case "value":
          return { value: outcome.value, ...(outcome.cost === null ? {} : { cost: outcome.cost }) }
        case "failed":
          return { failed: outcome.reason }
        case "unstartable":
          failure ??= new CliFailure(outcome.reason)
          stop.abort()
          throw failure
        case "stopped":
          throw new Error("stopped")
      }
    },
    stop: () => runner.stop(),
    failure: () => failure,
  }
}

function lineEvaluator(stop: AbortController): Evaluator {
  const waiting = new Map<
    number,
    { readonly done: (found: Evaluation) => void; readonly broken: () => void }
  >()
  const lines = createInterface({ input: process.stdin })
  const refuse = (error: string): void => print(plainJson({ error }))
  lines.on("line", (line) => {
    if (line.trim() === "") return
    const result = parseJson(line) as Readonly<Record<string, unknown>> | SyntaxError | null
    if (result instanceof SyntaxError || typeof result !== "object" || result === null)
      return refuse(`a line must be an object such as {"id":0,"value":1.5}, got ${line.slice(0, 80)}`)
    const { id, value, failed, cost } = result
    const one = waiting.get(id as number)
    if (one === undefined) return refuse(`id must name a trial that is out here, got ${JSON.stringify(id)}`)
    if (value !== undefined && value !== null && typeof value !== "number")
      return refuse(`value must be a number, or null for a failed evaluation, got ${JSON.stringify(value)}`)
    if (value === undefined && failed === undefined) return refuse("a result needs a value, or failed")
    waiting.delete(id as number)
    one.done({
      value: value ?? null,
      ...(typeof failed === "string" || failed === true ? { failed } : {}),
      ...(typeof cost === "number" ? { cost } : {}),
    })
  })
  // Nobody will answer any more.
  lines.on("close", () => stop.abort())
  return {
    evaluate: ({ id, params, attempt, signal }) =>
      new Promise((resolve, reject) => {
        const broken = (): void => {
          if (!waiting.delete(id)) return
          if (!stop.signal.aborted) print(plainJson({ lost: id }))
          reject(new Error("broken off"))
        }
        waiting.set(id, { done: resolve, broken })
        signal.addEventListener("abort", broken, { once: true })
        if (signal.aborted) return broken()
        print(plainJson({ id, params, attempt }))
      }),
    stop: () => lines.close(),
    failure: () => null,
  }
}
