/** Which engines of a fleet a request asks for, from its parameters. */
import { SORTS } from "../protocol/fleetProtocol.ts"
import { MOST_LISTED } from "../protocol/protocol.ts"
import type { FleetListQuery } from "./LiveFleet.ts"
import { numberOf, wordOf } from "./refusal.ts"

const DEFAULT_LISTED = 50
const MOST_TEXT = 200

/** Statuses that an engine in a fleet's list can have: one that was stopped is not in it. */
const STATUSES = ["awake", "resting", "passive"] as const
const MODES = ["adapting", "safe"] as const

/** Throws a Refusal for a query that means nothing. `heard` is the number of the last event known; null where none is. */
export function fleetListOf(parameters: URLSearchParams): FleetListQuery {
  const limit = Math.floor(numberOf(parameters, "limit", DEFAULT_LISTED))
  return {
    query: {
      search: parameters.get("search")?.slice(0, MOST_TEXT) || undefined,
      status: wordOf(parameters, "status", STATUSES),
      mode: wordOf(parameters, "mode", MODES),
      group: parameters.get("group") || undefined,
      offset: Math.max(0, Math.floor(numberOf(parameters, "offset", 0))),
      limit: Math.min(MOST_LISTED, Math.max(0, limit)),
    },
    sort: wordOf(parameters, "sort", SORTS) ?? "safe",
    map: parameters.get("map") === "1",
    heard: parameters.has("events") ? numberOf(parameters, "events", 0) : null,
  }
}
