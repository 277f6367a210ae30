/** The engine of the playground, over its simulated service; the page's requests are answered within the page. */
import { memoryPlatform } from "../../engine/contract/Platform.ts"
import { engineWithCore } from "../../engine/createEngine.ts"
import { wire } from "../page/core/wire.ts"
import { KNOBS } from "../server/demoService.ts"
import { dock } from "./dock.ts"
import { PageStudio } from "./PageStudio.ts"
import { SimulatedService } from "./SimulatedService.ts"

const DIGEST_US = 20_000
/** How often simulated time is let pass, and how much of it at most at once: a page in the background does not catch up. */
const STEP_MS = 40
const MOST_STEP_MS = 200
/** Simulated seconds in one of the visitor's. */
const SPEED = 5

/** In the address: an engine that remembers loads and watches its own loop, and loads that change. */
const WATCHED = "dynamics"

/** The engine, started, with its core. */
async function startEngine(watched: boolean) {
  const { core, engine } = engineWithCore(memoryPlatform, {
    name: "playground",
    params: KNOBS,
    objectiveLabel: { name: "mean latency", unit: "ms" },
    seed: 42,
    guardrails: "aggressive",
    comparison: {},
    safeMode: { timerUs: 10_000_000 },
    window: { digests: 5, settleUs: 2_000 },
    ...(watched ? { homeostasis: { key: "temporal" }, stability: true } : {}),
    clock: "manual",
  })
  await engine.start()
  return { core, engine }
}

export function begin(): void {
  const service = new SimulatedService()
  const speed = { value: SPEED }
  let opened: PageStudio | null = null
  const watched = new URLSearchParams(location.search).has(WATCHED)
  const begun = startEngine(watched).then(({ core, engine }) => {
    const studio = new PageStudio(core, "playground")
    let nowUs = 0
    let last = performance.now()
    setInterval(() => {
      const now = performance.now()
      const until = nowUs + Math.min(MOST_STEP_MS, now - last) * 1000 * speed.value
      last = now
      while (nowUs + DIGEST_US <= until) {
        nowUs += DIGEST_US
        const { workers, batchMs } = engine.values
        const digest = service.measure({ workers, batchMs })
        if (digest !== null) engine.observe({ timestampUs: nowUs, ...digest })
        engine.tick(nowUs)
      }
    }, STEP_MS)
    opened = studio
    return studio
  })
  wire.request = async (url, init) => (await begun).request(url, init)
  wire.stream = () => {
    // The page has the session before it asks for a stream.
    if (opened === null) throw new Error("The playground has not started.")
    return opened.stream()
  }
  document.documentElement.append(dock(service, speed, watched))
}
