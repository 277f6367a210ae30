/** The statecharts of an engine as they stand: every actor with its active states, by its path from the root. */
import type { ActorState } from "../protocol/protocol.ts"

/** An actor, as far as it is looked at. */
export interface Looked {
  readonly id?: string
  readonly sessionId: string
  readonly _parent?: Looked | undefined
  getSnapshot(): unknown
}

/** Children of children are looked at so deep. */
const DEPTH = 4

/** The root is `engine`, whatever id it was given. */
export function pathOf(actor: Looked): string {
  const parts: Array<string> = []
  let at: Looked | undefined = actor
  for (let depth = 0; at !== undefined && depth <= DEPTH; depth++) {
    parts.unshift(at._parent === undefined ? "engine" : (at.id ?? at.sessionId))
    at = at._parent
  }
  return parts.join("/")
}

interface ChartSnapshot {
  readonly status: string
  readonly machine?: { readonly id: string }
  readonly _nodes?: ReadonlyArray<{ readonly id: string; readonly path: ReadonlyArray<string> }>
  readonly tags?: ReadonlySet<string>
  readonly children?: Readonly<Record<string, Looked | undefined>>
}

/** Every actor under `root`, itself first. Those of a root that is over ended with it, and stand nowhere any more. */
export function actorStates(root: Looked): ReadonlyArray<ActorState> {
  const found: Array<ActorState> = []
  const look = (actor: Looked, path: string, depth: number, over: boolean): void => {
    const snapshot = (actor.getSnapshot() ?? {}) as ChartSnapshot
    const nodes = [...(snapshot._nodes ?? [])].sort((a, b) => a.path.length - b.path.length)
    found.push({
      path,
      machine: snapshot.machine?.id ?? null,
      status: over ? "stopped" : (snapshot.status ?? "active"),
      active: over ? [] : nodes.map(({ id }) => id),
      tags: over ? [] : [...(snapshot.tags ?? [])].sort(),
    })
    const ended = over || (snapshot.status ?? "active") !== "active"
    if (depth === DEPTH) return
    for (const [id, child] of Object.entries(snapshot.children ?? {})) {
      if (child !== undefined) look(child, `${path}/${id}`, depth + 1, ended)
    }
  }
  look(root, "engine", 0, false)
  return found
}
