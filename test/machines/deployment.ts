/** A machine of somebody's own that spawns an engine, as `examples/spawn-engine.ts` does: the input lies in its context. */
import { assign, sendTo, setup } from "xstate"
import { engineMachine } from "../../machines/engine.machine.ts"
import type { EngineInput, EngineOutput } from "../../machines/engineContext.ts"
import { relocationMachine } from "../../machines/relocation.machine.ts"

const engine = engineMachine.provide({ actors: { relocation: relocationMachine } })

const deploymentSetup = setup({
  types: {
    context: {} as { readonly engine: EngineInput; readonly left: EngineOutput | null },
    events: {} as
      | { type: "warm"; nowUs: number }
      | { type: "maintenance"; nowUs: number }
      | { type: "maintenanceOver"; nowUs: number }
      | { type: "close"; nowUs: number },
    input: {} as EngineInput,
    children: {} as { engine: "engine" },
  },
  actors: { engine },
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
})

export const deployment = deploymentSetup.createMachine({
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
