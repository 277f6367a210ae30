/** The figures that are evidence, of what has been seen in a state: measured of a service that runs, and made again from its record. */
import type { GraftStateName } from "../contracts/enums.ts"
import type { Figures } from "../contracts/Host.ts"
import type { Channels } from "./Channels.ts"
import type { Comparison } from "./Comparison.ts"

const timesWorse = (channels: Channels | null): Figures => ({
  latencyWorse: channels?.worse("latency") ?? 1,
  endWorse: channels?.worse("end") ?? 1,
  costWorse: channels?.worse("cost") ?? 1,
})

/** @param pass what evidence has to reach */
export function evidenceFigures(
  state: GraftStateName,
  channels: Channels | null,
  comparison: Comparison | null,
  pass: number,
): Figures {
  switch (state) {
    case "training":
      return { agreement: comparison?.agreement ?? 1, errorsWorse: comparison?.errorsWorse ?? 1 }
    case "shadowing":
      return {
        ...timesWorse(channels),
        agreementTooLow: comparison?.tooFew ?? 1,
        errorsWorse: comparison?.errorsWorse ?? 1,
        // Evidence that is still missing.
        agreementMissing: Math.max(0, pass - (comparison?.enough ?? 1)),
      }
    case "blending":
    case "probationary":
      return {
        ...timesWorse(channels),
        errorsWorse: channels?.worse("errors") ?? 1,
        within: channels?.within ?? 1,
      }
    default:
      return {}
  }
}
