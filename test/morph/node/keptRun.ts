/** A run with everything that a person may ask for, so that a folder has all kinds of records. */
import { GrowthError } from "../../../src/domain/GrowthError.ts"
import { createGrowth } from "../../../src/morph/node/createGrowth.ts"
import { neuralHost } from "../../../src/morph/neural/options.ts"
import type { Growth, GrowthOptions } from "../../../src/morph/service/Growth.ts"
import { tasks } from "../../../src/morph/training/tasks.ts"

export const OPTIONS: GrowthOptions = {
  host: neuralHost({ inputs: 2, hidden: [8], classes: 2, batch: 32 }),
  data: tasks.spirals({ rows: 128, seed: 1001 }),
  seed: 1001,
  grafting: {
    stays: { training: { least: 2, most: 12 }, probationary: { least: 2, most: 12 } },
    G1: { gain: 0, running: 1, clippedShare: 1, norm: 1e6 },
    G2: { worse: 10, flips: 1 },
    G3: { gain: 0, gained: 0, running: 1, drift: 2 },
  },
  // A clock whose readings nobody can foresee.
  now: () => performance.now(),
}

const why = "test"
const COMMANDS: Readonly<Record<number, (growth: Growth) => Promise<unknown>>> = {
  2: (growth) => growth.germinate("hidden1", { blueprint: "residualMlp", why }),
  4: (growth) => growth.cull("hidden9", { why: "there is no such socket" }),
  9: (growth) => growth.adjust({ rate: 0.006, why }),
  26: (growth) => growth.rollback({ why }),
  28: (growth) => growth.pause({ why }),
  31: (growth) => growth.resume({ why }),
  33: (growth) => growth.cull("hidden1", { why }),
}

/** Goes on with the run of a folder up to an epoch, and hands every boundary on. */
export async function driven(
  state: string,
  until: number,
  each: (epoch: number) => void = () => {},
): Promise<Growth> {
  const growth = createGrowth({ ...OPTIONS, state })
  await growth.start()
  while (growth.snapshot().epoch < until) {
    await COMMANDS[growth.snapshot().epoch]?.(growth).catch((cause: unknown) => {
      if (!(cause instanceof GrowthError)) throw cause
    })
    await growth.run({ epochs: 1 })
    each(growth.snapshot().epoch)
  }
  return growth
}
