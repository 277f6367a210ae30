/**
 * What makes a machine of Arqon's work with XState's own persistence and with inspectors: `getPersistedSnapshot()` is plain JSON,
 * `createActor(machine, { snapshot })` takes it back, also for an actor within an actor, and a snapshot written out as JSON is
 * small. Every public machine and logic goes through here.
 */
import type { AnyActorLogic, AnyActorRef, AnyStateMachine, Snapshot } from "xstate"
import { SnapshotError } from "../src/domain/SnapshotError.ts"
import { sourceFor } from "./liveParts.ts"
import { decode, encode, type LiveSource } from "./persistCodec.ts"
import { checkedTransition } from "./quickCheck.ts"
import { keepRoom } from "./quickOutbox.ts"
import { brief } from "./shown.ts"

/** How one kind of actor is shown and restored. */
export interface DataForm<C> {
  /** What of its context a viewer is shown. */
  readonly show?: (context: C) => object
  /** What to change about a snapshot before it is restored: what was under way and cannot go on. */
  readonly settle?: (snapshot: Snapshot<unknown>) => Snapshot<unknown>
  /** What becomes of a solver's state. */
  readonly solver?: (state: unknown, actor: AnyActorRef) => unknown
  /** It makes its own port. */
  readonly ownPort?: boolean
  /** Events go by XState's own transition. */
  readonly slow?: boolean
}

/** A snapshot that could not be restored, until its actor is started and says so: XState would leave it out without a word. */
const REFUSAL: unique symbol = Symbol("refusal")

interface Refused {
  readonly [REFUSAL]?: unknown
}

const noSolver = (): never => {
  throw new SnapshotError({ path: "solver", detail: "a solver's state in an actor that has no solver." })
}

/** The logic with its persistence as data; the very object, changed. */
export function persistedAsData<L extends AnyActorLogic>(logic: L, form: DataForm<never> = {}): L {
  const given: AnyActorLogic = logic
  const { solver = noSolver, settle, ownPort = false } = form
  const getPersistedSnapshot = given.getPersistedSnapshot.bind(logic)
  const restoreSnapshot = given.restoreSnapshot?.bind(logic)
  const start = given.start?.bind(logic)
  const changes: Partial<AnyActorLogic> = {
    getPersistedSnapshot: (snapshot, options) =>
      encode(getPersistedSnapshot(snapshot, options)) as unknown as Snapshot<unknown>,
    restoreSnapshot: (data, scope) => {
      const self: AnyActorRef = scope.self
      try {
        const source: LiveSource = sourceFor(self, (state) => solver(state, self), ownPort)
        const live = decode(data, source) as Snapshot<unknown>
        const settled = settle?.(live) ?? live
        return restoreSnapshot?.(settled, scope) ?? settled
      } catch (error) {
        if (self._parent === undefined) throw error
        return { status: "active", output: undefined, error: undefined, [REFUSAL]: error }
      }
    },
    start: (snapshot: Snapshot<unknown> & Refused, scope) => {
      if (REFUSAL in snapshot) throw snapshot[REFUSAL]
      keepRoom(scope.self)
      start?.(snapshot, scope)
    },
  }
  return Object.assign(logic, changes)
}

/** The machine with snapshots that are data and small to look at; `provide` gives another of that kind. */
export function asData<M extends AnyStateMachine, C>(machine: M, form: DataForm<C>): M {
  const given: AnyStateMachine = machine
  const provide = given.provide.bind(machine)
  const transition = given.transition.bind(machine)
  const getInitialSnapshot = given.getInitialSnapshot.bind(machine)
  const { show } = form
  const briefly = withForm(show as ((context: unknown) => object) | undefined)
  const base = persistedAsData(machine, form as DataForm<never>)
  const restoreSnapshot = (base as AnyStateMachine).restoreSnapshot.bind(machine)
  const slow: AnyStateMachine["transition"] = (snapshot, event, scope) =>
    briefly(transition(snapshot, event, scope))
  const changes: Partial<AnyStateMachine> = {
    provide: (given) => {
      // Whose words are somebody else's goes by XState alone.
      const foreign = given.actions !== undefined || given.guards !== undefined
      return asData(provide(given), foreign ? { ...form, slow: true } : form)
    },
    transition: form.slow === true ? slow : checkedTransition(machine, slow),
    getInitialSnapshot: (scope, input) => briefly(getInitialSnapshot(scope, input)),
    restoreSnapshot: (snapshot, scope) => briefly(restoreSnapshot(snapshot, scope)),
  }
  return Object.assign(machine, changes)
}

interface Viewable {
  readonly status?: string
  readonly value?: unknown
  readonly context?: unknown
  readonly output?: unknown
  readonly error?: unknown
}

/** Gives snapshots a short form for JSON. */
function withForm(show: ((context: unknown) => object) | undefined) {
  function toJSON(this: Viewable): object {
    const { status, value, context, output, error } = this
    const seen = context === undefined || show === undefined ? context : show(context)
    const said = error instanceof Error ? `${error.name}: ${error.message}` : error
    return brief({ status, value, context: seen, output, error: said }) as object
  }
  return <S>(snapshot: S): S => Object.assign(snapshot as object, { toJSON }) as S
}
