/** The headline in words: the objective by its name and unit, what it is now and was before, and the change with its margin. */
import type { EngineEntry } from "../../protocol/protocol.ts"
import { capital, figure, isolated } from "../core/format.ts"
import type { Gain } from "../../protocol/gain.ts"

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

/** With what it is compared. Throughput that differs may be another load, or what the tuning has made of the same: it is told. */
export function insteadOf({ before, against, load }: Gain): string {
  const other = load === null ? "" : `, with ${figure(load)} times the throughput`
  return `instead of ${figure(before)} at the ${against}${other}`
}
