/** The app in React: the engine lives as long as the component, the panel shows it, frames are drawn outside of rendering. */
import { type ReactNode, StrictMode, useEffect, useRef, useState } from "react"
import { createRoot } from "react-dom/client"
import { useEngine, useEngineState, useKnobs, useSafeMode } from "arqon/react"
import { runFrames } from "./frames.ts"
import { Scene } from "./Scene.ts"
import { Trace } from "./Trace.ts"
import { HEADING, KNOB_NAMES, LABELS, OPTIONS, place, shown, STORY, TARGET_MS } from "./tuning.ts"

interface GaugeProps {
  readonly id: string
  readonly label: string
  readonly value: string
  readonly part: number
}

function Gauge({ id, label, value, part }: GaugeProps): ReactNode {
  return (
    <div className="row">
      <span>{label}</span>
      <output id={id}>{value}</output>
      <div className="bar" style={{ ["--part" as string]: Math.min(1, part) }} />
    </div>
  )
}

function App(): ReactNode {
  const engine = useEngine(OPTIONS)
  const running = useEngineState(engine, ({ status }) => status === "running")
  const knobs = useKnobs(engine)
  const safe = useSafeMode(engine)
  const canvas = useRef<HTMLCanvasElement>(null)
  const scene = useRef<Scene>(null)
  const picture = useRef<HTMLCanvasElement>(null)
  const trace = useRef<Trace>(null)
  const [frameMs, setFrameMs] = useState(0)

  useEffect(() => {
    if (!running || canvas.current === null) return
    scene.current ??= new Scene(canvas.current)
    if (picture.current !== null) trace.current ??= new Trace(picture.current)
    return runFrames(engine, scene.current, (ms) => {
      setFrameMs(ms)
      trace.current?.push(ms)
    }).stop
  }, [engine, running])

  return (
    <>
      <canvas ref={canvas} />
      <aside>
        <h1>{HEADING}</h1>
        <p>{STORY}</p>
        <div className="row">
          <span>frame</span>
          <output id="frame">{`${frameMs.toFixed(1)} ms, target ${TARGET_MS}`}</output>
          <canvas className="trace" ref={picture} aria-hidden="true" />
        </div>
        {KNOB_NAMES.map((name) => (
          <Gauge
            key={name}
            id={name}
            label={LABELS[name]}
            value={shown[name](knobs[name])}
            part={place(name, knobs[name])}
          />
        ))}
        <label>
          <span>load on the page</span>
          <input
            id="burden"
            type="range"
            min={0}
            max={12}
            defaultValue={0}
            onChange={({ target }) => {
              if (scene.current !== null) scene.current.burdenMs = Number(target.value)
            }}
          />
        </label>
        <footer>
          <span id="mode">{safe.open ? `SafeMode: ${safe.state?.reason}` : "tuning"}</span>
          <button id="safe" type="button" onClick={() => (safe.open ? safe.reset() : safe.trip("by hand"))}>
            {safe.open ? "go on" : "hold still"}
          </button>
        </footer>
      </aside>
    </>
  )
}

createRoot(document.body.appendChild(document.createElement("main"))).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
