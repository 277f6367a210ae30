/**
 * A growing host as an XState actor: its mode is the state, its last boundary the context, and every command an event. So it can be used
 * with `waitFor`, `useSelector` and inspectors. A command is answered by the emitted event `commanded`, with its problems where it was refused.
 */
import { type Actor, setup } from "xstate"
import { createRootActor } from "../../engine/interop/rootActor.ts"
import type { GrowthBoundary, SocketView } from "../growth/GrowthBoundary.ts"
import type { PersonCommand } from "../growth/PersonCommand.ts"
import type { DriverView } from "./Driver.ts"
import type { GrowthEvent } from "./GrowthEvent.ts"
import type { GrowthFeed } from "./GrowthFeed.ts"

/** What the actor of a growing host shows beside its mode. */
export interface GrowthActorContext {
  readonly epoch: number
  readonly sockets: ReadonlyArray<SocketView>
  readonly parameters: number
  /** The last one; null before the first. */
  readonly boundary: GrowthBoundary | null
}

/** What the host tells its actor; nobody else sends these. */
type Told =
  | { readonly type: "arqon.view"; readonly view: DriverView; readonly boundary?: GrowthBoundary }
  | { readonly type: "arqon.emit"; readonly event: GrowthEvent }
  | { readonly type: "arqon.stopped" }

const NEW: GrowthActorContext = { epoch: 0, sockets: [], parameters: 0, boundary: null }

const chart = (ask: (command: PersonCommand) => void) => {
  const growing = setup({
    // oxlint-disable-next-line typescript/no-unnecessary-type-assertion -- setup() infers its types from this
    types: {} as { context: GrowthActorContext; events: PersonCommand | Told; emitted: GrowthEvent },
    guards: {
      isIn: ({ event }, { mode }: { readonly mode: GrowthBoundary["mode"] }) =>
        event.type === "arqon.view" && event.view.mode === mode,
    },
  })
  const command = { actions: growing.createAction(({ event }) => ask(event as PersonCommand)) }
  const see = growing.assign(({ context, event }) => {
    if (event.type !== "arqon.view") return {}
    const { epoch, sockets, parameters } = event.view
    return { epoch, sockets, parameters, boundary: event.boundary ?? context.boundary }
  })
  const leads = (mode: GrowthBoundary["mode"]) => ({
    guard: { type: "isIn" as const, params: { mode } },
    target: `.${mode}` as const,
    actions: [see],
  })
  return growing.createMachine({
    id: "growingHost",
    description: "How carefully a host grows, and what its sockets hold.",
    context: NEW,
    initial: "new",
    on: {
      germinate: command,
      cull: command,
      fossilize: command,
      rollback: command,
      pause: command,
      resume: command,
      reset: command,
      adjust: command,
      "arqon.view": [leads("operational"), leads("degraded"), leads("conservative"), leads("halted")],
      "arqon.emit": {
        actions: growing.emit(({ event }) => (event as Extract<Told, { type: "arqon.emit" }>).event),
      },
      "arqon.stopped": ".stopped",
    },
    states: {
      new: { description: "It has not been started." },
      operational: { description: "All is well: it trains, plants and judges." },
      degraded: { description: "Something went wrong. It goes on." },
      conservative: { description: "Nothing is planted. Existing grafts are still trained and judged." },
      halted: { description: "Nothing is trained until a person resets it." },
      stopped: { type: "final", description: "It has been stopped." },
    },
  })
}

type GrowingHost = ReturnType<typeof chart>

/** The actor of a growing host. */
export type GrowthActor = Actor<GrowingHost>

/** An actor that is told what the feed tells, and asks for what it is sent. */
export function growthActor(feed: GrowthFeed, view: () => DriverView, ask: (command: PersonCommand) => void) {
  const actor: GrowthActor = createRootActor(chart(ask), {}, (error) =>
    queueMicrotask(() => {
      throw error
    }),
  )
  actor.start()
  feed.listen((event) => {
    // Its state is as new as what it emits.
    if (event.type === "boundary") actor.send({ type: "arqon.view", view: view(), boundary: event.boundary })
    else if (event.type === "commanded") actor.send({ type: "arqon.view", view: view() })
    actor.send({ type: "arqon.emit", event })
  })
  feed.whenEnded(() => actor.send({ type: "arqon.stopped" }))
  return { actor, begin: (): void => actor.send({ type: "arqon.view", view: view() }) }
}
