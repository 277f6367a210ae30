/**
 * The SIMD module, over a memory. For everything that runs kernels: a plan, a check of isolation, a test.
 *
 * The module knows memory by offsets in bytes and nothing else. It keeps no state of its own, so any number of threads may each have
 * one over the same shared memory, and a thread that ends leaves nothing behind.
 */
import { BYTES, FLAGS_AT } from "./kernelBytes.ts"

/** Runs the instructions from `at` to `end`, both in bytes from the start of the memory. */
export type Run = (at: number, end: number) => void

const compiled = new Map<boolean, WebAssembly.Module>()

/** The module for shared or for plain memory: they differ in one bit of one byte. */
function moduleFor(shared: boolean): WebAssembly.Module {
  const known = compiled.get(shared)
  if (known !== undefined) return known
  const bytes = Uint8Array.from({ length: BYTES.length / 2 }, (_, i) =>
    Number.parseInt(BYTES.slice(2 * i, 2 * i + 2), 16),
  )
  if (!shared) bytes[FLAGS_AT] = 1
  const made = new WebAssembly.Module(bytes)
  compiled.set(shared, made)
  return made
}

/** One per memory: plans come and go, and an instance takes a tenth of a millisecond. */
const instances = new WeakMap<WebAssembly.Memory, Run>()

/** What runs programs over `memory`, which must have a maximum; whether it is shared is seen from its buffer. */
export function kernelsOver(memory: WebAssembly.Memory): Run {
  const known = instances.get(memory)
  if (known !== undefined) return known
  const shared = Object.prototype.toString.call(memory.buffer) === "[object SharedArrayBuffer]"
  const { exports } = new WebAssembly.Instance(moduleFor(shared), { arqon: { memory } })
  const run = exports["run"] as Run
  instances.set(memory, run)
  return run
}
