/**
 * What `arqon run` shows while it works: one line that is drawn over and over on a terminal, one line an evaluation
 * elsewhere. Only stderr; stdout is the summary's.
 */
import type { Params } from "../solver/SearchSpace.ts"
import { hasColours, makeStyles, numberText, shownOn, type Styles, valueText } from "./output.ts"
import { durationText } from "./scriptRunner.ts"

/** Where the run stands. */
export interface Standing {
  readonly phase: string
  /** Evaluations that have an answer, those of earlier sessions included. */
  readonly told: number
  readonly budget: number
  readonly failed: number
  readonly best: number | null
}

/** One evaluation that has been recorded. */
export interface Recorded {
  readonly id: number
  readonly phase: string
  readonly params: Params
  readonly value: number | null
  /** Why there is no value. */
  readonly reason: string | null
}

export interface Progress {
  recorded(evaluation: Recorded, standing: Standing): void
  /** Between evaluations: something began or ended. */
  update(standing: Standing): void
  note(text: string): void
  /** Clears what would be drawn over. */
  end(): void
}

type Stream = NodeJS.WriteStream

export function makeProgress(quiet: boolean, stream: Stream = process.stderr): Progress {
  if (quiet) return SILENT
  return stream.isTTY ? new Bar(stream) : new Lines(stream)
}

const SILENT: Progress = { recorded: () => {}, update: () => {}, note: () => {}, end: () => {} }

/** For logs and pipes. A line is written once its evaluation is on disk. */
class Lines implements Progress {
  private readonly stream: Stream
  private readonly styles: Styles

  constructor(stream: Stream) {
    this.stream = stream
    this.styles = makeStyles(hasColours(stream))
  }

  recorded(evaluation: Recorded, standing: Standing): void {
    const { good, bad, dim } = this.styles
    const { id, phase, params, value, reason } = evaluation
    const digits = String(standing.budget).length
    const head = `[${String(standing.told).padStart(digits)}/${standing.budget}] #${id} ${phase.padEnd(8)}`
    if (value === null)
      return this.note(`${head} ${bad("failed:")} ${reason ?? ""}  ${dim(paramsText(params))}`)
    const best = standing.best === null ? "" : `  best ${good(numberText(standing.best))}`
    this.note(`${head} value ${numberText(value)}${best}  ${dim(paramsText(params))}`)
  }

  update(): void {}

  note(text: string): void {
    this.stream.write(`${shownOn(this.stream, text)}\n`)
  }

  end(): void {}
}

/** Redrawn at most this often, ms. */
const FRAME_MS = 80
const TICK_MS = 1000
/** Failures shown one by one; the rest are only counted. */
const SHOWN_FAILURES = 5
const LONGEST_BAR = 30
const SHORTEST_BAR = 8
const LONGEST_PHASE = "classify".length

class Bar implements Progress {
  private readonly stream: Stream
  private readonly styles: Styles
  private readonly startedAt = performance.now()
  private readonly tick: NodeJS.Timeout
  private frame: NodeJS.Timeout | undefined
  private standing: Standing | null = null
  private toldBefore = -1
  private failuresShown = 0

  constructor(stream: Stream) {
    this.stream = stream
    this.styles = makeStyles(hasColours(stream))
    this.tick = setInterval(() => this.draw(), TICK_MS)
    this.tick.unref()
  }

  recorded(evaluation: Recorded, standing: Standing): void {
    if (evaluation.value === null && this.failuresShown < SHOWN_FAILURES) {
      this.failuresShown++
      const last =
        this.failuresShown === SHOWN_FAILURES ? this.styles.dim(" (further failures are only counted)") : ""
      this.note(`${this.styles.bad("failed")} #${evaluation.id}: ${evaluation.reason ?? ""}${last}`)
    }
    this.update(standing)
  }

  update(standing: Standing): void {
    if (this.toldBefore < 0) this.toldBefore = standing.told
    this.standing = standing
    this.frame ??= setTimeout(() => this.draw(), FRAME_MS)
  }

  note(text: string): void {
    this.stream.write(`\r\u001b[2K${shownOn(this.stream, text)}\n`)
    this.draw()
  }

  end(): void {
    clearTimeout(this.frame)
    clearInterval(this.tick)
    this.stream.write("\r\u001b[2K")
  }

  private draw(): void {
    clearTimeout(this.frame)
    this.frame = undefined
    const { standing } = this
    if (standing === null) return
    const seconds = performance.now() - this.startedAt
    const left = timeLeft(standing, standing.told - this.toldBefore, seconds)
    this.stream.write(`\r\u001b[2K${barText(standing, left, this.stream.columns || 80, this.styles)}`)
  }
}

/** Ms until the budget is spent at the pace of this session; null before there is one. */
function timeLeft(standing: Standing, toldNow: number, elapsedMs: number): number | null {
  return toldNow === 0 ? null : ((standing.budget - standing.told) * elapsedMs) / toldNow
}

/**
 * One line of at most `columns - 1` characters. The bar keeps its length and the counts their places while the run goes
 * on; what does not fit is left out from the end.
 */
export function barText(standing: Standing, leftMs: number | null, columns: number, styles: Styles): string {
  const { phase, told, budget, failed, best } = standing
  const counts = `${String(told).padStart(String(budget).length)}/${budget}`
  const parts: Array<readonly [string, (text: string) => string]> = []
  if (best !== null) parts.push([`best ${numberText(best)}`, styles.good])
  if (failed > 0) parts.push([`${failed} failed`, styles.bad])
  if (leftMs !== null) parts.push([`about ${durationText(Math.ceil(leftMs / 1000) * 1000)} left`, styles.dim])
  const width = Math.min(LONGEST_BAR, Math.floor(columns / 3))
  const label = phase.padEnd(LONGEST_PHASE)
  let room = columns - 1 - (label.length + 1 + width + 2 + counts.length)
  if (width < SHORTEST_BAR || room < 0) return counts.slice(0, Math.max(0, columns - 1))
  let texts = `  ${styles.strong(counts)}`
  for (const [text, paint] of parts) {
    room -= text.length + 2
    if (room < 0) break
    texts += `  ${paint(text)}`
  }
  const done = budget === 0 ? width : Math.round((told / budget) * width)
  return `${styles.title(label)} ${styles.live("━".repeat(done))}${styles.dim("─".repeat(width - done))}${texts}`
}

export const paramsText = (params: Params): string =>
  Object.entries(params)
    .map(([name, value]) => `${name}=${valueText(value)}`)
    .join(" ")
