/**
 * An engine over a simulated service, live, for `arqon studio --demo`: something to look at and to steer before one has an
 * engine of one's own. Its load changes every minute, so that there is always something to follow.
 */
import { nodePlatform } from "../platform/node/nodePlatform.ts"
import { engineWithCore } from "../engine/createEngine.ts"
import { KNOBS, latencyMs } from "../studio/server/demoService.ts"
import { LiveEngine } from "../studio/server/LiveEngine.ts"

const CALL_MS = 20
const SHIFT_US = 60_000_000

export async function startDemo(
  readOnly: boolean,
): Promise<{ readonly engine: LiveEngine; readonly stop: () => Promise<void> }> {
  const { core, engine } = engineWithCore(nodePlatform, {
    params: KNOBS,
    objectiveLabel: { name: "mean latency", unit: "ms" },
    seed: 42,
    guardrails: "aggressive",
    comparison: {},
    window: { digests: 5, settleUs: 2_000 },
  })
  await engine.start()
  const fromUs = engine.nowUs
  let call = 0
  const calling = setInterval(() => {
    const { workers, batchMs } = engine.values
    const load = Math.floor((engine.nowUs - fromUs) / SHIFT_US) % 2 === 0 ? 60 : 240
    // A few per cent of noise without any chance in it.
    const read = latencyMs(load, workers, batchMs) * (1 + 0.05 * Math.sin(call++ * 1.7))
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
