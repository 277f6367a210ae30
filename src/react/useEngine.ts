/**
 * An engine that lives as long as a component: made at the first render, started once the component is there, stopped when it
 * goes, its plant left on its base. For an engine that outlives components, call `createEngine` outside and hand it to the others.
 */
import { useEffect, useLayoutEffect, useRef, useState } from "react"
import type { CreateEngine } from "../engine/createEngine.ts"
import type { ArqonEngine, EngineOptions } from "../engine/contract/ArqonEngine.ts"
import { storeOf } from "./engineStore.ts"

/** Runs before the page is painted; on a server, where React 18 warns of such effects, nothing runs. */
const useOnPage = typeof document === "undefined" ? useEffect : useLayoutEffect

/** `useEngine` over the `createEngine` of an entry. */
export const useEngineOf =
  (createEngine: CreateEngine) =>
  <const K extends string>(options: EngineOptions<K>): ArqonEngine<K> => {
    const [engine, setEngine] = useState(() => {
      const made = createEngine<K>(options)
      // What it begins with is what a server has shown of it: parts of a page may be hydrated long after it was started.
      storeOf(made)
      return made
    })
    const [failure, setFailure] = useState<{ readonly error: unknown } | null>(null)
    /** Engines that were started, and those whose component has gone: an engine runs once. */
    const [begun] = useState(() => new WeakSet<object>())
    const [over] = useState(() => new WeakSet<object>())
    /** The engine of the component that is there; null while it is not. */
    const here = useRef<object | null>(null)
    const begin = (own: ArqonEngine<K>): void => {
      if (begun.has(own)) return
      begun.add(own)
      own.start().then(undefined, (error: unknown) => {
        if (!over.has(own)) setFailure({ error })
      })
    }
    // React runs other effects in a later task. Frames and clicks come in between, and find no engine that was not started.
    useOnPage(() => {
      if (!over.has(engine)) begin(engine)
      // oxlint-disable-next-line react-hooks/exhaustive-deps
    }, [])
    useEffect(() => {
      // React may take a component away and bring it back with its state: then another engine takes the place.
      const own = over.has(engine) ? createEngine<K>(options) : engine
      if (own !== engine) setEngine(own)
      here.current = own
      begin(own)
      return () => {
        here.current = null
        // StrictMode and hot reloading bring a component back within the same step: then its engine has nothing to stop for.
        Promise.resolve()
          .then(() => {
            if (here.current === own) return undefined
            over.add(own)
            return own.stop()
          })
          .then(undefined, () => undefined)
      }
      // The options are those of the first render, as with useState: a change of them is a change of key.
      // oxlint-disable-next-line react-hooks/exhaustive-deps
    }, [])
    // For the nearest error boundary, as an error of rendering would be.
    if (failure !== null) throw failure.error
    return engine
  }
