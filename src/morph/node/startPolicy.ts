/** Starts a policy in a thread: of a module, or the package's heuristic. */
import type { StartPolicyThread } from "../service/policySlot.ts"
import { HEURISTIC_MODULE, PolicyThread } from "./PolicyThread.ts"

export const startPolicy: StartPolicyThread = (policy, deadlineMs) =>
  PolicyThread.start({ module: policy === "heuristic" ? HEURISTIC_MODULE : policy, deadlineMs })
