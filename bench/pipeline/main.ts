/**
 * What a socket of a service costs: a call in each state beside a bare call, bytes, and what mirrors do to a caller.
 * `node bench/pipeline/main.ts --help` tells the options; it needs `--expose-gc`.
 */
import { createGrowth, pipelineHost } from "arqon/morph"
import { readOptions, whole } from "../../scripts/options.ts"
import { table } from "../../scripts/table.ts"
import { callers, WAYS } from "./callers.ts"
import { ManualClock } from "./ManualClock.ts"

const HELP = `Measures what a socket of a service costs its callers.

USAGE
  npm run bench:pipeline -- [--calls N] [--rounds N] [--blocks N] [--json]

  --calls N    Calls of the run whose memory is watched (default 10000000)
  --rounds N   Rounds of a million calls for each figure (default 15)
  --blocks N   Blocks of 600 callers for each way to mirror, load and socket (default 4)
  --json       Print the figures as JSON

The exit code is 1 when a bound is missed.
`

const options = readOptions(HELP, {
  json: { type: "boolean", default: false },
  calls: { type: "string", default: "10000000" },
  rounds: { type: "string", default: "15" },
  blocks: { type: "string", default: "4" },
})
const calls = whole("calls", options.calls)
const rounds = whole("rounds", options.rounds)
const blocks = whole("blocks", options.blocks)
const CALLS = 1_000_000

const collect = globalThis.gc
if (collect === undefined) throw new Error("Start it with --expose-gc, or with npm run bench:pipeline.")

let sink = 0
const bare = (n: number): number => n + 1

/** A socket whose candidate is in this state. */
async function inState(state: "dormant" | "blending" | "fossilized") {
  const clock = new ManualClock()
  const host = pipelineHost({
    piece: { incumbent: (n: number) => n + 1, effects: "none", deadlineMs: 1_000 },
  })
  const shadowing = { compared: 10, agreement: 0.5 }
  const growth = createGrowth({
    host,
    seed: 1,
    clock,
    gates: { trialCalls: 1, training: { compared: 5, share: 1 }, pass: 2, probationCalls: 1, shadowing },
    grafting: {
      stays: { probationary: { least: 0 }, blending: { least: state === "blending" ? 100_000 : 0 } },
    },
  })
  const call = host.socket("piece")
  await growth.start()
  if (state !== "dormant")
    await growth.germinate("piece", { candidate: (n) => n + 1, name: "new", why: "bench" })
  const view = () => growth.snapshot().pieces[0]
  const isThere = (): boolean =>
    view().state === state && (state !== "blending" || (view().share === 0.25 && !view().quiet))
  let asked = false
  for (let i = 0; !isThere() && i < 100_000; i++) {
    // No more than the queue of mirrors takes, or the candidate would be held in SHADOWING.
    for (let n = 0; n < 200; n++) sink += call(n)
    clock.pass(1_000)
    if (view().state === "probationary" && !asked) {
      asked = true
      await growth.fossilize("piece", { why: "bench" })
    }
  }
  if (!isThere()) throw new Error(`The candidate did not come to ${state}: it is ${view().state}.`)
  return { call, growth, clock, view }
}

/** Processor time of this thread, in nanoseconds: what else the machine does is in no figure. */
const spentNs = (): number => {
  const { user, system } = process.threadCpuUsage()
  return 1_000 * (user + system)
}

const loop = (call: (n: number) => number): number => {
  const began = spentNs()
  for (let n = 0; n < CALLS; n++) sink = (sink + call(n)) | 0
  return (spentNs() - began) / CALLS
}

function bytesOf(call: (n: number) => number, count: number): number {
  for (let n = 0; n < 100_000; n++) sink = (sink + call(n)) | 0
  collect?.()
  const before = process.memoryUsage().heapUsed
  for (let n = 0; n < count; n++) sink = (sink + call(n)) | 0
  return (process.memoryUsage().heapUsed - before) / count
}

/** In BLENDING what calls have shown is judged between them, and not on a caller's time. */
const loopBlending = (): number => {
  const { call, clock } = states.blending
  let ns = 0
  for (let done = 0; done < CALLS; done += 10_000) {
    const began = spentNs()
    for (let n = 0; n < 10_000; n++) sink = (sink + call(n)) | 0
    ns += spentNs() - began
    clock.pass(0)
  }
  return ns / CALLS
}

const states = {
  dormant: await inState("dormant"),
  fossilized: await inState("fossilized"),
  blending: await inState("blending"),
}
const subjects: ReadonlyArray<readonly [string, (n: number) => number]> = [
  ["bare", bare],
  ...Object.entries(states).map(([name, { call }]) => [name, call] as const),
]
const times = new Map(subjects.map(([name]) => [name, [] as Array<number>]))
for (let round = 0; round < rounds; round++)
  for (const [name, call] of subjects)
    times.get(name)?.push(name === "blending" ? loopBlending() : loop(call))
const median = (name: string): number => {
  const sorted = (times.get(name) ?? []).toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1]
}
const over = (name: string): number => median(name) - median("bare")
/** The least of five, because whatever else goes on in the process only adds: above all the loop's own compilation. */
const bytes = (name: "dormant" | "fossilized"): number =>
  Math.max(0, Math.min(...Array.from({ length: 5 }, () => bytesOf(states[name].call, 1_000_000))))

/** The heap after so many calls in BLENDING, window after window, against the heap after a tenth of them. */
function memory(): { readonly early: number; readonly late: number } {
  const { call, clock } = states.blending
  const heap = (): number => {
    collect?.()
    return process.memoryUsage().heapUsed
  }
  let early = 0
  for (let done = 0; done < calls; done += 10_000) {
    for (let n = 0; n < 10_000; n++) sink = (sink + call(n)) | 0
    clock.pass(1_000)
    if (early === 0 && done >= calls / 10) early = heap()
  }
  return { early, late: heap() }
}

/** With the system's clock: what an `await` costs while a candidate's code is timed, and a queue of mirrors that is full. */
async function mirrors() {
  const work = async (n: number): Promise<number> => {
    await new Promise((resolve) => setImmediate(resolve))
    return n
  }
  const host = pipelineHost({ mirrored: { incumbent: work, effects: "none", deadlineMs: 1_000 } })
  const growth = createGrowth({
    host,
    seed: 1,
    windowMs: 100,
    gates: { training: { share: 1, compared: 10_000_000 }, mirrorQueue: 64, mirrors: "all" },
  })
  const call = host.socket("mirrored")
  await growth.start()
  const awaits = async (): Promise<number> => {
    const one = async (): Promise<number> => {
      const began = spentNs()
      for (let n = 0; n < 200_000; n++) sink = (sink + (await Promise.resolve(n))) | 0
      return (spentNs() - began) / 200_000
    }
    const all: Array<number> = []
    for (let i = 0; i < 5; i++) all.push(await one())
    return Math.min(...all)
  }
  const awaitNs = await awaits()
  await growth.germinate("mirrored", { candidate: work, name: "new", why: "bench" })
  for (let i = 0; growth.snapshot().pieces[0].state !== "training" && i < 10_000; i++) {
    sink += await call(i)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  const awaitTimedNs = await awaits()
  for (let n = 0; n < 2_000; n++) void call(n)
  await new Promise((resolve) => setTimeout(resolve, 300))
  const { mirrored, dropped } = growth.snapshot().pieces[0]
  await growth.stop()
  return { awaitNs, awaitTimedNs, mirrored, dropped }
}

const waysOf = async () => {
  const all: Array<Awaited<ReturnType<typeof callers>>> = []
  for (const way of WAYS) all.push(await callers(way, blocks))
  return all
}

const figures = {
  bareNs: median("bare"),
  dormantNs: over("dormant"),
  fossilizedNs: over("fossilized"),
  blendingNs: over("blending"),
  dormantBytes: bytes("dormant"),
  fossilizedBytes: bytes("fossilized"),
  memory: memory(),
  mirrors: await mirrors(),
  callers: await waysOf(),
}
const grown = (figures.memory.late - figures.memory.early) / 1e6
const ofCallers = figures.callers.flatMap(({ way, loads }) =>
  loads.map(({ load, mirroredShare, ratio, noise }): readonly [string, string, string, boolean] => {
    const bound = Math.max(1.1, noise)
    return [
      `caller's p99 at ${load} of capacity, ${way.says}, against none`,
      `${ratio.toFixed(2)} times, ${(100 * mirroredShare).toFixed(0)} % mirrored (no mirrors twice: ${noise.toFixed(2)})`,
      way.isBound ? "1.1, or noise" : "none",
      !way.isBound || ratio <= bound,
    ]
  }),
)
const rows: ReadonlyArray<readonly [string, string, string, boolean]> = [
  [
    "a call in DORMANT over a bare call",
    `${figures.dormantNs.toFixed(1)} ns`,
    "20 ns",
    figures.dormantNs <= 20,
  ],
  [
    "a call in FOSSILIZED over a bare call",
    `${figures.fossilizedNs.toFixed(1)} ns`,
    "20 ns",
    figures.fossilizedNs <= 20,
  ],
  [
    "a call in BLENDING, share .25, without the clock",
    `${figures.blendingNs.toFixed(0)} ns`,
    "300 ns",
    figures.blendingNs <= 300,
  ],
  ["bytes a call, DORMANT", figures.dormantBytes.toFixed(2), "0", figures.dormantBytes < 0.5],
  ["bytes a call, FOSSILIZED", figures.fossilizedBytes.toFixed(2), "0", figures.fossilizedBytes < 0.5],
  [
    `heap after ${calls} calls in BLENDING, against a tenth`,
    `${grown.toFixed(2)} MB more`,
    "flat",
    grown < 1,
  ],
  ...ofCallers,
  [
    "an await anywhere in the process, in TRAINING over before",
    `${(figures.mirrors.awaitTimedNs - figures.mirrors.awaitNs).toFixed(0)} ns`,
    "none",
    true,
  ],
  [
    "2,000 calls at once, a queue of 64",
    `${figures.mirrors.dropped} dropped and counted`,
    "some",
    figures.mirrors.dropped > 0,
  ],
]
if (options.json) console.log(JSON.stringify(figures))
else {
  console.log(
    table(
      ["figure", "measured", "bound"],
      rows.map(([what, found, bound, isMet]) => [what, found, isMet ? bound : `${bound}: MISSED`]),
    ),
  )
}
for (const { growth } of Object.values(states)) await growth.stop()
process.exitCode = rows.every(([, , , isMet]) => isMet) ? 0 : 1
