/**
 * What `quickTransition` tells inspectors, in XState's own words. XState copies a note for them, and only where there is one: that is
 * when it is made. So one note of each kind serves every step, and a step without inspectors makes no garbage.
 */
import type { AnyActorRef, AnyEventObject } from "xstate"
import type { ActionLike } from "./quickActions.ts"
import type { Arrow } from "./quickChart.ts"

/** What a step shows. */
interface Noted {
  readonly event: AnyEventObject
  readonly self: AnyActorRef
  readonly system: object
  /** The snapshot as it is now: that of the step goes on changing. */
  readonly copy: () => object
}

interface Inspected {
  readonly _sendInspectionEvent: (note: object) => void
}

/** What the notes are about. */
const about = {
  step: null as Noted | null,
  arrow: null as Arrow | null,
  action: "",
  /** Of the action. */
  params: undefined as unknown,
  /** What the action sends; to whom, and by which name. */
  event: null as AnyEventObject | null,
  to: undefined as unknown,
  targetId: undefined as string | undefined,
}

const MICROSTEP = {
  type: "@xstate.microstep",
  get actorRef() {
    return about.step?.self
  },
  get event() {
    return about.step?.event
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
    return about.step?.self
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

function send(step: Noted, note: object): void {
  about.step = step
  ;(step.system as Inspected)._sendInspectionEvent(note)
  about.step = null
}

/** A transition was taken; null: the event led to none. */
export function noteStep(step: Noted, arrow: Arrow | null): void {
  about.arrow = arrow
  send(step, MICROSTEP)
  about.arrow = null
}

/** An action is carried out. */
export function noteAction(step: Noted, type: string, params: unknown): void {
  about.action = type
  about.params = params
  send(step, ACTION)
  about.params = null
}

/** An action that raises, emits or sends an event. */
export function noteEvent(
  step: Noted,
  type: string,
  event: AnyEventObject,
  to?: AnyActorRef,
  targetId?: string,
): void {
  about.event = event
  about.to = to
  about.targetId = targetId
  noteAction(step, type, undefined)
  about.event = null
  about.to = about.targetId = undefined
}

/** How an action is called. */
export const nameOf = (one: ActionLike): string =>
  typeof one === "string" ? one : typeof one === "object" ? one.type : one.name || "(anonymous)"
