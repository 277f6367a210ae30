/**
 * The numeric vocabulary of the hot path: every code that crosses a typed array. Words for them live in
 * `domain/words.ts`; a test holds the two lists together. Codes are part of the audit format: append, never renumber.
 */

/** Scale of a knob. */
export const LINEAR = 0
export const LOG = 1
export const PERIODIC = 2

/**
 * What an apply is for. PLUS and MINUS are perturbations of the base; UPDATE moves the base itself; VISIT_BASELINE makes the
 * baseline live for a window and leaves the base where it is.
 */
export const PLUS = 0
export const MINUS = 1
export const UPDATE = 2
export const ROLLBACK = 3
export const RETURN_TO_BASE = 4
export const VISIT_BASELINE = 5
/** The runaway guard's: to the baseline or the start, to see whether it is better there; and back to the base that was left. */
export const RETREAT = 6
export const RETURN_TO_TUNED = 7

/** Status of a Tier 1 call. 0 is success; everything else is why Tier 1 refused and that nothing was written. */
export const ACCEPTED = 0
export const DELTA_TOO_LARGE = 1
export const RATE_LIMIT_EXCEEDED = 2
export const OUT_OF_BOUNDS = 3
export const UNKNOWN_PARAMETER = 4
export const THRASHING = 5
export const BUDGET_EXHAUSTED = 6
export const OBJECTIVE_REGRESSION = 7
export const CONSTRAINT_VIOLATION = 8
export const AUDIT_QUEUE_FULL = 9
export const NO_BASELINE = 10
export const STALE_GENERATION = 11
export const SAFE_MODE_OPEN = 12
export const COOLDOWN_ACTIVE = 13

/** Validity of a digest, in the order it is judged. */
export const VALID = 0
export const INVALID = 1
export const WRONG_GENERATION = 2
export const SETTLING = 3
export const TOO_OLD = 4

/** What observing a digest or a tick led to. Anything above NOTHING_DUE wants an actor event. */
export const NOTHING_DUE = 0
export const WINDOW_CLOSED = 1
export const WINDOW_EXPIRED = 2
export const EMERGENCY = 3
/** There is no room: the digest was not taken, or what is due waits because it could not be recorded. */
export const RING_FULL = 4
/** A digest was counted but not valid; see the validity cell. */
export const REJECTED = 5
/** A deadline handed to `HotPath.wakeAt` has passed. */
export const DEADLINE = 6

/** Why SafeMode opened. 0 is: not open. */
export const NOT_TRIPPED = 0
export const TRIP_THRASHING = 1
export const TRIP_BUDGET_EXHAUSTED = 2
export const TRIP_OBJECTIVE_REGRESSION = 3
export const TRIP_AUDIT_QUEUE_FULL = 4
export const TRIP_REPEATED_VIOLATIONS = 5
export const TRIP_MANUAL = 6
export const TRIP_TELEMETRY_LOST = 7
export const TRIP_CONSTRAINT_EMERGENCY = 8
export const TRIP_ENGINE_FAULT = 9
export const TRIP_INSTABILITY = 10
export const TRIP_RULE_VIOLATED = 11
export const TRIP_DEADLINES_MISSED = 12

/** Why there was no proposal. */
export const NO_CHANGE_EVAL_TIMEOUT = 1
export const NO_CHANGE_SAFE_MODE = 2
export const NO_CHANGE_CONSTRAINT_VIOLATION = 3
export const NO_CHANGE_COOLDOWN_ACTIVE = 4
export const NO_CHANGE_BUDGET_EXHAUSTED = 5
/** The cycle stands still while the base is taken elsewhere. */
export const NO_CHANGE_RELOCATING = 6
/** The tuner rests: a plain window at the base. */
export const NO_CHANGE_RESTING = 7
/** Look-ahead: the window is a part of a longer reading. */
export const NO_CHANGE_READING_ON = 8
/** Look-ahead: the plant may remember, which is being tried; it does; it does not, or not any more. */
export const NO_CHANGE_MEMORY_SUSPECTED = 9
export const NO_CHANGE_MEMORY_PROVEN = 10
export const NO_CHANGE_MEMORY_UNPROVEN = 11
/** The cycle stands still while the base is measured beside the baseline, before a stop. */
export const NO_CHANGE_PROVING = 12
/** What was applied does not show yet: the window counts for nothing. */
export const NO_CHANGE_EFFECT_AWAITED = 13
/** What is applied shows a window later than it was read: from now on one more window is left out. */
export const NO_CHANGE_EFFECT_LATE = 14
/** The covariate is used again; it is left out, because the knobs move it, or because it is the objective itself. */
export const NO_CHANGE_COVARIATE_TRUSTED = 15
export const NO_CHANGE_COVARIATE_MOVED = 16
export const NO_CHANGE_COVARIATE_IS_OBJECTIVE = 17
/** The plant remembers for so long that its windows are too short. */
export const NO_CHANGE_WINDOWS_SHORT = 18
/** Neither side of the pair could leave the base: a shield, a warning or a fence held it there, so there is nothing to learn from. */
export const NO_CHANGE_HELD = 19

/** Kinds of audit records. */
export const AUDIT_DIGEST = 0
export const AUDIT_PROPOSAL = 1
export const AUDIT_APPLY = 2
export const AUDIT_VIOLATION = 3
export const AUDIT_ROLLBACK = 4
export const AUDIT_BASELINE_SET = 5
export const AUDIT_SAFE_MODE_ENTERED = 6
export const AUDIT_SAFE_MODE_EXITED = 7
export const AUDIT_ENGINE_STARTED = 8
export const AUDIT_ENGINE_STOPPED = 9
export const AUDIT_NO_CHANGE = 10
export const AUDIT_TICK = 11
export const AUDIT_COMMAND = 12
export const AUDIT_VERDICT = 13
/** A step of taking the base to a place that was known before: setting out, a step, a canary's verdict, the end. */
export const AUDIT_RELOCATION = 14
/** The homeostasis cache stored a regime, or let one go. */
export const AUDIT_REGIME = 15
/** Another variant is live. */
export const AUDIT_VARIANT = 16
/** Another guardrail policy is in force: what a person asked for, with the policy. */
export const AUDIT_GUARDRAILS_SET = 17

/** The runaway guard acts, with the numbers it acted on. */
export const AUDIT_GUARD = 18
/** The level provably falls: range and turns of a minute are these for five updates. */
export const AUDIT_RANGE_EARNED = 19
/** SafeMode waits for a person, though the reason why it is open would not ask for one. */
export const AUDIT_RESET_DEMANDED = 20
/** A written rule fails, cannot be judged, or holds again. */
export const AUDIT_RULE = 21
/** The meta level changed a gain of the tuning rule, or judged a change. */
export const AUDIT_META = 22
/** A tuner of many replicas began or closed a stage, or concluded something of its design. */
export const AUDIT_COHORT = 23

/** What a command record says was asked of the engine from outside, telemetry and time apart. */
export const COMMAND_STOP = 0
export const COMMAND_ROLLBACK = 1
export const COMMAND_TRIP = 2
export const COMMAND_RESET = 3
export const COMMAND_SET_BASELINE = 4
/** The audit was written out while SafeMode waited for it. */
export const COMMAND_DRAINED = 5
/** Something under the engine broke. */
export const COMMAND_FAULT = 6
/** A digest found no room in the audit: adaptation halts until there is some. */
export const COMMAND_AUDIT_FULL = 7
/** Supervision started anew what had died. */
export const COMMAND_RESTART = 8
/** A function of a user's threw, for the first time of its kind. */
export const COMMAND_CALLBACK_FAILED = 9
/** A person evicts a regime; its number stands at RECORD_VALUE. */
export const COMMAND_EVICT = 10
/** The variants that may be live are these: the record's note has them. */
export const COMMAND_OFFER = 11
/** A person puts an engine of a fleet away. */
export const COMMAND_PASSIVATE = 12
/** A stop that is to prove its base first; the pairs of windows stand at RECORD_VALUE. */
export const COMMAND_PROVE = 13
/** A person stops the meta level for good. */
export const COMMAND_STOP_META = 14
export const COMMAND_PAUSE = 15

/** Positions inside a digest block of `DIGEST_WIDTH` doubles (128 bytes). Absent optional channels are NaN. */
export const DIGEST_TIMESTAMP_US = 0
export const DIGEST_GENERATION = 1
export const DIGEST_OBJECTIVE = 2
export const DIGEST_LATENCY_P99_US = 3
export const DIGEST_THROUGHPUT_RPS = 4
export const DIGEST_ERROR_RATE = 5
export const DIGEST_CONSTRAINT_MARGIN = 6
export const DIGEST_EXTRA_0 = 7
export const DIGEST_EXTRA_1 = 8
export const DIGEST_EXTRA_2 = 9
export const DIGEST_EXTRA_3 = 10
export const DIGEST_VALIDITY = 11
export const DIGEST_RECEIVED_US = 12
export const DIGEST_WIDTH = 16
/** Channels that a window aggregates: objective up to the last extra. */
export const FIRST_CHANNEL = DIGEST_OBJECTIVE
export const CHANNELS = 9

/** Window aggregates. */
export const TRIMMED_MEAN = 0
export const MEDIAN = 1
export const MEAN = 2

/** Overflow policies of the lanes on which digests go to another thread. */
export const DROP_OLDEST = 0
export const BACKPRESSURE = 1

/** What completing a cycle led to. The target in the block is where the base goes; without change it is the base. */
export const KERNEL_NO_CHANGE = 0
export const KERNEL_UPDATE = 1
/** The last move made things worse beyond doubt: the target is the base before it. */
export const KERNEL_BLOCKED = 2

/** Phases of the runaway guard. From GUARD_ON_BASELINE on the plant stands still and the guard judges where. */
export const GUARD_LEARNING = 0
export const GUARD_CALM = 1
export const GUARD_SUSPICIOUS = 2
export const GUARD_ON_BASELINE = 3
export const GUARD_ON_START = 4
export const GUARD_HOLDING = 5
/** SafeMode is open for the objective's sake, though not because of the guard. */
export const GUARD_WATCHING = 6

/** What the runaway guard asks for after a window. */
export const GUARD_NOTHING = 0
/** To the baseline, to see whether it is better there. */
export const GUARD_RETREAT = 1
/** The baseline does not help: to the configuration that a person wrote down. */
export const GUARD_TRY_START = 2
/** It was the tuned configuration: stay on the baseline for a while. */
export const GUARD_BLAME = 3
/** The start alone has helped: it is the baseline now. */
export const GUARD_BLAME_START = 4
/** Nothing has helped: the world changed, back to the tuned base. */
export const GUARD_WORLD = 5
/** The hold is over: tune on from here. */
export const GUARD_RELEASE = 6
/** The base has earned it: the mean of the stay becomes the baseline. */
export const GUARD_PROMOTE = 7
