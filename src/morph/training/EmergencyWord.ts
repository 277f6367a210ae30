/**
 * 64 bytes of shared memory in which any thread says that something is wrong, and any thread sees it without a message. A level only
 * rises until somebody clears it by name of what was seen, so that an alarm that came in between is not lost.
 */
import { EMERGENCIES, type EmergencyName } from "../contracts/enums.ts"

export const EMERGENCY_BYTES = 64

/** Why; append only, since the number is in memory that outlives its thread. */
export const EMERGENCY_REASONS = [
  "unknown",
  "nan",
  "lossPanic",
  "isolation",
  "rollbackSlow",
  "rollbackFailed",
  "hotHung",
  "policyLate",
  "memory",
  "asked",
  "hotDied",
] as const
export type EmergencyReason = (typeof EMERGENCY_REASONS)[number]

export interface Emergency {
  readonly level: EmergencyName
  readonly reason: EmergencyReason
  /** Boundary at which it was raised. */
  readonly epoch: number
  /** Alarms so far. */
  readonly count: number
}

// Level and reason are one word, so that nobody reads the level of one alarm with the reason of another.
const ALARM = 0
const EPOCH = 1
const COUNT = 2
const REASON_BITS = 8

/** The word of a memory that threads share: its first 64 bytes. A memory that is not shared moves as it grows, so its word is apart. */
export const emergencyIn = ({ buffer }: WebAssembly.Memory): EmergencyWord =>
  typeof SharedArrayBuffer !== "undefined" && buffer instanceof SharedArrayBuffer
    ? new EmergencyWord(new Int32Array(buffer, 0, EMERGENCY_BYTES / 4))
    : new EmergencyWord()

export class EmergencyWord {
  private readonly words: Int32Array

  /** @param words the first three of sixteen are used, in shared memory where several threads look at them */
  constructor(words: Int32Array = new Int32Array(EMERGENCY_BYTES / 4)) {
    this.words = words
  }

  /** Raises the level; a lower or equal one than what stands is counted and changes nothing else. True where it stands now. */
  raise(level: Exclude<EmergencyName, "unknown">, reason: EmergencyReason, epoch: number): boolean {
    Atomics.add(this.words, COUNT, 1)
    const alarm = (EMERGENCIES.indexOf(level) << REASON_BITS) | EMERGENCY_REASONS.indexOf(reason)
    let seen = Atomics.load(this.words, ALARM)
    while (seen >> REASON_BITS < alarm >> REASON_BITS) {
      const before = Atomics.compareExchange(this.words, ALARM, seen, alarm)
      if (before === seen) {
        Atomics.store(this.words, EPOCH, epoch)
        Atomics.notify(this.words, ALARM)
        return true
      }
      seen = before
    }
    return false
  }

  read(): Emergency {
    const alarm = Atomics.load(this.words, ALARM)
    return {
      level: EMERGENCIES[alarm >> REASON_BITS],
      reason: EMERGENCY_REASONS[alarm & ((1 << REASON_BITS) - 1)],
      epoch: Atomics.load(this.words, EPOCH),
      count: Atomics.load(this.words, COUNT),
    }
  }

  /** Clears what was seen; false where it has risen since, and stands. */
  clear({ level, reason }: Emergency): boolean {
    const alarm = (EMERGENCIES.indexOf(level) << REASON_BITS) | EMERGENCY_REASONS.indexOf(reason)
    return Atomics.compareExchange(this.words, ALARM, alarm, 0) === alarm
  }
}
