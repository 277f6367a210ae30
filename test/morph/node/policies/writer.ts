/**
 * A policy that writes wherever it can: it walks everything that it can reach (its packet, the globals, Node's modules of threads and
 * processes), overwrites shared memory wherever it finds any, and everything in its packet. It answers with how much
 * it found.
 */
import * as threads from "node:worker_threads"
import type { PolicyCommand } from "../../../../src/morph/policy/PolicyCommand.ts"
import type { PolicyPacket } from "../../../../src/morph/policy/PolicyPacket.ts"

/** What a step through somebody else's object gives; nothing where it throws, as a getter of a bare prototype does. */
function attempt<T>(step: () => T): T | undefined {
  try {
    return step()
  } catch {
    return undefined
  }
}

/** How deep getters are called: some give a new object each time, and a walk of those would never end. */
const GETTERS_TO = 3

function parts(value: object, depth: number): ReadonlyArray<unknown> {
  const keys = attempt(() => Reflect.ownKeys(value)) ?? []
  const entry = (key: string | symbol): unknown => {
    const property = Object.getOwnPropertyDescriptor(value, key)
    if (property?.get === undefined) return property?.value
    return depth < GETTERS_TO ? Reflect.get(value, key) : undefined
  }
  return [
    ...keys.map((key) => attempt(() => entry(key))),
    attempt((): unknown => Object.getPrototypeOf(value)),
    ...(attempt(() => (value instanceof Map ? [...value].flat() : [])) ?? []),
    ...(attempt(() => (value instanceof Set ? [...value] : [])) ?? []),
  ]
}

function spoil(value: unknown): void {
  if (value === null || typeof value !== "object") return
  for (const key of Object.keys(value)) {
    spoil(Reflect.get(value, key))
    Reflect.set(value, key, -1)
  }
}

export function policy(packet: PolicyPacket): PolicyCommand {
  const seen = new Set<unknown>()
  let shared = 0
  const queue: Array<readonly [unknown, number]> = [packet, globalThis, threads, process].map((one) => [
    one,
    0,
  ])
  // Widest first, so that everything near is seen with its getters.
  for (const [value, depth] of queue) {
    if (value === null || (typeof value !== "object" && typeof value !== "function") || seen.has(value))
      continue
    seen.add(value)
    const buffer: unknown = ArrayBuffer.isView(value) ? value.buffer : value
    if (buffer instanceof SharedArrayBuffer) {
      shared++
      new Uint8Array(buffer).fill(0)
    } else for (const part of parts(value, depth)) queue.push([part, depth + 1])
  }
  spoil(packet)
  const walked = seen.size > 1000 ? "all" : "too little"
  return { type: "pause", boundaries: 1, why: `${shared} shared, ${walked} walked` }
}
