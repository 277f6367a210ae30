/**
 * People who ask for quotes at random moments, whether or not they are answered in time. What they wait, and how old their quotes are, is
 * what counts: no replica is asked about itself.
 */
import { Agent, get } from "node:http"
import { uniformAt } from "../../src/testing/noise.ts"
import { answerCostMs } from "../demo/knobs.ts"

/** Products that people ask for: 1/rank popularity. */
const RANKS = 2_000
const TICK_MS = 5
/** People who wait at once at most: one who comes when so many do goes away unanswered. */
const MOST_WAITING = 100

/** What the answers of one replica cost their callers in all, milliseconds. */
export interface Level {
  readonly answers: number
  readonly costMs: number
}

export class Callers {
  private readonly url: string
  private readonly perSecond: number
  private readonly agent = new Agent({ keepAlive: true })
  private readonly weights: Float64Array
  private readonly seed: number
  private drawn = 0
  private timer: NodeJS.Timeout | null = null
  private dueMs = 0
  private waiting = 0
  private readonly costs: Array<number> = []
  private readonly answers: Array<number> = []
  /** Questions that nobody answered, ever. */
  unanswered = 0

  constructor(url: string, perSecond: number, seed: number) {
    this.url = url
    this.perSecond = perSecond
    this.seed = seed
    this.weights = new Float64Array(RANKS)
    let sum = 0
    for (let rank = 0; rank < RANKS; rank++) this.weights[rank] = sum += 1 / (rank + 1)
  }

  start(): void {
    this.dueMs = performance.now()
    this.timer = setInterval(() => {
      const nowMs = performance.now()
      while (this.dueMs <= nowMs) {
        this.ask(this.product())
        this.dueMs -= (Math.log(1 - uniformAt(this.seed, this.drawn++)) * 1_000) / this.perSecond
      }
    }, TICK_MS)
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer)
    this.agent.destroy()
  }

  /** What was measured since the last call, by replica. */
  take(replicas: number): ReadonlyArray<Level> {
    const levels = Array.from({ length: replicas }, (_, i) => ({
      answers: this.answers[i] ?? 0,
      costMs: this.costs[i] ?? 0,
    }))
    this.costs.length = 0
    this.answers.length = 0
    return levels
  }

  private ask(product: number): void {
    if (this.waiting >= MOST_WAITING) return void this.unanswered++
    this.waiting++
    const startedMs = performance.now()
    const headers = { "x-request-start": (performance.timeOrigin + startedMs).toFixed(3) }
    const asked = get(`${this.url}/quote/${product}`, { agent: this.agent, headers }, (answer) => {
      answer.resume()
      answer.once("end", () => {
        const replica = Number(answer.headers["x-replica"])
        const refused = answer.statusCode !== 200
        if (refused && !(replica >= 0)) return void this.unanswered++
        const ageMs = Number(answer.headers["x-age-ms"] ?? 0)
        this.costs[replica] =
          (this.costs[replica] ?? 0) + answerCostMs(performance.now() - startedMs, ageMs, refused)
        this.answers[replica] = (this.answers[replica] ?? 0) + 1
      })
    })
    asked.on("error", () => this.unanswered++)
    asked.on("close", () => this.waiting--)
  }

  private product(): number {
    const at = uniformAt(this.seed, this.drawn++) * this.weights[RANKS - 1]
    let low = 0
    let high = RANKS - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.weights[middle] < at) low = middle + 1
      else high = middle
    }
    return low
  }
}
