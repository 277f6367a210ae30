/** The app with Solid's signals: a signal for each knob, and an effect for each part of the panel. */
import { createEngine } from "arqon"
import { createEffect, createRoot, createSignal, from } from "solid-js"
import { runFrames } from "./frames.ts"
import { makePanel } from "./panel.ts"
import { Scene } from "./Scene.ts"
import { KNOB_NAMES, OPTIONS } from "./tuning.ts"

const engine = createEngine(OPTIONS)
const scene = new Scene(document.body.appendChild(document.createElement("canvas")))
const panel = makePanel()

await engine.start()
createRoot(() => {
  const state = from<ReturnType<typeof engine.getSnapshot>>((set) => {
    const { unsubscribe } = engine.subscribe((snapshot) => set(() => snapshot))
    return unsubscribe
  }, engine.getSnapshot())
  const [frameMs, setFrameMs] = createSignal(0)

  for (const name of KNOB_NAMES) createEffect(() => panel.knob(name, state().values[name]))
  createEffect(() => {
    if (frameMs() > 0) panel.frame(frameMs())
  })
  createEffect(() => panel.safeMode(state().safeMode?.reason ?? null))

  panel.button.addEventListener("click", () =>
    state().safeMode === null ? engine.trip("by hand") : engine.reset(),
  )
  panel.burden.addEventListener("input", () => (scene.burdenMs = panel.burden.valueAsNumber))
  runFrames(engine, scene, setFrameMs)
})
