/** What became of the candidates of a socket, in words: each step with its reason, and the numbers that its gate read. */
import { show } from "../../domain/problems.ts"
import type { Finding } from "../contracts/Host.ts"
import type { GraftMove } from "../grafting/graftEvents.ts"
import type { PieceView } from "../growth/pieceView.ts"
import { socketOf } from "../pipeline/slots.ts"
import type { PipelineEntry } from "../service/PipelineGrowth.ts"
import type { PipelineRun } from "./PipelineLog.ts"

const number = (value: number): string =>
  Number.isFinite(value) ? String(Number(value.toPrecision(4))) : String(value)

const bounds = ({ min, max }: Finding): string =>
  [min === undefined ? "" : `at least ${number(min)}`, max === undefined ? "" : `at most ${number(max)}`]
    .filter((part) => part !== "")
    .join(" and ")

const MARK = { pass: "ok  ", hold: "wait", fail: "FAIL" } as const

function verdictLines({ verdict }: GraftMove): ReadonlyArray<string> {
  return (verdict?.findings ?? []).map((finding) => {
    const value = finding.value === null ? "not measured" : number(finding.value)
    const note = finding.note === undefined ? "" : ` (${finding.note})`
    return `    ${MARK[finding.answer]} ${finding.figure} ${value}, ${bounds(finding)}${note}`
  })
}

/** What it did wrong most often, where the piece tells more than the transition does. */
function faultLines({ to, why }: GraftMove, piece: PieceView | undefined): ReadonlyArray<string> {
  // Whatever another program wrote there.
  const cause: unknown = piece?.cause
  return to === "culled" && typeof cause === "string" && cause.startsWith(`${why}; `)
    ? [`    ${cause.slice(why.length + 2)}`]
    : []
}

function channelLines(piece: PieceView | undefined): ReadonlyArray<string> {
  // A record from before these were counted has none.
  const turnedAway = piece?.turnedAway ?? 0
  const left =
    turnedAway === 0 ? [] : [`    ${turnedAway} calls did not duel: there was no room for their users`]
  const told = (piece?.channels ?? []).map(({ channel, pairs, worse, within, effect }) => {
    const seen =
      channel === "errors"
        ? `${number(100 * effect)} points of difference`
        : `${number(effect)} times the incumbent's`
    return `    ${channel}: ${pairs} pairs, ${seen}, worse ${number(worse)}, within the margin ${number(within)}`
  })
  return [...told, ...left]
}

/** What was refused may have been anything. */
const words = (value: unknown): string => (typeof value === "string" ? value : show(value))

function entryLines(entry: PipelineEntry, socket: string): ReadonlyArray<string> {
  if (entry.type === "command") {
    if (entry.socket !== socket) return []
    const { type, why, by, gate } = entry.command as Readonly<Record<string, unknown>>
    const who = by === undefined ? "Somebody" : words(by)
    const reason = why === undefined ? "without a reason" : words(why)
    const said = `${who} asked: ${words(type)}${gate === undefined ? "" : ` ${words(gate)}`} (${reason})`
    return [entry.refused === null ? said : `${said}. Refused: ${entry.refused}`]
  }
  if (entry.type === "fault") return socketOf(entry.slot) === socket ? [`Critical: ${entry.what}`] : []
  if (entry.type === "stop") return []
  const piece = entry.pieces.find(({ name }) => name === socket)
  return entry.moves
    .filter(({ slot }) => socketOf(slot) === socket)
    .flatMap((move) => [
      `Window ${entry.boundary}: ${move.from} -> ${move.to}: ${move.why}`,
      ...verdictLines(move),
      ...faultLines(move, piece),
      ...(move.to === "culled" || move.to === "fossilized" ? channelLines(piece) : []),
    ])
}

/** The story of a socket in one run; empty where nothing was asked of it. */
export const storyOf = ({ entries }: PipelineRun, socket: string): ReadonlyArray<string> =>
  entries.flatMap((entry) => entryLines(entry, socket))
