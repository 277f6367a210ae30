/**
 * An engine that lives as long as a component: made at the first render, started once the component is there, stopped when it
 * goes, its plant left on its base. For an engine that outlives components, call `createEngine` outside and hand it to the others.
 */
import { useEffect, useRef, useState } from "react"
import type { ArqonEngine, CreateEngine, EngineOptions } from "../runtime/createEngine.ts"

/** `useEngine` over the `createEngine` of an entry. */
export const useEngineOf =
  (createEngine: CreateEngine) =>
  <const K extends string>(options: EngineOptions<K>): ArqonEngine<K> => {
    const [engine, setEngine] = useState(() => createEngine<K>(options))
    const [failure, setFailure] = useState<{ readonly error: unknown } | null>(null)
    /** Engines whose component has gone: an engine runs once. */
    const over = useRef(new WeakSet<object>())
    useEffect(() => {
      // React may take a component away and bring it back with its state: then another engine takes the place.
      const own = over.current.has(engine) ? createEngine<K>(options) : engine
      if (own !== engine) setEngine(own)
      let here = true
      const fail = (error: unknown): void => {
        if (here) setFailure({ error })
      }
      own.start().then(undefined, fail)
      return () => {
        here = false
        over.current.add(own)
        own.stop().then(undefined, () => undefined)
      }
      // The options are those of the first render, as with useState: a change of them is a change of key.
      // oxlint-disable-next-line react-hooks/exhaustive-deps
    }, [])
    // For the nearest error boundary, as an error of rendering would be.
    if (failure !== null) throw failure.error
    return engine
  }
