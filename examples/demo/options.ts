/**
 * The demo's command line and how its seconds are spent. Pure: text in, options or a list of complaints out.
 */
import { parseArgs } from "node:util"

export interface DemoOptions {
  readonly seconds: number
  readonly seed: number
  readonly json: boolean
  readonly loadChange: boolean
  readonly help: boolean
}

export const DEFAULT_SECONDS = 75
/** Shorter than this nothing is learned at all; some twenty seconds are the least for a result worth looking at. */
export const MIN_SECONDS = 5
export const MAX_SECONDS = 3_600

export const help = `Arqon demo: an engine inside a live HTTP service tunes three of its knobs under real load.

  npm start -- [options]

  --seconds N        length of the whole run, ${MIN_SECONDS} to ${MAX_SECONDS} (${DEFAULT_SECONDS})
  --seed N           seed of the engine and of the load, a whole number from 0 (1)
  --json             print no live view; the last line is one JSON object
  --no-load-change   keep the load as it is; without it more callers with other interests come half way
  --help             this text

Exit code: 0, or 1 when the service ended worse than it started or the run failed, 2 for bad options,
130 after Ctrl-C. NO_COLOR is respected; without a terminal the view is plain lines.`

export type ParsedOptions =
  | { readonly ok: true; readonly options: DemoOptions }
  | { readonly ok: false; readonly problems: ReadonlyArray<string> }

const wholeNumber = (text: string): number => (/^\d+$/.test(text) ? Number(text) : Number.NaN)

/** Reads the arguments after the script's name. Every problem is named, not only the first. */
export const parseOptions = (args: ReadonlyArray<string>): ParsedOptions => {
  const problems: Array<string> = []
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    tokens: true,
    options: { seconds: { type: "string" }, seed: { type: "string" } },
  })
  let seconds = DEFAULT_SECONDS
  let seed = 1
  const flags = new Set<string>()
  for (const token of tokens) {
    if (token.kind === "option-terminator") continue
    if (token.kind === "positional") {
      problems.push(`unexpected argument "${token.value}"`)
    } else if (token.name === "seconds") {
      seconds = wholeNumber(token.value ?? "")
      if (!(seconds >= MIN_SECONDS && seconds <= MAX_SECONDS)) {
        problems.push(
          `--seconds wants a whole number from ${MIN_SECONDS} to ${MAX_SECONDS}, not "${token.value ?? ""}"`,
        )
      }
    } else if (token.name === "seed") {
      seed = wholeNumber(token.value ?? "")
      if (!Number.isSafeInteger(seed)) {
        problems.push(
          `--seed wants a whole number from 0 to ${Number.MAX_SAFE_INTEGER}, not "${token.value ?? ""}"`,
        )
      }
    } else if (["json", "no-load-change", "help"].includes(token.name)) {
      if (token.value !== undefined) problems.push(`${token.rawName} takes no value`)
      flags.add(token.name)
    } else {
      problems.push(`unknown option ${token.rawName}`)
    }
  }
  if (problems.length > 0) return { ok: false, problems }
  return {
    ok: true,
    options: {
      seconds,
      seed,
      json: flags.has("json"),
      loadChange: !flags.has("no-load-change"),
      help: flags.has("help"),
    },
  }
}

/** How a run's seconds are spent, in milliseconds. */
export interface Schedule {
  readonly warmUpMs: number
  readonly tuneMs: number
  /** Pairs of windows of the proof that closes the tuning, and about how long they take. */
  readonly proofPairs: number
  readonly proofMs: number
  /** One of the six blocks of the comparison: its settling, then its measuring. */
  readonly blockSettleMs: number
  readonly blockMeasureMs: number
}

export const COMPARISON_BLOCKS = 6

/** What a pair of windows takes on a machine with nothing else to do. */
const PAIR_MS = 850
const MOST_PAIRS = 12

/**
 * A twentieth to warm up (the service's code is slow until it is compiled), a quarter to compare, ten seconds at most to prove, the
 * rest to tune.
 */
export const scheduleOf = (seconds: number): Schedule => {
  const totalMs = seconds * 1_000
  const warmUpMs = Math.min(5_000, totalMs / 20)
  const blockMs = Math.min(6_000, totalMs / 4 / COMPARISON_BLOCKS)
  const proofPairs = Math.min(MOST_PAIRS, Math.max(1, Math.floor(seconds / 6)))
  const proofMs = proofPairs * PAIR_MS
  const blockSettleMs = Math.min(1_000, blockMs / 3)
  return {
    warmUpMs,
    tuneMs: totalMs - warmUpMs - blockMs * COMPARISON_BLOCKS - proofMs,
    proofPairs,
    proofMs,
    blockSettleMs,
    blockMeasureMs: blockMs - blockSettleMs,
  }
}
