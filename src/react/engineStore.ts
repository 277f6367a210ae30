/**
 * An engine's state in the form React needs: the same object until something changes, so that a tree rendered in
 * several steps shows one consistent state (`useSyncExternalStore`, through `useSelector` of @xstate/react).
 */
import { type Subscribable, type Subscription, toObserver } from "xstate"
import type { ArqonEngine } from "../engine/contract/ArqonEngine.ts"

/** What every state has that components can show: of an engine, and of a replica of a service. */
export interface ViewState<K extends string = string> {
  readonly status: string
  readonly generation: number
  readonly values: Readonly<Record<K, number>>
}

/** What components need to show a state: engines have it, in this thread or in a worker, and so do replicas. */
export interface View<S extends ViewState> {
  readonly getSnapshot: () => S
  readonly subscribe: (listener: {
    readonly next: (snapshot: S) => void
    readonly error?: () => void
    readonly complete: () => void
  }) => { readonly unsubscribe: () => void }
}

/** What components need from an engine. An engine in this thread has it, and so does one in a worker. */
export interface EngineView<K extends string = string>
  extends Pick<ArqonEngine<K>, "getSnapshot" | "subscribe" | "trip" | "reset"> {}

/** What `useSelector` needs from an actor. */
interface Readable<S extends ViewState> extends Subscribable<S> {
  readonly getSnapshot: () => S
}

/** An engine's state in the form of `useSyncExternalStore`. */
export interface EngineStore<S extends ViewState> extends Readable<S> {
  /** What the server rendered: the state at the first read; on the server, the present one. */
  readonly served: Readable<S>
}

/** Of an engine its mode; of a replica where it stands with its tuner, and what for. */
const WATCHED = ["status", "generation", "mode", "state", "role"] as const
type Shown = Readonly<Partial<Record<(typeof WATCHED)[number], unknown>>>

const stores = new WeakMap<object, unknown>()

/** The store of an engine: one per engine, however many components use it. */
export function storeOf<S extends ViewState>(engine: View<S>): EngineStore<S> {
  const known = stores.get(engine)
  if (known !== undefined) return known as EngineStore<S>
  const store = makeStore(engine)
  stores.set(engine, store)
  return store
}

function makeStore<S extends ViewState>(engine: View<S>): EngineStore<S> {
  const first = engine.getSnapshot()
  let shown = first
  let looking: ReadonlyArray<{ readonly next?: ((snapshot: S) => void) | undefined }> = []
  let letGo: (() => void) | null = null

  const show = (snapshot: S): void => {
    shown = snapshot
    for (const observer of looking) observer.next?.(shown)
  }
  const ended = (): void => show(engine.getSnapshot())

  return {
    getSnapshot: () => {
      // While anyone is subscribed, the engine reports every change. Before that, only reading its state shows one.
      if (looking.length > 0) return shown
      const now = engine.getSnapshot()
      if (!WATCHED.every((key) => (now as Shown)[key] === (shown as Shown)[key])) shown = now
      return shown
    },
    // One subscription for all components: otherwise the engine would describe itself once per component.
    subscribe: (...listener: Parameters<typeof toObserver<S>>): Subscription => {
      const observer = toObserver<S>(...listener)
      // Catches changes between the first render and the first subscription: React compares after it subscribes.
      if (looking.length === 0) shown = engine.getSnapshot()
      looking = [...looking, observer]
      letGo ??= engine.subscribe({ next: show, error: ended, complete: ended }).unsubscribe
      return {
        unsubscribe: () => {
          looking = looking.filter((one) => one !== observer)
          if (looking.length > 0) return
          letGo?.()
          letGo = null
        },
      }
    },
    served: {
      getSnapshot: () => (typeof document === "undefined" ? engine.getSnapshot() : first),
      subscribe: () => ({ unsubscribe: () => {} }),
    },
  }
}
