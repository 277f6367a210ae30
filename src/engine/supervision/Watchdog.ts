/**
 * Finds actors that hang: a loop that stands still although nothing holds it. Actors answer within the event that asks
 * them, so an answer that is still missing ticks later never comes. It looks at values only and is driven by ticks; an
 * actor that loops for ever holds the whole thread, and that is for another process to notice.
 */
import { SECOND_US } from "../../domain/Units.ts"

/** What is looked at, once a tick, and only as far as that is needed. */
export interface Pulse {
  readonly nowUs: number
  /** Tier 1 would accept an apply from here on. */
  readonly nextApplyUs: number
  readonly generation: number
  /** The window of this generation closed or expired: somebody has to decide. */
  readonly windowDone: boolean
  /** What became due last, and what the telemetry actor passed on last. */
  readonly due: number
  readonly answered: number
  readonly latchOpen: boolean
  /** Windows that have closed. */
  readonly windows: number
  /** The cycle's last proposal and whether it waits for an answer; null while there is no cycle. */
  readonly cycle: { readonly lastId: number; readonly asked: boolean } | null
  /** From when on the next window that closes ends SafeMode; null when no time leads out. */
  readonly latchDeadlineUs: number | null
}

export type Suspect = "cycle" | "telemetry" | "hotPath" | "latch"

/** Ticks that must pass: a process that was suspended for an hour has missed none. */
const BEATS = 3
/** Windows that may go by without a decision. */
const WINDOWS = 4
/** The longest that `WINDOWS` may take: windows that wait a day for their digests are not decided more slowly. */
const MOST_US = 120 * SECOND_US

export class Watchdog {
  /** How long nothing may happen. */
  readonly patienceUs: number
  /** Who owes an answer, and since when; nobody while `what` is empty. */
  since = { what: "", atUs: 0, beats: 0, windows: 0 }

  constructor(windowUs: number) {
    const windows = Number.isFinite(windowUs) ? WINDOWS * windowUs : 0
    this.patienceUs = Math.min(MOST_US, Math.max(SECOND_US, windows))
  }

  /** Who hangs, or null. One that was named is not named again before another term. */
  check(pulse: Pulse): Suspect | null {
    const suspect = suspectOf(pulse)
    const { since } = this
    if (suspect === null) {
      since.what = ""
      return null
    }
    const what = `${suspect} ${pulse.generation} ${pulse.cycle?.lastId ?? 0}`
    // A clock that was set back begins the term anew.
    if (what !== since.what || pulse.nowUs < since.atUs) {
      this.since = { what, atUs: pulse.nowUs, beats: 0, windows: pulse.windows }
      return null
    }
    // It owes nothing before a window has closed.
    if (suspect === "latch" && pulse.windows === since.windows) {
      since.atUs = pulse.nowUs
      return null
    }
    since.beats++
    if (since.beats < BEATS || pulse.nowUs - since.atUs < this.patienceUs) return null
    since.what = ""
    return suspect
  }
}

/** Whose turn it is, when it is somebody's. */
function suspectOf(pulse: Pulse): Suspect | null {
  const { cycle, nowUs } = pulse
  if (pulse.latchOpen) {
    return pulse.latchDeadlineUs !== null && nowUs >= pulse.latchDeadlineUs ? "latch" : null
  }
  // Tier 1 answers while it is asked.
  if (cycle?.asked === true) return "hotPath"
  if (!pulse.windowDone || nowUs < pulse.nextApplyUs) return null
  return pulse.answered < pulse.due ? "telemetry" : "cycle"
}
