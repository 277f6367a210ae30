/** Reads what a user names as policy: which one, in which thread, with which deadline. Every problem is listed, none is thrown. */
import { closest } from "../../domain/closest.ts"
import type { Problem } from "../../domain/errors.ts"

/** Policies that come with the package. */
const NAMES = ["heuristic", "manual"] as const
const PLACEMENTS = ["inline", "thread"] as const
const LONGEST_DEADLINE_MS = 10_000
export const POLICY_DEADLINE_MS = 12

export interface PolicyOptions {
  /** `heuristic` when omitted. One of your own is the URL of a module that exports it as `policy`. */
  readonly policy?: "heuristic" | "manual" | URL
  /** Only the package's own policies may be `inline`, and they are when it is omitted. */
  readonly placement?: "inline" | "thread"
  /** How long a boundary waits for a policy in a thread, ms; 12 when omitted. */
  readonly deadlineMs?: number
}

export type PolicyChoice =
  | { readonly placement: "inline"; readonly policy: "heuristic" | "manual" }
  /** The module of `heuristic` is the package's own. */
  | { readonly placement: "thread"; readonly policy: "heuristic" | URL; readonly deadlineMs: number }

const REMEDY =
  'Export it as policy from a module of its own, and give its URL: policy: new URL("./policy.js", import.meta.url).'

/** The choice, or the problems with it. Takes anything, since a user's JavaScript may give anything. */
export function readPolicyOptions(given: {
  readonly policy?: unknown
  readonly placement?: unknown
  readonly deadlineMs?: unknown
}): { readonly choice: PolicyChoice | null; readonly problems: ReadonlyArray<Problem> } {
  const { policy = "heuristic", deadlineMs = POLICY_DEADLINE_MS } = given
  const isOurs = policy === "heuristic" || policy === "manual"
  const { placement = isOurs ? "inline" : "thread" } = given
  const problems: Array<Problem> = []
  if (typeof policy === "function")
    problems.push(
      placement === "inline"
        ? {
            path: "placement",
            message: "a policy of your own cannot be inline: a thread cannot time itself out.",
            suggestion: REMEDY,
          }
        : { path: "policy", message: "a function cannot be sent to another thread.", suggestion: REMEDY },
    )
  else if (!isOurs && !(policy instanceof URL)) problems.push(unknownPolicy(policy))
  else if (policy instanceof URL && placement === "inline")
    problems.push({
      path: "placement",
      message: "a policy of your own cannot be inline: a thread cannot time itself out.",
      suggestion: 'Leave placement out, or say "thread".',
    })
  if (!PLACEMENTS.some((one) => one === placement))
    problems.push({
      path: "placement",
      message: `must be inline or thread, not ${shown(placement)}.`,
    })
  if (typeof deadlineMs !== "number" || !(deadlineMs > 0 && deadlineMs <= LONGEST_DEADLINE_MS))
    problems.push({
      path: "deadlineMs",
      message: `must be above 0 and at most ${LONGEST_DEADLINE_MS}, not ${shown(deadlineMs)}.`,
    })
  if (problems.length > 0) return { choice: null, problems }
  const choice: PolicyChoice =
    policy === "manual" || (policy === "heuristic" && placement === "inline")
      ? { placement: "inline", policy }
      : { placement: "thread", policy: policy as "heuristic" | URL, deadlineMs: deadlineMs as number }
  return { choice, problems }
}

function unknownPolicy(policy: unknown): Problem {
  const near = typeof policy === "string" ? closest(policy, NAMES) : null
  return {
    path: "policy",
    message: `must be heuristic, manual or the URL of a module, not ${shown(policy)}.`,
    ...(near === null ? {} : { suggestion: `Did you mean ${near}?` }),
  }
}

const shown = (value: unknown): string =>
  typeof value === "string" ? JSON.stringify(value) : typeof value === "number" ? String(value) : typeof value
