/**
 * Blueprints that hang or kill the thread that trains, as a caller's module would. Each does so only while the file exists that the URL's
 * query names, so that a test says when; `spinsOnce` removes it first.
 */
import { existsSync, rmSync } from "node:fs"
import { resourceLimits } from "node:worker_threads"
import type { Blueprint } from "../../../../src/morph/blueprints/Blueprint.ts"
import { BLUEPRINTS } from "../../../../src/morph/blueprints/catalogue.ts"

const flag = new URL(import.meta.url).searchParams.get("flag") ?? ""
const [linear] = BLUEPRINTS.filter(({ name }) => name === "linear")

/** The thread that trains may have more memory than the one in which a blueprint is tried first. */
const isTried = (resourceLimits?.maxOldGenerationSizeMb ?? 0) <= 256

const spin = (): never => {
  for (;;);
}

export const blueprints: ReadonlyArray<Blueprint> = [
  {
    ...linear,
    name: "spinsOnce",
    kernel: () => {
      if (!existsSync(flag)) return
      rmSync(flag)
      spin()
    },
  },
  { ...linear, name: "spins", kernel: () => void (existsSync(flag) && spin()) },
  { ...linear, name: "dies", kernel: () => void (existsSync(flag) && (rmSync(flag), process.exit(3))) },
  {
    ...linear,
    name: "endlessBuild",
    build: (graph, value, parameters) => (existsSync(flag) ? spin() : linear.build(graph, value, parameters)),
  },
  {
    ...linear,
    name: "hangsInTraining",
    build: (graph, value, parameters) =>
      existsSync(flag) && !isTried ? spin() : linear.build(graph, value, parameters),
  },
]
