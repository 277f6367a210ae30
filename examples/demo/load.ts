/**
 * The load process: callers of the quote service, and the only place where the comparison is measured, because what counts is
 * what the callers saw. Run by run.ts, which talks to it over IPC.
 */
import { createHistogram } from "node:perf_hooks"
import { type Answer, startCaller } from "./caller.ts"
import { connect } from "./Child.ts"
import { answerCostMs } from "./knobs.ts"
import { PRODUCTS } from "./QuoteTable.ts"
import type { LoadChannel, LoadPhase, Measurement } from "./protocol.ts"

/** Of fewer answers no mean is worth the name: on a crowded machine a stretch lasts until so many have come. */
const FEWEST_ANSWERS = 20
/** And so much longer at most: a service that answers nobody is broken. */
const PATIENCE_MS = 30_000

let measureFromMs = Number.POSITIVE_INFINITY
let answers = 0
let refused = 0
let costSumMs = 0
let latencySumMs = 0
let ageSumMs = 0
let errors = 0
/** Called once enough answers have come; null while nobody waits for them. */
let enough: (() => void) | null = null
const latencyUs = createHistogram()

/** A small counter-based generator (mulberry32): the same seed asks the same questions. */
const generator = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Questions of one caller. Popularity is Zipf-like: rank r is drawn with a weight of about 1/r over the catalogue. */
const questions = (seed: number, phase: LoadPhase): (() => string) => {
  const next = generator(seed)
  return () => `/quote/${(phase.offset + Math.floor(phase.catalogue ** next()) * 31) % PRODUCTS}`
}

const count = ({ startedMs, status, ageMs }: Answer): void => {
  // Only answers whose request started inside the measured stretch belong to it.
  if (startedMs < measureFromMs) return
  const latencyMs = performance.now() - startedMs
  answers++
  if (status !== 200) refused++
  latencySumMs += latencyMs
  ageSumMs += ageMs
  costSumMs += answerCostMs(latencyMs, ageMs, status !== 200)
  latencyUs.record(Math.max(1, Math.round(latencyMs * 1_000)))
  if (answers >= FEWEST_ANSWERS) enough?.()
}

const start = (url: string, phase: LoadPhase, seed: number): void => {
  const port = Number(new URL(url).port)
  for (let caller = 1; caller <= phase.connections; caller++)
    startCaller({
      port,
      nextPath: questions(seed * 1_000 + caller, phase),
      onAnswer: count,
      onError: () => {
        errors++
      },
    })
}

const beginMeasure = (): void => {
  answers = refused = costSumMs = latencySumMs = ageSumMs = errors = 0
  latencyUs.reset()
  measureFromMs = performance.now()
}

const answered = async (): Promise<void> => {
  if (answers >= FEWEST_ANSWERS) return
  let timer: NodeJS.Timeout | undefined
  await new Promise<void>((resolve) => {
    enough = resolve
    timer = setTimeout(resolve, PATIENCE_MS)
  })
  clearTimeout(timer)
  enough = null
}

const endMeasure = async (): Promise<Measurement> => {
  await answered()
  const seconds = (performance.now() - measureFromMs) / 1_000
  measureFromMs = Number.POSITIVE_INFINITY
  return {
    answers,
    refused,
    errors,
    perSecond: answers / seconds,
    costMs: costSumMs / answers,
    latencyMs: latencySumMs / answers,
    ageMs: ageSumMs / answers,
    p50Ms: latencyUs.percentile(50) / 1_000,
    p99Ms: latencyUs.percentile(99) / 1_000,
  }
}

const send = connect<LoadChannel>((message) => {
  switch (message.kind) {
    case "load":
      start(message.url, message.phase, message.seed)
      return
    case "measureBegin":
      beginMeasure()
      return
    case "measureEnd":
      endMeasure().then(
        (measurement) => send({ kind: "measured", measurement }),
        (error: unknown) => send({ kind: "failed", message: String(error) }),
      )
      return
    case "end":
      process.exit(0)
  }
})

send({ kind: "ready" })
