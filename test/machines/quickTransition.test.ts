/**
 * `quickTransition` beside XState's own transition: twins that get the same events, and everything an inspector sees of them. The
 * toy chart has every kind of arrow and action that our charts use, and some that they do not.
 */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  type Actor,
  type AnyActorLogic,
  type AnyActorRef,
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
import { asData } from "../../machines/asData.ts"
import { engineMachine } from "../../machines/engine.machine.ts"
import { makeHotPath } from "../../machines/makeHotPath.ts"
import { runawayMachine } from "../../machines/runaway.machine.ts"
import { safeModeMachine } from "../../machines/safeMode.machine.ts"
import { spsaCycleMachine } from "../../machines/spsaCycle.machine.ts"

/** A function as nothing. */
const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null) ?? "null")

interface MicrostepEvent {
  readonly _transitions: ReadonlyArray<unknown>
}

/** What an inspector sees, as text: actors by their order, for their numbers count on through a process. */
const witness = () => {
  const seen: Array<string> = []
  const names = new Map<string, string>()
  const nameOf = (actor: AnyActorRef | undefined): string => {
    if (actor === undefined) return "nobody"
    const known =
      names.get(actor.sessionId) ?? `${names.size} ${actor._parent === undefined ? "root" : actor.id}`
    names.set(actor.sessionId, known)
    return known
  }
  const inspect = (event: InspectionEvent): void => {
    const { type, actorRef } = event as InspectionEvent & { actorRef: AnyActorRef }
    const parts: Array<unknown> = [type, nameOf(actorRef)]
    if ("event" in event) parts.push(json(event.event))
    if ("sourceRef" in event) parts.push(nameOf(event.sourceRef as AnyActorRef | undefined))
    if ("snapshot" in event) parts.push(shapeOf(event.snapshot))
    if ("_transitions" in event) parts.push(json((event as unknown as MicrostepEvent)._transitions))
    if ("action" in event) parts.push(event.action.type, paramsOf(event.action.params, nameOf))
    // Actors and hot paths are numbered through the process.
    seen.push(JSON.stringify(parts).replaceAll(/"x:\d+"|"id":\d+,"generation"/gu, "one"))
  }
  return { seen, inspect }
}

/** Not as it writes itself out: of a step within an event only the quick one has the short form. */
const shapeOf = (snapshot: unknown): unknown => {
  const { value, context, tags, children, _nodes, status } = snapshot as Record<string, unknown> & {
    tags?: Set<string>
    _nodes?: ReadonlyArray<{ id: string }>
  }
  return [
    status,
    value,
    json(context),
    [...(tags ?? [])],
    Object.keys(children ?? {}),
    (_nodes ?? []).map(({ id }) => id),
  ]
}

const paramsOf = (params: unknown, nameOf: (actor: AnyActorRef) => string): unknown => {
  if (typeof params !== "object" || params === null) return params
  if ("sessionId" in params) return nameOf(params as AnyActorRef)
  return Object.entries(params).map(([key, value]) => [
    key,
    key === "to" || key === "actorRef"
      ? nameOf(value as AnyActorRef)
      : key === "resolve"
        ? null
        : json(value),
  ])
}

/** Runs one and its twin through the same, and hands back what was seen of each. */
const twins = (
  make: (inspect: (event: InspectionEvent) => void, quick: boolean) => (step: number) => void,
  steps: number,
): readonly [ReadonlyArray<string>, ReadonlyArray<string>] => {
  const seen = [true, false].map((quick) => {
    const eye = witness()
    const go = make(eye.inspect, quick)
    for (let step = 0; step < steps; step++) go(step)
    return eye.seen
  })
  return [seen[0], seen[1]]
}

type Enqueue = Record<
  "assign" | "raise" | "emit" | "spawnChild" | "sendTo",
  (...given: ReadonlyArray<unknown>) => void
> &
  ((action: unknown) => void)

interface Held {
  readonly context: { readonly n: number }
}

const toy = () => {
  const child = fromCallback(({ sendBack, receive }) => {
    receive((event) => sendBack({ type: "heard", what: event.type }))
    sendBack({ type: "born" })
  })
  return setup({
    types: {
      context: {} as { n: number; heard: ReadonlyArray<string> },
      events: {} as { type: string; by?: number; what?: string },
      emitted: {} as { type: string; n?: number },
    },
    actors: { child },
    guards: {
      odd: ({ context }) => context.n % 2 === 1,
      above: ({ context }, params: { than: number }) => context.n > params.than,
    },
    actions: {
      note: assign(({ context, event }) => ({ heard: [...context.heard.slice(-4), event.type] })),
      count: assign({ n: ({ context, event }) => context.n + (event.by ?? 1) }),
      add: assign(({ context }, params: { by: number }) => ({ n: context.n + params.by })),
      wild: enqueueActions(({ context, event, enqueue: anything, check, self }) => {
        // What a set-up knows of itself only when it is done.
        const enqueue = anything as never as Enqueue
        enqueue.assign({ n: context.n + 2 })
        enqueue.assign(({ context: now }: Held) => ({ n: now.n * 2 }))
        if (check("odd")) enqueue.raise({ type: "inner" })
        enqueue("note")
        enqueue.emit({ type: "told", n: context.n })
        enqueue({ type: "add", params: { by: 3 } })
        if (event.type === "spawn") enqueue.spawnChild("child", { id: `extra${context.n % 3}` })
        if (context.n > 60) enqueue.assign({ n: 0 })
        enqueue.sendTo(self, { type: "echo" })
      }) as never,
      own: () => {},
    },
  }).createMachine({
    id: "toy",
    context: { n: 0, heard: [] },
    initial: "a",
    entry: "note",
    on: {
      born: { actions: "note" },
      heard: { actions: "note" },
      echo: { actions: "own" },
      inner: { actions: { type: "add", params: ({ context }) => ({ by: context.n % 5 }) } },
      home: ".a",
      anew: { target: ".b", reenter: true },
      over: ".done",
    },
    states: {
      a: {
        tags: ["first"],
        entry: "count",
        exit: ["note", emit({ type: "left" })],
        always: { guard: { type: "above", params: { than: 40 } }, actions: assign({ n: 1 }) },
        on: {
          go: [{ guard: "odd", target: "b", actions: "wild" }, { target: "c" }],
          inner: {},
          same: { target: "a", actions: "count" },
          again: { target: "a", reenter: true },
          spawn: { actions: "wild" },
        },
      },
      b: {
        initial: "b1",
        tags: ["second"],
        entry: ["note", raise({ type: "inner" })],
        exit: "count",
        invoke: { id: "kid", src: "child" },
        on: {
          go: { target: "c", guard: not("odd"), actions: ["own", "note"] },
          step: { target: ".b2.deep" },
          spawn: { actions: sendTo("kid", ({ event }) => ({ type: event.type })) },
          flip: {
            guard: ({ context }) => context.n > 3,
            actions: enqueueActions(({ enqueue }) => enqueue.sendTo("kid", { type: "x" })),
          },
        },
        states: {
          b1: { on: { step: "b2" }, tags: ["inner"] },
          b2: {
            initial: "flat",
            entry: sendTo("kid", { type: "hello" }),
            states: {
              flat: { always: { guard: "odd", target: "deep" } },
              deep: { entry: "count", on: { same: "#toy.b.b2" } },
            },
          },
        },
      },
      c: {
        always: [
          { guard: { type: "above", params: { than: 20 } }, target: "b", actions: "count" },
          { guard: "odd", actions: "count" },
        ],
        on: { go: "a", step: { actions: ["count", "wild"] } },
      },
      done: { type: "final", entry: "note" },
    },
  })
}

const EVENTS = [
  "go",
  "step",
  "same",
  "again",
  "spawn",
  "flip",
  "home",
  "anew",
  "inner",
  "nobodysEvent",
] as const

const start = <L extends AnyActorLogic>(logic: L, options: object): Actor<L> =>
  (createActor as unknown as (logic: L, options: object) => Actor<L>)(logic, options).start()

describe("a quick transition", () => {
  it("does the same as XState's own, as an inspector sees it, on a chart with every feature", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...EVENTS), { minLength: 1, maxLength: 40 }),
        fc.boolean(),
        (types, ends) => {
          const all = ends ? [...types, "over"] : types
          const [quick, slow] = twins((inspect, isQuick) => {
            const machine = asData(toy(), isQuick ? {} : { slow: true })
            const told: Array<string> = []
            const actor = start(machine, { inspect })
            actor.on("*", (event) => told.push(event.type))
            return (step) => actor.send({ type: all[step] })
          }, all.length)
          expect(quick).toEqual(slow)
        },
      ),
      { numRuns: 300 },
    )
  })

  it("continues where XState's own left off, and vice versa", () => {
    const machine = asData(toy(), {})
    const actor = start(machine, {})
    for (const type of ["go", "step", "home"] as const) actor.send({ type })
    const again = start(machine, { snapshot: json(actor.getPersistedSnapshot()) })
    expect(again.getSnapshot().value).toEqual(actor.getSnapshot().value)
    for (const type of ["go", "go", "step"] as const) for (const one of [actor, again]) one.send({ type })
    expect(json(again.getSnapshot())).toEqual(json(actor.getSnapshot()))
  })

  it("changes no existing snapshot", () => {
    const actor = start(asData(toy(), {}), {})
    const held = [actor.getSnapshot()]
    const texts = [JSON.stringify([held[0].context, held[0].value, [...held[0].tags]])]
    for (const type of [...EVENTS, ...EVENTS]) {
      actor.send({ type })
      const snapshot = actor.getSnapshot()
      held.push(snapshot)
      texts.push(JSON.stringify([snapshot.context, snapshot.value, [...snapshot.tags]]))
    }
    expect(held.map(({ context, value, tags }) => JSON.stringify([context, value, [...tags]]))).toEqual(texts)
  })
})

/** The engine with every machine in it going by XState alone. */
const slowEngine: AnyStateMachine = engineMachine.provide({
  actions: {},
  actors: {
    spsaCycle: spsaCycleMachine.provide({ actions: {} }),
    safeMode: safeModeMachine.provide({ actions: {} }),
    runaway: runawayMachine.provide({ actions: {} }),
  },
})

const COMMANDS = [
  { type: "rollback" },
  { type: "setBaseline" },
  { type: "trip", reason: "manual" },
  { type: "trip", reason: "constraintEmergency" },
  { type: "reset", by: "", note: "" },
  { type: "reset", by: "", note: "" },
] as const

it("leads an engine event by event through the same cycles, trips, rollbacks and resets", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1e6 }),
      fc.array(fc.tuple(fc.nat(180), fc.nat(COMMANDS.length - 1)), { maxLength: 8 }),
      (seed, commands) => {
        const [quick, slow] = twins((inspect, isQuick) => {
          const { hot } = makeHotPath({
            knobs: { a: { min: 0, max: 1 }, b: { min: 0, max: 100 } },
            manualTime: true,
            window: { settleUs: 0, windowUs: 500_000 },
          })
          const input = { hot, seed, names: ["a", "b"], comparison: {} }
          const engine = start(isQuick ? engineMachine : slowEngine, { input, inspect })
          engine.send({ type: "start", nowUs: 0 })
          return (step) => {
            const nowUs = (step + 1) * 100_000
            for (const [at, which] of commands) if (at === step) engine.send({ ...COMMANDS[which], nowUs })
            const objective = 10 + hot.config.value(0) * 3 + Math.sin(step * 1.7 + seed)
            hot.observeObject({ objective, timestampUs: nowUs })
            hot.audit.drain(() => {})
          }
        }, 200)
        expect(quick.length).toBeGreaterThan(50)
        expect(quick).toEqual(slow)
      },
    ),
    { numRuns: 12 },
  )
})
