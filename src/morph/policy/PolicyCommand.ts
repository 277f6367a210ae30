/**
 * What a policy may propose. A proposal has no power of its own: `risk.ts` may refuse or weaken it, and the gates decide what happens.
 * An answer of a policy that is not ours is read here, field by field, before anything looks at it.
 */
import { EMERGENCIES, type EmergencyName, OPERATIONS, type OperationName } from "../contracts/enums.ts"

interface Proposal {
  /** Why, in a sentence; kept with the command. */
  readonly why: string
  /** How risky the policy itself takes it to be, 0 to 1; 0 when omitted. */
  readonly risk?: number
}

export interface GraftCommand extends Proposal {
  readonly type: "graft"
  readonly operation: OperationName
  readonly socket: string
  /** What to plant; for `germinate` only. */
  readonly blueprint?: string
}

export interface OptimiserCommand extends Proposal {
  readonly type: "optimiser"
  /** The host's learning rate is multiplied by this, above 0 and at most 10. */
  readonly factor: number
}

export interface RollbackCommand extends Proposal {
  readonly type: "rollback"
}

export interface PauseCommand extends Proposal {
  readonly type: "pause"
  /** For how many boundaries nothing is planted and no graft moves, 1 to 1,000. */
  readonly boundaries: number
}

export interface EmergencyCommand extends Proposal {
  readonly type: "emergency"
  readonly level: EmergencyName
}

/** What a policy proposes; risk rules and gates decide. */
export type PolicyCommand =
  | GraftCommand
  | OptimiserCommand
  | RollbackCommand
  | PauseCommand
  | EmergencyCommand

/** An answer that was read: a command of known fields only, or what is wrong with it. */
export type ReadCommand =
  | { readonly ok: true; readonly command: PolicyCommand | null }
  | { readonly ok: false; readonly problem: string }

const LONGEST_TEXT = 500
const MOST_FACTOR = 10
const MOST_PAUSE = 1000

const refused = (problem: string): ReadCommand => ({ ok: false, problem })
const isText = (value: unknown): value is string =>
  typeof value === "string" && value !== "" && value.length <= LONGEST_TEXT
const isWithin = (value: unknown, above: number, atMost: number): value is number =>
  typeof value === "number" && value > above && value <= atMost
/** Number 0 of each list is unknown, and nobody can ask for that. */
const isOf = <T extends string>(names: ReadonlyArray<T>, value: unknown): value is T =>
  names.indexOf(value as T) > 0

/** Reads whatever a policy answered. Nothing of the answer itself is passed on, and no getter of it is read twice. */
export function readCommand(answer: unknown): ReadCommand {
  if (answer === null || answer === undefined) return { ok: true, command: null }
  if (typeof answer !== "object") return refused(`a policy answers a command or null, not ${typeof answer}`)
  const {
    type,
    why,
    risk = 0,
    operation,
    socket,
    blueprint,
    factor,
    boundaries,
    level,
  } = answer as {
    readonly [field: string]: unknown
  }
  if (!isText(why)) return refused(`why: must be a text of 1 to ${LONGEST_TEXT} characters`)
  if (!isWithin(risk, -Number.MIN_VALUE, 1)) return refused("risk: must be from 0 to 1")
  const reason = { why, risk }
  switch (type) {
    case "graft":
      if (!isOf(OPERATIONS, operation)) return refused(`operation: must be one of ${named(OPERATIONS)}`)
      if (!isText(socket)) return refused("socket: must be the name of a socket")
      if (operation !== "germinate") return { ok: true, command: { type, operation, socket, ...reason } }
      return isText(blueprint)
        ? { ok: true, command: { type, operation, socket, blueprint, ...reason } }
        : refused("blueprint: must be the name of a blueprint")
    case "optimiser":
      return isWithin(factor, 0, MOST_FACTOR)
        ? { ok: true, command: { type, factor, ...reason } }
        : refused(`factor: must be above 0 and at most ${MOST_FACTOR}`)
    case "rollback":
      return { ok: true, command: { type, ...reason } }
    case "pause":
      return isWithin(boundaries, 0, MOST_PAUSE) && Number.isInteger(boundaries)
        ? { ok: true, command: { type, boundaries, ...reason } }
        : refused(`boundaries: must be a whole number from 1 to ${MOST_PAUSE}`)
    case "emergency":
      return isOf(EMERGENCIES, level)
        ? { ok: true, command: { type, level, ...reason } }
        : refused(`level: must be one of ${named(EMERGENCIES)}`)
    default:
      return refused("type: must be graft, optimiser, rollback, pause or emergency")
  }
}

const named = (names: ReadonlyArray<string>): string => names.slice(1).join(", ")
