/** The hooks on a server: the page is rendered with what an engine begins with, and nothing is begun for it. */
import { createElement as h, type ReactNode } from "react"
import { renderToString } from "react-dom/server"
import { expect, it } from "vitest"
import { type ArqonEngine, createEngine } from "../../src/index.ts"
import { useEngine, useEngineState, useKnob, useKnobs, useSafeMode } from "../../src/react/index.ts"

const OPTIONS = { params: { size: { min: 1, max: 100, initial: 50 } }, clock: "manual", seed: 7 } as const

function Shown({ engine }: { readonly engine: ArqonEngine<"size"> }): ReactNode {
  const status = useEngineState(engine, (snapshot) => snapshot.status)
  const { open } = useSafeMode(engine)
  return `${useKnob(engine, "size")} ${useKnobs(engine).size} ${status} ${open}`
}

it("renders a page's own engine in its initial state, and starts none", () => {
  const made: Array<ArqonEngine<"size">> = []
  function Page(): ReactNode {
    const engine = useEngine(OPTIONS)
    made.push(engine)
    return h(Shown, { engine })
  }
  expect(renderToString(h(Page))).toBe("50 50 idle false")
  expect(made.map((engine) => engine.getSnapshot().status)).toEqual(["idle"])
})

it("renders the server's engine in its current state at every request", async () => {
  const engine = createEngine(OPTIONS)
  await engine.start()
  // The start has applied the first perturbation already; a trip goes back to the base.
  const { size } = engine.values
  expect(size).not.toBe(50)
  expect(renderToString(h(Shown, { engine }))).toBe(`${size} ${size} running false`)
  engine.trip()
  expect(renderToString(h(Shown, { engine }))).toBe("50 50 running true")
  await engine.stop()
  expect(renderToString(h(Shown, { engine }))).toContain("stopped")
})
