/**
 * The actions of a chart for `quickTransition`, and what `enqueueActions` collects: the common ones as plain records, where XState
 * makes a function of each.
 */
import { cancel, raise, sendParent, sendTo, spawnChild, stopChild } from "xstate"
import type { AnyEventObject } from "xstate"

/** A built-in action of XState's with what it was made with, or a function of one's own. */
export interface Resolvable {
  (args: object, params: unknown): unknown
  readonly type?: string
  readonly resolve?: (
    ...args: ReadonlyArray<unknown>
  ) => readonly [unknown, unknown, ReadonlyArray<ActionLike>?]
  readonly execute?: (scope: unknown, params: unknown) => void
  readonly retryResolve?: (scope: unknown, snapshot: unknown, params: unknown) => void
  readonly assignment?: unknown
  readonly collect?: (args: object, params: unknown) => void
  readonly to?: unknown
  readonly event?: unknown
  readonly id?: unknown
  readonly delay?: unknown
}

interface Named {
  readonly type: string
  readonly params?: unknown
}

export type ActionLike = string | Resolvable | Named

/** The parameters of a guard or an action, as a value or made for the moment. */
export const paramsOf = (
  { params }: Named,
  { context, event }: { readonly context: object; readonly event: object },
): unknown => (typeof params === "function" ? params({ context, event }) : params)

/** One of the common actions, to be carried out in its turn. It is overwritten for the next one: copy it if you need it later. */
export class Enqueued {
  type: "xstate.assign" | "xstate.raise" | "xstate.emit" | "xstate.sendTo" = "xstate.assign"
  to: unknown = null
  /** What is assigned, raised, emitted or sent. */
  given: unknown = null

  as(type: Enqueued["type"], to: unknown, given: unknown): this {
    this.type = type
    this.to = to
    this.given = given
    return this
  }
}

/** What a collecting function is called with, and who evaluates the guards that it asks for. */
export interface Collecting {
  readonly event: AnyEventObject
  readonly holds: (guard: never) => boolean
}

/**
 * What was collected and waits, a place each: a collection stands above the one that it is part of. The list never gets shorter and its records
 * stay in their places, so that collecting makes no garbage.
 */
const list: Array<ActionLike | Enqueued> = []
const records: Array<Enqueued> = []
let top = 0

const add = (one: unknown): void => {
  list[top++] = one as ActionLike
}

const addCommon = (type: Enqueued["type"], to: unknown, given: unknown): void => {
  while (records.length <= top) records.push(new Enqueued())
  list[top] = records[top].as(type, to, given)
  top++
}

type Given = ReadonlyArray<unknown>
type Maker = (...args: Given) => unknown

export const enqueue = Object.assign((one: ActionLike) => add(one), {
  assign: (given: unknown) => addCommon("xstate.assign", null, given),
  emit: (given: unknown) => addCommon("xstate.emit", null, given),
  raise: (given: never, options?: never) =>
    options === undefined ? addCommon("xstate.raise", null, given) : add(raise(given, options)),
  sendTo: (to: never, given: never, options?: never) =>
    options !== undefined || (typeof to === "string" && (to as string).startsWith("#_"))
      ? add(sendTo(to, given, options))
      : addCommon("xstate.sendTo", to, given),
  sendParent: (...args: Given) => add((sendParent as Maker)(...args)),
  cancel: (...args: Given) => add((cancel as Maker)(...args)),
  spawnChild: (...args: Given) => add((spawnChild as Maker)(...args)),
  stopChild: (...args: Given) => add((stopChild as Maker)(...args)),
})

/** Whose actions are being collected. */
let collecting: Collecting | null = null

/** Whether a guard holds, for the function that collects. */
export const check = (guard: never): boolean => collecting?.holds(guard) ?? false

/** Where the next collection begins: to be given back to `drop` when it has been carried out, or has failed. */
export const mark = (): number => top

/** Calls a function of `enqueueActions` with the step; what it asks for lies from `mark()` on, in its order. Returns where it ends. */
export function collect(found: Resolvable, step: Collecting, params: unknown): number {
  const before = collecting
  collecting = step
  try {
    found.collect?.(step, params)
  } finally {
    collecting = before
  }
  return top
}

/** What was collected at this place. */
export const collectedAt = (place: number): ActionLike | Enqueued => list[place]

/** Forgets what was collected from `from` on. */
export function drop(from: number): void {
  for (let place = from; place < top; place++) {
    list[place] = NOTHING
    if (place < records.length) records[place].as("xstate.assign", null, null)
  }
  top = from
}

const NOTHING: ActionLike = ""
