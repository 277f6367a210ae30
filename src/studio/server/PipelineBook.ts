/** What a studio knows of a growing service: its last windows, and each piece as it is now. The process that runs the service feeds it. */
import type { Figures } from "../../morph/contracts/Host.ts"
import type { PieceView } from "../../morph/growth/pieceView.ts"
import type { PipelineBoundary } from "../../morph/growth/PipelineCore.ts"
import {
  PIPELINE_CHANNELS,
  type PipelineChannel,
  type PipelineDisagreement,
  type PipelineEntry,
  type PipelinePage,
  type PipelinePiece,
  type PipelinePlace,
  type PipelineRow,
} from "../protocol/pipelineProtocol.ts"
import { plainWords } from "../../domain/words.ts"
import { plain, type PlainLimits } from "./plain.ts"

/** Windows that are remembered; older ones make room. */
export const MOST_WINDOWS = 4000

/** The thresholds that the package has where nobody gives others. */
const FAIL = 100
const PASS = 20

/** Whose book it is. */
export interface PipelineBookOptions extends PipelineEntry {
  /** Evidence that culls, and that passes; those of the package if left out. */
  readonly fail?: number | undefined
  readonly pass?: number | undefined
  /** What is wrong with the service or its record as a whole; nothing if left out. */
  readonly problem?: (() => string | null) | undefined
}

/** A window of a record: what each gate was asked with, the states and shares that follow, and what moved. */
export interface RecordedWindow {
  readonly boundary: number
  readonly places: ReadonlyArray<{
    readonly name: string
    readonly state: PieceView["state"]
    readonly share: number
    readonly figures: Figures
  }>
  readonly moves: PipelineBoundary["moves"]
  /** As they were at a move; empty where nothing moved. */
  readonly pieces: ReadonlyArray<PieceView>
}

/** What of an answer is shown: enough to see where two differ. */
const ANSWER_LIMITS: PlainLimits = { depth: 6, fields: 50, elements: 50, text: 500 }

/** What a function took or gave, over several lines. */
const textOf = (value: unknown): string => JSON.stringify(plain(value, ANSWER_LIMITS), null, 2) ?? "undefined"

type Note = PipelineRow["notes"][number]

export class PipelineBook {
  readonly id: string
  private readonly options: PipelineBookOptions
  private readonly rows: Array<PipelineRow> = []
  private readonly texts = new WeakMap<object, PipelineDisagreement>()
  /** Of the last candidate of each piece: why it was taken out is looked for when it is gone. */
  private readonly differed = new Map<string, Pick<PieceView, "candidate" | "disagreements">>()
  private pieces: ReadonlyArray<PieceView> = []
  private ended = false

  constructor(options: PipelineBookOptions) {
    this.options = options
    this.id = options.id
  }

  entry(): PipelineEntry {
    const { id, name, source } = this.options
    return { id, name, source }
  }

  /** Takes a window of a service that runs, later than all before it. */
  add({ boundary, pieces, moves, refused }: PipelineBoundary): void {
    this.pieces = pieces
    for (const { name, candidate, disagreements } of pieces)
      if (disagreements.length > 0) this.differed.set(name, { candidate, disagreements })
    const notes = [
      ...moves.map(noteOf),
      ...refused.map(({ slot, problems }): Note => {
        const told = problems.map(({ message, suggestion = "" }) => `${message} ${suggestion}`.trim())
        return { piece: pieceOf(slot), tone: "trip", text: `Refused: ${told.join(" ")}` }
      }),
    ]
    // Where nothing is on trial, nothing changes.
    if (notes.length === 0 && this.rows.length > 0 && pieces.every(isQuiet)) return
    this.push({ boundary, pieces: Object.fromEntries(pieces.map((one) => [one.name, placeOf(one)])), notes })
  }

  /** Takes a window of a record. */
  addRecorded({ boundary, places, moves, pieces }: RecordedWindow): void {
    if (pieces.length > 0) this.pieces = pieces
    this.push({
      boundary,
      pieces: Object.fromEntries(places.map((one) => [one.name, recordedPlace(one)])),
      notes: moves.map(noteOf),
    })
  }

  /** Takes the pieces as they are before the first window. */
  begin(pieces: ReadonlyArray<PieceView>): void {
    this.pieces = pieces
  }

  /** No window follows. */
  end(): void {
    this.ended = true
  }

  page(after: number): PipelinePage {
    const { fail = FAIL, pass = PASS, problem } = this.options
    return {
      rows: this.rows.filter(({ boundary }) => boundary > after),
      pieces: this.pieces.map((piece) => this.piece(piece)),
      fail,
      pass,
      ended: this.ended,
      problem: problem?.() ?? null,
    }
  }

  private push(row: PipelineRow): void {
    this.rows.push(row)
    if (this.rows.length > MOST_WINDOWS) this.rows.shift()
  }

  private piece(piece: PieceView): PipelinePiece {
    const { name, incumbent, candidate, calls, mirrored, dropped, compared, agreement, problems } = piece
    return {
      ...placeOf(piece),
      name,
      incumbent,
      candidate,
      story: storyOf(piece),
      mirror: MIRRORS[piece.state] ?? "none",
      calls,
      mirrored,
      dropped,
      compared,
      agreement,
      channels: piece.channels.map(channelOf),
      disagreements: this.disagreementsOf(piece).map((one) => this.told(one)),
      gate: gateOf(piece),
      problems: [
        ...piece.criticals.map((what) => `The candidate ${what}.`),
        ...problems.map(({ message, suggestion = "" }) => `${message} ${suggestion}`.trim()),
      ],
    }
  }

  private disagreementsOf({ name, candidate, disagreements }: PieceView): PieceView["disagreements"] {
    const last = this.differed.get(name)
    if (disagreements.length > 0 || last === undefined) return disagreements
    return candidate === null || candidate === last.candidate ? last.disagreements : []
  }

  private told(one: PieceView["disagreements"][number]): PipelineDisagreement {
    const known = this.texts.get(one)
    if (known !== undefined) return known
    const { args, incumbent, candidate } = one
    const text = {
      input: args.map(textOf).join(", "),
      incumbent: textOf(incumbent),
      candidate: textOf(candidate),
    }
    this.texts.set(one, text)
    return text
  }
}

const MIRRORS: Readonly<Partial<Record<PieceView["state"], PipelinePiece["mirror"]>>> = {
  germinated: "some",
  training: "some",
  shadowing: "all",
}

const isQuiet = ({ state }: PieceView): boolean =>
  state === "dormant" || state === "fossilized" || state === "embargoed"

/** Of a slot's name, `search#2`, the piece. */
const pieceOf = (slot: string): string => slot.split("#")[0]

function shareOf(state: PieceView["state"], share: number): number {
  if (state === "probationary" || state === "fossilized") return 1
  return state === "blending" ? share : 0
}

const finite = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null

function placeOf({ state, share, channels }: PieceView): PipelinePlace {
  return {
    state,
    share: shareOf(state, share),
    pairs: channels.length === 0 ? null : Math.max(...channels.map(({ pairs }) => pairs)),
    worse: Object.fromEntries(channels.map(({ channel, worse }) => [channel, worse])),
    within: channels.length === 0 ? null : finite(Math.min(...channels.map(({ within }) => within))),
  }
}

function recordedPlace({ state, share, figures }: RecordedWindow["places"][number]): PipelinePlace {
  const worse = PIPELINE_CHANNELS.flatMap((channel) => {
    const value = finite(figures[`${channel}Worse`])
    return value === null ? [] : [[channel, value] as const]
  })
  return {
    state,
    share: shareOf(state, share),
    pairs: null,
    worse: Object.fromEntries(worse),
    within: finite(figures["within"]),
  }
}

function noteOf({ slot, from, to, why }: PipelineBoundary["moves"][number]): Note {
  const tone = to === "culled" ? "trip" : to === "fossilized" ? "live" : null
  return { piece: pieceOf(slot), tone, text: `${from} to ${to}: ${why}` }
}

const number = (value: number): string => String(Number(value.toPrecision(3)))
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
const percent = (share: number): string => `${number(100 * share)} %`

function storyOf({
  state,
  candidate,
  incumbent,
  share,
  compared,
  agreement,
  channels,
  cause,
  embargo,
}: PieceView): string {
  const who = candidate ?? "The candidate"
  const pairs = channels.length === 0 ? 0 : Math.max(...channels.map((one) => one.pairs))
  const agreed =
    compared === 0
      ? "No answers have been compared yet."
      : `${percent(agreement)} of ${compared} answers agree.`
  switch (state) {
    case "germinated":
      return `${who} is tried with calls that nobody waits for. ${incumbent} answers.`
    case "training":
      return `${incumbent} answers. ${who} gets some of the calls a second time. ${agreed}`
    case "blending":
      return `${who} answers ${percent(share)} of the calls, and ${pairs} pairs have duelled. Its share rises while nothing speaks against it.`
    case "shadowing":
      return `${incumbent} answers. ${who} gets every call a second time. ${agreed}`
    case "probationary":
      return `${who} answers, and ${incumbent} stays warm. A few calls still duel: ${pairs} pairs so far.`
    case "fossilized":
      return `${incumbent} has earned its place and answers every call.`
    case "resetting":
      return `${who} is on its way out. ${incumbent} answers.`
    case "culled":
    case "embargoed":
      return `${who} was taken out: ${cause ?? "a gate has failed"}. ${incumbent} answers${embargo > 0 ? `, and nothing new is tried for ${embargo} windows` : ""}.`
    default:
      return `${incumbent} answers every call. Nothing is on trial.`
  }
}

function channelOf({
  channel,
  pairs,
  worse,
  within,
  effect,
  margin,
}: PieceView["channels"][number]): PipelineChannel {
  const what =
    channel === "errors"
      ? `${effect >= 0 ? "+" : "−"}${number(100 * Math.abs(effect))} points of errors`
      : channel === "cost"
        ? `${number(effect)} times the cost`
        : `${number(effect)} times as long`
  const allowed = channel === "errors" ? `${number(100 * margin)} points` : percent(margin)
  return { channel, pairs, worse, within, text: `${what}; the margin is ${allowed}` }
}

/** The last gate that was asked, with what it waits for. */
function gateOf({ verdicts }: PieceView): PipelinePiece["gate"] {
  const last = verdicts.findLast((verdict) => verdict !== null) ?? null
  if (last === null) return null
  const open = last.findings.filter(({ answer }) => answer !== "pass")
  return {
    name: last.gate,
    answer: last.answer,
    lines: open.map(({ figure, value, min, max, answer }) => {
      const wanted = [
        ...(min === undefined ? [] : [`at least ${number(min)}`]),
        ...(max === undefined ? [] : [`at most ${number(max)}`]),
      ]
      const read = value === null ? "is not measured yet" : `is ${number(value)}`
      return `${capital(plainWords(figure))} ${read}, and must be ${wanted.join(" and ")}${answer === "fail" ? ": it fails" : ""}`
    }),
  }
}
