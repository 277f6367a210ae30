/**
 * The service being tuned: quotes over HTTP, answered from a short-lived cache or from the database in micro-batches,
 * with a limit on how many requests may wait for the database. It reads its knobs live, at the moment it needs them, and
 * reports every answer with the generation under which the request started. It knows nothing of who turns the knobs.
 */
import { generateKeyPairSync, sign } from "node:crypto"
import type { IncomingMessage, ServerResponse } from "node:http"
import { insideBounds, type KnobValues, knobNames } from "./knobs.ts"
import { type ProductRow, PRODUCTS, type QuoteTable } from "./QuoteTable.ts"

/** Requests that may queue for a slot; beyond it the answer is 503. */
const QUEUE_LIMIT = 512
/** Quotes kept in memory. The oldest leaves first. */
const CACHE_LIMIT = 10_000

/** Where the service reads its configuration; both change under its hands. */
export interface KnobSource {
  readonly values: KnobValues
  readonly generation: number
}

/** Called for every answer: generation at the request's start, waiting time, age of the quote, and whether it was refused. */
export type AnswerListener = (generation: number, latencyMs: number, ageMs: number, refused: boolean) => void

interface Quote {
  readonly text: string
  readonly readAtMs: number
}

interface Waiter {
  readonly id: number
  readonly response: ServerResponse
  readonly generation: number
  readonly startedMs: number
}

export class QuoteService {
  /** Knob readings outside their bounds. Every request looks; the demo must end with zero. */
  outOfBounds = 0
  private answers = 0
  private hits = 0
  private statements = 0
  private generation = 0
  private generationSinceMs = 0
  private readonly table: QuoteTable
  private readonly knobs: KnobSource
  private readonly onAnswer: AnswerListener
  private readonly cache = new Map<number, Quote>()
  private readonly queue: Array<Waiter> = []
  private readonly batch: Array<Waiter> = []
  private readonly key = generateKeyPairSync("ed25519").privateKey
  private inFlight = 0
  private flushAtMs = 0
  private flushArmed = false

  constructor(table: QuoteTable, knobs: KnobSource, onAnswer: AnswerListener) {
    this.table = table
    this.knobs = knobs
    this.onAnswer = onAnswer
  }

  /** The request listener. */
  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    const stamp = Number(request.headers["x-request-start"])
    // A request starts when its caller sent it: under load most of its waiting lies before the first line of code here.
    const nowMs = performance.now()
    const startedMs = Number.isFinite(stamp) ? stamp - performance.timeOrigin : nowMs
    const values = this.knobs.values
    for (const name of knobNames) if (!insideBounds(name, values[name])) this.outOfBounds++
    const id = Number(request.url?.slice("/quote/".length))
    if (!(Number.isInteger(id) && id >= 0 && id < PRODUCTS)) {
      response.writeHead(404, { "content-length": "0" }).end()
      return
    }
    const waiter: Waiter = { id, response, generation: this.generationAt(startedMs, nowMs), startedMs }
    if (this.answerFromCache(waiter, nowMs)) return
    if (this.queue.length >= QUEUE_LIMIT) {
      this.refuse(waiter)
      return
    }
    this.queue.push(waiter)
    this.admit()
  }

  /** Answers, answers from memory and SQLite statements since the last call. */
  takeCounts(): { readonly answers: number; readonly hits: number; readonly statements: number } {
    const { answers, hits, statements } = this
    this.answers = this.hits = this.statements = 0
    return { answers, hits, statements }
  }

  /**
   * The generation under which a request started: one sent before the last apply waited under the one before it. An
   * apply is noticed by the first request that comes after it.
   */
  private generationAt(startedMs: number, nowMs: number): number {
    const { generation } = this.knobs
    if (generation !== this.generation) {
      this.generation = generation
      this.generationSinceMs = nowMs
    }
    return startedMs < this.generationSinceMs ? generation - 1 : generation
  }

  private answerFromCache(waiter: Waiter, nowMs: number): boolean {
    const quote = this.cache.get(waiter.id)
    if (quote === undefined || nowMs - quote.readAtMs >= this.knobs.values.cacheTtlMs) return false
    this.hits++
    this.answer(waiter, quote)
    return true
  }

  /** Lets queued requests into the batch while the in-flight limit has room. */
  private admit(): void {
    while (this.queue.length > 0 && this.inFlight < this.knobs.values.maxInFlight) {
      const waiter = this.queue.shift()
      if (waiter === undefined) return
      // Somebody else's read may have brought the quote meanwhile.
      if (this.answerFromCache(waiter, performance.now())) continue
      this.inFlight++
      this.batch.push(waiter)
    }
    if (this.batch.length === 0) return
    // With every slot taken nobody else can join: waiting longer would be waiting for nothing.
    if (this.inFlight >= this.knobs.values.maxInFlight) this.flush()
    else if (!this.flushArmed) this.armFlush()
  }

  private armFlush(): void {
    this.flushArmed = true
    this.flushAtMs = performance.now() + this.knobs.values.batchWindowMs
    this.waitForFlush()
  }

  /** Node's timers count whole milliseconds: the last one is waited for in turns of the event loop. */
  private readonly waitForFlush = (): void => {
    if (!this.flushArmed) return
    const leftMs = this.flushAtMs - performance.now()
    if (leftMs <= 0) this.flush()
    else if (leftMs > 2) setTimeout(this.waitForFlush, Math.floor(leftMs) - 1)
    else setImmediate(this.waitForFlush)
  }

  private flush(): void {
    this.flushArmed = false
    const waiters = this.batch.splice(0)
    const ids = [...new Set(waiters.map((waiter) => waiter.id))]
    const readAtMs = performance.now()
    this.statements++
    for (const row of this.table.read(ids)) this.keep(row, readAtMs)
    this.inFlight -= waiters.length
    for (const waiter of waiters) this.answer(waiter, this.cache.get(waiter.id) as Quote)
    this.admit()
  }

  private keep(row: ProductRow, readAtMs: number): void {
    const attributes: unknown = JSON.parse(row.attributes)
    const cents = Math.round(row.priceCents * (1 - (row.discount ?? 0) / 100))
    const { id, name, discount, lowestCents } = row
    const text = JSON.stringify({ id, name, cents, lowestCents, discount, attributes })
    // Deleting first moves the quote to the end of the map's order, so that the first key is the oldest.
    this.cache.delete(row.id)
    this.cache.set(row.id, { text, readAtMs })
    if (this.cache.size > CACHE_LIMIT) this.cache.delete(this.cache.keys().next().value as number)
  }

  private answer(waiter: Waiter, quote: Quote): void {
    const nowMs = performance.now()
    const ageMs = nowMs - quote.readAtMs
    // Every answer is an offer of its own, with its own time, and is signed so that a third party can check it.
    const offer = `{"quote":${quote.text},"offeredAt":${(performance.timeOrigin + nowMs).toFixed(0)}`
    const signature = sign(null, Buffer.from(offer), this.key).toString("base64")
    const body = `${offer},"signature":"${signature}"}`
    waiter.response.writeHead(200, {
      "x-age-ms": ageMs.toFixed(2),
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
    })
    waiter.response.end(body)
    this.answers++
    this.onAnswer(waiter.generation, performance.now() - waiter.startedMs, ageMs, false)
  }

  private refuse(waiter: Waiter): void {
    waiter.response.writeHead(503, { "retry-after": "1", "content-length": "0" }).end()
    this.answers++
    this.onAnswer(waiter.generation, performance.now() - waiter.startedMs, 0, true)
  }
}
