/**
 * An engine's worker with a fault in it. The fault is chosen by the first part of the run's name, so that the thread under test is
 * started exactly as any other; it happens when the cycle is in the phase that the second part names.
 */
import { type MessagePort, parentPort, workerData } from "node:worker_threads"
import { cycleState } from "../../src/engine/contract/EngineSnapshot.ts"
import type { EngineCore } from "../../src/engine/EngineCore.ts"
import type { Boot } from "../../src/worker/protocol.ts"
import { nodePlatform } from "../../src/platform/node/nodePlatform.ts"
import { WorkerHost } from "../../src/worker/WorkerHost.ts"

const boot = workerData as Boot
const [fault, phase, restarts = ""] = boot.runId.replace(/\.\d+$/, "").split("-")

const faults: Readonly<Record<string, () => void>> = {
  throws: () => {
    setImmediate(() => {
      throw new Error("a fault in the worker")
    })
  },
  exits: () => process.exit(3),
  loops: () => {
    for (;;) Math.sqrt(2)
  },
  eats: () => {
    // In small pieces: where memory ends within one long call of the language's own, V8 cannot end the thread and ends the process.
    interface Link {
      readonly before: Link | null
    }
    let last: Link | null = null
    for (;;) last = { before: last }
  },
}

const tamper = (core: EngineCore): void => {
  // What takes a dead worker's place is whole, or dies at once, until a person has let SafeMode go.
  if (boot.resume !== null) {
    if (restarts === "always" && boot.resume.safeMode !== null) faults[fault]?.()
    return
  }
  if (phase === "tripped") {
    let ticks = 0
    setInterval(() => {
      if (core.recovery.latchOpen && ticks++ > 3) faults[fault]?.()
    }, 5)
    return
  }
  core.snapshots.add(() => {
    const state = cycleState(core.actor)
    if (state !== null && state.cycles >= 1 && (phase === "any" || state.phase === phase)) faults[fault]?.()
  })
}

await new WorkerHost(boot, parentPort as MessagePort, nodePlatform, { tamper }).begin()
