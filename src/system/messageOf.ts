/** What an error says of itself. Anything may be thrown, errors that are none included. */
export const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
