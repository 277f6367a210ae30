/**
 * A control loop at 1 kHz beside an analysis that takes 4 ms, on one thread. A pendulum that stands on its head falls within a
 * second if its controller is late too often. The loop runs for a second on the event loop and for a second in a worker that
 * sleeps and spins; each prints how late it started, as a histogram.
 *
 * Run: npm run example deadlines
 */
import { fileURLToPath } from "node:url"
import { once } from "node:events"
import { isMainThread, parentPort, Worker } from "node:worker_threads"
import { type Admission, DeadlineExecutive, DurationHistogram, type Job } from "arqon/scheduler"
import { onEventLoop, runPrecisely, steadyNs } from "arqon/scheduler"

const SECONDS = 1
const GRAVITY_PER_LENGTH = 9.81

interface Outcome {
  readonly jobs: number
  readonly misses: number
  readonly delays: ReadonlyArray<{ readonly upToNs: number; readonly count: number }>
  readonly p50Us: number
  readonly p99Us: number
  /** Radians from upright at the end. */
  readonly angle: number
  readonly scans: number
  /** What became of an analysis in one piece. */
  readonly refused: string
}

if (isMainThread) await main()
else {
  const { executive, outcome } = controlLoop()
  const endNs = steadyNs() + SECONDS * 1e9
  runPrecisely(executive, { until: () => steadyNs() >= endNs })
  parentPort?.postMessage(outcome())
}

// #region tasks
/** Returns what became of the analysis in one piece. */
function addTasks(executive: DeadlineExecutive, balance: (job: Job) => void, scanned: () => void): Admission {
  executive.add({ name: "balance", class: "control", periodUs: 1_000, budgetUs: 100, run: balance })
  const analysis = { class: "analysis", periodUs: 50_000, budgetUs: 4_000 } as const
  // 4 ms in one piece would make the control loop miss.
  const whole = executive.add({ ...analysis, name: "spectrum", run: () => work(4_000) })
  // In steps of 0.4 ms there is room for it.
  executive.add({
    ...analysis,
    name: "spectrum in steps",
    stepUs: 500,
    run: function* spectrum() {
      for (let step = 0; step < 10; step++) {
        work(400)
        yield
      }
      scanned()
    },
  })
  return whole
}
// #endregion tasks

function controlLoop(): { readonly executive: DeadlineExecutive; readonly outcome: () => Outcome } {
  const executive = new DeadlineExecutive({ nowNs: steadyNs })
  const delays = new DurationHistogram()
  let angle = 0.05
  let speed = 0
  let push = 0
  let lastNs = steadyNs()
  let scans = 0
  const whole = addTasks(executive, balance, () => void scans++)
  function balance({ releasedNs }: Job): void {
    const nowNs = steadyNs()
    delays.add(nowNs - releasedNs)
    // What the pendulum did since the last time, and the push until the next.
    const dt = (nowNs - lastNs) / 1e9
    lastNs = nowNs
    speed += (GRAVITY_PER_LENGTH * Math.sin(angle) + push) * dt
    angle += speed * dt
    push = -40 * angle - 12 * speed
  }
  const outcome = (): Outcome => {
    const task = executive.schedule().tasks.find(({ name }) => name === "balance")
    return {
      jobs: task?.finished ?? 0,
      misses: task?.finishMisses ?? 0,
      delays: delays.rows(),
      p50Us: delays.quantileNs(0.5) / 1_000,
      p99Us: delays.quantileNs(0.99) / 1_000,
      angle: Math.abs(angle),
      scans,
      refused: whole.answer === "rejected" ? whole.message : whole.answer,
    }
  }
  return { executive, outcome }
}

/** Keeps the thread busy for so long. */
function work(us: number): void {
  const endNs = steadyNs() + us * 1_000
  let sum = 0
  while (steadyNs() < endNs) sum += Math.sqrt(sum + 1)
}

async function main(): Promise<void> {
  const { executive, outcome } = controlLoop()
  const stop = onEventLoop(executive)
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1_000))
  stop()
  const onLoop = outcome()
  console.log(`refused: ${onLoop.refused}\n`)
  print("on the event loop", onLoop)

  const worker = new Worker(fileURLToPath(import.meta.url))
  const [precise] = (await once(worker, "message")) as [Outcome]
  print("in a worker that sleeps and spins", precise)
  console.log(`The worker is ${(onLoop.p50Us / precise.p50Us).toFixed(0)} times as punctual at the median.`)
}

function print(where: string, { jobs, misses, delays, p50Us, p99Us, angle, scans }: Outcome): void {
  console.log(`${where}: ${jobs} turns of the control loop, ${misses} missed, ${scans} analyses beside it`)
  console.log(
    `late by ${p50Us.toFixed(1)} us (p50), ${p99Us.toFixed(1)} us (p99); angle at the end ${angle.toFixed(3)} rad`,
  )
  // By octaves.
  const octaves = new Map<number, number>()
  for (const { upToNs, count } of delays) {
    const us = Math.max(1, 2 ** Math.ceil(Math.log2(upToNs / 1_000)))
    octaves.set(us, (octaves.get(us) ?? 0) + count)
  }
  for (const [us, count] of octaves)
    console.log(`${`<= ${us}`.padStart(9)} us ${"#".repeat(Math.ceil((50 * count) / jobs))} ${count}`)
  console.log("")
}
