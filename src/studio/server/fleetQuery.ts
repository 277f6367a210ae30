/** Which engines of a fleet a request asks for, from its parameters. */
import { SORTS } from "../protocol/fleetProtocol.ts"
import type { FleetListQuery } from "./LiveFleet.ts"
import { pagingOf, searchOf } from "./listQuery.ts"
import { numberOf, wordOf } from "./refusal.ts"

/** Statuses that an engine in a fleet's list can have: one that was stopped is not in it. */
const STATUSES = ["awake", "resting", "passive"] as const
const MODES = ["adapting", "safe"] as const

/** Throws a Refusal for a query that means nothing. `heard` is the number of the last event known; null where none is. */
export function fleetListOf(parameters: URLSearchParams): FleetListQuery {
  return {
    query: {
      search: searchOf(parameters) || undefined,
      status: wordOf(parameters, "status", STATUSES),
      mode: wordOf(parameters, "mode", MODES),
      group: parameters.get("group") || undefined,
      ...pagingOf(parameters),
    },
    sort: wordOf(parameters, "sort", SORTS) ?? "safe",
    map: parameters.get("map") === "1",
    heard: parameters.has("events") ? numberOf(parameters, "events", 0) : null,
  }
}
