/**
 * Whether the installed XState is one that `quickTransition` knows. The quick way reads fields of XState that a later version may change, so
 * before the first event of a process a small chart goes both ways. Where they differ in anything an inspector sees, or one of them throws,
 * every machine goes by XState itself: slower, and right.
 */
import {
  type AnyStateMachine,
  assign,
  createActor,
  emit,
  enqueueActions,
  fromCallback,
  type InspectionEvent,
  not,
  raise,
  sendTo,
  setup,
} from "xstate"
import { quickTransition } from "./quickTransition.ts"

type Quicken = typeof quickTransition
type Transition = AnyStateMachine["transition"]

/** Every kind of arrow and action that the charts of an engine use. */
const sample = (): AnyStateMachine =>
  setup({
    types: {
      context: {} as { n: number },
      events: {} as { type: string; by?: number },
      emitted: {} as { type: string; n: number },
    },
    actors: { echo: fromCallback(({ sendBack, receive }) => receive(() => sendBack({ type: "echo" }))) },
    guards: { above: ({ context }, params: { than: number }) => context.n > params.than },
  }).createMachine({
    context: { n: 0 },
    initial: "idle",
    states: {
      idle: {
        exit: assign({ n: ({ context }) => context.n + 1 }),
        on: {
          go: { target: "busy.inner", actions: raise({ type: "more", by: 2 }) },
          more: { actions: assign(({ context, event }) => ({ n: context.n + (event.by ?? 0) })) },
        },
      },
      busy: {
        tags: "busy",
        invoke: { id: "echo", src: "echo" },
        always: { guard: { type: "above", params: { than: 9 } }, target: "over" },
        initial: "inner",
        states: {
          inner: {
            entry: assign({ n: ({ context }) => context.n + 1 }),
            on: {
              more: {
                actions: enqueueActions(({ enqueue, check, event }) => {
                  if (check(not({ type: "above", params: { than: 50 } })))
                    enqueue.assign({ n: ({ context }) => context.n + (event.by ?? 0) })
                  enqueue.raise({ type: "tell" })
                  enqueue(emit(({ context }) => ({ type: "counted", n: context.n })))
                }),
              },
              tell: { actions: sendTo("echo", { type: "heard" }) },
              echo: { target: "inner", reenter: true },
            },
          },
        },
        on: { go: "#over" },
      },
      over: { id: "over", on: { go: "idle" } },
    },
  })

const EVENTS = ["go", "more", "tell", "go", "go", "nothing", "more", "go", "more"]

/** What an inspector sees of the sample, as text; how often one was made before is no part of it. */
function traceOf(change: (machine: AnyStateMachine) => void): string {
  const seen: Array<unknown> = []
  const inspect = (note: InspectionEvent): void => {
    const { type, event, action, snapshot } = note as InspectionEvent & {
      event?: unknown
      action?: { type: string }
      snapshot?: { value?: unknown; context?: unknown; status?: unknown }
    }
    seen.push([type, event, action?.type, snapshot?.value, snapshot?.context, snapshot?.status])
  }
  const machine = sample()
  change(machine)
  const actor = createActor(machine, { inspect })
  // Without a listener an actor that fails throws into the event loop.
  actor.subscribe({ error: () => undefined })
  actor.start()
  for (const type of EVENTS) if (actor.getSnapshot().status === "active") actor.send({ type, by: 3 })
  const { status, tags } = actor.getSnapshot() as { status: string; tags: ReadonlySet<string> }
  seen.push([status, ...tags])
  actor.stop()
  return JSON.stringify(seen)
}

/** Whether the quick way does with the sample what XState does. */
export const agrees = (quicken: Quicken): boolean =>
  traceOf((machine) => {
    machine.transition = quicken(machine, machine.transition.bind(machine))
  }) === traceOf(() => undefined)

let known: boolean | null = null

/** `quickTransition` where it agrees with the installed XState, else `slow`. */
export function checkedTransition(machine: AnyStateMachine, slow: Transition): Transition {
  const quick = quickTransition(machine, slow)
  return (snapshot, event, scope) => {
    known ??= agrees(quickTransition)
    return (known ? quick : slow)(snapshot, event, scope)
  }
}
