/**
 * Which view is shown, in the address after the hash, so that back, forward and a shared link work: `#/audit?engine=a`.
 */
import type { Session } from "../../protocol/protocol.ts"
import { Cell } from "./cell.ts"

export const VIEWS = ["overview", "statecharts", "dynamics", "audit", "solver", "fleet"] as const
export type ViewName = (typeof VIEWS)[number]

/** The views that have something to show; the first one where nothing has. All of them while it is not known. */
export function viewsOf(
  session: Pick<Session, "engines" | "fleets" | "solvers"> | null,
): ReadonlyArray<ViewName> {
  if (session === null) return VIEWS
  const { engines, fleets, solvers } = session
  const alone = engines.length > 0
  const shown: Readonly<Record<ViewName, boolean>> = {
    overview: alone || fleets.length + solvers.length === 0,
    statecharts: alone,
    dynamics: engines.some(({ config }) => config["stability"] === true),
    audit: alone,
    solver: solvers.length > 0,
    // One engine is no list.
    fleet: engines.length > 1 || fleets.length > 0,
  }
  return VIEWS.filter((view) => shown[view])
}

export interface Route {
  readonly view: ViewName
  readonly query: URLSearchParams
}

function read(): Route {
  const [path, search] = location.hash.replace(/^#\/?/, "").split("?")
  return { view: VIEWS.find((one) => one === path) ?? "overview", query: new URLSearchParams(search ?? "") }
}

export const route = new Cell<Route>(read())

export const beginRoute = (): void => addEventListener("hashchange", () => route.set(read()))

/** The address of a view; what the query held stays, unless it is said otherwise. */
export function linkTo(view: ViewName, changes: Readonly<Record<string, string | null>> = {}): string {
  const query = new URLSearchParams()
  const engine = route.value.query.get("engine")
  if (engine !== null) query.set("engine", engine)
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === "") query.delete(name)
    else query.set(name, value)
  }
  const search = query.toString()
  return `#/${view}${search === "" ? "" : `?${search}`}`
}

export function go(view: ViewName, changes: Readonly<Record<string, string | null>> = {}): void {
  location.hash = linkTo(view, changes)
}
