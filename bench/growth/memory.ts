/**
 * `npm run bench:growth -- --section memory` and `predictions`: a growing host needs no more memory the longer it runs or answers. A policy plants something at
 * every boundary at which a socket is open, and no gate lets it become part of the host, so everything is made and given back again.
 */
import { BLUEPRINTS } from "../../src/morph/blueprints/catalogue.ts"
import { GrowthCore, REPORTS_KEPT } from "../../src/morph/growth/GrowthCore.ts"
import { NeuralHost } from "../../src/morph/neural/NeuralHost.ts"
import { neuralHost } from "../../src/morph/neural/options.ts"
import type { PolicyCommand } from "../../src/morph/policy/PolicyCommand.ts"
import type { PolicyPacket } from "../../src/morph/policy/PolicyPacket.ts"
import { inlinePolicy } from "../../src/morph/policy/PolicyAnswer.ts"
import { tasks } from "../../src/morph/training/tasks.ts"
import { whole } from "../../scripts/options.ts"
import type { Row, Section } from "../../scripts/section.ts"

/** Predictions at each boundary. */
const PREDICTIONS = 10
const SAMPLES = 10
/** What an engine's own bookkeeping may take more after 90,000 epochs: 3 bytes an epoch. */
const MOST_HEAP_KB = 256

/** What is held after so many epochs. */
export interface Held {
  readonly epochs: number
  readonly heapBytes: number
  readonly arenaBytes: number
  readonly reports: number
  readonly planted: number
}

const plants = ({ sockets, boundary }: PolicyPacket): PolicyCommand | null => {
  const open = sockets.find((socket) => socket.open)
  if (open === undefined) return { type: "optimiser", factor: 1, why: "so" }
  const { name } = BLUEPRINTS[boundary % BLUEPRINTS.length]
  return { type: "graft", operation: "germinate", socket: open.name, blueprint: name, why: "so" }
}

const newHost = (): NeuralHost =>
  new NeuralHost({
    options: neuralHost({ inputs: 2, hidden: [4, 3], classes: 2, batch: 16 }).options,
    data: tasks.moons({ rows: 32, seed: 3 }),
    seed: 3,
    catalogue: BLUEPRINTS,
    now: () => 0,
  })

/** Looks at what is held, as often as `samples` says, the first time after one part of the epochs. */
export function runLong(epochs: number, samples: number, heapBytes: () => number): ReadonlyArray<Held> {
  const host = newHost()
  const quick = { least: 0, most: 4 }
  const core = new GrowthCore({
    host,
    catalogue: BLUEPRINTS,
    grafting: {
      stays: { training: quick, blending: quick, shadowing: { least: 2, most: 3 } },
      alpha: { curve: "linear", boundaries: 2 },
      embargo: { boundaries: 1 },
      G1: { norm: 1e6, clippedShare: 1, gain: 0, running: 1 },
      G2: { held: 1, worse: 1e6, flips: 1 },
      G3: { gain: 1 },
    },
    policy: inlinePolicy("planter", plants),
    now: () => 0,
  })
  const row = Float32Array.of(0.1, -0.2)
  const held: Array<Held> = []
  let planted = 0
  for (let epoch = 1; epoch <= epochs; epoch++) {
    planted += core.next().moves.filter(({ to }) => to === "germinated").length
    for (let i = 0; i < PREDICTIONS; i++) host.predict(row)
    if (epoch % Math.floor(epochs / samples) !== 0) continue
    held.push({
      epochs: epoch,
      heapBytes: heapBytes(),
      arenaBytes: host.arena.memory.buffer.byteLength,
      reports: core.reports.length,
      planted,
    })
  }
  return held
}

function heapBytes(): number {
  if (globalThis.gc === undefined) throw new Error("Run it with node --expose-gc.")
  globalThis.gc()
  return process.memoryUsage().heapUsed
}

function measure(epochs: number): ReadonlyArray<Row> {
  const held = runLong(epochs, SAMPLES, heapBytes)
  const [first, last] = [held[0], held[held.length - 1]]
  const grownKb = Math.round((last.heapBytes - first.heapBytes) / 1024)
  return [
    {
      what: `heap after ${last.epochs} epochs, over that after ${first.epochs}`,
      value: grownKb,
      unit: "kB",
      most: MOST_HEAP_KB,
    },
    { what: "the same of the arena", value: last.arenaBytes - first.arenaBytes, unit: "bytes", most: 0 },
    { what: "grafts planted, and taken out again", value: last.planted, unit: "" },
    { what: "reports held", value: last.reports, unit: "", most: REPORTS_KEPT },
  ]
}

/** A host that only answers: what is held, and the time of each prediction, part by part. */
export function predictLong(
  predictions: number,
  samples: number,
  heapBytes: () => number,
  now: () => number,
): ReadonlyArray<{ readonly heapBytes: number; readonly arenaBytes: number; readonly ns: number }> {
  const host = newHost()
  const row = Float32Array.of(0.1, -0.2)
  const [expected] = host.predict(row)
  const each = Math.floor(predictions / samples)
  return Array.from({ length: samples }, () => {
    const began = now()
    let wrong = 0
    for (let i = 0; i < each; i++) if (host.predict(row)[0] !== expected) wrong++
    const ns = ((now() - began) * 1e6) / each
    if (wrong > 0) throw new Error(`${wrong} of ${each} predictions differ from the first one.`)
    return { heapBytes: heapBytes(), arenaBytes: host.arena.memory.buffer.byteLength, ns }
  })
}

function measurePredictions(predictions: number): ReadonlyArray<Row> {
  const held = predictLong(predictions, SAMPLES, heapBytes, () => performance.now())
  const [first, last] = [held[0], held[held.length - 1]]
  const times = held.map(({ ns }) => ns).toSorted((a, b) => a - b)
  return [
    {
      what: `heap after ${predictions} predictions, over that after a tenth`,
      value: Math.round((last.heapBytes - first.heapBytes) / 1024),
      unit: "kB",
      most: MOST_HEAP_KB,
    },
    { what: "the same of the arena", value: last.arenaBytes - first.arenaBytes, unit: "bytes", most: 0 },
    { what: "time of a prediction, median of ten parts", value: Math.round(times[SAMPLES / 2]), unit: "ns" },
    { what: "last part over first", value: Number((last.ns / first.ns).toFixed(2)), unit: "times" },
  ]
}

/** The options of these sections. */
export const MEMORY = {
  defaults: { epochs: "100000", predictions: "10000000" },
  usage: `  --epochs N       Of the section memory: how many (default: 100000, two minutes)
  --predictions N  Of the section predictions: how many (default: 10000000)
`,
}

export const memorySection: Section = {
  name: "memory",
  title: "Memory of a host in which something is planted all the time",
  measure: ({ epochs }) => Promise.resolve(measure(whole("epochs", epochs, SAMPLES))),
}

export const predictionsSection: Section = {
  name: "predictions",
  title: "Memory and time of a host that only answers",
  measure: ({ predictions }) =>
    Promise.resolve(measurePredictions(whole("predictions", predictions, SAMPLES))),
}
