/** The app in plain RxJS: the engine's states are an Observable, and each part of the panel is one subscription. */
import { createEngine, type EngineSnapshot } from "arqon"
import { distinctUntilChanged, fromEvent, map, Observable, share, startWith, withLatestFrom } from "rxjs"
import { runFrames } from "./frames.ts"
import { makePanel } from "./panel.ts"
import { Scene } from "./Scene.ts"
import { KNOB_NAMES, OPTIONS, type Values } from "./tuning.ts"

const engine = createEngine(OPTIONS)
const scene = new Scene(document.body.appendChild(document.createElement("canvas")))
const panel = makePanel()

const states$ = new Observable<EngineSnapshot<Values>>((subscriber) => {
  const { unsubscribe } = engine.subscribe(subscriber)
  return unsubscribe
}).pipe(share())

for (const name of KNOB_NAMES) {
  states$
    .pipe(
      map(({ values }) => values[name]),
      startWith(engine.values[name]),
      distinctUntilChanged(),
    )
    .subscribe((value) => panel.knob(name, value))
}

const reason$ = states$.pipe(
  map(({ safeMode }) => safeMode?.reason ?? null),
  startWith(null),
  distinctUntilChanged(),
)
reason$.subscribe((reason) => panel.safeMode(reason))

fromEvent(panel.button, "click")
  .pipe(withLatestFrom(reason$))
  .subscribe(([, reason]) => (reason === null ? engine.trip("by hand") : engine.reset()))

fromEvent(panel.burden, "input").subscribe(() => (scene.burdenMs = panel.burden.valueAsNumber))

await engine.start()
runFrames(engine, scene, panel.frame)
