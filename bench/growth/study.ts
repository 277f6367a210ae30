/**
 * `npm run bench:growth -- --study`: what growing is worth. Hosts 2-8-2 on three tasks and ten seeds: as they are, of the right size from
 * the start, big from the start, grown with gates and without, and with a catalogue in which four of five blueprints are faulty. Gates
 * read held-out rows; the figures are of test rows, which nothing is decided by. No constant was chosen on these seeds.
 */
import type { Blueprint } from "../../src/morph/blueprints/Blueprint.ts"
import { BLUEPRINTS } from "../../src/morph/blueprints/catalogue.ts"
import { FAULTS } from "../../src/morph/blueprints/faults.ts"
import { GrowthCore } from "../../src/morph/growth/GrowthCore.ts"
import { NeuralHost } from "../../src/morph/neural/NeuralHost.ts"
import { neuralHost } from "../../src/morph/neural/options.ts"
import { plateauChange } from "../../src/morph/policy/heuristic.ts"
import { inlineHeuristic } from "../../src/morph/policy/PolicyAnswer.ts"
import type { GrowthData } from "../../src/morph/training/data.ts"
import { tasks } from "../../src/morph/training/tasks.ts"

const SEEDS = Array.from({ length: 10 }, (_, i) => i + 1)
const EPOCHS = 400
/** Boundaries between two growths without gates; as the heuristic rests. */
const REST = 40
const WINDOW = 15
/** Student's t for nine degrees of freedom, two-sided 95 %. */
const T_9 = 2.262

const TASKS: ReadonlyArray<readonly [string, (seed: number) => GrowthData]> = [
  ["moons", (seed) => tasks.moons({ seed })],
  ["spirals 1.5", (seed) => tasks.spirals({ turns: 1.5, seed })],
  ["spirals 2", (seed) => tasks.spirals({ turns: 2, seed })],
]

const [sound] = BLUEPRINTS

/** Four of five are faulty, and nobody knows which. */
const FAULTY: ReadonlyArray<Blueprint> = [
  ...FAULTS.filter(({ name }) => ["nan", "exploding", "leakInput", "writesHost"].includes(name)).map(
    (one) => ({ ...one, quarantineOnly: false as const, tier: sound.tier, risk: sound.risk }),
  ),
  sound,
]

interface Outcome {
  readonly accuracy: number
  readonly parameters: number
  readonly products: number
  readonly blocks: number
  /** Held-out loss of what answers, boundary by boundary. */
  readonly losses: ReadonlyArray<number>
}

const hostOf = (data: GrowthData, seed: number, catalogue: ReadonlyArray<Blueprint>): NeuralHost =>
  new NeuralHost({
    options: neuralHost({ inputs: 2, hidden: [8], classes: 2 }).options,
    data,
    seed,
    catalogue,
    now: () => 0,
  })

const outcomeOf = (host: NeuralHost, losses: ReadonlyArray<number>, blocks: number): Outcome => ({
  accuracy: host.testScore()?.accuracy ?? 0,
  parameters: host.parameters,
  products: host.products,
  blocks,
  losses,
})

/** Makes a block part of the host at once, as if there were no gates. */
function graftNow(host: NeuralHost, blueprint: string, number: number): void {
  const socket = host.sockets()[0].name
  host.plant(socket, { graft: `g${number}`, blueprint, parameters: {}, operator: "residual", owner: "study" })
  host.mode(socket, "whole", 1)
  host.keep(socket)
}

function fixed(data: GrowthData, seed: number, blocks: number): Outcome {
  const host = hostOf(data, seed, BLUEPRINTS)
  for (let i = 0; i < blocks; i++) graftNow(host, sound.name, i)
  const losses: Array<number> = []
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    host.trainEpoch(epoch)
    losses.push(host.answerScore().loss)
  }
  return outcomeOf(host, losses, blocks)
}

function withGates(data: GrowthData, seed: number, catalogue: ReadonlyArray<Blueprint>): Outcome {
  const host = hostOf(data, seed, catalogue)
  const core = new GrowthCore({ host, catalogue, policy: inlineHeuristic(), now: () => 0 })
  const losses: Array<number> = []
  let blocks = 0
  for (let epoch = 0; epoch < EPOCHS && core.mode !== "halted"; epoch++) {
    const { loss, moves } = core.next()
    losses.push(loss)
    blocks += moves.filter(({ to }) => to === "fossilized").length
  }
  return outcomeOf(host, losses, blocks)
}

/** At every plateau the next blueprint becomes part of the host. */
function withoutGates(data: GrowthData, seed: number, catalogue: ReadonlyArray<Blueprint>): Outcome {
  const host = hostOf(data, seed, catalogue)
  const losses: Array<number> = []
  let blocks = 0
  let grewAt = -REST
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    host.trainEpoch(epoch)
    losses.push(host.answerScore().loss)
    const change = plateauChange(losses, WINDOW)
    if (!(Math.abs(change) <= 0.03) || epoch - grewAt < REST) continue
    graftNow(host, catalogue[(blocks + seed) % catalogue.length].name, blocks)
    blocks++
    grewAt = epoch
  }
  return outcomeOf(host, losses, blocks)
}

const CONDITIONS: ReadonlyArray<readonly [string, (data: GrowthData, seed: number) => Outcome]> = [
  ["frozen 2-8-2", (data, seed) => fixed(data, seed, 0)],
  ["one block from the start", (data, seed) => fixed(data, seed, 1)],
  ["three blocks from the start", (data, seed) => fixed(data, seed, 3)],
  ["grown, gates", (data, seed) => withGates(data, seed, [sound])],
  ["grown, no gates", (data, seed) => withoutGates(data, seed, [sound])],
  ["grown, gates, six blueprints", (data, seed) => withGates(data, seed, BLUEPRINTS)],
  ["4 of 5 faulty, gates", (data, seed) => withGates(data, seed, FAULTY)],
  ["4 of 5 faulty, no gates", (data, seed) => withoutGates(data, seed, FAULTY)],
]

const meanOf = (numbers: ReadonlyArray<number>): number =>
  numbers.reduce((sum, one) => sum + one, 0) / numbers.length

/** Half the width of the 95 % interval of the mean. */
function intervalOf(numbers: ReadonlyArray<number>): number {
  const mean = meanOf(numbers)
  const squares = numbers.reduce((sum, one) => sum + (one - mean) ** 2, 0)
  return (T_9 * Math.sqrt(squares / (numbers.length - 1))) / Math.sqrt(numbers.length)
}

/** By how much the loss was above that of the same host left alone, at the worst boundary. */
const worstOf = (losses: ReadonlyArray<number>, alone: ReadonlyArray<number>): number =>
  losses.reduce((worst, loss, i) => (loss - alone[i] <= worst ? worst : loss - alone[i]), 0)

export function runStudy(): void {
  console.log(
    "| task | host | test accuracy | 95 % | least | parameters | GMAC | blocks | worst loss above frozen |",
  )
  console.log("|---|---|---|---|---|---|---|---|---|")
  for (const [task, dataOf] of TASKS) {
    const alone = new Map(SEEDS.map((seed) => [seed, fixed(dataOf(seed), seed, 0).losses]))
    for (const [name, run] of CONDITIONS) {
      const outcomes = SEEDS.map((seed) => run(dataOf(seed), seed))
      const accuracies = outcomes.map(({ accuracy }) => accuracy)
      const worst = outcomes.map(({ losses }, i) => worstOf(losses, alone.get(SEEDS[i]) ?? []))
      const cells = [
        task,
        name,
        meanOf(accuracies).toFixed(4),
        `± ${intervalOf(accuracies).toFixed(4)}`,
        Math.min(...accuracies).toFixed(3),
        meanOf(outcomes.map(({ parameters }) => parameters)).toFixed(0),
        (meanOf(outcomes.map(({ products }) => products)) / 1e9).toFixed(2),
        meanOf(outcomes.map(({ blocks }) => blocks)).toFixed(1),
        worst.some(Number.isNaN) ? "NaN" : Math.max(...worst).toFixed(3),
      ]
      console.log(`| ${cells.join(" | ")} |`)
    }
  }
}
