/** What the React tests run in a browser: components over an engine in manual time, and handles on what they did. */
import { createEngine, type ArqonEngine } from "arqon"
import { useEngine, useEngineState, useKnob, useKnobs, useSafeMode } from "arqon/react"
import { Component, createElement as h, type ReactNode, startTransition, StrictMode, useState } from "react"
import { createRoot } from "react-dom/client"
import { flushSync } from "react-dom"

const OPTIONS = {
  params: { size: { min: 1, max: 100, initial: 50 }, rate: { min: 0, max: 1, initial: 0.5 } },
  clock: "manual",
  guardrails: "aggressive",
  seed: 7,
} as const

type Engine = ArqonEngine<"size" | "rate">

/** Every engine that a component was given, in order. */
const engines: Array<Engine> = []
const renders = { knob: 0, cycles: 0 }
let nowUs = 0

const seen = (engine: Engine): Engine => {
  if (!engines.includes(engine)) engines.push(engine)
  return engine
}

function Knob({ engine }: { readonly engine: Engine }): ReactNode {
  renders.knob++
  return h("span", { id: "size" }, String(useKnob(engine, "size")))
}

function Safe({ engine }: { readonly engine: Engine }): ReactNode {
  const { open, state, trip, reset } = useSafeMode(engine)
  return h(
    "div",
    null,
    h("span", { id: "safe" }, open ? (state?.reason ?? "") : "closed"),
    h("button", { id: "trip", onClick: () => trip("by hand") }, "trip"),
    h("button", { id: "reset", onClick: () => reset() }, "reset"),
  )
}

function Cycles({ engine }: { readonly engine: Engine }): ReactNode {
  renders.cycles++
  return h("span", { id: "cycles" }, String(useEngineState(engine, ({ cycle }) => cycle?.cycles ?? 0)))
}

interface AppProps {
  readonly max?: number
}

function App({ max = 100 }: AppProps): ReactNode {
  const { params } = OPTIONS
  const engine = seen(useEngine({ ...OPTIONS, params: { ...params, size: { ...params.size, max } } }))
  return h(
    "div",
    null,
    h(Knob, { engine }),
    h(Safe, { engine }),
    h(Cycles, { engine }),
    h("span", { id: "max" }, String(max)),
  )
}

class Boundary extends Component<{ readonly children: ReactNode }, { readonly message: string | null }> {
  override readonly state = { message: null }
  static getDerivedStateFromError(error: Error): { readonly message: string } {
    return { message: `${error.name}: ${error.message}` }
  }
  override render(): ReactNode {
    return this.state.message === null ? this.props.children : h("pre", { id: "error" }, this.state.message)
  }
}

const root = createRoot(document.getElementById("root") as HTMLElement)

const show = (props: AppProps = {}, strict = false): void => {
  const app = h(Boundary, null, h(App, props))
  flushSync(() => root.render(strict ? h(StrictMode, null, app) : app))
}

/** Lets the latest engine measure a plant that wants `size` at 20, over a number of digests. */
function run(digests: number): void {
  const engine = engines[engines.length - 1]
  for (let i = 0; i < digests; i++) {
    nowUs += 20_000
    engine.tick(nowUs)
    engine.observe({ objective: (engine.values.size - 20) ** 2 })
  }
}

/** One of many that read all knobs; it takes long, so that React renders them in several steps. */
function Slow({ engine, into }: { readonly engine: Engine; readonly into: Array<number> }): ReactNode {
  const { size } = useKnobs(engine)
  const until = performance.now() + 4
  while (performance.now() < until);
  into.push(size)
  return h("i", { className: "slow" }, String(size))
}

/** Renders slowly in a transition while the engine goes on between the steps; gives what stood on the page at once. */
async function tearing(): Promise<{ readonly shown: ReadonlyArray<number>; readonly moved: boolean }> {
  const engine = seen(createEngine(OPTIONS))
  await engine.start()
  const into: Array<number> = []
  let open: (() => void) | null = null
  function Many(): ReactNode {
    const [many, setMany] = useState(false)
    open = () => startTransition(() => setMany(true))
    return many ? Array.from({ length: 40 }, (_, i) => h(Slow, { key: i, engine, into })) : null
  }
  flushSync(() => root.render(h(Many)))
  const before = engine.values.size
  ;(open as unknown as () => void)()
  // Between the steps of React's own work: it gives way every few milliseconds.
  while (document.querySelectorAll(".slow").length < 40) {
    run(25)
    await new Promise((resolve) => setTimeout(resolve, 0))
  }
  const shown = [...document.querySelectorAll(".slow")].map((one) => Number(one.textContent))
  const moved = engine.values.size !== before
  await engine.stop()
  return { shown, moved }
}

const status = (): ReadonlyArray<string> => engines.map((engine) => engine.getSnapshot().status)

/** A turn of the event loop and what React does after it. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20))

const live = (): { readonly size: number; readonly status: string } => {
  const engine = engines[engines.length - 1]
  return { size: engine.values.size, status: engine.getSnapshot().status }
}

Object.assign(globalThis, {
  app: { show, run, tearing, status, settled, live, renders, unmount: () => flushSync(() => root.unmount()) },
})
