/** What the tests of compiling processes ask for. */
import { readParameters } from "../../../../src/morph/blueprints/Blueprint.ts"
import { CATALOGUE } from "../../../../src/morph/blueprints/more/all.ts"
import type { KernelKey } from "../../../../src/morph/compile/ArtifactStore.ts"
import { COMPILER } from "../../../../src/morph/node/compileKernel.ts"

/** A compiling process that dies where it is told to. */
export const DYING: URL = new URL("./dyingCompiler.ts", import.meta.url)

/** The key of a blueprint with its usual parameters, for a small shape. */
export function keyFor(blueprint: string, more: Partial<KernelKey> = {}): KernelKey {
  const known = CATALOGUE.find(({ name }) => name === blueprint)
  const parameters = known === undefined ? {} : readParameters(known).parameters
  return { blueprint, parameters, shape: [4, 4], compiler: COMPILER, mode: "standard", ...more }
}
