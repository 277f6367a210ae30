/** The views of the page, and which of them have something to show. */
import type { Session } from "../../protocol/protocol.ts"

export const VIEWS = [
  "overview",
  "statecharts",
  "dynamics",
  "audit",
  "solver",
  "growth",
  "pipeline",
  "replicas",
  "studies",
  "campaigns",
  "fleet",
] as const
export type ViewName = (typeof VIEWS)[number]

/** The views that have something to show; the first one where nothing has. All of them while it is not known. */
export function viewsOf(
  session: Pick<
    Session,
    "engines" | "fleets" | "solvers" | "growths" | "pipelines" | "tuners" | "studies" | "campaigns"
  > | null,
): ReadonlyArray<ViewName> {
  if (session === null) return VIEWS
  const { engines, fleets, solvers, growths, pipelines, tuners, studies } = session
  const campaigns = session.campaigns !== null
  const alone = engines.length > 0
  const shown: Readonly<Record<ViewName, boolean>> = {
    overview:
      alone ||
      (fleets.length + solvers.length + growths.length + pipelines.length + tuners.length === 0 &&
        !studies &&
        !campaigns),
    statecharts: alone,
    dynamics: engines.some(({ config }) => config["stability"] === true),
    audit: alone,
    solver: solvers.length > 0,
    growth: growths.length > 0,
    pipeline: pipelines.length > 0,
    replicas: tuners.length > 0,
    studies,
    campaigns,
    // One engine is no list.
    fleet: engines.length > 1 || fleets.length > 0,
  }
  return VIEWS.filter((view) => shown[view])
}
