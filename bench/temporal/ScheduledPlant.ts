/**
 * An engine as `createEngine` makes it, over a plant whose load swings at two paces in turn, in time of its own: a digest every 20 ms
 * of it, as fast as the machine goes. What is timed is `engine.observe`, with everything that it leads to.
 */
import type { EngineCore } from "../../src/engine/EngineCore.ts"
import { engineWithCore } from "../../src/engine/createEngine.ts"
import type { ArqonEngine, EngineOptions } from "../../src/index.ts"
import { nodePlatform } from "../../src/platform/node/nodePlatform.ts"
import { gaussianAt } from "../../src/testing/noise.ts"

const EVERY_US = 20_000
/** Digests under one load. */
const VISIT = 5_000
const LOWEST = [0.56, 0.44]

type Knob = "threads" | "batch"

/** One such engine; see the top of this file. */
export class ScheduledPlant {
  /** How long Tier 1 took for each proposal, microseconds. */
  readonly appliesUs: Array<number> = []
  readonly engine: ArqonEngine<Knob>
  private readonly core: EngineCore
  private nowUs = 1_000_000
  private digests = 0

  constructor(options: Omit<EngineOptions<Knob>, "params">) {
    const { engine, core } = engineWithCore<Knob>(
      { ...nodePlatform, steadyMs: () => this.nowUs / 1_000 },
      {
        params: { threads: { min: 0, max: 1, initial: 0.5 }, batch: { min: 0, max: 1, initial: 0.5 } },
        seed: 7,
        audit: { memory: 100, capacity: 1024 },
        // It never rests: every window leads to a decision.
        gains: { prove: false },
        ...options,
      },
    )
    this.engine = engine
    this.core = core
    const { hot } = core
    const apply = hot.apply.bind(hot)
    hot.apply = (kind) => {
      const start = performance.now()
      const code = apply(kind)
      this.appliesUs.push((performance.now() - start) * 1_000)
      return code
    }
  }

  /** Reports so many digests; how long each took goes into `tookUs`. */
  observe(tookUs: Float64Array): void {
    const { core, engine } = this
    for (let i = 0; i < tookUs.length; i++, this.digests++) {
      const load = Math.floor(this.digests / VISIT) % 2
      this.nowUs += EVERY_US
      const { threads, batch } = engine.values
      const objective =
        (threads - LOWEST[load]) ** 2 + (batch - LOWEST[1 - load]) ** 2 + 0.01 * gaussianAt(3, this.digests)
      const phase = (2 * Math.PI * this.digests) / (load === 0 ? 30 : 70)
      const throughputRps = 100 * (1.5 + 0.5 * Math.sin(phase))
      const latencyP99Us = 100_000 + 20_000 * Math.sin(phase)
      const errorRate = 0.01 * Math.abs(gaussianAt(4, this.digests))
      const start = performance.now()
      engine.observe({ objective, throughputRps, latencyP99Us, errorRate })
      tookUs[i] = (performance.now() - start) * 1_000
      // The engine's own ticks come in time of the machine.
      core.tick(core.nowUs)
    }
  }
}
