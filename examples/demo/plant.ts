/**
 * The plant process: the quote service with Arqon inside it, the way a service embeds it. The engine writes the knobs,
 * the service reads them live at every request, and 25 times a second one reading goes back. Run by run.ts.
 */
import { createEngine } from "arqon"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { AnswerMeter } from "./AnswerMeter.ts"
import { connect } from "./Child.ts"
import { params, startingValues } from "./knobs.ts"
import type { PlantChannel, PlantCounts, Progress, TuningResult } from "./protocol.ts"
import { type KnobSource, QuoteService } from "./QuoteService.ts"
import { QuoteTable } from "./QuoteTable.ts"

/** One reading per slice: some hundred answers at the demo's load. */
const SLICE_MS = 40
const PROGRESS_MS = 200
/** The price feed: so many products get a new price every so often. */
const FEED_MS = 25
const PRODUCTS_PER_FEED = 20

const folder = mkdtempSync(join(tmpdir(), "arqon-demo-"))
// However the process ends: asked to, or because its parent has gone.
process.on("exit", () => rmSync(folder, { recursive: true, force: true }))
const table = new QuoteTable(join(folder, "quotes.db"))
const meter = new AnswerMeter()
const seen = { answers: 0, costMs: 0, p99Ms: 0, sinceMs: performance.now() }

/** Fixed values until the engine runs and again for the comparison; the engine's own live view in between. */
let source: KnobSource = { values: startingValues, generation: 0 }
const knobs: KnobSource = {
  get values() {
    return source.values
  },
  get generation() {
    return source.generation
  },
}

const service = new QuoteService(table, knobs, (generation, latencyMs, ageMs, refused) =>
  meter.add(generation, latencyMs, ageMs, refused),
)
const server = createServer(service.handle)
const feed = setInterval(() => table.changePrices(PRODUCTS_PER_FEED), FEED_MS)

const makeEngine = (seed: number, stateFolder: string) => {
  const runId = `demo-${seed}-${process.pid}`
  return createEngine({
    params,
    objective: "minimize",
    objectiveLabel: { name: "cost of an answer", unit: "ms" },
    seed,
    guardrails: "balanced",
    // Every fourth cycle measures the start as well: what has become worse than that is rolled back.
    comparison: {},
    // Five readings to a window, as by default. Two windows make a pair within half a second, because what else happens
    // on the machine drifts less between two readings that stand close together; 60 ms let a new time to live settle.
    window: { us: 2_000_000, settleUs: 60_000 },
    runId,
    state: stateFolder,
  })
}

type DemoEngine = ReturnType<typeof makeEngine>
let engine: DemoEngine | null = null
let timers: ReadonlyArray<NodeJS.Timeout> = []

const slice = (running: DemoEngine): void => {
  const reading = meter.take(running.generation)
  if (reading === null) return
  seen.answers += reading.answers
  seen.costMs += reading.costMs * reading.answers
  seen.p99Ms = Math.max(seen.p99Ms, reading.p99Ms)
  running.observe({
    objective: reading.costMs,
    generation: reading.generation,
    latencyP99Us: reading.p99Ms * 1_000,
    throughputRps: (reading.answers * 1_000) / SLICE_MS,
    errorRate: reading.refusedShare,
  })
}

const total = (counts: object): number =>
  Object.values(counts).reduce((sum: number, count: number) => sum + count, 0)

const progressOf = (running: DemoEngine): Progress => {
  const snapshot = running.getSnapshot()
  const nowMs = performance.now()
  const { answers, costMs, p99Ms, sinceMs } = seen
  Object.assign(seen, { answers: 0, costMs: 0, p99Ms: 0, sinceMs: nowMs })
  return {
    // The base, not what is live: the live values step from one probe to the other several times a second.
    values: snapshot.base,
    costMs: costMs / answers,
    p99Ms,
    perSecond: (answers * 1_000) / (nowMs - sinceMs),
    mode: snapshot.mode,
    safeModeReason: snapshot.safeMode?.reason ?? null,
    phase: snapshot.cycle?.phase ?? "",
    cycles: snapshot.counters.cycles,
    probe: snapshot.cycle?.probe ?? 0,
    generation: snapshot.generation,
    applies: snapshot.counters.applies,
    refused: total(snapshot.counters.refused),
    rollbacks: snapshot.counters.rollbacks,
    safeModeEntries: total(snapshot.counters.trips),
    outOfBounds: service.outOfBounds,
    proof: snapshot.proof,
  }
}

const tune = async (seed: number, stateFolder: string, withStudio: boolean): Promise<void> => {
  const running = makeEngine(seed, stateFolder)
  engine = running
  await running.start()
  source = running
  timers = [
    setInterval(() => slice(running), SLICE_MS),
    setInterval(() => send({ kind: "progress", progress: progressOf(running) }), PROGRESS_MS),
  ]
  // With the last pair of its closing proof the engine is over, and nobody is to report to it any more.
  running.subscribe({ complete: () => timers.forEach(clearInterval) })
  const studio = withStudio ? await running.studio({ name: "quotes, the demo" }) : null
  send({ kind: "tuning", studio: studio?.url ?? null })
}

/** Stops the engine, which leaves the plant on its base, or on its baseline where that has shown to be better meanwhile. */
const stopTuning = async (prove: number): Promise<void> => {
  const running = engine
  if (running === null) return
  await running.stop(prove > 0 ? { prove } : {})
  engine = null
  const { base: tuned, comparison, counters, generation } = running.getSnapshot()
  source = { values: tuned, generation }
  send({
    kind: "tuned",
    result: {
      tuned,
      applies: counters.applies,
      refused: total(counters.refused),
      safeModeEntries: total(counters.trips),
      cycles: counters.cycles,
      comparison: comparison?.counts ?? null,
      proof: proofOf(running),
    },
  })
}

const proofOf = (stopped: DemoEngine): TuningResult["proof"] => {
  const said = stopped.audit.records().findLast(({ reason }) => reason === "closingProof")
  if (said === undefined) return null
  return { verdict: said.action ?? "", pairs: said.value ?? 0, differenceMs: said.difference ?? null }
}

let cpu = process.cpuUsage()
let countedMs = performance.now()

const counts = (): PlantCounts => {
  const { answers, hits, statements } = service.takeCounts()
  const used = process.cpuUsage(cpu)
  const nowMs = performance.now()
  const result = {
    hitRatio: hits / answers,
    requestsPerStatement: (answers - hits) / statements,
    cpu: (used.user + used.system) / 1_000 / (nowMs - countedMs),
  }
  cpu = process.cpuUsage()
  countedMs = nowMs
  return result
}

const end = async (): Promise<void> => {
  await stopTuning(0)
  clearInterval(feed)
  server.close()
  server.closeAllConnections()
  table.close()
  process.exit(0)
}

const fail = (error: unknown): void => {
  send({ kind: "failed", message: error instanceof Error ? error.message : String(error) })
}

const send = connect<PlantChannel>((message) => {
  switch (message.kind) {
    case "tune":
      tune(message.seed, message.stateFolder, message.studio).catch(fail)
      return
    case "stopTuning":
      stopTuning(message.prove).catch(fail)
      return
    case "hold":
      source = { values: message.values, generation: knobs.generation }
      send({ kind: "held" })
      return
    case "counts":
      send({ kind: "counted", counts: counts(), outOfBounds: service.outOfBounds })
      return
    case "end":
      end().catch(() => process.exit(1))
  }
})

server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo
  send({ kind: "listening", url: `http://127.0.0.1:${port}` })
})
