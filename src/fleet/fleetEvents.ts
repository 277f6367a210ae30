/** What happens to the engines of a fleet, as plain values: for lists, for logs, for machines that listen. */
import type { TripReason } from "../domain/words.ts"

interface About {
  readonly key: string
  /** The fleet's time. */
  readonly atUs: number
}

/** What happened to one engine of a fleet. */
export type FleetEvent =
  | (About & { readonly type: "spawned" })
  /** Nobody reports: it stands on its base and is still. */
  | (About & { readonly type: "rested" })
  /** Put away as a few numbers. */
  | (About & { readonly type: "passivated" })
  /** Reported to again after a rest, or after it was put away. */
  | (About & { readonly type: "resumed"; readonly from: "resting" | "passive" })
  | (About & { readonly type: "tripped"; readonly reason: TripReason })
  | (About & { readonly type: "recovered"; readonly reason: TripReason })
  | (About & { readonly type: "rolledBack" })
  | (About & { readonly type: "baselineSet" })
  /** A defect in one engine: it was started anew from its baseline, or wants a person. The others go on. */
  | (About & { readonly type: "restarted"; readonly detail: string })
  | (About & { readonly type: "escalated"; readonly detail: string })
  | (About & { readonly type: "stopped" })
  /** The audit cannot be written: every engine stands on its base until it can. */
  | { readonly type: "halted"; readonly atUs: number }
  | { readonly type: "released"; readonly atUs: number }
