/**
 * Runs the hot path on scratch state until the compiler has seen enough of it: the first digest of a real plant should
 * not be the slow one (HOTPATH, choice 4). Takes a few milliseconds, once per process.
 */
import { LINEAR, MINUS, PLUS } from "../hot/codes.ts"
import { HotPath } from "../hot/HotPath.ts"
import { KnobTable } from "../hot/KnobTable.ts"
import { P_EXPECTED_GENERATION, P_ID, P_LENGTH, P_NOW_US, P_TARGET } from "../hot/SafetyExecutor.ts"
import { GUARDRAILS } from "../domain/guardrailPresets.ts"

/**
 * Calls of each kind. By then everything is compiled once, which is what makes a first call slow (200 us, and 50 with this); the optimising
 * compiler comes as digests do. Six times as many were half of what a start costs and made no digest after it faster.
 */
const ROUNDS = 500
const KNOBS = 4
/** Far enough apart for the rate limit: a refusal would warm up the wrong path. */
const APART_US = 200_000

let warm = false

/** Does its work at the first call only. */
export function warmUp(): void {
  if (warm) return
  warm = true
  const hot = new HotPath({
    table: new KnobTable(
      Array.from({ length: KNOBS }, () => ({ min: 0, max: 1, scale: LINEAR, step: 0, maxStep: 0 })),
    ),
    policy: GUARDRAILS.balanced,
    initialUnit: new Float64Array(KNOBS).fill(0.5),
    window: { windowDigests: 5, windowUs: 1e6, settleUs: 0, maxAgeUs: 1e6, aggregate: 0, trim: 0.1 },
    auditCapacity: 64,
    manualTime: true,
  })
  const { digest, executor, audit } = hot
  const { proposal } = executor
  for (let i = 1; i <= ROUNDS; i++) {
    const nowUs = i * APART_US
    digest.fill(Number.NaN)
    digest[0] = nowUs
    digest[1] = hot.config.generation
    digest[2] = i % 7
    hot.observe()
    proposal[P_NOW_US] = nowUs
    proposal[P_EXPECTED_GENERATION] = hot.config.generation
    proposal[P_ID] = i
    proposal[P_LENGTH] = KNOBS
    proposal.fill(i % 2 === 0 ? 0.52 : 0.48, P_TARGET, P_TARGET + KNOBS)
    hot.apply(i % 2 === 0 ? PLUS : MINUS)
    if (audit.highWater) audit.drain(ignore)
  }
}

const ignore = (): void => {}
