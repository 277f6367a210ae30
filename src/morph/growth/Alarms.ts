/**
 * Alarms of a growing host, in the emergency word too: other threads see there that something is wrong, and may say so themselves. The
 * host listens before each epoch, so an alarm from outside costs no message and waits for a boundary at most.
 */
import { EMERGENCIES, type EmergencyName } from "../contracts/enums.ts"
import { type Emergency, type EmergencyReason, type EmergencyWord } from "../training/EmergencyWord.ts"

export type AlarmLevel = Exclude<EmergencyName, "unknown">

/** An alarm that somebody else has raised. */
export type Alarm = Emergency & { readonly level: AlarmLevel }
/** Listens for one. A recorder writes down what was heard; a replay hears it again. */
export type Listen = (heard: () => Alarm | null) => Alarm | null

export class Alarms {
  private readonly word: EmergencyWord
  /** The level that the host knows of. A word only rises, so all else is news. */
  private known = 0

  constructor(word: EmergencyWord) {
    this.word = word
  }

  raise(level: AlarmLevel, reason: EmergencyReason, epoch: number): void {
    this.word.raise(level, reason, epoch)
    this.known = Math.max(this.known, EMERGENCIES.indexOf(level))
  }

  /** What somebody else has raised beyond what the host knows; null where nobody has. */
  heard(): Alarm | null {
    const seen = this.word.read()
    const { level } = seen
    const at = EMERGENCIES.indexOf(level)
    if (level === "unknown" || at <= this.known) return null
    this.known = at
    return { ...seen, level }
  }

  /** The caution is over: the next alarm is news, whatever its level. What has risen meanwhile stands, and is heard. */
  clear(): void {
    const seen = this.word.read()
    if (EMERGENCIES.indexOf(seen.level) <= this.known) this.word.clear(seen)
    this.known = 0
  }
}

/** Reasons by the risk rule that was hit. */
const BY_RULE: Readonly<Record<string, EmergencyReason>> = {
  memoryFull: "memory",
  isolation: "isolation",
  lossJumpGrave: "lossPanic",
}

export const reasonOfRule = (rule: string): EmergencyReason => BY_RULE[rule] ?? "unknown"
