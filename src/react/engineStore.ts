/**
 * The states of an engine as React wants them: the same object until something has changed, so that a tree that is rendered in
 * several steps shows one state and no two (`useSyncExternalStore`, through `useSelector` of @xstate/react).
 */
import { type Subscribable, type Subscription, toObserver } from "xstate"
import type { ArqonEngine } from "../engine/contract/ArqonEngine.ts"
import type { EngineSnapshot } from "../engine/contract/EngineSnapshot.ts"

type SnapshotOf<K extends string> = EngineSnapshot<Readonly<Record<K, number>>>

/** What components need of an engine: one in this thread has it, and one in a worker. */
export interface EngineView<K extends string = string>
  extends Pick<ArqonEngine<K>, "getSnapshot" | "subscribe" | "trip" | "reset"> {}

/** What `useSelector` asks of an actor. */
interface Readable<K extends string> extends Subscribable<SnapshotOf<K>> {
  readonly getSnapshot: () => SnapshotOf<K>
}

export interface EngineStore<K extends string> extends Readable<K> {
  /** What a server showed: the state of the first look, on the server the present one. */
  readonly served: Readable<K>
}

const stores = new WeakMap<object, unknown>()

/** The store of an engine: one for each, however many components look. */
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
      // While somebody is subscribed the engine tells of every change; before that, only a look shows one.
      if (looking.length > 0) return shown
      const now = engine.getSnapshot()
      const same =
        now.status === shown.status && now.generation === shown.generation && now.mode === shown.mode
      if (!same) shown = now
      return shown
    },
    // One subscription for all components: each of its own would have the engine describe itself once for each.
    subscribe: (...listener: Parameters<typeof toObserver<SnapshotOf<K>>>): Subscription => {
      const observer = toObserver<SnapshotOf<K>>(...listener)
      // What has changed since the first render, before anybody was told of changes: React compares after it has subscribed.
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
