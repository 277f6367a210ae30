/**
 * What a person says with a command: why, and who. All faces of an engine use it.
 *
 * A command used directly as an event listener receives the event as its argument. An event is not a note: keeping
 * it would hold a whole page in memory, and it cannot be written. It must never be a reason to refuse a trip.
 */

/** The optional last argument of every command: a text, or who asks and why. It goes into the audit. */
export type Note = string | { readonly by?: string | undefined; readonly note?: string | undefined }

/** The text for the audit, such as "by ada: the cache is full"; undefined if there is none. */
export function noteOf(said: unknown): string | undefined {
  if (typeof said === "string") return said
  if (typeof said !== "object" || said === null) return undefined
  const { by, note } = said as Readonly<Record<string, unknown>>
  const text = typeof note === "string" ? note : undefined
  if (typeof by !== "string") return text
  return text === undefined ? `by ${by}` : `by ${by}: ${text}`
}
