/** Run by memory.test.ts in a process of its own: what one engine of a fleet adds to the memory of a process, in bytes. */
import { createFleet } from "../../src/index.node.ts"

const ENGINES = 4000

const memory = (): number => {
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

const params = { workers: { min: 0, max: 1 }, batch: { min: 0, max: 1 } }
const fleet = createFleet({ engine: { params, clock: "manual" }, auditMemory: 100 })
await fleet.start()
const spawn = (from: number): void => {
  for (let i = from; i < from + ENGINES; i++) fleet.spawn(`tenant-${i}`)
}
// The first ones pay for what is compiled and for what all of them share.
spawn(0)
const before = memory()
spawn(ENGINES)
process.stdout.write(JSON.stringify({ bytes: (memory() - before) / ENGINES }))
await fleet.stop()
