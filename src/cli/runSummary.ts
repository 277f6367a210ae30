/** What `arqon run` says at the end, for people and as JSON. */
import { isFounded, type LabelChange } from "../solver/Classification.ts"
import type { Failing } from "../solver/failing.ts"
import { describeClassification } from "../solver/RunArtifact.ts"
import type { Solver } from "../solver/Solver.ts"
import { plainJson } from "../system/plainText.ts"
import { numberText, type Styles, valueText } from "./output.ts"
import { shortPath } from "../system/paths.ts"
import { durationText } from "./scriptRunner.ts"

export interface RunEnd {
  readonly solver: Solver
  readonly statePath: string | null
  readonly elapsedMs: number
  /** Evaluations of this session. */
  readonly evaluated: number
  readonly interrupted: boolean
  /** The failures in a row that ended the run, or null. */
  readonly failing: Failing | null
}

/** What was found out about the landscape; null also where the label is a default that no reading speaks for. */
export function foundJson({ classification, labelChanges }: Solver) {
  const founded = classification !== null && isFounded(classification)
  return describeClassification(founded ? classification : null, labelChanges)
}

/** The recommended point in the words of JSON. */
export function bestJson(solver: Solver) {
  const { best } = solver
  if (best === null) return null
  const { params, value, standardError, id, readings } = best
  return { params, value, standard_error: standardError, eval_id: id, readings }
}

export function summaryJson({ solver, statePath, elapsedMs, interrupted, failing }: RunEnd): string {
  return plainJson({
    run_id: solver.runId,
    phase: solver.phase,
    best: bestJson(solver),
    counts: solver.counts,
    classification: foundJson(solver),
    noise: solver.noise,
    state: statePath,
    interrupted,
    stopped:
      failing === null
        ? null
        : { reason: "failures", failures_in_a_row: failing.inARow, last_failure: failing.reason },
    elapsed_ms: Math.round(elapsedMs),
  })
}

export function summaryText(end: RunEnd, styles: Styles): string {
  const { solver, statePath, elapsedMs, evaluated, interrupted, failing } = end
  const { best, counts, classification } = solver
  const { strong, dim, good, bad } = styles
  const lines: Array<string> = []
  if (best === null) lines.push(bad("No evaluation returned a value."))
  else {
    const error = best.standardError === null ? "" : ` ± ${numberText(best.standardError)}`
    const rests = best.readings > 1 ? `, the mean of ${best.readings} readings around it` : ""
    const from = best.id === null ? "" : dim(`  (evaluation ${best.id}${rests})`)
    lines.push(`${strong("Best value")}  ${good(numberText(best.value) + error)}${from}`)
    const names = Object.keys(best.params)
    const width = Math.max(...names.map((name) => name.length))
    for (const name of names) lines.push(`  ${name.padEnd(width)}  ${exactText(best.params[name])}`)
  }
  lines.push("")
  const answers = counts.told + counts.foreign
  const session = evaluated === answers ? "" : `, ${evaluated} of them now`
  const failed = counts.failed === 0 ? "" : `, ${bad(`${counts.failed} failed`)}`
  lines.push(`${answers} of ${counts.budget} evaluations${session}${failed}, ${durationText(elapsedMs)}.`)
  if (failing !== null) lines.push(...failingText(failing, styles))
  if (classification !== null && isFounded(classification))
    lines.push(
      `The landscape looks ${strong(classification.label)}${dim(scoreText(classification.score))}.`,
      ...solver.labelChanges.map((change) => `  ${changeText(change)}`),
    )
  if (statePath !== null) {
    const path = shortPath(statePath)
    lines.push(
      interrupted
        ? `Interrupted. Everything is in ${path}: run the same command again to resume.`
        : dim(`Everything is in ${path}; plot it with: arqon plot --state ${path}`),
    )
  } else if (interrupted) lines.push("Interrupted. Nothing was saved, because there is no --state.")
  return lines.join("\n")
}

function failingText({ inARow, reason, succeeded }: Failing, { strong, dim }: Styles): ReadonlyArray<string> {
  const which = succeeded ? "failed in a row" : "failed in a row, and none has succeeded"
  const why = reason === null ? "" : ` The last one: ${reason}.`
  const evaluations = inARow === 1 ? "1 evaluation has" : `${inARow} evaluations have`
  return [
    `${strong("Ended early:")} ${evaluations} ${which}.${why}`,
    dim("Fix the cause and run the same command again, or ignore failures with --stop-after-failures 0."),
  ]
}

/** How a label was revoked, as a line. */
const changeText = ({ label, readings, reason }: LabelChange): string =>
  `${label} from reading ${readings} on: ${reason}`

/** A parameter as it may be used again: every digit of it. */
const exactText = (value: unknown): string => (typeof value === "number" ? String(value) : valueText(value))

/** NaN: the label comes from the features alone. */
const scoreText = (score: number): string => (Number.isNaN(score) ? "" : ` (score ${numberText(score)})`)
