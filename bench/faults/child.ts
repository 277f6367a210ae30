/**
 * One process of the fault suite: a real engine with a real state directory, in the system's own time, beside a plant whose
 * requests take time. It warms up, is sabotaged for a while, is given time to be well again, and stops; or it goes on until
 * it is killed. What it says goes out on a line each. Started by `runChild.ts`: `node child.ts '<job as JSON>'`.
 */
import { writeSync } from "node:fs"
import * as Effect from "effect/Effect"
import { createEngineOn } from "../../src/engine/createEngine.ts"
import type { JournalOptions } from "../../src/journal/disk/journalOptions.ts"
import { nodePlatform } from "../../src/platform/node/nodePlatform.ts"
import type { Job, Said } from "./Job.ts"
import { knobs, PlantRecord, readingOf, steadyMs } from "./plant.ts"
import {
  diskOf,
  drawsOf,
  type SabotageName,
  sabotages,
  sinkOf,
  type Switch,
  type Victim,
} from "./sabotage.ts"

const job = JSON.parse(process.argv[2]) as Job
const say = (said: Said): void => void writeSync(1, `${JSON.stringify(said)}\n`)

/** Cycles before the fault, and after it: only then it adapts again. */
const WARM_CYCLES = 12
const WELL_CYCLES = 2
const WARM_MS = 10_000
/** How long a person takes to see that a reset is asked for. */
const PERSON_MS = 100
/** Requests at once, and how long each takes. */
const LANES = 5
const REQUEST_MS = 1

const { openAudit } = nodePlatform
if (openAudit === null) throw new Error("no disk")
const victim: Victim = {
  engine: () => engine,
  directory: job.directory,
  draw: drawsOf(job.seed),
  telemetry: null,
  slowness: 1,
  disk: null,
  written: { segment: 0, bytes: 0 },
  sink: null,
}
const createEngine = createEngineOn({
  ...nodePlatform,
  openAudit: (directory, run, options, ...rest) => {
    const onDisk: JournalOptions = { ...options, disk: diskOf(victim) }
    return Effect.map(openAudit(directory, run, onDisk, ...rest), (sink) => ({
      ...sink,
      write: (batch, exact) =>
        Effect.tap(sink.write(batch, exact), () =>
          Effect.sync(() => acknowledge(batch[batch.length - 1].seq)),
        ),
    }))
  },
})
const engine = createEngine({
  params: knobs,
  seed: job.seed,
  state: job.directory,
  journal: { sync: "batch", segmentBytes: job.oneSegment ? 40_000_000 : 40_000 },
  tickUs: 1000,
  window: { us: 60_000, settleUs: 2000 },
  guardrails: {
    minIntervalUs: 2000,
    appliesPerSecond: 200,
    cooldownUs: 50_000,
    minStableUs: 50_000,
    rollbacksPerHour: 1000,
  },
  safeMode: { exit: "timer", timerUs: 50_000 },
  audit: { capacity: 512 },
  sinks: [sinkOf(victim)],
  ...(job.comparison ? { comparison: { everyCycles: 2 } } : {}),
})
const plant = new PlantRecord(job.plant)
const sabotage: Switch = sabotages[(job.sabotage ?? "none") as SabotageName](victim)

/** With `sync: "batch"` a sink has taken a batch only when it would survive a loss of power. */
function acknowledge(seq: number): void {
  say({ say: "acknowledged", seq, ...victim.written })
}

/** Before every request the plant looks at its knobs. */
const look = (): void => plant.look(engine.nowUs, engine.generation, engine.values)

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
/** A cell of its own: what waits sees it change. */
const end = { over: false }
let isOn = false
let requests = 0

/** One request after another, each begun under what is live then. */
async function lane(): Promise<void> {
  while (!end.over) {
    look()
    const { generation } = engine
    const objective = readingOf(engine.values, job.seed, requests++)
    await sleep(REQUEST_MS * victim.slowness)
    if (end.over) return
    if (isOn) sabotage.meanwhile?.()
    const digest = { objective, generation }
    for (const told of victim.telemetry?.(digest) ?? [digest]) engine.observe(told)
  }
}

let resets = 0
let safeSinceMs: number | null = null
/** Resets what asks for a person, as one would. */
function person(): void {
  const { safeMode } = engine.getSnapshot()
  if (safeMode?.exit !== "manualReset") safeSinceMs = null
  else safeSinceMs ??= steadyMs()
  if (safeSinceMs === null || steadyMs() - safeSinceMs < PERSON_MS) return
  engine.reset("a person looked at it")
  resets++
  safeSinceMs = null
}

/** Until it has so many more cycles behind it; false: not within that time. */
async function cycles(more: number, withinMs: number): Promise<boolean> {
  const { counters } = engine.getSnapshot()
  for (const until = steadyMs() + withinMs; steadyMs() < until; ) {
    await sleep(2)
    person()
    const now = engine.getSnapshot()
    if (now.mode === "adapting" && now.counters.cycles >= counters.cycles + more) return true
  }
  return false
}

/** Until the engine has frozen because its audit is full; it has as long as it takes the parent to lose patience. */
async function halted(): Promise<void> {
  while (engine.getSnapshot().safeMode?.reason !== "auditQueueFull") await sleep(2)
}

async function live(): Promise<void> {
  look()
  for (let i = 0; i < LANES; i++) void lane()
  // What is to be killed may be so at any moment; it begins its sabotage at once.
  if (!job.untilKilled) await cycles(WARM_CYCLES, WARM_MS)
  say({ say: "on" })
  sabotage.on()
  isOn = true
  while (job.untilKilled) {
    await sleep(2)
    person()
  }
  await sleep(job.holdMs)
  if (job.untilHalted) await halted()
  isOn = false
  sabotage.off()
  const offMs = steadyMs()
  say({ say: "off", atMs: offMs })
  const well = await cycles(WELL_CYCLES, job.wellMs)
  const { mode, safeMode } = engine.getSnapshot()
  say({
    say: "well",
    afterMs: well ? steadyMs() - offMs : null,
    resets,
    mode: safeMode === null ? mode : `${mode}: ${safeMode.reason}, ${safeMode.exit}`,
  })
  end.over = true
  const error = await engine.stop().then(
    () => null,
    (cause: unknown) => String(cause),
  )
  look()
  plant.close()
  say({ say: "stopped", error })
}

/** Commands from the first states that are heard: each is carried out, or throws. */
let tripped = false
function commandEarly(): void {
  const commands = [
    () => {
      engine.trip("while it starts")
      tripped = true
    },
    () => engine.setBaseline(),
    () => engine.rollback(),
  ]
  engine.subscribe(() => {
    try {
      commands.shift()?.()
    } catch {
      // Refused: then it changes nothing.
    }
  })
}

try {
  if (job.earlyCommands) commandEarly()
  await engine.start()
  const { mode, fault } = engine.getSnapshot()
  say({ say: "running", run: engine.runId, mode, fault, tripped })
  await live()
} catch (cause) {
  say({ say: "refused", error: String(cause) })
  process.exitCode = 1
}
