/** What an engine is doing, in a word, a tone and a sentence for somebody who has not read the manual. */
import type { EngineSnapshot } from "../../../engine/contract/EngineSnapshot.ts"
import type { Model } from "../core/Model.ts"
import type { Connection } from "../core/ModelState.ts"
import { capital, clock, figure, span, words } from "../core/format.ts"

export interface Standing {
  readonly word: string
  /** The same where there is little room. */
  readonly short?: string
  readonly tone: "live" | "safe" | "trip" | null
  readonly sentence: string
}

const PHASES: Readonly<Record<string, string>> = {
  ready: "waiting until the next probe is due",
  resting: "resting, because no better place was found nearby; it looks again from time to time",
  rested: "resting, because no better place was found nearby; it looks again from time to time",
  applyingPlus: "trying one side of its base (plus), to see which side is better",
  waitingPlus: "measuring one side of its base (plus), to see which side is better",
  applyingMinus: "trying the other side of its base (minus), to see which side is better",
  waitingMinus: "measuring the other side of its base (minus), to see which side is better",
  visitingBaseline: "going to the baseline, to see whether the tuned configuration is still as good",
  waitingBaseline: "measuring the baseline, to see whether the tuned configuration is still as good",
  restingOnBase: "going to its base, to compare it with the baseline",
  waitingBase: "measuring its base, to compare it with the baseline",
  leavingBaseline: "returning to its base after the comparison",
  computing: "computing the next step from both sides",
  frozen: "paused",
}

const REASONS: Readonly<Record<string, string>> = {
  thrashing: "a knob turned back and forth too often",
  budgetExhausted: "a knob has used up its range for this minute",
  objectiveRegression: "the objective kept getting worse",
  auditQueueFull: "the audit could not be written fast enough",
  repeatedViolations: "proposals were refused again and again",
  manualTrigger: "somebody asked for it",
  telemetryLost: "no measurements arrived",
  constraintEmergency: "the constraint was broken badly",
  engineFault: "a part of the engine failed",
  instability: "the loop became unstable",
  ruleViolated: "a rule was violated",
  deadlinesMissed: "too many analyses were late",
}

function exitOf({ safeMode, nowUs }: EngineSnapshot): string {
  if (safeMode === null) return ""
  switch (safeMode.exit) {
    case "timer":
      if (safeMode.deadlineUs === null) return "It closes by itself."
      return safeMode.deadlineUs > nowUs
        ? `It closes by itself in ${span(safeMode.deadlineUs - nowUs)}.`
        : "It closes with the next full window of measurements."
    case "objectiveRecovery":
      return "It closes when the objective has recovered."
    case "auditDrained":
      return "It closes when the audit has drained."
    case "manualReset":
      return safeMode.reason === "manualTrigger" || safeMode.reason === "engineFault"
        ? "It stays open until somebody resets it."
        : "It stays open until somebody resets it: there were too many rollbacks in an hour, or safeMode.exit is manualReset."
  }
}

/** How a record ends: what its last moment shows was so then, and is not said to go on. */
function endOf(ended: boolean, last: Standing): Standing {
  if (ended)
    return {
      word: "Stopped",
      tone: null,
      sentence: "The record ends with a stop: the plant is on its base.",
    }
  return {
    word: "Killed here",
    tone: "trip",
    sentence: `The record ends without a stop: the engine was killed, unless it is still running. Last: ${last.word}. ${last.sentence}`,
  }
}

/** As the page shows it: of a recorded run at its end, how the record ends. */
export function standingNow({ snapshot, connection, engine, atEnd }: Model): Standing {
  const standing = standingOf(snapshot.value, connection.value)
  const recording = engine.value?.recording ?? null
  return recording !== null && atEnd.value && connection.value.state === "open"
    ? endOf(recording.ended, standing)
    : standing
}

/** SafeMode is open because of the runaway guard. */
function isGuarded(
  snapshot: EngineSnapshot,
): snapshot is EngineSnapshot & { readonly guard: NonNullable<EngineSnapshot["guard"]> } {
  const { guard, safeMode } = snapshot
  return guard !== null && guard.sinceUs !== null && safeMode?.exit === "objectiveRecovery"
}

/** What look-ahead has found. */
function memoryText({ lookAhead, horizonUs, lateWindows }: NonNullable<EngineSnapshot["cycle"]>): string {
  if (lookAhead === "trial")
    return " The objective is rising: the engine checks whether this plant remembers."
  if (lookAhead === "off" && lateWindows > 0) {
    const windows = lateWindows === 1 ? "window" : `${lateWindows} windows`
    return ` Changes show late on this plant: the first ${windows} after each is left out.`
  }
  if (lookAhead !== "on" || !(horizonUs > 0)) return ""
  return ` This plant remembers for about ${span(horizonUs)}: readings are projected that far.`
}

/** Why the covariate is left out. */
function covariateText({ covariate }: NonNullable<EngineSnapshot["cycle"]>): string {
  if (covariate?.blinded === "movedByKnobs")
    return " The covariate is left out: the knobs move it, so it hides what they do."
  if (covariate?.blinded === "isObjective") return " The covariate is left out: it is the objective itself."
  return ""
}

/** What the meta level is at. */
function metaText({ meta }: EngineSnapshot): string {
  if (meta?.phase === "trying" && meta.last?.act === "asked")
    return ` The meta level tries the gain ${meta.last.gain} at ${figure(meta.last.value)}.`
  return meta?.phase === "frozen" ? " The meta level rests: other gains help no more." : ""
}

export function standingOf(snapshot: EngineSnapshot | null, connection: Connection): Standing {
  if (snapshot === null) {
    const loading = connection.state === "loading" || connection.state === "open"
    return loading
      ? { word: "Waiting", tone: null, sentence: "Nothing has been reported yet." }
      : { word: "Not connected", tone: null, sentence: "The last state is unknown." }
  }
  if (snapshot.status === "idle")
    return {
      word: "Not started",
      tone: null,
      sentence: "Created but not started: nothing is measured or applied.",
    }
  if (snapshot.status === "stopped")
    return { word: "Stopped", tone: null, sentence: "The engine has stopped; the plant is on its base." }
  const { safeMode, cycle, proof } = snapshot
  if (proof !== null)
    return {
      word: "Proving",
      tone: "live",
      sentence: `Stopping. ${proof.read} of ${proof.wanted} pairs of windows on base and baseline are read. The plant stays on its base if three of four pairs show a lower loss there.`,
    }
  if (safeMode !== null) {
    if (isGuarded(snapshot))
      return {
        word: snapshot.guard?.phase === "holding" ? "Resting on the baseline" : "Back on the baseline",
        short: "SafeMode",
        tone: "safe",
        sentence: `Since ${clock(snapshot.guard.sinceUs ?? snapshot.nowUs)}: ${snapshot.guard.text} Nothing is proposed meanwhile.`,
      }
    const why = REASONS[safeMode.reason] ?? words(safeMode.reason)
    const since = span(snapshot.nowUs - safeMode.sinceUs)
    return {
      word: "SafeMode is open",
      short: "SafeMode",
      tone: safeMode.exit === "manualReset" ? "trip" : "safe",
      sentence: `Open for ${since}: ${why}. Nothing is proposed. ${exitOf(snapshot)}`,
    }
  }
  const phase = cycle === null ? "about to begin" : (PHASES[cycle.phase] ?? words(cycle.phase))
  const memory = cycle === null ? "" : memoryText(cycle) + covariateText(cycle) + metaText(snapshot)
  const doubt = snapshot.guard?.phase === "suspicious" ? ` ${snapshot.guard.text}` : ""
  const advice = snapshot.advice.map((one) => ` ${one}`).join("")
  return { word: "Adapting", tone: "live", sentence: `${capital(phase)}.${memory}${advice}${doubt}` }
}
