/**
 * An engine spawned inside a machine of one's own: a deployment that warms up, is tuned for a while and closes. The
 * engine is one child among others; its output says where it left the plant.
 *
 * Run: npm run example spawn-engine
 */
import { assign, createActor, sendTo, setup } from "xstate"
import { type EngineInput, type EngineOutput, engineMachine, makeHotPath } from "arqon/machines"

const { hot, names, value } = makeHotPath({
  knobs: { cacheSeconds: { min: 1, max: 600, scale: "log", initial: 20 } },
  guardrails: "aggressive",
  manualTime: true,
})

const deployment = setup({
  types: {
    context: {} as { readonly engine: EngineInput; readonly left: EngineOutput | null },
    events: {} as
      | { type: "warm"; nowUs: number }
      | { type: "maintenance"; nowUs: number }
      | { type: "maintenanceOver"; nowUs: number }
      | { type: "close"; nowUs: number },
    input: {} as EngineInput,
  },
  actors: { engine: engineMachine },
  actions: {
    startEngine: sendTo("engine", ({ event }) => ({ type: "start", nowUs: event.nowUs })),
    pauseEngine: sendTo("engine", ({ event }) => ({
      type: "trip",
      reason: "manualTrigger",
      nowUs: event.nowUs,
      note: "maintenance",
    })),
    resumeEngine: sendTo("engine", ({ event }) => ({ type: "reset", nowUs: event.nowUs, by: "deployment" })),
    stopEngine: sendTo("engine", ({ event }) => ({ type: "stop", nowUs: event.nowUs })),
    keepOutput: assign({ left: (_, params: { output: EngineOutput }) => params.output }),
  },
}).createMachine({
  id: "deployment",
  context: ({ input }) => ({ engine: input, left: null }),
  invoke: {
    id: "engine",
    src: "engine",
    input: ({ context }) => context.engine,
    onDone: {
      target: ".closed",
      actions: { type: "keepOutput", params: ({ event }) => ({ output: event.output }) },
    },
  },
  initial: "warming",
  states: {
    warming: { on: { warm: { target: "serving", actions: "startEngine" } } },
    serving: {
      on: {
        maintenance: { target: "maintained", actions: "pauseEngine" },
        close: { target: "closing", actions: "stopEngine" },
      },
    },
    maintained: { on: { maintenanceOver: { target: "serving", actions: "resumeEngine" } } },
    closing: {},
    closed: { type: "final" },
  },
})

const actor = createActor(deployment, { input: { hot, seed: 7, names } })
actor.subscribe((snapshot) => console.log(`deployment: ${snapshot.value}`))
actor.start()

/** Stale answers cost more the longer they are kept, misses more the shorter. */
function cost(i: number): number {
  const seconds = value("cacheSeconds")
  return 300 / seconds + 0.05 * seconds + Math.sin(i * 78.233)
}

let nowUs = 0
function serve(seconds: number): void {
  for (let i = 0; i < seconds * 50; i++) {
    nowUs += 20_000
    hot.observeObject({ objective: cost(nowUs / 20_000), timestampUs: nowUs })
    hot.audit.drain(() => undefined)
  }
}

const report = (what: string): void => {
  console.log(`${what}: cache ${value("cacheSeconds").toFixed(1)} s after ${hot.executor.applies} applies`)
}

report("start")
actor.send({ type: "warm", nowUs })
serve(300)
report("tuned")

actor.send({ type: "maintenance", nowUs })
const generation = hot.config.generation
serve(60)
if (hot.config.generation !== generation) throw new Error("something was applied during maintenance")
report("maintained")

actor.send({ type: "maintenanceOver", nowUs })
serve(300)
report("tuned further")

actor.send({ type: "close", nowUs })
console.log(`engine done at generation ${String(actor.getSnapshot().context.left?.generation)}`)
