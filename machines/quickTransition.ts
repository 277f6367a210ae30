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
import { nameOf, noteAction, noteEvent, noteStep } from "./quickNotes.ts"
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
    step.begin(chart, snapshot as unknown as Snapshot, event, scope as unknown as Sending)
    const next = step.take()
    step.end()
    spare = step
    return next === null ? slow(snapshot, event, scope) : (next as unknown as AnyMachineSnapshot)
  }
}

interface Starting {
  readonly ids: ReadonlyArray<string>
  readonly retries: Array<() => void>
}

/** To an actor that is there, and at once. */
const isPlainSend = ({ type, to, id, delay }: Resolvable): boolean =>
  type === "xstate.sendTo" &&
  delay === undefined &&
  id === undefined &&
  !(typeof to === "string" && to.startsWith("#_"))

let spare: Macrostep | null = null

type CheckOf = (snapshot: unknown, args: object, guard: Check) => boolean

/** A field of a step that is not under way: never read. */
const unset = (): never => null as never

/** One event from rest to rest. It is used again for the next event: nothing outside may keep it. */
class Macrostep {
  scope: Sending = unset()
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
  /** While a state is entered that starts actors: theirs, and what was sent to them before they were there. */
  private starting: Starting | null = null
  // What guards and actions are called with: the step itself, because nobody keeps it.
  context: object = unset()
  event: AnyEventObject = unset()
  self: AnyActorRef = unset()
  system: Sending["system"] = unset()
  readonly enqueue = enqueue
  readonly check = check

  begin(chart: QuickChart, snapshot: Snapshot, event: AnyEventObject, scope: Sending): void {
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
    this.queue = this.outbox = this.starting = null
  }

  /** For inspectors: this one goes on changing. */
  copy(): Snapshot {
    return { ...this.now, context: { ...this.context } }
  }

  /** The snapshot that the event leads to; null, and nothing has happened, where XState has to do it. */
  take(): Snapshot | null {
    const arrow = this.arrow()
    if (arrow !== null && this.chart.planOf(this.place, arrow) === null) return null
    this.go(arrow)
    let mayDrift = true
    for (;;) {
      const drift = mayDrift ? this.open(this.place.always) : null
      if (drift !== null) {
        this.changed = false
        this.go(drift)
        // One that changed nothing would be taken for ever.
        mayDrift = this.changed
        continue
      }
      const next = this.queue?.shift()
      if (next === undefined) return this.now
      this.event = next
      this.go(this.arrow())
      mayDrift = true
    }
  }

  private arrow(): Arrow | null {
    return this.open(this.chart.arrowsAt(this.place, this.event.type))
  }

  /** The first whose guard lets it. */
  private open(arrows: ReadonlyArray<Arrow>): Arrow | null {
    for (const arrow of arrows) if (arrow.guard === undefined || this.holds(arrow.guard)) return arrow
    return null
  }

  holds(guard: GuardLike): boolean {
    const found = typeof guard === "function" ? guard : this.chart.guard(guard)
    if (typeof found !== "function") return this.holds(found)
    const params = typeof guard === "object" ? paramsOf(guard, this) : undefined
    if (!("check" in found)) return found(this, params)
    const { context, event } = this
    return (found.check as CheckOf)(this.now, { context, event }, found)
  }

  private go(arrow: Arrow | null): void {
    if (arrow !== null) {
      const plan = this.chart.planOf(this.place, arrow)
      if (plan === null)
        throw new TypeError("a raised event must not end a machine that uses quickTransition")
      this.run(plan.exits)
      this.run(arrow.actions)
      for (const { actions, starts } of plan.entries) this.enter(actions, starts)
      if (plan.place !== this.place) this.move(plan.place)
    }
    noteStep(this, arrow)
  }

  private move(place: Place): void {
    const now = this.mine()
    now._nodes = place.nodes
    now.value = place.value
    now.tags = place.tags
    this.place = place
  }

  private enter(actions: ReadonlyArray<ActionLike>, starts: ReadonlyArray<string>): void {
    if (starts.length === 0) return this.run(actions)
    this.starting = { ids: starts, retries: [] }
    this.run(actions)
    // What was sent to an actor that was about to start finds it now.
    for (const retry of this.starting.retries) retry()
    this.starting = null
  }

  private run(actions: ReadonlyArray<ActionLike>): void {
    for (const one of actions) this.act(one)
  }

  /** What a function of `enqueueActions` asks for. */
  private runCollected(found: Resolvable, params: unknown): void {
    const from = mark()
    try {
      const end = collect(found, this, params)
      for (let place = from; place < end; place++) this.act(collectedAt(place))
    } finally {
      drop(from)
    }
  }

  private act(one: ActionLike | Enqueued): void {
    if (one instanceof Enqueued) {
      if (this.starting === null || one.type !== "xstate.sendTo")
        return this.carryOut(one.type, one.to, one.given, undefined)
      return this.act(sendTo(one.to as never, one.given as never) as never)
    }
    const found = typeof one === "function" ? one : this.chart.action(one)
    const params = typeof one === "object" ? paramsOf(one, this) : undefined
    if (found?.resolve === undefined) {
      noteAction(this, nameOf(one), params)
      found?.(this, params)
    } else if (found.type === "xstate.assign") this.assign(found.assignment, params)
    else if (found.type === "xstate.enqueueActions") this.runCollected(found, params)
    else if (this.starting === null && isPlainSend(found))
      this.carryOut("xstate.sendTo", found.to, found.event, params)
    else this.resolve(found, params)
  }

  /** What needs no more than this file knows. */
  private carryOut(type: Enqueued["type"], to: unknown, given: unknown, params: unknown): void {
    if (type === "xstate.assign") return this.assign(given, params)
    const event = (typeof given === "function" ? given(this, params) : given) as AnyEventObject
    if (type === "xstate.raise") {
      this.raised().push(event)
      return noteEvent(this, type, event)
    }
    if (type === "xstate.emit") {
      noteEvent(this, type, event)
      return this.later().emit(event)
    }
    const target: unknown = typeof to === "function" ? to(this, params) : to
    const actor =
      typeof target === "string" ? this.now.children[target] : ((target ?? this.self) as AnyActorRef)
    if (actor === undefined)
      throw new Error(
        `Unable to send event to actor '${String(target)}' from machine '${this.now.machine.id}'.`,
      )
    noteEvent(this, type, event, actor, typeof target === "string" ? target : undefined)
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
  private resolve(found: Resolvable, params: unknown): void {
    const { scope, context, event, self, system, starting } = this
    // What it defers comes after what was sent so far, and before what will be.
    this.outbox = null
    const args = { context, event, self, system }
    const extra = { internalQueue: this.raised(), deferredActorIds: starting?.ids }
    const [next, resolved, more] = found.resolve!(scope, this.now, args, params, found, extra)
    if (next !== this.now) {
      this.now = { ...(next as Snapshot), toJSON: this.now.toJSON }
      this.own = true
      this.ownsContext = false
      this.context = this.now.context
      this.changed = true
    }
    if (found.retryResolve !== undefined)
      starting?.retries.push(() => found.retryResolve!(scope, this.now, resolved))
    if (found.execute !== undefined) {
      noteAction(this, found.type!, resolved)
      found.execute(scope, resolved)
    }
    if (more !== undefined) this.run(more)
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
