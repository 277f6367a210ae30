/** What every list of the studio can be asked for: a text to look for, and which page of what was found. */
import { MOST_LISTED } from "../protocol/protocol.ts"
import { numberOf } from "./refusal.ts"

const DEFAULT_LISTED = 50
const MOST_TEXT = 200

/** As it was written, at most so long; empty where nothing is looked for. */
export const searchOf = (parameters: URLSearchParams): string =>
  (parameters.get("search") ?? "").slice(0, MOST_TEXT)

/** Throws a Refusal for what is not a number. */
export function pagingOf(parameters: URLSearchParams): { readonly offset: number; readonly limit: number } {
  const limit = Math.floor(numberOf(parameters, "limit", DEFAULT_LISTED))
  return {
    offset: Math.max(0, Math.floor(numberOf(parameters, "offset", 0))),
    limit: Math.min(MOST_LISTED, Math.max(0, limit)),
  }
}
