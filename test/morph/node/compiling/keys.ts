/** What the tests of compiling processes ask for. */
import type { Blueprint } from "../../../../src/morph/blueprints/Blueprint.ts"
import { CATALOGUE } from "../../../../src/morph/blueprints/more/all.ts"
import type { KernelKey } from "../../../../src/morph/compile/ArtifactStore.ts"
import { COMPILER, kernelKey } from "../../../../src/morph/node/compileKernel.ts"

/** A compiling process that dies where it is told to. */
export const DYING: URL = new URL("./dyingCompiler.ts", import.meta.url)

/** The key of a blueprint with its usual parameters, for a small shape. */
export const keyFor = (blueprint: string): KernelKey =>
  kernelKey(CATALOGUE.find(({ name }) => name === blueprint) as Blueprint, [4, 4])

/** That of a blueprint that cannot be built here. */
export const keyOfUnknown = (blueprint: string, more: Partial<KernelKey> = {}): KernelKey => ({
  blueprint,
  graph: "0".repeat(64),
  parameters: {},
  shape: [4, 4],
  compiler: COMPILER,
  mode: "standard",
  ...more,
})
