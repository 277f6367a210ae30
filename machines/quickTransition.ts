/**
 * XState's own transition of a machine, without what that works out anew at every event: the same guards, actions, order, inspection
 * and snapshots, at a tenth of the time and garbage. Every machine between a window and an apply goes by it.
 *
 * What is rare goes by XState itself: XState's own events, arrows that end the machine, actors that do not run (pure transitions,
 * models), and machines whose words somebody else has given. `test/machines/quickTransition.test.ts` holds the two together.
 */
import {
  type AnyActorRef,
  type AnyEventObject,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  sendTo,
} from "xstate"
import {
  type ActionLike,
  check,
  collect,
  collectedAt,
  drop,
  enqueue,
  Enqueued,
  mark,
  paramsOf,
  type Resolvable,
} from "./quickActions.ts"
import { Outbox, type Sending } from "./quickOutbox.ts"
import {
  type Arrow,
  type Check,
  type GuardLike,
  type Node,
  type Place,
  quickChart,
  type QuickChart,
} from "./quickChart.ts"

interface Scope extends Sending {
  readonly system: Sending["system"] & { readonly _sendInspectionEvent: (note: object) => void }
}

interface Snapshot {
  readonly status: string
  readonly output: unknown
  readonly error: unknown
  readonly machine: AnyStateMachine
  context: object
  _nodes: ReadonlyArray<Node>
  value: unknown
  tags: ReadonlySet<string>
  readonly children: Readonly<Record<string, AnyActorRef | undefined>>
  readonly historyValue: unknown
  readonly matches: unknown
  readonly hasTag: unknown
  readonly can: unknown
  readonly getMeta: unknown
  readonly toJSON: unknown
}

/** XState's number for an actor that was started and not stopped. */
const RUNNING = 1

type Transition = AnyStateMachine["transition"]

/** `machine.transition`, quickly where it can be; `slow` is XState's own. */
export function quickTransition(machine: AnyStateMachine, slow: Transition): Transition {
  let chart: QuickChart | null | undefined
  return (snapshot, event, scope) => {
    if (chart === undefined) chart = quickChart(machine)
    const { self } = scope
    const runs = (self as { readonly _processingStatus?: number })._processingStatus === RUNNING
    if (chart === null || !runs || snapshot.status !== "active" || event.type.startsWith("xstate."))
      return slow(snapshot, event, scope)
    // One after another: an actor's events wait for each other, and what one sends is sent after its step. A step that fails is not used again.
    const step = spare ?? new Macrostep()
    spare = null
    step.begin(chart, snapshot as unknown as Snapshot, event, scope as unknown as Scope)
    const next = step.take(event)
    step.end()
    spare = step
    return next === null ? slow(snapshot, event, scope) : (next as unknown as AnyMachineSnapshot)
  }
}

/** To an actor that is there, and at once. */
const isPlainSend = ({ type, to, id, delay }: Resolvable): boolean =>
  type === "xstate.sendTo" &&
  delay === undefined &&
  id === undefined &&
  !(typeof to === "string" && to.startsWith("#_"))

/** What a note to inspectors is about. XState copies a note for them, and only where there is one: that is when it is made. */
const about = {
  step: null as Macrostep | null,
  arrow: null as Arrow | null,
  event: null as AnyEventObject | null,
  action: "",
  /** Parameters of the action, and of one that sends: to whom it does, and by which name. */
  params: undefined as unknown,
  to: undefined as unknown,
  targetId: undefined as string | undefined,
}
const MICROSTEP = {
  type: "@xstate.microstep",
  get actorRef() {
    return about.step?.scope.self
  },
  get event() {
    return about.event
  },
  get snapshot() {
    return about.step?.copy()
  },
  get _transitions() {
    return about.arrow === null ? [] : [about.arrow]
  },
}
const ACTION = {
  type: "@xstate.action",
  get actorRef() {
    return about.step?.scope.self
  },
  get action() {
    return { type: about.action, params: paramsOfNote() }
  },
}

/** As XState has them. */
function paramsOfNote(): unknown {
  const { action, event, params, targetId, to } = about
  if (event === null) return params
  if (action === "xstate.emit") return { event }
  const delayed = { event, id: undefined, delay: undefined }
  return action === "xstate.raise" ? delayed : { to, targetId, ...delayed }
}

const nameOf = (one: ActionLike): string =>
  typeof one === "string" ? one : typeof one === "object" ? one.type : one.name || "(anonymous)"

let spare: Macrostep | null = null

type CheckOf = (snapshot: unknown, args: object, guard: Check) => boolean

/** A field of a step that is not under way: never read. */
const unset = (): never => null as never

/** One event from rest to rest. It is used again for the next event: nothing outside may keep it. */
class Macrostep {
  scope: Scope = unset()
  private chart: QuickChart = unset()
  private place: Place = unset()
  private now: Snapshot = unset()
  /** `now` is this step's own, and may be written. */
  private own = false
  /** Something was assigned or entered since it was last asked. */
  private changed = false
  /** What was raised and waits. */
  private queue: Array<AnyEventObject> | null = null
  /** The context was made by this step, and may be written. */
  private ownsContext = false
  /** What it sends when it is over; null while there is nothing, or something else has to come in between. */
  private outbox: Outbox | null = null
  // What guards and actions are called with: the step itself, because nobody keeps it.
  context: object = unset()
  event: AnyEventObject = unset()
  self: AnyActorRef = unset()
  system: Scope["system"] = unset()
  readonly enqueue = enqueue
  readonly check = check

  begin(chart: QuickChart, snapshot: Snapshot, event: AnyEventObject, scope: Scope): void {
    this.chart = chart
    this.now = snapshot
    this.scope = scope
    this.place = chart.placeOf(snapshot._nodes)
    this.context = snapshot.context
    this.event = event
    this.self = scope.self
    this.system = scope.system
    this.own = this.changed = this.ownsContext = false
  }

  /** Lets go of everything, so that a step that waits keeps no engine alive. */
  end(): void {
    this.chart = this.now = this.scope = this.place = unset()
    this.context = this.event = this.self = this.system = unset()
    this.queue = this.outbox = null
  }

  /** For inspectors: this one goes on changing. */
  copy(): Snapshot {
    return { ...this.now, context: { ...this.context } }
  }

  /** The snapshot that the event leads to; null, and nothing has happened, where XState has to do it. */
  take(first: AnyEventObject): Snapshot | null {
    let event = first
    const arrow = this.arrowFor(event)
    if (arrow !== null && this.chart.planOf(this.place, arrow) === null) return null
    this.go(arrow, event)
    let mayDrift = true
    for (;;) {
      const drift = mayDrift ? this.open(this.place.always, event) : null
      if (drift !== null) {
        this.changed = false
        this.go(drift, event)
        // One that changed nothing would be taken for ever.
        mayDrift = this.changed
        continue
      }
      const next = this.queue?.shift()
      if (next === undefined) return this.now
      event = next
      this.go(this.arrowFor(event), event)
      mayDrift = true
    }
  }

  private arrowFor(event: AnyEventObject): Arrow | null {
    return this.open(this.chart.arrowsAt(this.place, event.type), event)
  }

  /** The first whose guard lets it. */
  private open(arrows: ReadonlyArray<Arrow>, event: AnyEventObject): Arrow | null {
    for (const arrow of arrows) if (arrow.guard === undefined || this.holds(arrow.guard, event)) return arrow
    return null
  }

  holds(guard: GuardLike, event: AnyEventObject): boolean {
    const found = typeof guard === "function" ? guard : this.chart.guard(guard)
    if (typeof found !== "function") return this.holds(found, event)
    this.event = event
    const params = typeof guard === "object" ? paramsOf(guard, this) : undefined
    if (!("check" in found)) return found(this, params)
    const { context } = this
    return (found.check as CheckOf)(this.now, { context, event }, found)
  }

  private go(arrow: Arrow | null, event: AnyEventObject): void {
    if (arrow !== null) {
      const plan = this.chart.planOf(this.place, arrow)
      if (plan === null)
        throw new TypeError("what is raised must not end a machine that goes by quickTransition")
      this.run(plan.exits, event, null, null)
      this.run(arrow.actions, event, null, null)
      for (const { actions, starts } of plan.entries) this.enter(actions, starts, event)
      if (plan.place !== this.place) this.move(plan.place)
    }
    about.step = this
    about.arrow = arrow
    about.event = event
    this.scope.system._sendInspectionEvent(MICROSTEP)
    about.step = about.arrow = about.event = null
  }

  private move(place: Place): void {
    const now = this.mine()
    now._nodes = place.nodes
    now.value = place.value
    now.tags = place.tags
    this.place = place
  }

  private enter(
    actions: ReadonlyArray<ActionLike>,
    starts: ReadonlyArray<string>,
    event: AnyEventObject,
  ): void {
    if (starts.length === 0) return this.run(actions, event, null, null)
    // What is sent to an actor that is about to start finds it once it is there.
    const retries: Array<() => void> = []
    this.run(actions, event, starts, retries)
    for (const retry of retries) retry()
  }

  private run(
    actions: ReadonlyArray<ActionLike>,
    event: AnyEventObject,
    starts: ReadonlyArray<string> | null,
    retries: Array<() => void> | null,
  ): void {
    for (const one of actions) this.act(one, event, starts, retries)
  }

  /** What a function of `enqueueActions` asks for. */
  private runCollected(
    found: Resolvable,
    params: unknown,
    event: AnyEventObject,
    starts: ReadonlyArray<string> | null,
    retries: Array<() => void> | null,
  ): void {
    const from = mark()
    try {
      const end = collect(found, this, params)
      for (let place = from; place < end; place++) this.act(collectedAt(place), event, starts, retries)
    } finally {
      drop(from)
    }
  }

  private act(
    one: ActionLike | Enqueued,
    event: AnyEventObject,
    starts: ReadonlyArray<string> | null,
    retries: Array<() => void> | null,
  ): void {
    this.event = event
    if (one instanceof Enqueued) {
      if (starts === null || one.type !== "xstate.sendTo")
        return this.carryOut(one.type, one.to, one.given, undefined)
      return this.act(sendTo(one.to as never, one.given as never) as never, event, starts, retries)
    }
    const found = typeof one === "function" ? one : this.chart.action(one)
    const params = typeof one === "object" ? paramsOf(one, this) : undefined
    if (found?.resolve === undefined) {
      this.note(nameOf(one), params)
      found?.(this, params)
    } else if (found.type === "xstate.assign") this.assign(found.assignment, params)
    else if (found.type === "xstate.enqueueActions") this.runCollected(found, params, event, starts, retries)
    else if (starts === null && isPlainSend(found))
      this.carryOut("xstate.sendTo", found.to, found.event, params)
    else this.resolve(found, params, event, starts, retries)
  }

  /** What needs no more than this file knows. */
  private carryOut(type: Enqueued["type"], to: unknown, given: unknown, params: unknown): void {
    if (type === "xstate.assign") return this.assign(given, params)
    const event = (typeof given === "function" ? given(this, params) : given) as AnyEventObject
    if (type === "xstate.raise") {
      this.raised().push(event)
      return this.noteEvent(type, event)
    }
    const { scope } = this
    if (type === "xstate.emit") {
      this.noteEvent(type, event)
      return this.later().emit(event)
    }
    const target: unknown = typeof to === "function" ? to(this, params) : to
    const actor =
      typeof target === "string" ? this.now.children[target] : ((target ?? scope.self) as AnyActorRef)
    if (actor === undefined)
      throw new Error(
        `Unable to send event to actor '${String(target)}' from machine '${this.now.machine.id}'.`,
      )
    about.to = actor
    about.targetId = typeof target === "string" ? target : undefined
    this.noteEvent(type, event)
    about.to = about.targetId = undefined
    this.later().send(actor, event)
  }

  /** Where it puts what it sends. */
  private later(): Outbox {
    return (this.outbox ??= Outbox.of(this.scope))
  }

  private raised(): Array<AnyEventObject> {
    return (this.queue ??= [])
  }

  /** A built-in action by its own means. */
  private resolve(
    found: Resolvable,
    params: unknown,
    event: AnyEventObject,
    starts: ReadonlyArray<string> | null,
    retries: Array<() => void> | null,
  ): void {
    const { scope, context, self, system } = this
    // What it defers comes after what was sent so far, and before what will be.
    this.outbox = null
    const args = { context, event, self, system }
    const extra = { internalQueue: this.raised(), deferredActorIds: starts ?? undefined }
    const [next, resolved, more] = found.resolve!(scope, this.now, args, params, found, extra)
    if (next !== this.now) {
      this.now = { ...(next as Snapshot), toJSON: this.now.toJSON }
      this.own = true
      this.ownsContext = false
      this.context = this.now.context
      this.changed = true
    }
    if (found.retryResolve !== undefined) retries?.push(() => found.retryResolve!(scope, this.now, resolved))
    if (found.execute !== undefined) {
      this.note(found.type!, resolved)
      found.execute(scope, resolved)
    }
    if (more !== undefined) this.run(more, event, starts, retries)
  }

  private assign(assignment: unknown, params: unknown): void {
    const change: object =
      typeof assignment === "function"
        ? assignment(this, params)
        : this.valuesOf(assignment as Readonly<Record<string, unknown>>, params)
    const now = this.mine()
    if (this.ownsContext) Object.assign(this.context, change)
    else now.context = this.context = { ...this.context, ...change }
    this.ownsContext = true
  }

  private valuesOf(assignment: Readonly<Record<string, unknown>>, params: unknown): object {
    // Plain values are the change already.
    let isPlain = true
    for (const key in assignment) if (typeof assignment[key] === "function") isPlain = false
    if (isPlain) return assignment
    const change: Record<string, unknown> = {}
    for (const key in assignment) {
      const value = assignment[key]
      change[key] = typeof value === "function" ? value(this, params) : value
    }
    return change
  }

  private note(type: string, params: unknown): void {
    about.step = this
    about.action = type
    about.params = params
    this.scope.system._sendInspectionEvent(ACTION)
    about.step = about.params = null
  }

  private noteEvent(type: string, event: AnyEventObject): void {
    about.event = event
    this.note(type, undefined)
    about.event = null
  }

  private mine(): Snapshot {
    this.changed = true
    if (this.own) return this.now
    this.own = true
    const { status, output, error, machine, context, _nodes, value, tags, children } = this.now
    const { historyValue, matches, hasTag, can, getMeta, toJSON } = this.now
    // Written out: a literal is made in one piece.
    this.now = {
      status,
      output,
      error,
      machine,
      context,
      _nodes,
      value,
      tags,
      children,
      historyValue,
      matches,
      hasTag,
      can,
      getMeta,
      toJSON,
    }
    return this.now
  }
}
