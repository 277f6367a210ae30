/**
 * Which view is shown, in the address after the hash, so that back, forward and a shared link work: `#/audit?engine=a`.
 */
import { Cell } from "./cell.ts"
import { type ViewName, VIEWS } from "./views.ts"

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
