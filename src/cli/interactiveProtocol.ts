/**
 * What each line of `arqon interactive` means. A line that is not understood, or whose content is wrong, is answered with
 * what is wrong, and changes nothing.
 */
import { ResultError } from "../domain/errors.ts"
import { didYouMean, show } from "../domain/problems.ts"
import type { Result } from "../solver/results.ts"
import type { TellReport } from "../solver/Solver.ts"
import { parseJson } from "../study/json.ts"
import { bestJson, foundJson } from "./runSummary.ts"
import type { Study } from "./study.ts"

export interface Answer {
  readonly reply: Readonly<Record<string, unknown>>
  /** The reply says something that must be on disk first. */
  readonly save: boolean
  readonly quit: boolean
}

type Command = Readonly<Record<string, unknown>>

/** Keys that each command takes besides `cmd`. */
const COMMANDS: Readonly<Record<string, ReadonlyArray<string>>> = {
  ask: ["batch"],
  tell: ["results"],
  best: [],
  status: [],
  seed: ["history"],
  save: [],
  quit: [],
}

export function answerLine(study: Study, line: string): Answer {
  const command = parseJson(line)
  if (command instanceof SyntaxError) return refuse(`not JSON: ${command.message}`)
  if (typeof command !== "object" || command === null || Array.isArray(command))
    return refuse(`a line must be an object such as {"cmd":"ask"}, got ${show(command)}`)
  const { cmd, ...rest } = command as Command
  const keys = typeof cmd === "string" && Object.hasOwn(COMMANDS, cmd) ? COMMANDS[cmd] : null
  if (keys === null)
    return refuse(
      `cmd must name a command, got ${show(cmd)}. ${didYouMean(cmd, Object.keys(COMMANDS)) ?? ""}`.trim(),
    )
  const unknown = Object.keys(rest).find((key) => !keys.includes(key))
  if (unknown !== undefined)
    return refuse(
      `${cmd as string} takes no ${JSON.stringify(unknown)}. ${didYouMean(unknown, keys) ?? ""}`.trim(),
    )
  return answerCommand(study, cmd as string, rest)
}

function answerCommand(study: Study, cmd: string, command: Command): Answer {
  const { solver } = study
  switch (cmd) {
    case "ask":
      return ask(study, command.batch)
    case "tell":
      return take(study, command.results, "results", (results) => solver.tell(results))
    case "seed":
      return take(study, command.history, "history", (history) => solver.seed(history))
    case "best":
      return reply({ best: bestJson(solver) })
    case "status": {
      const { phase, counts, noise, pending, warnings } = solver
      const out = pending.map(({ id, params }) => ({ id, params }))
      return reply({
        run_id: solver.runId,
        phase,
        counts,
        best: bestJson(solver),
        classification: foundJson(solver),
        noise,
        pending: out,
        warnings,
      })
    }
    case "save":
      return study.file === null
        ? refuse("there is no state file: start with --state")
        : reply({ state: study.file.path }, true)
    default:
      return { ...reply({}), quit: true }
  }
}

function ask(study: Study, batch: unknown): Answer {
  if (batch !== undefined && batch !== null && !(Number.isSafeInteger(batch) && (batch as number) >= 1))
    return refuse(`batch must be a whole number above 0, got ${show(batch)}`)
  const trials = study.solver.askTrials(...(typeof batch === "number" ? [batch] : []))
  return reply(
    {
      params: trials?.map(({ params }) => params) ?? null,
      ids: trials?.map(({ id }) => id) ?? null,
      phase: study.solver.phase,
    },
    trials !== null,
  )
}

function take(
  study: Study,
  given: unknown,
  key: string,
  tell: (results: Result | ReadonlyArray<Result>) => TellReport,
): Answer {
  if (given === undefined) return refuse(`"${key}" is missing`)
  try {
    const { accepted, duplicates, failed, foreign } = tell(given as ReadonlyArray<Result>)
    return reply(
      { accepted, duplicates, failed, foreign, best: bestJson(study.solver), phase: study.solver.phase },
      true,
    )
  } catch (cause) {
    if (cause instanceof ResultError) return refuse(cause.message)
    throw cause
  }
}

const reply = (fields: Readonly<Record<string, unknown>>, save = false): Answer => ({
  reply: { ok: true, ...fields },
  save,
  quit: false,
})

const refuse = (error: string): Answer => ({ reply: { ok: false, error }, save: false, quit: false })
