/** What a neural host costs at its boundary, and what it costs to have one: gates, policy, isolation check, transition, rollbacks. */
import { BLUEPRINTS } from "../../src/morph/blueprints/catalogue.ts"
import { GrowthCore } from "../../src/morph/growth/GrowthCore.ts"
import { NeuralHost } from "../../src/morph/neural/NeuralHost.ts"
import { neuralHost } from "../../src/morph/neural/options.ts"
import { HEURISTIC_MODULE, PolicyThread } from "../../src/morph/node/PolicyThread.ts"
import { inlineHeuristic, type PolicySource } from "../../src/morph/policy/PolicyAnswer.ts"
import { tasks } from "../../src/morph/training/tasks.ts"
import type { Row, Section } from "../../scripts/section.ts"
import { bareLoop, fullRollback, isolationCheck, fastRollback, transition } from "./hostParts.ts"

const EPOCHS = 1000

export const hostOf = (hidden: ReadonlyArray<number>): NeuralHost =>
  new NeuralHost({
    options: neuralHost({ inputs: 2, hidden, classes: 2 }).options,
    data: tasks.spirals({ rows: 256, seed: 1001 }),
    seed: 1001,
    catalogue: BLUEPRINTS,
    now: () => 0,
  })

/** A host whose boundaries are timed without the training before them. */
interface Timed {
  readonly core: GrowthCore
  readonly times: Array<number>
  training: number
}

/** Asked as ever; what it answers is not done, because the heuristic gives up what does not help, and four grafts are to stay. */
const unheard = (policy: PolicySource): PolicySource => ({
  name: policy.name,
  ask: (packet) => {
    const answer = policy.ask(packet)
    return answer.kind === "answered" ? { kind: "answered", command: null } : answer
  },
  close: () => policy.close(),
})

function timed(policy: PolicySource | null, grafts: boolean): Timed {
  const host = hostOf([8, 8, 8, 8])
  const core = new GrowthCore({
    host,
    catalogue: BLUEPRINTS,
    grafting: { stays: { training: { least: EPOCHS, most: 2 * EPOCHS } } },
    policy,
    now: () => performance.now(),
  })
  if (grafts)
    for (const { name } of host.sockets())
      core.germinate(name, { blueprint: "residualMlp", why: "to measure" })
  const of: Timed = { core, times: [], training: 0 }
  const train = host.trainEpoch.bind(host)
  host.trainEpoch = (epoch) => {
    const began = performance.now()
    const loss = train(epoch)
    of.training = performance.now() - began
    return loss
  }
  return of
}

function step({ core, times }: Timed, of: Timed, grafts: boolean): void {
  const began = performance.now()
  const { sockets, refusal } = core.next()
  times.push(performance.now() - began - of.training)
  if (grafts && core.epochs > 3 && sockets.some(({ state }) => state !== "training"))
    throw new Error(`four grafts were to be on their branches: ${refusal ?? "they are not"}`)
}

const at = (times: ReadonlyArray<number>, share: number): number =>
  Number(times.toSorted((a, b) => a - b)[Math.floor(share * (times.length - 1))].toPrecision(3))

/** Three hosts in turn, so that a slow spell of the machine meets all of them. */
async function boundaries(): Promise<ReadonlyArray<Row>> {
  const thread = await PolicyThread.start({ module: HEURISTIC_MODULE })
  try {
    const [inline, inThread, empty] = [
      timed(unheard(inlineHeuristic()), true),
      timed(unheard(thread), true),
      timed(null, false),
    ]
    for (let epoch = 0; epoch < EPOCHS; epoch++) {
      step(inline, inline, true)
      step(inThread, inThread, true)
      step(empty, empty, false)
      // A policy that was late is replaced off the boundary.
      if (thread.status !== "ready" && (await thread.settled()) === "gaveUp") thread.reset()
      if (epoch % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    const row = (what: string, { times }: Timed, share: number): Row => ({
      what: `boundary ${what}, p${100 * share}`,
      value: at(times, share),
      unit: "ms",
    })
    return [
      row("with 4 grafts and the heuristic inline", inline, 0.5),
      { ...row("with 4 grafts and the heuristic inline", inline, 0.99), most: 2 },
      row("with 4 grafts and the heuristic in its thread", inThread, 0.5),
      { ...row("with 4 grafts and the heuristic in its thread", inThread, 0.99), most: 18 },
      row("of the same host without graft and policy", empty, 0.5),
      row("of the same host without graft and policy", empty, 0.99),
      {
        what: "with 4 grafts inline, over one without, p50",
        value: Number((at(inline.times, 0.5) / at(empty.times, 0.5)).toPrecision(3)),
        unit: "times",
      },
    ]
  } finally {
    await thread.close()
  }
}

async function measure(): Promise<ReadonlyArray<Row>> {
  return [
    ...(await boundaries()),
    isolationCheck(hostOf([96, 96])),
    transition(),
    fastRollback(hostOf([1000, 998])),
    await fullRollback(hostOf([1000, 998])),
    bareLoop(hostOf([32, 32])),
  ]
}

export const hostSection: Section = {
  name: "host",
  title: `The neural host: ${EPOCHS} boundaries of three hosts in turn, wall time`,
  measure,
}
