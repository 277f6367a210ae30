/**
 * Watches a loss for a run that has left its course. A loss that is no number panics at once; a loss that is far above what was usual
 * panics when it stays there. Losses that are suspected do not become part of what is usual, so a run cannot get used to them.
 */
export interface GovernorOptions {
  /** Losses that make up what is usual. */
  readonly window: number
  /** Fewer losses than this are no history. */
  readonly least: number
  readonly sigmas: number
  readonly times: number
  /** So many suspect losses in a row are a panic. */
  readonly running: number
}

export const GOVERNOR: GovernorOptions = { window: 50, least: 10, sigmas: 6, times: 3, running: 3 }

export type Judgement = "usual" | "suspect" | "panic"

export class Governor {
  private readonly options: GovernorOptions
  private readonly history: Float64Array
  private count = 0
  private next = 0
  private suspects = 0

  constructor(options: GovernorOptions = GOVERNOR) {
    this.options = options
    this.history = new Float64Array(options.window)
  }

  observe(loss: number): Judgement {
    if (!Number.isFinite(loss)) return this.panic()
    if (this.isFar(loss)) {
      this.suspects++
      return this.suspects >= this.options.running ? this.panic() : "suspect"
    }
    this.suspects = 0
    this.history[this.next] = loss
    this.next = (this.next + 1) % this.history.length
    this.count = Math.min(this.count + 1, this.history.length)
    return "usual"
  }

  /** After a rollback: what is usual stays, the count of suspects begins again. */
  private panic(): Judgement {
    this.suspects = 0
    return "panic"
  }

  private isFar(loss: number): boolean {
    const { least, sigmas, times } = this.options
    if (this.count < least) return false
    let mean = 0
    for (let i = 0; i < this.count; i++) mean += this.history[i] / this.count
    let variance = 0
    for (let i = 0; i < this.count; i++) variance += (this.history[i] - mean) ** 2 / this.count
    return loss > mean + sigmas * Math.sqrt(variance) && loss > times * mean
  }
}
