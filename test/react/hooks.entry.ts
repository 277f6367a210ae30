/** What the React tests run in a browser: components over an engine in manual time, and handles on what they did. */
import { createEngine, type ArqonEngine } from "arqon"
import { useEngine, useEngineState, useKnob, useKnobs, useSafeMode } from "arqon/react"
import {
  Activity,
  Component,
  createElement as h,
  type ReactNode,
  startTransition,
  StrictMode,
  Suspense,
  use,
  useLayoutEffect,
  useState,
} from "react"
import { createRoot, hydrateRoot } from "react-dom/client"
import { flushSync } from "react-dom"
import { renderToString } from "react-dom/server"

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
    h("button", { id: "bare", onClick: trip }, "trip"),
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

const container = document.getElementById("root") as HTMLElement
const root = createRoot(container)

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

/** Takes the app away and brings it back with its state, as a router may. */
async function leaveAndReturn(): Promise<void> {
  const app = (mode: "visible" | "hidden") => h(Activity, { mode, children: h(App) })
  flushSync(() => root.render(app("visible")))
  await settled()
  flushSync(() => root.render(app("hidden")))
  await settled()
  flushSync(() => root.render(app("visible")))
  await settled()
}

/** How often an engine is subscribed to and describes itself while many components show one knob. */
async function looks(components: number): Promise<{ subscribed: number; described: number; told: number }> {
  const engine = seen(createEngine(OPTIONS))
  const counts = { subscribed: 0, described: 0, told: 0 }
  const counted: Engine = {
    ...engine,
    values: engine.values,
    getSnapshot: () => {
      counts.described++
      return engine.getSnapshot()
    },
    subscribe: (listener) => {
      counts.subscribed++
      return engine.subscribe(listener)
    },
  }
  await engine.start()
  flushSync(() =>
    root.render(Array.from({ length: components }, (_, i) => h(Knob, { key: i, engine: counted }))),
  )
  await settled()
  engine.subscribe(() => counts.told++)
  counts.described = 0
  run(100)
  await settled()
  return counts
}

/** What a tick right after the first picture comes to: as soon as a component stands on the page, frames and clicks can come. */
async function firstTick(): Promise<string> {
  let say = (_said: string): void => {}
  const said = new Promise<string>((resolve) => (say = resolve))
  function Ticking({ engine }: { readonly engine: Engine }): ReactNode {
    useLayoutEffect(() => {
      // After all of this commit, and before whatever React does in a later task.
      queueMicrotask(() => {
        try {
          engine.tick(1)
          say("taken")
        } catch (error) {
          say(String(error))
        }
      })
    }, [engine])
    return null
  }
  function Shown(): ReactNode {
    return h(Ticking, { engine: seen(useEngine(OPTIONS)) })
  }
  // Not by flushSync, which runs all effects at once.
  root.render(h(Shown))
  return said
}

interface Hydrated {
  readonly complaints: ReadonlyArray<string>
  readonly before: string
  readonly after: string
  /** What is live by then. */
  readonly size: string
}

/** A part of a page that is hydrated when the engine has long been elsewhere than the server showed it. */
async function hydration(): Promise<Hydrated> {
  const complaints: Array<string> = []
  let arrive = (): void => {}
  const code = new Promise<void>((resolve) => (arrive = resolve))
  let onServer = true
  function Late({ engine }: { readonly engine: Engine }): ReactNode {
    if (!onServer) use(code)
    return h(Knob, { engine })
  }
  function Served(): ReactNode {
    const engine = seen(useEngine(OPTIONS))
    return h(Suspense, null, h(Late, { engine }))
  }
  const place = document.body.appendChild(document.createElement("div"))
  place.innerHTML = renderToString(h(Served))
  onServer = false
  engines.length = 0
  const made = hydrateRoot(place, h(Served), {
    onRecoverableError: (error) => complaints.push(String(error)),
  })
  await until(() => status().at(-1) === "running")
  run(100)
  const before = place.textContent
  arrive()
  await until(() => place.textContent !== before)
  await settled()
  const after = place.textContent
  const size = String(live().size)
  made.unmount()
  return { complaints, before, after, size }
}

const notes = (): ReadonlyArray<unknown> =>
  engines[engines.length - 1].audit
    .records()
    .flatMap((record) => (record.kind === "safeModeEntered" ? [record.note ?? null] : []))

/** A name that no type could check. */
function Misspelt(): ReactNode {
  const engine: ArqonEngine = useEngine<string>(OPTIONS)
  return h("span", null, useKnob(engine, "sise"))
}

const status = (): ReadonlyArray<string> => engines.map((engine) => engine.getSnapshot().status)

const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20))

/** A browser is idle only when nothing else waits for its turn: whatever React, or an engine that stops, had still to do is done. */
const settled = async (): Promise<void> => {
  for (let i = 0; i < 3; i++) {
    await later()
    await new Promise((resolve) => requestIdleCallback(resolve))
  }
}

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await later()
}

const live = (): { readonly size: number; readonly status: string } => {
  const engine = engines[engines.length - 1]
  return { size: engine.values.size, status: engine.getSnapshot().status }
}

Object.assign(globalThis, {
  app: {
    show,
    run,
    tearing,
    status,
    settled,
    live,
    renders,
    leaveAndReturn,
    firstTick,
    looks,
    hydration,
    notes,
    misspell: () => flushSync(() => root.render(h(Boundary, null, h(Misspelt)))),
    unmount: () => flushSync(() => root.unmount()),
  },
})
