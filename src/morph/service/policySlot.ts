/** Where the policy of a growing host is plugged in: inline at once, or in a thread that starts and ends with the host. */
import type { Problem } from "../../domain/errors.ts"
import { inlineHeuristic, type PolicySource } from "../policy/PolicyAnswer.ts"
import { type PolicyOptions, readPolicyOptions } from "../policy/policyOption.ts"

/** Starts a policy in a thread: of a module, or the package's heuristic. Rejects with a `GrowthError`. */
export type StartPolicyThread = (policy: "heuristic" | URL, deadlineMs: number) => Promise<PolicySource>

export interface PolicySlot {
  readonly problems: ReadonlyArray<Problem>
  /** Null where commands are a person's alone. */
  readonly source: PolicySource | null
  readonly start: () => Promise<void>
  readonly close: () => Promise<void>
}

const THREADLESS: Problem = {
  path: "placement",
  message: "there is no thread for a policy here.",
  suggestion: "Use the heuristic, which needs none, or run under Node.",
}

const nothing = (): Promise<void> => Promise.resolve()

export function policySlot(options: PolicyOptions, startThread: StartPolicyThread | null): PolicySlot {
  const { choice, problems } = readPolicyOptions(options)
  const empty: PolicySlot = { problems, source: null, start: nothing, close: nothing }
  if (choice === null) return empty
  if (choice.placement === "inline")
    return choice.policy === "heuristic" ? { ...empty, source: inlineHeuristic() } : empty
  if (startThread === null) return { ...empty, problems: [THREADLESS] }
  const { policy, deadlineMs } = choice
  const name = policy === "heuristic" ? policy : (policy.pathname.split("/").at(-1) ?? "")
  let thread: PolicySource | null = null
  return {
    problems,
    source: {
      name,
      ask: (packet) => thread?.ask(packet) ?? { kind: "absent", note: "its thread has not been started" },
      close: nothing,
    },
    start: async () => {
      thread = await startThread(policy, deadlineMs)
    },
    close: async () => thread?.close(),
  }
}
