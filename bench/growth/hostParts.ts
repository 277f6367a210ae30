/** Single parts of what a neural host costs; each checks that what it timed did what it has to. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { newLife } from "../../src/morph/grafting/GraftLife.ts"
import { lived } from "../../src/morph/grafting/lived.ts"
import { FAST } from "../../src/morph/neural/engines.ts"
import { IsolationGuard } from "../../src/morph/neural/IsolationGuard.ts"
import { Network } from "../../src/morph/neural/Network.ts"
import type { NeuralHost } from "../../src/morph/neural/NeuralHost.ts"
import { trainingRun } from "../../src/morph/neural/runs.ts"
import { Checkpoints } from "../../src/morph/node/Checkpoints.ts"
import { Arena } from "../../src/morph/tensor/Arena.ts"
import { Graph } from "../../src/morph/tensor/Graph.ts"
import { Optimiser } from "../../src/morph/tensor/optimisers.ts"
import { permute } from "../../src/morph/training/Draws.ts"
import { SnapshotRing } from "../../src/morph/training/SnapshotRing.ts"
import { tasks } from "../../src/morph/training/tasks.ts"
import type { Row } from "../../scripts/section.ts"

const REPEATS = 200

const median = (times: ReadonlyArray<number>): number =>
  Number(times.toSorted((a, b) => a - b)[times.length >> 1].toPrecision(3))

/** Milliseconds of each call. */
const timed = (repeats: number, call: () => void): ReadonlyArray<number> =>
  Array.from({ length: repeats }, () => {
    const began = performance.now()
    call()
    return performance.now() - began
  })

export function isolationCheck(host: NeuralHost): Row {
  host.plant("hidden1", {
    graft: "g1",
    blueprint: "linear",
    parameters: {},
    operator: "residual",
    owner: "bench",
  })
  const guard = new IsolationGuard()
  const times = timed(REPEATS, () => {
    guard.before(host.arena, 1)
    if (!guard.holds(host.arena, 1)) throw new Error("nothing has changed")
  })
  return {
    what: `isolation check of ${host.parameters} parameters, median`,
    value: Math.round(1000 * median(times)),
    unit: "us",
    most: 150,
  }
}

/** The last boundary of a training: every number of gate G1 is looked at, and the graft is blended in. */
export function transition(): Row {
  const figures = {
    finite: 1,
    violations: 0,
    lossWith: 0.5,
    lossWithout: 1,
    gradientNorm: 1,
    clippedShare: 0,
  }
  let life = newLife({ slot: "hidden1", options: { stays: { training: { least: 3 } } } })
  const planting = {
    graft: "g1",
    blueprint: "linear",
    parameters: {},
    operator: "residual",
    owner: "bench",
  } as const
  life = lived(life, { type: "germinate", why: "to measure", planting }).life
  const quarantine = {
    available: 1,
    inBounds: 1,
    arenaShare: 0,
    quarantineFinite: 1,
    quarantineShape: 1,
    quarantineMs: 0,
    identityError: 0,
  }
  for (const given of [quarantine, { ready: 1 }, figures, figures])
    life = lived(life, { type: "boundary", boundary: life.boundary + 1, figures: given }).life
  const times = timed(REPEATS, () => {
    const { move } = lived(life, { type: "boundary", boundary: life.boundary + 1, figures })
    if (move?.to !== "blending") throw new Error("it was to be blended in")
  })
  return {
    what: "transition with its gate, median",
    value: Number((1000 * median(times)).toPrecision(3)),
    unit: "us",
    most: 50,
  }
}

export function fastRollback(host: NeuralHost): Row {
  const ring = new SnapshotRing()
  const before = host.fingerprint()
  ring.push(1, host.copy())
  host.trainEpoch(0)
  const times = timed(20, () => {
    if (ring.restore(2, (words) => host.put(words)) === null) throw new Error("there was a copy")
  })
  if (host.fingerprint() !== before) throw new Error("the host is another one")
  return {
    what: `fast rollback of ${host.parameters} parameters, median`,
    value: median(times),
    unit: "ms",
    most: 20,
  }
}

/** From a folder on disk, as a process does that begins again: found, checked, put back. */
export async function fullRollback(host: NeuralHost): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), "arqon-bench-"))
  try {
    const { checkpoints } = await Checkpoints.open(folder)
    const before = host.fingerprint()
    await checkpoints.save(1, new Uint8Array(host.copy().buffer))
    await checkpoints.close()
    const times: Array<number> = []
    for (let i = 0; i < 5; i++) {
      host.trainEpoch(0)
      const began = performance.now()
      const opened = await Checkpoints.open(folder)
      host.put(new Uint32Array(opened.last?.content.buffer ?? new ArrayBuffer(0)))
      times.push(performance.now() - began)
      await opened.checkpoints.close()
      if (host.fingerprint() !== before) throw new Error("the host is another one")
    }
    return {
      what: `full rollback of ${host.parameters} parameters, median of 5`,
      value: median(times),
      unit: "ms",
      most: 1000,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Long rounds, because some systems count a thread's processor time in steps of four milliseconds. */
const ROUNDS = 48
const ROUND_EPOCHS = 300

/** The same program, rows and rule without a host around them, in turn with the host; what they learn is compared bit for bit. */
export function bareLoop(host: NeuralHost): Row {
  const { options } = host
  const { train } = tasks.spirals({ rows: 256, seed: 1001 })
  const network = new Network(options)
  const arena = Arena.make({ maxBytes: 1 << 26 })
  // Placed in memory in the host's order, so that both meet the same cache.
  const updates = FAST.updates(arena)
  const graph = new Graph()
  network.whole(graph, graph.input("rows", [1, ...options.shape]), new Map())
  arena.append(0, graph.parametersOf(0), 1001)
  const batch = Math.min(options.batch, train.rows)
  const run = trainingRun({ network, arena, make: FAST.make }, batch, new Map(), [0])
  const { optimiser: rule, momentum, learning } = options
  const optimiser = new Optimiser(
    { rule, learningRate: 0, momentum, clip: Number.POSITIVE_INFINITY },
    updates,
  )
  optimiser.learningRate = Math.fround(learning.rate)
  const order = new Uint32Array(train.rows)
  const width = options.shape[0]
  const epoch = (number: number): void => {
    permute(1001, "order", number, order)
    for (let from = 0; from + batch <= train.rows; from += batch) {
      const { f32 } = arena.views
      for (let r = 0; r < batch; r++) {
        const row = order[from + r]
        for (let c = 0; c < width; c++) f32[run.input + r * width + c] = train.inputs[row * width + c]
        f32[run.targets + r] = train.targets[row]
      }
      run.plan.forward()
      run.plan.backward()
      optimiser.step(arena, 0)
    }
  }
  const spent = [0, 0]
  const both = [epoch, (number: number) => void host.trainEpoch(number)]
  for (let round = 0; round < ROUNDS; round++)
    for (const i of round % 2 === 0 ? [0, 1] : [1, 0]) {
      const one = both[i]
      const start = process.threadCpuUsage()
      for (let e = 0; e < ROUND_EPOCHS; e++) one(round * ROUND_EPOCHS + e)
      const { user, system } = process.threadCpuUsage(start)
      // The first rounds are for the compiler.
      if (round >= ROUNDS / 6) spent[i] += user + system
    }
  const [own, bare] = [host.arena.snapshot(0), arena.snapshot(0)]
  if (own.some((word, i) => word !== bare[i])) throw new Error("the bare loop has learnt something else")
  return {
    what: "training of a host without a live graft, over the bare loop, processor time",
    value: Number((spent[1] / spent[0]).toPrecision(4)),
    unit: "times",
    most: 1.02,
  }
}
