/** A module that cannot be loaded. */
export const policy = null
throw new Error("no such model")
