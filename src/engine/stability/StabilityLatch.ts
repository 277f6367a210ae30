/**
 * The stability latch: it sees each window before the tuner does, and opens SafeMode (`instability`) when the loop has become unstable.
 * Only what has the option `stability` loads it.
 *
 * It acts last: what acts on the same window first (an emergency, the runaway guard, a rule, the cycle's own regressions)
 * leaves it nothing to do.
 *
 * After that the tuner comes to rest: it goes on at a calm pace for a while, with more windows for a reading and smaller steps. For twice as
 * long if the loop was chaotic beyond doubt, which is found out window by window while SafeMode is open.
 *
 * It acts within the call that closed the window, and reads no clock: a replay repeats it byte for byte.
 */
import { findingText, LoopStability, SLOW, type StabilityFinding } from "../../control/LoopStability.ts"
import { LEAST_Z, Severity, severityText } from "../../control/Severity.ts"
import { NOT_TRIPPED } from "../../hot/codes.ts"
import type { HotPath } from "../../hot/HotPath.ts"
import { type Pace, USUAL_PACE } from "../../../machines/cycleLimits.ts"
import { recordVerdict } from "../../../machines/hotAudit.ts"
import type { StabilityPort, StabilityState } from "../contract/StabilityState.ts"

/** The loop that it watches, and what it may do to it. */
export interface StabilityHost {
  readonly hot: HotPath
  readonly withNote: (kind: "safeModeEntered" | "verdict", note: string, act: () => void) => void
  /** Something else is under way that moves the plant, and no surprise. */
  readonly relocates: () => boolean
  readonly mayTrip: () => boolean
  /** Opens SafeMode for instability, and brings the plant back. */
  readonly trip: (nowUs: number) => void
  /** Called at every window, because a tuner that was restarted does not know its pace. */
  readonly keepPace: (pace: Pace) => void
}

/** A window as it closed. */
export interface SeenWindow {
  readonly loss: number
  readonly trend: ArrayLike<number>
}

/** How the tuner goes on after a trip, and for how many windows in which SafeMode is not open. */
const CALM: Pace = { windows: 4, step: 0.5 }
const CALM_WINDOWS = 512
const CALM_TEXT = `After SafeMode ${CALM.windows} windows make a reading and steps are half as large, for ${CALM_WINDOWS} windows.`
const CALM_LONGER = `The calm lasts ${CALM_WINDOWS} windows longer.`
const CALM_OVER = "The loop has kept calm: the tuner goes at its usual pace again."

const THRESHOLDS = { alone: SLOW.loud, swinging: SLOW.louder, index: SLOW.periodic }

export class StabilityLatch implements StabilityPort {
  private readonly host: StabilityHost
  private readonly loop: LoopStability
  private readonly units: Float64Array
  private unstable = false
  private wasOpen = false
  private last: StabilityState["last"] = null
  private calmLeft = 0
  private severity: Severity | null = null

  constructor(host: StabilityHost) {
    const { knobs } = host.hot.config
    this.host = host
    this.loop = new LoopStability(knobs)
    this.units = new Float64Array(knobs)
  }

  /** A window has closed; null: it expired. */
  see(window: SeenWindow | null): void {
    const { hot, relocates } = this.host
    const { loop, units } = this
    this.weigh()
    if (window === null) return loop.miss()
    hot.config.readUnits(units)
    // This swing may be what opened SafeMode, so it is judged again afterwards.
    const open = Atomics.load(hot.executor.latch, 0) !== NOT_TRIPPED
    if (this.wasOpen && !open) loop.rearm()
    // What changes on the way to another regime is no surprise.
    else if (relocates()) loop.rearm(1)
    this.wasOpen = open
    if (this.calmLeft > 0 && !open) this.countDown()
    this.keepPace()
    this.unstable = loop.observe(window.loss, window.trend, units, hot.executor.base)
  }

  /** Once everything else has acted on the window: opens SafeMode where the loop has become unstable. */
  act(): void {
    if (!this.unstable) return
    this.unstable = false
    const { host } = this
    const finding = this.loop.finding()
    if (!host.mayTrip()) return
    const nowUs = host.hot.nowCell[0]
    const text = `${findingText(finding)} ${CALM_TEXT}`
    this.last = { finding, text, atUs: nowUs, severity: null }
    this.severity = new Severity(this.loop.recent())
    this.judged("fail", finding, nowUs)
    host.withNote("safeModeEntered", text, () => host.trip(nowUs))
    this.calmLeft = CALM_WINDOWS
    this.keepPace()
  }

  readonly state = (): StabilityState => {
    const { loop, calmLeft, last } = this
    return {
      phase: loop.phase,
      windows: loop.windows,
      now: loop.finding(),
      thresholds: THRESHOLDS,
      last,
      calm:
        calmLeft === 0
          ? null
          : { windowsLeft: calmLeft, windowsPerReading: CALM.windows, stepShare: CALM.step },
    }
  }

  private judged(verdict: "fail" | "pass", finding: StabilityFinding, nowUs: number): void {
    const { ratio: evidence, threshold, periodWindows, growth } = finding
    const difference = periodWindows ?? 0
    recordVerdict(
      this.host.hot,
      { verdict, reason: "instability", evidence, threshold, difference, margin: growth ?? 0 },
      nowUs,
    )
  }

  /** A step on the way to how bad it was. Where that cannot be recorded, it waits. */
  private weigh(): void {
    const { host, severity, last } = this
    const { hot } = host
    if (severity === null || hot.audit.full || !severity.step()) return
    const { finding } = severity
    this.severity = null
    if (finding === null || last === null) return
    this.last = { ...last, severity: finding }
    if (!finding.severe) return
    this.calmLeft += CALM_WINDOWS
    const text = `${severityText(finding)} ${CALM_LONGER}`
    host.withNote("verdict", text, () =>
      recordVerdict(
        hot,
        {
          verdict: "fail",
          reason: "instability",
          evidence: finding.surrogateZ ?? 0,
          threshold: LEAST_Z,
          difference: finding.exponent,
          margin: finding.rSquared,
        },
        hot.nowCell[0],
      ),
    )
  }

  /** One window less at the calm pace. Where the end of it cannot be recorded, it waits. */
  private countDown(): void {
    const { hot, withNote } = this.host
    if (this.calmLeft === 1 && hot.audit.full) return
    this.calmLeft--
    if (this.calmLeft > 0) return
    withNote("verdict", CALM_OVER, () => this.judged("pass", this.loop.finding(), hot.nowCell[0]))
  }

  private keepPace(): void {
    this.host.keepPace(this.calmLeft > 0 ? CALM : USUAL_PACE)
  }
}
