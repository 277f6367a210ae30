/** What happens to the engines of a fleet, as plain values: for lists, logs and machines that listen. */
import type { TripReason } from "../domain/words.ts"

interface About {
  readonly key: string
  /** The fleet's time, microseconds. */
  readonly atUs: number
}

/** An event of one engine of a fleet. */
export type FleetEvent =
  | (About & { readonly type: "spawned" })
  /** No digests arrive: it stands still on its base. */
  | (About & { readonly type: "rested" })
  /** Stored as a few numbers. */
  | (About & { readonly type: "passivated" })
  /** A digest arrived after it rested or was passivated. */
  | (About & { readonly type: "resumed"; readonly from: "resting" | "passive" })
  | (About & { readonly type: "tripped"; readonly reason: TripReason })
  | (About & { readonly type: "recovered"; readonly reason: TripReason })
  | (About & { readonly type: "rolledBack" })
  | (About & { readonly type: "baselineSet" })
  /** A defect in one engine: it was restarted from its baseline, or needs a person. The others continue. */
  | (About & { readonly type: "restarted"; readonly detail: string })
  | (About & { readonly type: "escalated"; readonly detail: string })
  | (About & { readonly type: "stopped" })
  /** The audit cannot be written: every engine stands on its base until it can. */
  | { readonly type: "halted"; readonly atUs: number }
  | { readonly type: "released"; readonly atUs: number }
