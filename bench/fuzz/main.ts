/**
 * Broken configurations, states and artifacts by the million: prints one JSON line with what became of them and the slowest.
 * `node bench/fuzz/main.ts --help` tells the options.
 */
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads"
import { readOptions, whole } from "../../scripts/options.ts"
import { fuzz, type FuzzReport } from "./fuzz.ts"

const HELP = `Breaks the solver's files by the million and prints as one line of JSON what became of them.

USAGE
  npm run bench:fuzz -- [--inputs N] [--seed N] [--from N]

  --inputs N   How many (default 1000000, about five minutes)
  --seed N     Every input is a function of the seed and its number (default 1)
  --from N     Number of the first; --from N --inputs 1 repeats one (default 0)

The exit code is 1 when a promise was broken or an input took longer than two seconds. An input that never ends is stopped
after twenty and named.
`

const SLOW_MS = 2000
const HANGS_MS = 20_000

interface Task {
  readonly seed: number
  readonly from: number
  readonly inputs: number
  /** The input at work, for the watcher. */
  readonly current: Float64Array
}

if (isMainThread) watch()
else work(workerData as Task)

function work({ seed, from, inputs, current }: Task): void {
  const report = fuzz({
    seed,
    from,
    inputs,
    nowMs: () => performance.now(),
    onInput: (input) => {
      current[0] = input
    },
  })
  parentPort?.postMessage(report)
}

/** Runs the inputs in a thread of their own, since nothing inside a thread can stop a loop without end. */
function watch(): void {
  const values = readOptions(HELP, {
    inputs: { type: "string", default: "1000000" },
    seed: { type: "string", default: "1" },
    from: { type: "string", default: "0" },
  })
  const inputs = whole("inputs", values.inputs)
  const seed = whole("seed", values.seed, 0)
  const from = whole("from", values.from, 0)
  const began = performance.now()
  const current = new Float64Array(new SharedArrayBuffer(8)).fill(-1)
  const task: Task = { seed, from, inputs, current }
  const worker = new Worker(new URL(import.meta.url), { workerData: task })
  let last = -1
  let sinceMs = performance.now()
  const timer = setInterval(() => {
    if (current[0] !== last) {
      last = current[0]
      sinceMs = performance.now()
    } else if (performance.now() - sinceMs > HANGS_MS) {
      print({ seed, inputs, hangsAtInput: last })
      process.exit(1)
    }
  }, 500)
  worker.on("message", (report: FuzzReport) => {
    clearInterval(timer)
    const elapsedMs = Math.round(performance.now() - began)
    print({ ...report, elapsedMs })
    process.exitCode = report.failed > 0 || (report.slowestMs ?? 0) > SLOW_MS ? 1 : 0
  })
  worker.on("error", (cause) => {
    clearInterval(timer)
    print({ seed, inputs, diedAtInput: current[0], cause: String(cause) })
    process.exitCode = 1
  })
}

function print(line: object): void {
  console.log(JSON.stringify(line))
}
