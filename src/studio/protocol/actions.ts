/** What a person may ask of an engine in the studio: the same words on the page, in a terminal and at the server. */

export const ACTIONS = [
  "trip",
  "reset",
  "rollback",
  "setBaseline",
  "pause",
  "resume",
  "guardrails",
  "stopMeta",
] as const
/**
 * What a person may ask of an engine. `trip` opens SafeMode, `reset` lets it go whatever opened it; `pause` opens it as an
 * ordinary hold and `resume` ends only such a hold. `rollback` restores the baseline, `setBaseline` makes the base the
 * baseline, `guardrails` changes the preset, `stopMeta` stops the meta level for good.
 */
export type Action = (typeof ACTIONS)[number]

/** Whether a note in the audit is that of a `pause`: that is how a pause is recognised after the studio was opened anew. */
export const isPauseNote = (note: string | undefined): boolean => note?.startsWith("pause by ") ?? false
