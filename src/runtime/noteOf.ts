/**
 * What a person said with a call, if it is a text. A call that is handed to a button as its listener gets the event instead: kept in
 * the audit it would hold a whole page in memory, and could not be written. Needed by every face of an engine; never a reason
 * to refuse a trip.
 */
export const noteOf = (note: unknown): string | undefined => (typeof note === "string" ? note : undefined)
