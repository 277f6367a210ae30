/**
 * What a growing host is told from outside while it runs: readings of its clock, answers of a policy in a thread, alarms of other threads,
 * and what a background thread has lost. They are recorded with each boundary and command, and played back when the run is repeated.
 */
import type { Problem } from "../../domain/Problem.ts"
import type { Alarm, Listen } from "../growth/Alarms.ts"
import type { TryFirst } from "../growth/germination.ts"
import type { GrowthCore } from "../growth/GrowthCore.ts"
import type { PolicyAnswer, PolicySource } from "../policy/PolicyAnswer.ts"
import { coreFrom } from "../service/coreFrom.ts"
import type { CoreMaker, CoreParts } from "../service/Keeper.ts"
import type { CoreStanding } from "../growth/standing.ts"

/** Recorded since the record before. */
export interface Heard {
  readonly clock: ReadonlyArray<number>
  /** Of a policy in a thread; absent where none was asked. */
  readonly answer?: PolicyAnswer
  /** Raised by another thread; absent where none was. */
  readonly alarm?: Alarm
  /** What kept each planting from being tried, null where nothing did; absent where nothing kept any. */
  readonly tried?: ReadonlyArray<Problem | null>
}

export class Tape {
  private readonly live: () => number
  private readings: Array<number> = []
  private answer: PolicyAnswer | null = null
  private alarm: Alarm | null = null
  private tried: Array<Problem | null> = []
  private played: Heard | null = null

  constructor(live: () => number) {
    this.live = live
  }

  readonly now = (): number => {
    const reading = this.played === null ? this.live() : this.played.clock[this.readings.length]
    this.readings.push(reading)
    return reading
  }

  readonly listen: Listen = (heard) => {
    const alarm = this.played === null ? heard() : (this.played.alarm ?? null)
    this.alarm = alarm ?? this.alarm
    return alarm
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

  tryFirst(inner: TryFirst<GrowthCore> | undefined): TryFirst<GrowthCore> {
    return (core, socket, request) => {
      const { played, tried } = this
      const lost =
        played === null ? (inner?.(core, socket, request) ?? null) : (played.tried?.[tried.length] ?? null)
      tried.push(lost)
      return lost
    }
  }

  /** What was heard since the last call. */
  take(): Heard {
    const { readings: clock, answer, alarm, tried } = this
    this.readings = []
    this.answer = null
    this.alarm = null
    this.tried = []
    return {
      clock,
      ...(answer === null ? {} : { answer }),
      ...(alarm === null ? {} : { alarm }),
      ...(tried.every((lost) => lost === null) ? {} : { tried }),
    }
  }

  /** From now on what was recorded is heard again; null: what is. */
  play(heard: Heard | null): void {
    this.played = heard
    this.take()
  }
}

/** A core that is told everything over a tape, at a standing or at the beginning. */
export function tapedCore(
  maker: CoreMaker,
  parts: CoreParts,
  tape: Tape,
  standing: CoreStanding | null,
): GrowthCore {
  const { policy } = parts
  const taped: CoreParts = {
    ...parts,
    now: tape.now,
    policy: policy === null ? null : tape.policy(policy, maker.inputs.inThread),
    listen: tape.listen,
    tryFirst: tape.tryFirst(parts.tryFirst),
  }
  return standing === null ? maker.make(taped) : coreFrom(maker, taped, standing)
}
