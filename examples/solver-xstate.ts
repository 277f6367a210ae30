/**
 * A search as one actor among others: a study spawns the solver and four workers; each worker asks for a trial, evaluates
 * it and tells. In the middle the whole study is written down as text, thrown away and taken up again from the text: each
 * worker begins its trial anew, and the search goes on as if nothing had been.
 *
 * What is sought: the phases of five antennas, and their distance, that send most of their power one way.
 *
 * Run: npm run example solver-xstate
 */
import { setImmediate as nextTurn } from "node:timers/promises"
import { type AnyActorRef, assign, createActor, fromPromise, sendTo, setup, toPromise } from "xstate"
import {
  persist,
  revive,
  type SolverMachineInput,
  solverMachine,
  type SolverOutput,
  type SolverReply,
  type SolverReport,
} from "arqon/machines"

const WORKERS = ["ada", "bo", "cy", "di"]
const ANTENNAS = 5
const phase = { min: 0, max: 2 * Math.PI, scale: "periodic" } as const

const search: SolverMachineInput = {
  config: {
    seed: 7,
    budget: 160,
    objective: "maximize",
    bounds: { p1: phase, p2: phase, p3: phase, p4: phase, spacing: { min: 0.1, max: 1 } },
  },
}

/** Share of the power that leaves within 10 degrees of the wished direction, 30 degrees off. */
function focus(params: Readonly<Record<string, unknown>>): number {
  let wished = 0
  let all = 0
  for (let degree = -90; degree < 90; degree++) {
    let re = 0
    let im = 0
    for (let k = 0; k < ANTENNAS; k++) {
      const shift = k === 0 ? 0 : Number(params[`p${k}`])
      const angle = 2 * Math.PI * k * Number(params["spacing"]) * Math.sin((degree * Math.PI) / 180) + shift
      re += Math.cos(angle)
      im += Math.sin(angle)
    }
    const power = re * re + im * im
    all += power
    if (Math.abs(degree - 30) <= 10) wished += power
  }
  return wished / all
}

type Trial = NonNullable<Extract<SolverReply, { type: "asked" }>["trials"]>[number]

/** Asks, evaluates, tells, and again, until there is nothing more to ask for. */
const workerMachine = setup({
  types: {
    context: {} as { readonly trial: Trial | null },
    events: {} as SolverReply,
  },
  actors: {
    evaluate: fromPromise(async ({ input }: { input: Trial | null }) => {
      // Stands for a simulator in another process.
      await nextTurn()
      return input === null ? Number.NaN : focus(input.params)
    }),
  },
  actions: {
    ask: sendTo(
      ({ system }): AnyActorRef => system.get("solver"),
      ({ self }) => ({ type: "ask", n: 1, replyTo: self }),
    ),
    tell: sendTo(
      ({ system }): AnyActorRef => system.get("solver"),
      ({ context, self }, params: { value: number }) => ({
        type: "tell",
        results: { id: context.trial?.id, value: params.value },
        replyTo: self,
      }),
    ),
    keepTrial: assign(({ event }) => ({
      trial: event.type === "asked" ? (event.trials?.[0] ?? null) : null,
    })),
  },
  guards: {
    nothingLeft: ({ event }) => event.type === "asked" && event.trials === null,
  },
}).createMachine({
  context: { trial: null },
  initial: "asking",
  states: {
    asking: {
      entry: "ask",
      on: {
        asked: [
          { guard: "nothingLeft", target: "home" },
          { target: "evaluating", actions: "keepTrial" },
        ],
      },
    },
    evaluating: {
      invoke: {
        src: "evaluate",
        input: ({ context }) => context.trial,
        onDone: {
          target: "telling",
          actions: { type: "tell", params: ({ event }) => ({ value: event.output }) },
        },
      },
    },
    telling: { on: { told: "asking" } },
    home: { type: "final" },
  },
})

const studyMachine = setup({
  types: {
    context: {} as { readonly found: SolverOutput | null },
    events: {} as SolverReport,
    output: {} as SolverOutput | null,
  },
  actors: { solver: solverMachine, worker: workerMachine },
  actions: {
    print: (_, params: { text: string }) => console.log(params.text),
    keep: assign({ found: (_, params: { output: SolverOutput }) => params.output }),
  },
}).createMachine({
  id: "study",
  context: { found: null },
  output: ({ context }) => context.found,
  invoke: [
    {
      id: "solver",
      systemId: "solver",
      src: "solver",
      input: search,
      onDone: {
        target: ".over",
        actions: { type: "keep", params: ({ event }) => ({ output: event.output }) },
      },
    },
    ...WORKERS.map((id) => ({ id, src: "worker" as const })),
  ],
  initial: "searching",
  states: { searching: {}, over: { type: "final" } },
  on: {
    phaseBegan: { actions: { type: "print", params: ({ event }) => ({ text: `phase: ${event.phase}` }) } },
    classified: {
      actions: {
        type: "print",
        params: ({ event }) => ({ text: `landscape: ${event.classification.label}` }),
      },
    },
  },
})

const first = createActor(studyMachine).start()
for (let turn = 0; turn < 12; turn++) await nextTurn()
const text = JSON.stringify(persist(first))
const before = first.getSnapshot().children.solver?.getSnapshot().context
first.stop()
console.log(
  `written down after ${before?.counts.told} results, ${before?.counts.pending} trials out: ${text.length} bytes`,
)

const second = createActor(studyMachine, { snapshot: revive(JSON.parse(text)) })
const output = await toPromise(second.start())
if (output === null || output.best === null) throw new Error("nothing was found")
console.log(`focus ${output.best.value.toFixed(3)} after ${output.counts.spent} evaluations`)
console.log(`spacing ${Number(output.best.params["spacing"]).toFixed(2)} wavelengths`)
if (!(output.complete && output.best.value > 0.5)) throw new Error("the search fell short")
