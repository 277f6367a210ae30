/** What a random growth asks a library for: a policy that plants anything anywhere, in hosts that live as growing hosts do. */
import { approveBlueprint } from "../../src/morph/blueprints/approveBlueprint.ts"
import { takes } from "../../src/morph/blueprints/Blueprint.ts"
import { CATALOGUE } from "../../src/morph/blueprints/more/all.ts"
import type { KernelKey } from "../../src/morph/compile/ArtifactStore.ts"
import { GrowthCore } from "../../src/morph/growth/GrowthCore.ts"
import { FAST } from "../../src/morph/neural/engines.ts"
import { NeuralHost } from "../../src/morph/neural/NeuralHost.ts"
import { neuralHost } from "../../src/morph/neural/options.ts"
import { kernelKey } from "../../src/morph/node/compileKernel.ts"
import { inlinePolicy } from "../../src/morph/policy/PolicyAnswer.ts"
import { tasks } from "../../src/morph/training/tasks.ts"
import { Chance } from "../sequences/Chance.ts"

const BATCH = 32
const EPOCHS = 60
const FLAT = CATALOGUE.filter((one) => takes(one, [8])).map((one) =>
  approveBlueprint(one, { by: "bench", why: "to be planted" }),
)

/**
 * The keys of the kernels that one growth plants, in their order.
 *
 * @param hidden the layers of the host
 */
export function plantedIn(seed: number, hidden: ReadonlyArray<number>): ReadonlyArray<KernelKey> {
  const chance = new Chance(seed)
  const { options } = neuralHost({ inputs: 2, hidden, classes: 2, batch: BATCH })
  const host = new NeuralHost({
    options,
    data: tasks.xor({ seed }),
    seed,
    now: () => 0,
    engine: FAST,
    catalogue: FLAT,
  })
  const shapes = new Map<string, ReadonlyArray<number>>()
  const keys: Array<KernelKey> = []
  const plant = host.plant.bind(host)
  host.plant = (socket, planting) => {
    const blueprint = FLAT.find(({ name }) => name === planting.blueprint)
    if (blueprint !== undefined)
      keys.push(kernelKey(blueprint, [BATCH, ...(shapes.get(socket) ?? [])], planting.parameters))
    plant(socket, planting)
  }
  const core = new GrowthCore({
    host,
    catalogue: FLAT,
    // Short lives, so that much is planted.
    grafting: {
      stays: { training: { least: 1, most: 4 }, blending: { least: 1, most: 4 } },
      embargo: { boundaries: 1, factor: 1 },
    },
    policy: inlinePolicy("random", ({ sockets }) => ({
      type: "graft",
      operation: "germinate",
      socket: chance.of(sockets).name,
      blueprint: chance.of(FLAT).name,
      why: "by chance",
    })),
    now: () => 0,
  })
  while (core.epochs < EPOCHS && core.mode !== "halted") {
    for (const { name, shape } of host.sockets()) shapes.set(name, shape)
    core.next()
  }
  return keys
}

/** Kernels that hosts of these layers can ask for. */
export const kernelsOf = (hosts: ReadonlyArray<ReadonlyArray<number>>): number =>
  FLAT.length * new Set(hosts.flat()).size
