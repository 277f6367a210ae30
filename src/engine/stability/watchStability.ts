/**
 * The stability latch of an engine: it sees each window before the actors do, and opens SafeMode (`instability`) when the loop has
 * become unstable. Only engines with the option `stability` load it.
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
import type { Window } from "../../domain/Window.ts"
import { NOT_TRIPPED } from "../../hot/codes.ts"
import type { HotPath } from "../../hot/HotPath.ts"
import { type Pace, USUAL_PACE } from "../../../machines/cycleLimits.ts"
import { recordVerdict } from "../../../machines/hotAudit.ts"
import { relocationPhase } from "../../../machines/relocationState.ts"
import type { dueOf } from "../../telemetry/dueOf.ts"
import type { AuditTrail } from "../audit/AuditTrail.ts"
import { mayTrip } from "../calls/mayTrip.ts"
import type { EngineActor } from "../contract/EngineSnapshot.ts"
import type { StabilityPort, StabilityState } from "../contract/StabilityState.ts"

/** The engine, as far as its stability goes. */
export interface StabilityHost {
  readonly hot: HotPath
  readonly trail: AuditTrail
  readonly actor: EngineActor
  readonly due: ReturnType<typeof dueOf>
}

/** How the tuner goes on after a trip, and for how many windows in which SafeMode is not open. */
const CALM: Pace = { windows: 4, step: 0.5 }
const CALM_WINDOWS = 512
const CALM_TEXT = `After SafeMode ${CALM.windows} windows make a reading and steps are half as large, for ${CALM_WINDOWS} windows.`
const CALM_LONGER = `The calm lasts ${CALM_WINDOWS} windows longer.`
const CALM_OVER = "The loop has kept calm: the tuner goes at its usual pace again."

const THRESHOLDS = { alone: SLOW.loud, swinging: SLOW.louder, index: SLOW.periodic }

/** Watches an engine from here on; before it begins. */
export function watchStability(host: StabilityHost): StabilityPort {
  const { hot } = host
  const { knobs } = hot.config
  const loop = new LoopStability(knobs)
  const units = new Float64Array(knobs)
  let unstable = false
  let wasOpen = false
  let last: StabilityState["last"] = null
  let calmLeft = 0
  let severity: Severity | null = null

  const relocates = (): boolean => {
    const { relocation } = host.actor.getSnapshot().children
    return relocation !== undefined && relocationPhase(relocation.getSnapshot()) !== "watching"
  }

  const isOpen = (): boolean => Atomics.load(hot.executor.latch, 0) !== NOT_TRIPPED

  const see = (window: Window | null): void => {
    if (window === null) return
    weigh()
    if (window.status === "expired") return loop.miss()
    hot.config.readUnits(units)
    // This swing may be what opened SafeMode, so it is judged again afterwards.
    const open = isOpen()
    if (wasOpen && !open) loop.rearm()
    // What changes on the way to another regime is no surprise.
    else if (relocates()) loop.rearm(1)
    wasOpen = open
    if (calmLeft > 0 && !open) countDown()
    keepPace()
    unstable = loop.observe(window.loss, window.trend, units, hot.executor.base)
  }

  const judged = (verdict: "fail" | "pass", finding: StabilityFinding, nowUs: number): void =>
    recordVerdict(
      hot,
      {
        verdict,
        reason: "instability",
        evidence: finding.ratio,
        threshold: finding.threshold,
        difference: finding.periodWindows ?? 0,
        margin: finding.growth ?? 0,
      },
      nowUs,
    )

  const act = (): void => {
    unstable = false
    const finding = loop.finding()
    if (!mayTrip(host)) return
    const nowUs = hot.nowCell[0]
    const text = `${findingText(finding)} ${CALM_TEXT}`
    last = { finding, text, atUs: nowUs, severity: null }
    severity = new Severity(loop.recent())
    judged("fail", finding, nowUs)
    host.trail.withNote("safeModeEntered", text, () =>
      host.actor.send({ type: "trip", reason: "instability", nowUs }),
    )
    calmLeft = CALM_WINDOWS
    keepPace()
  }

  /** A step on the way to how bad it was. Where that cannot be recorded, it waits. */
  const weigh = (): void => {
    if (severity === null || hot.audit.full || !severity.step()) return
    const { finding } = severity
    severity = null
    if (finding === null || last === null) return
    last = { ...last, severity: finding }
    if (!finding.severe) return
    calmLeft += CALM_WINDOWS
    const text = `${severityText(finding)} ${CALM_LONGER}`
    host.trail.withNote("verdict", text, () =>
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
  const countDown = (): void => {
    if (calmLeft === 1 && hot.audit.full) return
    calmLeft--
    if (calmLeft > 0) return
    host.trail.withNote("verdict", CALM_OVER, () => judged("pass", loop.finding(), hot.nowCell[0]))
  }

  /** Every time, because a restarted cycle does not know its pace. */
  const keepPace = (): void => {
    const { cycle } = host.actor.getSnapshot().children
    const snapshot = cycle?.getSnapshot()
    if (cycle === undefined || snapshot?.status !== "active") return
    const pace = calmLeft > 0 ? CALM : USUAL_PACE
    const { step } = snapshot.context.pace ?? USUAL_PACE
    // At the usual step the meta level may have made readings longer.
    if (step !== pace.step) cycle.send({ type: "retune", pace })
  }

  // The first subscriber keeps the hook in place for good, so what is put around it stays around it.
  host.due.subscribe({ next: ({ window }) => see(window) })
  const passOn = hot.onDue
  hot.onDue = (code) => {
    passOn?.(code)
    if (unstable) act()
  }
  return {
    state: () => ({
      phase: loop.phase,
      windows: loop.windows,
      now: loop.finding(),
      thresholds: THRESHOLDS,
      last,
      calm:
        calmLeft === 0
          ? null
          : { windowsLeft: calmLeft, windowsPerReading: CALM.windows, stepShare: CALM.step },
    }),
  }
}
