/** A random small host with random rows, thresholds and blueprints: what a random life is lived in. All of it is a function of the chance. */
import { BLUEPRINTS } from "../../../src/morph/blueprints/catalogue.ts"
import { FAULTS } from "../../../src/morph/blueprints/faults.ts"
import type { AnyBlueprint, Blueprint } from "../../../src/morph/blueprints/Blueprint.ts"
import { CURVES } from "../../../src/morph/grafting/alpha.ts"
import type { GraftingInput } from "../../../src/morph/grafting/options.ts"
import { FAST, REFERENCE } from "../../../src/morph/neural/engines.ts"
import type { NeuralSetup } from "../../../src/morph/neural/NeuralHost.ts"
import { ACTIVATIONS, neuralHost } from "../../../src/morph/neural/options.ts"
import { readData } from "../../../src/morph/training/data.ts"
import type { Schedule } from "../../../src/morph/training/LearningRates.ts"
import type { Chance } from "../../sequences/Chance.ts"

const SHAPES = [[1], [2], [3], [2], [3, 2], [2, 2, 2]]

/** What two hosts with the same numbers are made from; each has a catalogue of its own, because faults count their calls. */
export function randomSetup(chance: Chance): Omit<NeuralSetup, "catalogue"> {
  const shape = chance.of(SHAPES)
  const target = chance.is(0.7)
    ? { classes: chance.whole(2, 3) }
    : { outputs: chance.whole(1, 2), loss: chance.of(["mse", "binary"] as const) }
  const { options } = neuralHost({
    inputs: shape,
    hidden: Array.from({ length: chance.whole(1, 3) }, () => chance.whole(2, 8)),
    ...target,
    activation: chance.of(ACTIVATIONS),
    batch: chance.whole(5, 24),
    optimiser: chance.of(["adam", "adam", "sgd"]),
    learning: {
      rate: 0.001 + 0.03 * chance.next(),
      schedule: randomSchedule(chance),
      warmUp: chance.whole(0, 3),
      graftShare: 0.1 + 0.9 * chance.next(),
      graftWarmUp: chance.whole(0, 3),
    },
  })
  return {
    options,
    data: readData({
      shape,
      ...("classes" in target ? { classes: target.classes } : { outputs: target.outputs }),
      train: randomRows(chance, shape, target, chance.whole(24, 48)),
      validation: randomRows(chance, shape, target, 20),
    }),
    seed: chance.whole(0, 2 ** 31),
    now: () => 0,
    engine: chance.is(0.8) ? FAST : REFERENCE,
  }
}

function randomSchedule(chance: Chance): Schedule {
  return chance.of<Schedule>([
    { kind: "constant" },
    { kind: "cosine", epochs: 40, least: 0.1 },
    { kind: "step", every: 7, factor: 0.8 },
  ])
}

/** Numbers from -1 to 1, and what a line through them and a bend say of them. */
function randomRows(
  chance: Chance,
  shape: ReadonlyArray<number>,
  target: { readonly classes?: number; readonly outputs?: number },
  rows: number,
) {
  const width = shape.reduce((product, n) => product * n, 1)
  const inputs = Float32Array.from({ length: rows * width }, () => 2 * chance.next() - 1)
  const outputs = target.outputs ?? 1
  const targets = Float32Array.from({ length: rows * outputs }, (_, i) => {
    const at = Math.floor(i / outputs) * width
    const [x, y] = [inputs[at], inputs[at + width - 1]]
    const value = (1 + Math.sin(4 * x + (i % outputs)) * Math.cos(3 * y)) / 2
    if (target.classes === undefined) return value
    // There has to be a row of each class.
    return i < target.classes ? i : Math.min(target.classes - 1, Math.floor(value * target.classes))
  })
  return { inputs, targets }
}

/** Quick lives. In some no graft comes past gate G3, in others every gate is easy, and in the rest they are as they are by default. */
export function randomGrafting(chance: Chance): GraftingInput {
  const stay = (most: number) => ({ least: chance.whole(0, 1), most: chance.whole(3, most) })
  const door = chance.of(["closed", "open", "open", "usual"])
  const easy: GraftingInput = {
    G1: { norm: 1e6, clippedShare: 1, gain: 0, running: 1 },
    G2: { held: 1, worse: 1e6, flips: 1 },
    G3: { gain: 0, gained: 0, running: 1, drift: 2, scaleLeast: 0, scaleMost: 1e6 },
    G4: { worse: 10, gain: 0, gained: 0 },
  }
  return {
    advance: chance.is(0.85) ? "gates" : "commands",
    stays: {
      training: stay(10),
      blending: stay(12),
      shadowing: stay(6),
      probationary: stay(10),
    },
    alpha: { curve: chance.of(CURVES), boundaries: chance.whole(1, 4) },
    embargo: { boundaries: chance.whole(1, 4), factor: chance.of([1, 1, 2]) },
    ...(door === "usual" ? {} : easy),
    ...(door === "closed" ? { G3: { gain: 1 } } : {}),
  }
}

const [sound] = BLUEPRINTS

type Kernel = NonNullable<Blueprint["kernel"]>

/** What such a block does from some call on. */
const BREAKS: Readonly<Record<string, Kernel>> = {
  lateWriter: ({ views: { f32 } }, _, host) => void (f32[host.parameters + host.length - 4] -= 0.5),
  lateLeak: ({ views: { f32 } }, own, host) => void (f32[host.gradients] += f32[own.gradients] + 1),
  lateMoments: ({ views: { f32 } }, _, host) => void (f32[host.second] = 1),
  lateNan: ({ views: { f32 } }, { parameters, length }) =>
    void f32.fill(Number.NaN, parameters, parameters + length),
  lateThrow: () => {
    throw new Error("after a while")
  },
}
export const LATE_FAULTS: ReadonlyArray<string> = Object.keys(BREAKS)

/** Sound in quarantine, and broken from some call on: what no quarantine finds. */
const lateFaults = (chance: Chance): ReadonlyArray<Blueprint> =>
  Object.entries(BREAKS).map(([name, breaks]) => {
    let left = chance.whole(5, 40)
    const kernel: Kernel = (...of) => void (left-- <= 0 && breaks(...of))
    return { ...sound, name, description: "is sound for a while", kernel }
  })

/** The package's blueprints, its faults as if nobody knew of some of them, and faults that come late. */
export const randomCatalogue = (chance: Chance): ReadonlyArray<AnyBlueprint> => [
  ...BLUEPRINTS,
  ...FAULTS.map((one) =>
    chance.is(0.2) ? one : { ...one, quarantineOnly: false as const, tier: "safe" as const },
  ),
  ...lateFaults(chance),
]
