/**
 * An engine's state in the form React needs: the same object until something changes, so that a tree rendered in
 * several steps shows one consistent state (`useSyncExternalStore`, through `useSelector` of @xstate/react).
 */
import { type Subscribable, type Subscription, toObserver } from "xstate"
import type { ArqonEngine } from "../engine/contract/ArqonEngine.ts"
import type { EngineSnapshot } from "../engine/contract/EngineSnapshot.ts"

type SnapshotOf<K extends string> = EngineSnapshot<Readonly<Record<K, number>>>

/** What components need from an engine. An engine in this thread has it, and so does one in a worker. */
export interface EngineView<K extends string = string>
  extends Pick<ArqonEngine<K>, "getSnapshot" | "subscribe" | "trip" | "reset"> {}

/** What `useSelector` needs from an actor. */
interface Readable<K extends string> extends Subscribable<SnapshotOf<K>> {
  readonly getSnapshot: () => SnapshotOf<K>
}

/** An engine's state in the form of `useSyncExternalStore`. */
export interface EngineStore<K extends string> extends Readable<K> {
  /** What the server rendered: the state at the first read; on the server, the present one. */
  readonly served: Readable<K>
}

const stores = new WeakMap<object, unknown>()

/** The store of an engine: one per engine, however many components use it. */
export function storeOf<K extends string>(engine: EngineView<K>): EngineStore<K> {
  const known = stores.get(engine)
  if (known !== undefined) return known as EngineStore<K>
  const store = makeStore(engine)
  stores.set(engine, store)
  return store
}

function makeStore<K extends string>(engine: EngineView<K>): EngineStore<K> {
  const first = engine.getSnapshot()
  let shown = first
  let looking: ReadonlyArray<{ readonly next?: ((snapshot: SnapshotOf<K>) => void) | undefined }> = []
  let letGo: (() => void) | null = null

  const show = (snapshot: SnapshotOf<K>): void => {
    shown = snapshot
    for (const observer of looking) observer.next?.(shown)
  }
  const ended = (): void => show(engine.getSnapshot())

  return {
    getSnapshot: () => {
      // While anyone is subscribed, the engine reports every change. Before that, only reading its state shows one.
      if (looking.length > 0) return shown
      const now = engine.getSnapshot()
      const same =
        now.status === shown.status && now.generation === shown.generation && now.mode === shown.mode
      if (!same) shown = now
      return shown
    },
    // One subscription for all components: otherwise the engine would describe itself once per component.
    subscribe: (...listener: Parameters<typeof toObserver<SnapshotOf<K>>>): Subscription => {
      const observer = toObserver<SnapshotOf<K>>(...listener)
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
