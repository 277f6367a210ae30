/**
 * What of an engine cannot go on where it stood, because the plant stands on its baseline now: a relocation that was under way is
 * over, so is a closing proof, which was to choose between that baseline and a base that is no more, and where the runaway guard had the plant on its start the trial begins anew. What they remember is kept. One needs it wherever
 * an engine is restored.
 */
import type { Snapshot } from "xstate"
import { GUARD_ON_START } from "../src/hot/codes.ts"
import { G_PHASE } from "../src/hot/guardLayout.ts"
import { RunawayGuard } from "../src/hot/RunawayGuard.ts"
import type { RelocationContext } from "./relocationState.ts"
import type { RunawayContext } from "./runaway.machine.ts"

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
  const { proof, ...others } = engine.children ?? {}
  const { relocation, guard } = others
  const relocates = relocation?.snapshot.status === "active"
  const triesStart = guard !== undefined && phaseOf(guard) === GUARD_ON_START
  const proves = proof !== undefined
  if (!relocates && !triesStart && !proves) return snapshot
  const interrupted = proves || (relocates && isRelocating(engine.value))
  const changed: Snapshot<unknown> & AnyEngine = {
    ...snapshot,
    value: interrupted ? { running: "adapting" } : engine.value,
    children: {
      ...others,
      ...(relocates ? { relocation: { ...relocation, snapshot: atRest(relocation.snapshot) } } : {}),
      ...(triesStart ? { guard: { ...guard, snapshot: onBaseline(guard.snapshot) } } : {}),
    },
  }
  return changed
}

const phaseOf = ({ snapshot }: Child): number | undefined =>
  (snapshot.context as RunawayContext | undefined)?.block[G_PHASE]

function onBaseline(snapshot: Child["snapshot"]): Child["snapshot"] {
  const context = snapshot.context as RunawayContext
  const block = context.block.slice()
  new RunawayGuard(context.table.get()).restored(block)
  return {
    ...snapshot,
    value: { onTrial: "onBaseline" },
    context: { ...context, block },
  } as Child["snapshot"]
}

const isRelocating = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "running" in value && value.running === "relocating"

function atRest(snapshot: Child["snapshot"]): Child["snapshot"] {
  const context = snapshot.context as RelocationContext
  const reentry = { ...context.reentry, trip: null }
  const still = { ...context, reentry, pending: null, fresh: false, asked: false, said: null }
  return { ...snapshot, value: "watching", context: still } as Child["snapshot"]
}
