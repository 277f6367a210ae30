/**
 * The states of an engine as React wants them: the same object until something has changed, so that a tree that is rendered in
 * several steps shows one state and no two (`useSyncExternalStore`, through `useSelector` of @xstate/react).
 */
import { type Subscribable, type Subscription, toObserver } from "xstate"
import type { ArqonEngine } from "../runtime/createEngine.ts"
import type { EngineSnapshot } from "../runtime/EngineSnapshot.ts"

type SnapshotOf<K extends string> = EngineSnapshot<Readonly<Record<K, number>>>

/** What `useSelector` asks of an actor. */
export interface EngineStore<K extends string> extends Subscribable<SnapshotOf<K>> {
  readonly getSnapshot: () => SnapshotOf<K>
}

const stores = new WeakMap<object, unknown>()

/** The store of an engine: one for each, however many components look. */
export function storeOf<K extends string>(engine: ArqonEngine<K>): EngineStore<K> {
  const known = stores.get(engine)
  if (known !== undefined) return known as EngineStore<K>
  const store = makeStore(engine)
  stores.set(engine, store)
  return store
}

function makeStore<K extends string>(engine: ArqonEngine<K>): EngineStore<K> {
  let shown = engine.getSnapshot()
  let looking = 0
  return {
    getSnapshot: () => {
      // While somebody is subscribed the engine tells of every change; before that, only a look shows one.
      if (looking > 0) return shown
      const now = engine.getSnapshot()
      const same =
        now.status === shown.status && now.generation === shown.generation && now.mode === shown.mode
      if (!same) shown = now
      return shown
    },
    subscribe: (...listener: Parameters<typeof toObserver<SnapshotOf<K>>>): Subscription => {
      const observer = toObserver<SnapshotOf<K>>(...listener)
      // What has changed since the first render, before anybody was told of changes: React compares after it has subscribed.
      if (looking === 0) shown = engine.getSnapshot()
      looking++
      const show = (): void => {
        shown = engine.getSnapshot()
        observer.next?.(shown)
      }
      const { unsubscribe } = engine.subscribe({ next: show, error: show, complete: show })
      let over = false
      return {
        unsubscribe: () => {
          if (!over) looking--
          over = true
          unsubscribe()
        },
      }
    },
  }
}
