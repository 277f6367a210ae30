/**
 * The records of a growing service, read from a file that anybody with access to it may have changed. What passes here has the shape that
 * the replay, the story and the studio read; whether it is true is the replay's business.
 */
import { type GrowthError, growthProblem } from "../../domain/GrowthError.ts"
import { show } from "../../domain/problems.ts"
import type { Taped } from "../pipeline/EvidenceTape.ts"
import { readThresholds } from "../pipeline/pipelineOptions.ts"
import type { PipelineEntry, PipelineInputs } from "../service/PipelineGrowth.ts"

type Fields = Readonly<Record<string, unknown>>

/** One code in a row so often is more than any window has. */
const MOST_IN_A_ROW = 1e9

/** What is wrong with a record of the file. */
export const brokenRecord = (n: number, what: string): GrowthError =>
  growthProblem(
    "state",
    `pipeline.log: record ${n} ${what}.`,
    "Restore it from a copy, or name another folder.",
  )

/** What a run was started with. Throws a `GrowthError` where it is nothing of the kind. */
export function inputsIn(data: unknown, n: number): PipelineInputs {
  const record = new RecordReader(n)
  const inputs = record.fields(data, "the record")
  const grafting = record.fields(inputs["grafting"] ?? {}, "grafting")
  for (const part of ["stays", "embargo"]) record.fields(grafting[part] ?? {}, `grafting.${part}`)
  for (const socket of record.list(inputs["sockets"], "sockets")) record.text(socket, "sockets")
  const version = record.whole(inputs["version"] ?? 1, "version", 1)
  const { sockets, seed, windowMs } = inputs as unknown as PipelineInputs
  return { version, sockets, seed, windowMs, gates: readThresholds(inputs["gates"]), grafting }
}

/** An entry, with the numbers of its tapes. Throws a `GrowthError` where it is none. */
export function entryIn(data: unknown, n: number): PipelineEntry {
  const record = new RecordReader(n)
  const entry = record.fields(data, "the record")
  switch (entry["type"]) {
    case "window":
      return record.window(entry)
    case "command":
      return record.command(entry)
    case "fault":
      for (const field of ["slot", "what"]) record.text(entry[field], field)
      break
    case "stop":
      break
    default:
      throw brokenRecord(n, `is of type ${show(entry["type"])}, which this version does not know`)
  }
  record.whole(entry["after"], "after", -1)
  return entry as unknown as PipelineEntry
}

class RecordReader {
  private readonly n: number

  constructor(n: number) {
    this.n = n
  }

  window(entry: Fields): PipelineEntry {
    const pairsOf = (list: unknown, name: string): ReadonlyArray<readonly [string, Fields]> =>
      this.list(list, name).map((one) => {
        const [slot, of] = this.list(one, name)
        return [this.text(slot, name), this.fields(of, name)] as const
      })
    const tapes =
      entry["tapes"] === undefined
        ? {}
        : {
            tapes: pairsOf(entry["tapes"], "tapes").map(([slot, { pairs, compared }]) => {
              const read = { pairs: this.tape(pairs), compared: this.tape(compared) }
              return [slot, read] as const
            }),
          }
    const window = {
      ...entry,
      boundary: this.whole(entry["boundary"], "boundary", 0),
      figures: pairsOf(entry["figures"], "figures").map(([slot, figures]) => [
        slot,
        Object.fromEntries(Object.keys(figures).map((name) => [name, this.number(figures[name], name)])),
      ]),
      ...tapes,
      moves: this.list(entry["moves"], "moves").map((move) => this.move(move)),
      pieces: this.list(entry["pieces"], "pieces").map((piece) => this.piece(piece)),
    }
    return window as unknown as PipelineEntry
  }

  command(entry: Fields): PipelineEntry {
    this.whole(entry["after"], "after", -1)
    this.text(entry["socket"], "socket")
    for (const field of ["slot", "refused"]) if (entry[field] !== null) this.text(entry[field], field)
    const command = this.fields(entry["command"], "command")
    this.text(command["type"], "command.type")
    if (command["type"] === "germinate" && entry["slot"] !== null) {
      const planting = this.fields(command["planting"], "command.planting")
      for (const field of ["graft", "blueprint", "owner"]) this.text(planting[field], `planting.${field}`)
    }
    return entry as unknown as PipelineEntry
  }

  fields(value: unknown, name: string): Fields {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields
    throw this.broken(name, value)
  }

  list(value: unknown, name: string): ReadonlyArray<unknown> {
    if (Array.isArray(value)) return value as ReadonlyArray<unknown>
    throw this.broken(name, value)
  }

  text(value: unknown, name: string): string {
    if (typeof value === "string") return value
    throw this.broken(name, value)
  }

  whole(value: unknown, name: string, least: number): number {
    if (Number.isSafeInteger(value) && Number(value) >= least) return Number(value)
    throw this.broken(name, value)
  }

  /** A number, also one that JSON does not have. */
  private number(value: unknown, name: string): number {
    if (typeof value === "number") return value
    if (value === "Infinity" || value === "-Infinity" || value === "NaN") return Number(value)
    throw this.broken(name, value)
  }

  private move(value: unknown): Fields {
    const move = this.fields(value, "moves")
    for (const field of ["slot", "from", "to", "why"]) this.text(move[field], `moves.${field}`)
    return move["verdict"] === null ? move : { ...move, verdict: this.verdict(move["verdict"]) }
  }

  private verdict(value: unknown): Fields {
    const verdict = this.fields(value, "verdict")
    for (const field of ["gate", "answer"]) this.text(verdict[field], `verdict.${field}`)
    const findings = this.list(verdict["findings"], "findings").map((one) => {
      const finding = this.fields(one, "findings")
      for (const field of ["figure", "answer"]) this.text(finding[field], `findings.${field}`)
      const bounds = ["min", "max"].filter((bound) => finding[bound] !== undefined)
      return {
        ...finding,
        value: finding["value"] === null ? null : this.number(finding["value"], "findings.value"),
        ...Object.fromEntries(
          bounds.map((bound) => [bound, this.number(finding[bound], `findings.${bound}`)]),
        ),
      }
    })
    return { ...verdict, findings }
  }

  private piece(value: unknown): Fields {
    const piece = this.fields(value, "pieces")
    for (const field of ["name", "state", "incumbent"]) this.text(piece[field], `pieces.${field}`)
    for (const field of ["criticals", "problems", "disagreements"]) this.list(piece[field], `pieces.${field}`)
    for (const one of this.list(piece["problems"], "problems")) this.fields(one, "problems")
    const verdicts = this.list(piece["verdicts"], "pieces.verdicts")
    const channels = this.list(piece["channels"], "pieces.channels").map((one) => {
      const channel = this.fields(one, "channels")
      const figures = CHANNEL_FIGURES.map((name) => [name, this.number(channel[name], `channels.${name}`)])
      return {
        ...channel,
        channel: this.text(channel["channel"], "channels"),
        ...Object.fromEntries(figures),
      }
    })
    const numbers = PIECE_FIGURES.filter((name) => piece[name] !== undefined).map((name) => [
      name,
      this.number(piece[name], `pieces.${name}`),
    ])
    return {
      ...piece,
      ...Object.fromEntries(numbers),
      // What callers asked and got is in no record.
      disagreements: [],
      verdicts: verdicts.map((one) => (one === null ? null : this.verdict(one))),
      channels,
    }
  }

  private tape(taped: unknown): Taped | null {
    if (taped === null) return null
    const { runs, ratios } = this.fields(taped, "tapes")
    if (!Array.isArray(runs) || runs.length % 2 !== 0 || !runs.every(isCount))
      throw brokenRecord(this.n, "has a tape that is not of whole numbers")
    return { runs: runs as ReadonlyArray<number>, ratios: ratiosOf(this.text(ratios, "ratios")) }
  }

  private broken(name: string, value: unknown): GrowthError {
    return brokenRecord(this.n, `has something else than expected as ${name}: ${show(value)}`)
  }
}

/** The numbers that a record has of a channel. */
export const CHANNEL_FIGURES = ["pairs", "worse", "within", "effect", "standardError", "margin"] as const
/** Counts and shares that it may have of a piece. */
const PIECE_FIGURES = [
  "share",
  "calls",
  "mirrored",
  "dropped",
  "turnedAway",
  "compared",
  "agreement",
  "interference",
  "embargo",
]

const isCount = (value: unknown): boolean =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MOST_IN_A_ROW

function ratiosOf(text: string): Float64Array {
  const bytes = Uint8Array.from(Buffer.from(text, "base64"))
  return new Float64Array(bytes.buffer, 0, Math.floor(bytes.length / Float64Array.BYTES_PER_ELEMENT))
}
