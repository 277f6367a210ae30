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

/** One of the common actions, to be carried out in its turn. */
export class Enqueued {
  readonly type: "xstate.assign" | "xstate.raise" | "xstate.emit" | "xstate.sendTo"
  readonly to: unknown
  /** What is assigned, raised, emitted or sent. */
  readonly given: unknown

  constructor(type: Enqueued["type"], to: unknown, given: unknown) {
    this.type = type
    this.to = to
    this.given = given
  }
}

/** What a collecting function is called with, and who evaluates the guards that it asks for. */
export interface Collecting {
  readonly event: AnyEventObject
  readonly holds: (guard: never, event: AnyEventObject) => boolean
}

/** What is being collected: one collection at a time, because nothing is carried out meanwhile. */
let list: Array<ActionLike | Enqueued> = []
const add = (one: unknown): void => void list.push(one as ActionLike)

type Given = ReadonlyArray<unknown>
type Maker = (...args: Given) => unknown

export const enqueue = Object.assign((one: ActionLike) => add(one), {
  assign: (given: unknown) => add(new Enqueued("xstate.assign", null, given)),
  emit: (given: unknown) => add(new Enqueued("xstate.emit", null, given)),
  raise: (given: never, options?: never) =>
    add(options === undefined ? new Enqueued("xstate.raise", null, given) : raise(given, options)),
  sendTo: (to: never, given: never, options?: never) =>
    add(
      options !== undefined || (typeof to === "string" && (to as string).startsWith("#_"))
        ? sendTo(to, given, options)
        : new Enqueued("xstate.sendTo", to, given),
    ),
  sendParent: (...args: Given) => add((sendParent as Maker)(...args)),
  cancel: (...args: Given) => add((cancel as Maker)(...args)),
  spawnChild: (...args: Given) => add((spawnChild as Maker)(...args)),
  stopChild: (...args: Given) => add((stopChild as Maker)(...args)),
})

/** Whose actions are being collected. */
let collecting: Collecting | null = null

/** Whether a guard holds, for the function that collects. */
export const check = (guard: never): boolean => collecting?.holds(guard, collecting.event) ?? false

/** What a function of `enqueueActions` asks for, in its order; it is called with the step. */
export function collected(
  { collect }: Resolvable,
  step: Collecting,
  params: unknown,
): ReadonlyArray<ActionLike | Enqueued> {
  const outer = list
  const before = collecting
  const own: Array<ActionLike | Enqueued> = []
  list = own
  collecting = step
  collect?.(step, params)
  list = outer
  collecting = before
  return own
}
