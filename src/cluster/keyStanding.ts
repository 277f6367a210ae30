/**
 * Where one key of a fleet stands, as the owner of its bucket saves it: its configuration, what was learned, SafeMode, and what people asked of
 * it. One row for each key, so the key of a command and its effect are saved by one statement.
 */
import {
  boolean,
  list,
  nullOr,
  number,
  object,
  oneOf,
  optional,
  record,
  type ShapeType,
  string,
} from "../domain/Shape.ts"

/** What a person can ask of one key. */
export const KEY_COMMANDS = ["trip", "reset", "rollback", "setBaseline"] as const
export type KeyCommandName = (typeof KEY_COMMANDS)[number]

/** A command to one key, under a word that no other command to it has: sent again under the same word, it is the same one. */
export interface KeyCommand {
  /** The key of the fleet. */
  readonly engine: string
  readonly key: string
  readonly command: KeyCommandName
  /** Who asks, and why: for the record. "" where nobody said. */
  readonly by: string
  readonly note: string
}

const KEY_REFUSALS = ["noBaseline", "full", "invalidKey"] as const
/** Why a command to a key had no effect. */
export type KeyRefusal = (typeof KEY_REFUSALS)[number]

const DoneShape = object({
  key: string(),
  command: oneOf(KEY_COMMANDS),
  by: string(),
  note: string(),
  /** Why it had no effect; null: it had. */
  refused: nullOr(oneOf(KEY_REFUSALS)),
  /** Where the key stood once it was carried out. */
  epoch: number(),
  generation: number(),
  /** When, milliseconds since 1970 by the owner's clock: for people. */
  atMs: number(),
})

/** A command to a key that was answered. */
export interface KeyDone extends ShapeType<typeof DoneShape> {}

const Values = record(number())

export const KeyStandingShape = object({
  /** Hash of the knobs. */
  table: string(),
  /** Its base, user units. */
  start: Values,
  baseline: nullOr(Values),
  /** SafeMode is open: for how much longer, microseconds; null in it: until a person resets it. */
  safe: nullOr(object({ leftUs: nullOr(number()) })),
  /** How long ago it was rolled back, microseconds each. */
  rollbacksAgoUs: list(number()),
  learned: list(number()),
  guarded: list(number()),
  generation: number(),
  /** Records of its run so far. */
  records: optional(number()),
  /** What people asked of it, oldest first. */
  commands: optional(list(DoneShape)),
  /** It was put away or handed over; false: its owner was at work. */
  ended: boolean,
})
export interface KeyStanding extends ShapeType<typeof KeyStandingShape> {}

/** Commands to one key that are remembered: one sent again after so many others would be carried out again. */
export const MOST_KEY_COMMANDS = 32

/**
 * For how long SafeMode stays open when the next owner begins; 0: it is closed, infinite: until a person resets it. `left` null: what was
 * saved cannot be read. Who was killed is followed as after the crash of an engine.
 */
export function safeForUs(
  left: KeyStanding | null,
  {
    rollbacksThisHour,
    rollbacksPerHour,
    cooldownUs,
  }: { readonly rollbacksThisHour: number; readonly rollbacksPerHour: number; readonly cooldownUs: number },
): number {
  const open = left?.safe ?? null
  const leftUs = open === null ? 0 : (open.leftUs ?? Number.POSITIVE_INFINITY)
  if (left?.ended === true) return leftUs
  // A kill is a rollback that nobody counted.
  if (left === null || rollbacksThisHour + 1 > rollbacksPerHour) return Number.POSITIVE_INFINITY
  return open === null ? cooldownUs : leftUs
}
