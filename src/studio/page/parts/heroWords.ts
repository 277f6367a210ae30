/** The headline in words: the objective by its name and unit, what it is now and was before, and the change with its margin. */
import type { EngineEntry } from "../../protocol/protocol.ts"
import { capital, figure, isolated } from "../core/format.ts"
import type { Gain } from "../core/gain.ts"

/** What the objective is called on this page. */
export const nameOfObjective = ({ label }: Pick<EngineEntry, "label">): string =>
  capital(isolated(label.name ?? "objective"))

export const goalOf = ({ objective }: Pick<EngineEntry, "objective">): string =>
  objective === "minimize" ? "lower is better" : "higher is better"

/** A figure with its unit. */
export const measured = ({ label }: Pick<EngineEntry, "label">, value: number | null | undefined): string =>
  label.unit === null ? figure(value) : `${figure(value)} ${isolated(label.unit)}`

/** Half of what is shown: a change below it would be told as none. */
const LEAST = 0.005

const whole = (share: number): string => figure(Math.round(Math.abs(share) * 100))

/** `−44 % (±3)`, or that nothing can be told apart. */
export function shareText({ share, margin }: Gain): string {
  if (share === null) return ""
  const around = `±${whole(margin)}`
  if (Math.abs(share) <= Math.max(margin, LEAST)) return `no clear difference (${around} %)`
  return `${share < 0 ? "−" : "+"}${whole(share)} % (${around})`
}

/** Whether the change is a gain; null where it cannot be told. */
export function isBetter(
  { share, margin }: Gain,
  { objective }: Pick<EngineEntry, "objective">,
): boolean | null {
  if (share === null || Math.abs(share) <= margin) return null
  return share < 0 === (objective === "minimize")
}

export function insteadOf(gain: Gain): string {
  if (gain.load !== null)
    return `now. The load is ${figure(gain.load)} times that at the start, so the two cannot be compared.`
  return `instead of ${figure(gain.before)} at the ${gain.against}`
}
