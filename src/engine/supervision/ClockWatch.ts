/**
 * Notices that the engine's own clock has stopped ticking, from the digests that go on coming: nobody else would, for the
 * watchdog lives on ticks. A look costs a comparison of two numbers in arrays.
 *
 * A silence is only suspicious: a thread that was busy lets no timer fire either. Whoever hears of it lets those that are due
 * have their turn, and then looks at `ticks`.
 */
import { SECOND_US } from "../../domain/Units.ts"

/** Ticks that may be missing. */
const TICKS = 50

/** From when on silence is suspicious, and how long after a tick that is. */
const DUE = 0
const PATIENCE = 1

export class ClockWatch {
  /** Ticks so far. */
  ticks = 0
  /** Called once a silence; `arm` or a tick re-arms it. */
  onSilence: (() => void) | null = null
  private readonly cells = new Float64Array(2)

  /** Null: there is no clock, as in manual time. */
  constructor(tickUs: number | null) {
    this.cells[DUE] = Number.POSITIVE_INFINITY
    this.cells[PATIENCE] = tickUs === null ? Number.POSITIVE_INFINITY : Math.max(SECOND_US, TICKS * tickUs)
  }

  get patienceUs(): number {
    return this.cells[PATIENCE]
  }

  /** `now[0]` is the time. */
  ticked(now: Float64Array): void {
    this.ticks++
    this.arm(now)
  }

  arm(now: Float64Array): void {
    this.cells[DUE] = now[0] + this.cells[PATIENCE]
  }

  /** Per digest. */
  look(now: Float64Array): void {
    if (now[0] > this.cells[DUE]) this.suspect()
  }

  private suspect(): void {
    if (this.onSilence === null) return
    this.cells[DUE] = Number.POSITIVE_INFINITY
    this.onSilence()
  }
}
