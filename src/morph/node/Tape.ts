/**
 * What a growing host is told from outside while it runs: readings of its clock, and answers of a policy in a thread. They are recorded
 * with each boundary and command, and played back when the run is repeated.
 */
import type { PolicyAnswer, PolicySource } from "../policy/PolicyAnswer.ts"

/** Recorded since the record before. */
export interface Heard {
  readonly clock: ReadonlyArray<number>
  /** Of a policy in a thread; absent where none was asked. */
  readonly answer?: PolicyAnswer
}

export class Tape {
  private readonly live: () => number
  private readings: Array<number> = []
  private answer: PolicyAnswer | null = null
  private played: Heard | null = null

  constructor(live: () => number) {
    this.live = live
  }

  readonly now = (): number => {
    const reading = this.played === null ? this.live() : this.played.clock[this.readings.length]
    this.readings.push(reading)
    return reading
  }

  /** The same policy, whose answers are recorded where they come from a thread. */
  policy(source: PolicySource, inThread: boolean): PolicySource {
    if (!inThread) return source
    return {
      name: source.name,
      ask: (packet, deadlineMs) => {
        this.answer =
          this.played === null
            ? source.ask(packet, deadlineMs)
            : (this.played.answer ?? { kind: "absent", note: "the record has no answer of it" })
        return this.answer
      },
      close: () => source.close(),
    }
  }

  /** What was heard since the last call. */
  take(): Heard {
    const { readings: clock, answer } = this
    this.readings = []
    this.answer = null
    return answer === null ? { clock } : { clock, answer }
  }

  /** From now on what was recorded is heard again; null: what is. */
  play(heard: Heard | null): void {
    this.played = heard
    this.take()
  }
}
