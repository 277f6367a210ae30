/** A small host on a small task, for tests that need one quickly. */
import type { Blueprint } from "../../../src/morph/blueprints/Blueprint.ts"
import { BLUEPRINTS } from "../../../src/morph/blueprints/catalogue.ts"
import { FAULTS } from "../../../src/morph/blueprints/faults.ts"
import { MORE_FAULTS } from "../../../src/morph/blueprints/moreFaults.ts"
import type { OperatorName, Planting } from "../../../src/morph/contracts/Host.ts"
import { NeuralHost, type NeuralSetup } from "../../../src/morph/neural/NeuralHost.ts"
import { neuralHost, type NeuralHostOptions } from "../../../src/morph/neural/options.ts"
import { tasks } from "../../../src/morph/training/tasks.ts"

/** Faults as if nobody knew of them: a new blueprint is an unknown one. */
export const UNKNOWN_FAULTS: ReadonlyArray<Blueprint> = [...FAULTS, ...MORE_FAULTS].map((one) => ({
  ...one,
  quarantineOnly: false,
  tier: "safe",
}))

export const spiralsHost = (
  setup: Partial<NeuralSetup> = {},
  options: Partial<NeuralHostOptions> = {},
): NeuralHost =>
  new NeuralHost({
    options: neuralHost({
      inputs: 2,
      hidden: [8, 6],
      classes: 2,
      batch: 32,
      learning: { rate: 0.01, graftShare: 1 },
      ...options,
    }).options,
    data: tasks.spirals({ rows: 128, seed: 5 }),
    seed: 5,
    catalogue: [...BLUEPRINTS, ...UNKNOWN_FAULTS],
    now: () => 0,
    ...setup,
  })

export const plantingOf = (
  blueprint: string,
  graft = "g1",
  operator: OperatorName = "residual",
): Planting => ({
  graft,
  blueprint,
  parameters: {},
  operator,
  owner: "test",
})

/** The host after so many epochs alone. */
export function trained(epochs: number, host: NeuralHost = spiralsHost()): NeuralHost {
  for (let epoch = 0; epoch < epochs; epoch++) host.trainEpoch(epoch)
  return host
}

export const ROWS: Float32Array = Float32Array.of(0.3, -0.8, -0.1, 0.2, 0, 0)

/** Of what the host answers for some rows. */
export const bitsOf = (host: NeuralHost): Uint32Array => new Uint32Array(host.predict(ROWS).buffer)
