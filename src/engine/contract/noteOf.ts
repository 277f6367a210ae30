/**
 * What a person says with a command: why, and who says so. Needed by every face of an engine.
 *
 * A call that is handed to a button as its listener gets the event instead. That is no note: kept in the audit it would hold a
 * whole page in memory, and could not be written. It is never a reason to refuse a trip.
 */

/** The last argument of every command, always optional: a text, or who asks and why. It stands in the audit. */
export type Note = string | { readonly by?: string | undefined; readonly note?: string | undefined }

/** The text that stands in the audit, "by ada: the cache is full"; undefined where there is nothing to say. */
export function noteOf(said: unknown): string | undefined {
  if (typeof said === "string") return said
  if (typeof said !== "object" || said === null) return undefined
  const { by, note } = said as Readonly<Record<string, unknown>>
  const text = typeof note === "string" ? note : undefined
  if (typeof by !== "string") return text
  return text === undefined ? `by ${by}` : `by ${by}: ${text}`
}
