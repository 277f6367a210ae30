/** What a neural host costs at its boundary: gates and policy, the isolation check, the fast rollback. */
import { BLUEPRINTS } from "../../src/morph/blueprints/catalogue.ts"
import { GrowthCore } from "../../src/morph/growth/GrowthCore.ts"
import { IsolationGuard } from "../../src/morph/neural/IsolationGuard.ts"
import { NeuralHost } from "../../src/morph/neural/NeuralHost.ts"
import { neuralHost } from "../../src/morph/neural/options.ts"
import { inlineHeuristic } from "../../src/morph/policy/PolicyAnswer.ts"
import { SnapshotRing } from "../../src/morph/training/SnapshotRing.ts"
import { tasks } from "../../src/morph/training/tasks.ts"
import type { Row, Section } from "../section.ts"

const EPOCHS = 1000
const REPEATS = 200

const hostOf = (hidden: ReadonlyArray<number>): NeuralHost =>
  new NeuralHost({
    options: neuralHost({ inputs: 2, hidden, classes: 2 }).options,
    data: tasks.spirals({ rows: 256, seed: 1001 }),
    seed: 1001,
    catalogue: BLUEPRINTS,
    now: () => 0,
  })

const at = (sorted: ReadonlyArray<number>, share: number): number =>
  Number(sorted[Math.floor(share * (sorted.length - 1))].toPrecision(3))

/** Milliseconds of each call, sorted. */
const timed = (repeats: number, call: () => void): ReadonlyArray<number> =>
  Array.from({ length: repeats }, () => {
    const began = performance.now()
    call()
    return performance.now() - began
  }).toSorted((a, b) => a - b)

/** The boundary without the training, while four grafts are on their branches. */
function boundaries(): ReadonlyArray<number> {
  const host = hostOf([8, 8, 8, 8])
  const stay = { least: EPOCHS, most: 2 * EPOCHS }
  const core = new GrowthCore({
    host,
    catalogue: BLUEPRINTS,
    grafting: { stays: { training: stay } },
    policy: inlineHeuristic(),
    now: () => performance.now(),
  })
  for (const { name } of host.sockets()) core.germinate(name, { blueprint: "residualMlp", why: "to measure" })
  let training = 0
  const train = host.trainEpoch.bind(host)
  host.trainEpoch = (epoch) => {
    const began = performance.now()
    const loss = train(epoch)
    training = performance.now() - began
    return loss
  }
  const times: Array<number> = []
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    const began = performance.now()
    const { sockets } = core.next()
    times.push(performance.now() - began - training)
    if (epoch > 2 && sockets.some(({ state }) => state !== "training"))
      throw new Error("four grafts were to be on their branches")
  }
  return times.toSorted((a, b) => a - b)
}

async function measure(): Promise<ReadonlyArray<Row>> {
  const times = boundaries()
  const middle = hostOf([96, 96])
  middle.plant("hidden1", {
    graft: "g1",
    blueprint: "linear",
    parameters: {},
    operator: "residual",
    owner: "bench",
  })
  const guard = new IsolationGuard()
  const check = timed(REPEATS, () => {
    guard.before(middle.arena, 1)
    if (!guard.holds(middle.arena, 1)) throw new Error("nothing has changed")
  })
  const large = hostOf([1000, 998])
  const ring = new SnapshotRing()
  const before = large.fingerprint()
  ring.push(1, large.copy())
  const back = timed(20, () => {
    if (ring.restore(2, (words) => large.put(words)) === null) throw new Error("there was a copy")
  })
  if (large.fingerprint() !== before) throw new Error("the host is another one")
  return [
    { what: "boundary with 4 grafts and the heuristic inline, p50", value: at(times, 0.5), unit: "ms" },
    {
      what: "boundary with 4 grafts and the heuristic inline, p99",
      value: at(times, 0.99),
      unit: "ms",
      most: 18,
    },
    {
      what: `isolation check of ${middle.parameters} parameters, median`,
      value: Math.round(1000 * at(check, 0.5)),
      unit: "us",
      most: 150,
    },
    {
      what: `fast rollback of ${large.parameters} parameters, median`,
      value: at(back, 0.5),
      unit: "ms",
      most: 20,
    },
  ]
}

export const hostSection: Section = { name: "host", title: "The neural host", measure }
