/**
 * An engine that lives as long as a component: created at the first render, started on mount, stopped on unmount
 * with its plant on the base. For an engine that outlives components, call `createEngine` outside and pass it down.
 */
import { useEffect, useLayoutEffect, useRef, useState } from "react"
import type { CreateEngine } from "../engine/createEngine.ts"
import type { ArqonEngine, EngineOptions } from "../engine/contract/ArqonEngine.ts"
import { storeOf } from "./engineStore.ts"

/** Runs before the page is painted. On a server it does nothing: React 18 warns about layout effects there. */
const useOnPage = typeof document === "undefined" ? useEffect : useLayoutEffect

/** `useEngine` over the `createEngine` of an entry. */
export const useEngineOf =
  (createEngine: CreateEngine) =>
  <const K extends string>(options: EngineOptions<K>): ArqonEngine<K> => {
    const [engine, setEngine] = useState(() => {
      const made = createEngine<K>(options)
      // The store starts with the state that a server rendered: parts of a page may hydrate long after the engine
      // has started.
      storeOf(made)
      return made
    })
    const [failure, setFailure] = useState<{ readonly error: unknown } | null>(null)
    /** Engines that were started, and engines whose component has unmounted: an engine runs once. */
    const [begun] = useState(() => new WeakSet<object>())
    const [over] = useState(() => new WeakSet<object>())
    /** The engine of the mounted component; null while unmounted. */
    const here = useRef<object | null>(null)
    const begin = (own: ArqonEngine<K>): void => {
      if (begun.has(own)) return
      begun.add(own)
      own.start().then(undefined, (error: unknown) => {
        if (!over.has(own)) setFailure({ error })
      })
    }
    // React runs other effects in a later task. Frames and clicks in between would find an engine that has not
    // started.
    useOnPage(() => {
      if (!over.has(engine)) begin(engine)
      // oxlint-disable-next-line react-hooks/exhaustive-deps
    }, [])
    useEffect(() => {
      // React may unmount a component and restore it with its state. It then needs another engine.
      const own = over.has(engine) ? createEngine<K>(options) : engine
      if (own !== engine) setEngine(own)
      here.current = own
      begin(own)
      return () => {
        here.current = null
        // StrictMode and hot reloading remount a component within the same step. Its engine must then keep running.
        Promise.resolve()
          .then(() => {
            if (here.current === own) return undefined
            over.add(own)
            return own.stop()
          })
          .then(undefined, () => undefined)
      }
      // The options are those of the first render, as with useState. To change them, change the component's key.
      // oxlint-disable-next-line react-hooks/exhaustive-deps
    }, [])
    // Thrown during render, so that the nearest error boundary catches it.
    if (failure !== null) throw failure.error
    return engine
  }
