/**
 * What the tagged errors say where their reason is a word: each message whole, with its remedy. `docs/reference/errors.md` lists
 * these and the problems of refused input.
 */

/** By reason of an `EngineStateError`. */
export const ENGINE_STATE = {
  notStarted: "The engine has not been started. Call start() first.",
  alreadyStarted: "The engine was started before. Create another engine for another run.",
  stopped: "The engine has been stopped. Create another engine for another run.",
  restarting:
    "The engine's worker died or does not answer, and nothing was done. Another one is starting: call again when worker().status is running.",
  frozen:
    "The engine or its worker died too often; the plant is on its baseline. Call reset() to start it again.",
  auditFull: "SafeMode is open because the audit is full. It ends by itself once the records are written.",
  noAnswer:
    "The engine's worker received the call but does not answer. If it hangs, it is restarted; whether the call was carried out is unknown.",
  otherThread:
    "The engine's actors live in its worker thread. Use subscribe, windows$, audit.subscribe or the option inspect.",
  notManual: 'Only clock: "manual" accepts a time; with clock: "system" the engine uses its own.',
} as const

/** The same of a fleet, where it says something else. */
export const FLEET_STATE: { readonly [Reason in keyof typeof ENGINE_STATE]?: string } = {
  notStarted: "The fleet has not been started. Call start() first.",
  alreadyStarted: "The fleet was started before. Create another fleet for another run.",
  stopped: "The fleet has been stopped. Create another fleet for another run.",
  notManual: 'Only clock: "manual" accepts a time; with clock: "system" the fleet uses its own.',
}

export const NO_BASELINE =
  "There is no baseline yet: no configuration has stayed good for the stable time, and setBaseline() was not called."

/** By reason of an `AuditError`: of the sink, and of what went wrong. */
export const AUDIT = {
  open: (sink: string, detail: string) => `The audit sink ${sink} failed to open: ${detail}`,
  write: (sink: string, detail: string) => `The audit sink ${sink} failed to write: ${detail}`,
  close: (sink: string, detail: string) => `The audit sink ${sink} failed to close: ${detail}`,
} as const

export const ENGINE_FAULT = (detail: string): string =>
  `The engine met a defect and opened SafeMode: ${detail}`

/** By what was refused: of "1 problem" or "2 problems". Each problem follows on a line of its own. */
export const REFUSED = {
  configuration: (problems: string) => `The configuration has ${problems}:`,
  results: (problems: string) => `The results have ${problems}:`,
  state: (problems: string) => `The state has ${problems}:`,
  artifact: (problems: string) => `The artifact has ${problems}:`,
  history: (problems: string) => `The history has ${problems}:`,
} as const
/** Of a `GrowthError`; apart, because few programs have a growing host. */
export const GROWTH_REFUSED = (problems: string) => `The call on the growing host has ${problems}:`

/** By reason of a `FleetError`: of the engine's key, and of what else there is to say. */
export const FLEET = {
  exists: (key: string) =>
    `The fleet already has an engine ${key}. Use get(key), or ensure(key) if it may or may not exist.`,
  unknown: (key: string) => `The fleet has no engine ${key}. Spawn it first.`,
  stopped: (key: string) => `The engine ${key} has been stopped. Spawn it again.`,
  full: (key: string, most: string) =>
    `The fleet is full (maxEngines: ${most}), so the engine ${key} was not spawned. Stop some engines, or raise maxEngines.`,
  badKey: (key: string) => `The key of an engine must be a string of 1 to 256 characters, got ${key}.`,
  unknownGroup: (key: string, hint: string) =>
    `The engine ${key} names a shared budget that the fleet does not have. Add it under \`shared\` in the configuration. ${hint}`,
  badInitial: (key: string, problem: string) => `The engine ${key} cannot be spawned: ${problem}`,
} as const

/** By reason of a `VariantError`: of its subject, the catalogue or a variant. The problems follow. */
export const VARIANT = {
  invalid: (subject: string) => `${subject} cannot be used`,
  unknown: (subject: string) => `${subject} is not in the catalogue`,
  exists: (subject: string) => `${subject} is already in the catalogue`,
  refused: (subject: string) => `${subject} was not changed`,
  conflict: (subject: string) => `${subject} was changed by somebody else in the meantime`,
  store: (subject: string) => `${subject} could not be read or written`,
} as const
