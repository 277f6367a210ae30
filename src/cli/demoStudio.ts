/**
 * An engine over a simulated service, live, for `arqon studio --demo`: something to look at and to steer before one has an
 * engine of one's own. Its load changes every minute, so that there is always something to follow.
 */
import { nodePlatform } from "../platform/node/nodePlatform.ts"
import { createEngineOn } from "../engine/createEngine.ts"
import type { EngineCore } from "../engine/EngineCore.ts"
import { LiveEngine } from "../studio/server/LiveEngine.ts"

const CALL_MS = 20
const SHIFT_US = 60_000_000

export async function startDemo(
  readOnly: boolean,
): Promise<{ readonly engine: LiveEngine; readonly stop: () => Promise<void> }> {
  let core: EngineCore | null = null
  const create = createEngineOn({
    ...nodePlatform,
    // The studio of several engines is opened elsewhere; here only the core is wanted.
    openStudio: (own) => {
      core = own
      return Promise.resolve({ url: "", token: null, stop: () => Promise.resolve() })
    },
  })
  const engine = create({
    params: {
      workers: { min: 1, max: 64, scale: "log", step: 1, initial: 6 },
      batchMs: { min: 0, max: 20, initial: 16 },
    },
    objectiveLabel: { name: "mean latency", unit: "ms" },
    seed: 42,
    guardrails: "aggressive",
    comparison: {},
    window: { digests: 5, settleUs: 2_000 },
  })
  await engine.start()
  await engine.studio()
  if (core === null) throw new Error("the demo has no engine")
  const fromUs = engine.nowUs
  let call = 0
  const calling = setInterval(() => {
    const { workers, batchMs } = engine.values
    const load = Math.floor((engine.nowUs - fromUs) / SHIFT_US) % 2 === 0 ? 60 : 240
    const latencyMs = load / workers + workers / 4 + batchMs + 30 / (1 + batchMs)
    // A few per cent of noise without any chance in it.
    const read = latencyMs * (1 + 0.05 * Math.sin(call++ * 1.7))
    engine.observe({
      objective: read,
      latencyP99Us: read * 1500,
      throughputRps: load,
      errorRate: 0,
    })
  }, CALL_MS)
  return {
    engine: new LiveEngine(core, { id: engine.runId, name: "demo", readOnly }),
    stop: async () => {
      clearInterval(calling)
      await engine.stop()
    },
  }
}
