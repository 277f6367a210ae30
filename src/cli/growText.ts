/** A growing run in words: its boundaries while it runs, its end, and what is on record. */
import type { GrowthBoundary } from "../morph/growth/GrowthBoundary.ts"
import type { PersonCommand } from "../morph/growth/PersonCommand.ts"
import type { RepeatedRun } from "../morph/node/replayPipeline.ts"
import type { RunBoundary, RunCommand, RunRecord } from "../morph/node/RunLog.ts"
import type { GrowthReport } from "../morph/policy/reports.ts"
import type { GrowthSnapshot } from "../morph/service/Growth.ts"
import { numberText } from "./output.ts"

/** Epochs between two lines in which nothing else happened. */
const EVERY = 20

const percent = (share: number | null): string =>
  share === null ? "" : `${(100 * share).toFixed(1)} % right`
const short = (value: number): string => String(Number(value.toPrecision(3)))

/** What is worth a line at a boundary. */
export function boundaryLines(boundary: GrowthBoundary, epochs: number): ReadonlyArray<string> {
  const { epoch, loss, accuracy, parameters, moves, refused, proposal, refusal, mode, rolledBackTo } =
    boundary
  const head = `[${String(epoch).padStart(String(epochs).length)}/${epochs}]`
  const lines: Array<string> = []
  if (proposal !== null) lines.push(`proposes ${wordsOf(proposal)}: ${proposal.why}`)
  if (refusal !== null) lines.push(`refused: ${refusal}`)
  for (const one of refused) lines.push(`${one.blueprint} refused in ${one.slot}`)
  for (const { slot, from, to, why } of moves) lines.push(`${slot}: ${from} to ${to} (${why})`)
  if (rolledBackTo !== null) lines.push(`rolled back to epoch ${rolledBackTo}`)
  if (epoch % EVERY === 0 || epoch === epochs)
    lines.push(
      [
        `loss ${short(loss)}`,
        percent(accuracy),
        `${parameters} parameters`,
        mode === "operational" ? "" : mode,
      ]
        .filter((part) => part !== "")
        .join(", "),
    )
  return lines.map((line) => `${head} ${line}`)
}

function wordsOf(proposal: NonNullable<GrowthBoundary["proposal"]>): string {
  if (proposal.type !== "graft") return proposal.type
  const what = proposal.blueprint === undefined ? "" : ` ${proposal.blueprint}`
  return `${proposal.operation}${what} in ${proposal.socket}`
}

interface Summary extends Pick<GrowthSnapshot, "epoch" | "test" | "parameters" | "sockets" | "fingerprint"> {
  readonly task: string
  readonly seed: number
}

export function summaryText({ task, seed, epoch, test, parameters, sockets, fingerprint }: Summary): string {
  const keptBlocks = sockets.filter(({ state }) => state === "fossilized").length
  const score =
    test === null
      ? []
      : [`test     loss ${short(test.loss)}${test.accuracy === null ? "" : `, ${percent(test.accuracy)}`}`]
  return [
    `task     ${task}, seed ${seed}, ${epoch} epochs`,
    ...score,
    `size     ${parameters} parameters, ${keptBlocks} ${keptBlocks === 1 ? "block" : "blocks"} kept`,
    `hash     ${fingerprint}`,
  ].join("\n")
}

export function recordText(
  { inputs, boundaries, commands }: RunRecord,
  reports: ReadonlyArray<GrowthReport>,
): string {
  const last = boundaries.at(-1)
  const lines = [
    inputs === null ? "no run" : `task     ${inputs.task}, seed ${inputs.seed}, ${boundaries.length} epochs`,
  ]
  if (last !== undefined) lines.push(`last     ${lastText(last)}`)
  for (const one of commands) lines.push(`${one.after}  ${betweenText(one)}`)
  for (const { epoch, moves } of boundaries)
    for (const { slot, from, to, why } of moves) lines.push(`${epoch}  ${slot}: ${from} to ${to} (${why})`)
  for (const report of reports)
    lines.push(
      `report ${report.command}  ${aboutText(report)}: ${report.outcome}, loss ${short(report.before)} to ${short(report.after)} (${report.why})`,
    )
  return lines.join("\n")
}

/** What a report is about: the command, the block and its socket, and its boundaries. */
function aboutText({ type, blueprint, socket, from, to }: GrowthReport): string {
  const what = blueprint === null ? "" : ` ${blueprint}`
  const where = socket === null ? "" : ` in ${socket}`
  return `${type}${what}${where}, epochs ${from} to ${to}`
}

/** What was asked for, or happened, between two boundaries. */
function betweenText({ command, refused, culled, alarm }: RunCommand): string {
  if (command !== null)
    return `asked: ${askedText(command)}${refused === null ? "" : `, refused: ${refused}`}`
  if (culled === true) return "culled: what was planted hung its thread twice in one place"
  return `alarm: ${alarm?.level ?? "unknown"}, ${alarm?.reason ?? "unknown"}`
}

function askedText(command: PersonCommand): string {
  const blueprint = command.type === "germinate" ? ` ${command.request.blueprint}` : ""
  const socket = "socket" in command ? ` in ${command.socket}` : ""
  const why = command.type === "germinate" ? command.request.why : command.why
  return `${command.type}${blueprint}${socket} (${why})`
}

function lastText({ loss, accuracy, parameters, mode, hash }: RunBoundary): string {
  const parts = [
    `loss ${typeof loss === "number" ? numberText(loss) : loss}`,
    percent(accuracy),
    `${parameters} parameters`,
    mode,
    `hash ${hash}`,
  ]
  return parts.filter((part) => part !== "").join(", ")
}

/** What is behind the last whole record of a service's folder; null where nothing is. */
export const tornText = (bytes: number): string | null =>
  bytes === 0
    ? null
    : `The last ${bytes} bytes are no whole record: a kill cut them off, or they were changed. What they held is not told.`

/** How a run ended, as far as its record says. */
export function endText(isStopped: boolean | null): string {
  if (isStopped === null) return "Whether it was stopped is not known: the version that wrote it did not say."
  return isStopped
    ? "Ended by stop()."
    : "Its record ends without a stop: the service still runs, or was killed, or the end of the record was taken away."
}

/** Stories of a service's candidates, run by run, with whether the record repeats and how it ends. */
export function whyText(
  runs: ReadonlyArray<{
    readonly repeated: RepeatedRun
    readonly stories: ReadonlyArray<{ readonly socket: string; readonly lines: ReadonlyArray<string> }>
  }>,
  { torn, hash }: { readonly torn: number; readonly hash: string },
): string {
  return runs
    .flatMap(({ repeated, stories }, i) => [
      ...(runs.length > 1 ? [`Run ${i + 1} of ${runs.length}`] : []),
      ...stories.flatMap(({ socket, lines }) => [
        `${socket}${lines.length === 0 ? ": no candidate" : ""}`,
        ...lines.map((line) => `  ${line}`),
      ]),
      transitionsText(repeated),
      evidenceText(repeated.evidence),
      ...(repeated.differentFrom === null ? [endText(repeated.isStopped)] : []),
    ])
    .concat(tornText(torn) ?? [], `The chain of records ends with ${hash}.`)
    .join("\n")
}

const transitionsText = ({ windows, moves, differentFrom, what }: RepeatedRun): string =>
  differentFrom === null
    ? `Repeated from its figures: ${moves} transitions in ${windows} windows, all the same.`
    : `Window ${differentFrom} ${what}. The record was changed, or another version wrote it.`

function evidenceText(evidence: RepeatedRun["evidence"]): string {
  if (evidence === null) return "Its evidence cannot be made again: the version that wrote it kept no pairs."
  const { pairs, compared, different } = evidence
  if (different === null)
    return `Made again from ${pairs} pairs and ${compared} mirrors: the evidence is the same in every window.`
  const { boundary, slot, figure, recorded, repeated } = different
  const was = Number.isNaN(recorded) ? "is not recorded" : `is recorded as ${numberText(recorded)}`
  const is = Number.isNaN(repeated) ? "have none" : `come to ${numberText(repeated)}`
  return `Window ${boundary}: ${figure} of ${slot} ${was}, and its pairs and mirrors ${is}. The record was changed, or another version wrote it.`
}
