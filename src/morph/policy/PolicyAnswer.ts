/** What comes of asking a policy at a boundary, wherever it runs. Asking never throws, and never takes longer than the deadline. */
import { heuristic } from "./heuristic.ts"
import { type PolicyCommand, readCommand } from "./PolicyCommand.ts"
import type { PolicyPacket } from "./PolicyPacket.ts"

/**
 * - `answered`: a command, or none.
 * - `refused`: the policy threw, or what it answered is no command; `note` says why. Nothing is done.
 * - `late`: no answer by the deadline. This boundary is conservative, and the policy is restarted.
 * - `absent`: nobody could be asked: it is starting, was given up after too many restarts, or is closed. Nothing was waited for.
 */
export type PolicyAnswer =
  | { readonly kind: "answered"; readonly command: PolicyCommand | null }
  | { readonly kind: "refused"; readonly note: string }
  | { readonly kind: "late"; readonly note: string }
  | { readonly kind: "absent"; readonly note: string }

/** A policy that can be asked; the boundary knows no other. */
export interface PolicySource {
  /** For reports: which policy it is. */
  readonly name: string
  readonly ask: (packet: PolicyPacket, deadlineMs?: number) => PolicyAnswer
  readonly close: () => Promise<void>
}

/** What was answered, read before anything looks at it. */
export function readAnswer(answer: unknown): PolicyAnswer {
  const read = readCommand(answer)
  return read.ok ? { kind: "answered", command: read.command } : { kind: "refused", note: read.problem }
}

/** A function that is known to end, in the thread of the boundary. For what comes with the package alone: no thread can time itself out. */
export const inlinePolicy = (name: string, policy: (packet: PolicyPacket) => unknown): PolicySource => ({
  name,
  ask: (packet) => readAnswer(policy(packet)),
  close: () => Promise.resolve(),
})

export const inlineHeuristic = (): PolicySource => inlinePolicy("heuristic", (packet) => heuristic(packet))
