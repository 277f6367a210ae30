/**
 * Whether a command that is sent under a key is the one that this key stands for. The database keeps one answer for each key, whatever is asked
 * under it, so who asks compares: a `resume` that is answered with the pause of last week would leave the tuner paused.
 */
import * as Effect from "effect/Effect"
import { fnv64 } from "../domain/fnv64.ts"
import { ClusterError } from "./ClusterError.ts"
import type { Candidate } from "./RollOuts.ts"

/** A short word for what is rolled out; the order of its fields does not matter. It is kept with the command. */
export const hashOf = ({ values, variant }: Candidate): string =>
  fnv64([new TextEncoder().encode(JSON.stringify([values, variant], inOrder))])

/** The fields of objects by name: a replacer of `JSON.stringify`. */
const inOrder = (_key: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value

interface Asked {
  readonly key: string
  readonly command: string
  readonly candidate?: Candidate | undefined
}

interface Done {
  readonly command: string
  readonly candidateHash?: string | undefined
}

/** Lets an answer pass, unless the key that it was kept under belongs to another command. `subject`: whose command it is. */
export const sameCommand =
  <A extends Done>(subject: string, asked: Asked) =>
  (done: A): Effect.Effect<A, ClusterError> => {
    if (isSame(asked, done)) return Effect.succeed(done)
    const key = JSON.stringify(asked.key)
    return Effect.fail(
      new ClusterError({
        reason: "otherCommand",
        detail:
          done.command !== asked.command
            ? `The key ${key} belongs to another command to ${subject}: ${done.command}. Send this one under another key.`
            : asked.command === "rollOut"
              ? `The key ${key} belongs to a rollOut to ${subject} with other values. Send these under another key.`
              : `The key ${key} belongs to a rollOutVariant to ${subject} with another variant. Send this one under another key.`,
      }),
    )
  }

function isSame({ command, candidate }: Asked, done: Done): boolean {
  if (done.command !== command) return false
  // Owners of before kept no hash.
  const comparable = candidate !== undefined && done.candidateHash !== undefined
  return !comparable || done.candidateHash === hashOf(candidate)
}
