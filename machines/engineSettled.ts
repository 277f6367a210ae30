/**
 * What of an engine cannot go on where it stood: a relocation that was under way is over, because the plant stands on its baseline
 * now. What the relocation actor remembers is kept. One needs it wherever an engine is restored.
 */
import type { Snapshot } from "xstate"
import type { RelocationContext } from "./relocationState.ts"

interface AnyEngine {
  readonly value?: unknown
  readonly children?: Readonly<Record<string, Child | undefined>>
}

interface Child {
  readonly snapshot: { readonly context?: unknown; readonly status?: string }
}

/** The snapshot of an engine as it can be restored. */
export function restingEngine(snapshot: Snapshot<unknown>): Snapshot<unknown> {
  const engine = snapshot as unknown as AnyEngine
  const { relocation } = engine.children ?? {}
  if (relocation?.snapshot.status !== "active") return snapshot
  const rests = { ...relocation, snapshot: atRest(relocation.snapshot) }
  const changed: Snapshot<unknown> & AnyEngine = {
    ...snapshot,
    value: isRelocating(engine.value) ? { running: "adapting" } : engine.value,
    children: { ...engine.children, relocation: rests },
  }
  return changed
}

const isRelocating = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "running" in value && value.running === "relocating"

function atRest(snapshot: Child["snapshot"]): Child["snapshot"] {
  const context = snapshot.context as RelocationContext
  const reentry = { ...context.reentry, trip: null }
  const still = { ...context, reentry, pending: null, fresh: false, asked: false, said: null }
  return { ...snapshot, value: "watching", context: still } as Child["snapshot"]
}
