/** A module whose export is no policy. */
export const policy = { type: "pause" }
