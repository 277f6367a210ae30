/**
 * The load process: autocannon against the quote service, and the only place where the comparison is measured, because
 * what counts is what the callers saw. Run by main.ts, which talks to it over IPC.
 */
import autocannon, { type Client, type RequestSpec } from "autocannon"
import { createHistogram } from "node:perf_hooks"
import { connect } from "./Child.ts"
import { answerCostMs } from "./knobs.ts"
import { PRODUCTS } from "./QuoteTable.ts"
import type { LoadChannel, LoadPhase, Measurement } from "./protocol.ts"

interface Running {
  stop(): void
}

/** Of fewer answers no mean is worth the name: on a crowded machine a stretch lasts until so many have come. */
const FEWEST_ANSWERS = 20
/** And so much longer at most: a service that answers nobody is broken. */
const PATIENCE_MS = 30_000

const running: Array<Running> = []
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

/**
 * Questions of one connection. Popularity is Zipf-like: rank r is drawn with a weight of about 1/r over the catalogue.
 * The header is what proxies add so that a service can tell how long a request waited before anybody read it.
 */
const questions = (seed: number, phase: LoadPhase): RequestSpec => {
  const next = generator(seed)
  return {
    setupRequest: (request) => {
      const rank = Math.floor(phase.catalogue ** next())
      request.path = `/quote/${(phase.offset + rank * 31) % PRODUCTS}`
      request.headers["x-request-start"] = (performance.timeOrigin + performance.now()).toFixed(3)
      return request
    },
  }
}

const watch = (client: Client): void => {
  let startedMs = 0
  let ageMs = 0
  client.on("request", () => {
    startedMs = performance.now()
  })
  client.on("headers", (message) => {
    const at = message.headers.indexOf("x-age-ms")
    ageMs = at < 0 ? 0 : Number(message.headers[at + 1])
  })
  client.on("response", (status) => {
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
  })
}

const start = (url: string, phase: LoadPhase, seed: number): void => {
  let connection = 0
  const instance = autocannon({
    url,
    connections: phase.connections,
    // Ends when it is told to.
    duration: 86_400,
    setupClient: (client) => {
      watch(client)
      client.setRequests([questions(seed * 1_000 + ++connection, phase)])
    },
  })
  instance.on("reqError", () => {
    errors++
  })
  instance.then(undefined, (error: unknown) => send({ kind: "failed", message: String(error) }))
  running.push(instance)
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
      for (const instance of running) instance.stop()
      // autocannon looks at its stop flag once a second; there is nothing left to lose here.
      process.exit(0)
  }
})

send({ kind: "ready" })
