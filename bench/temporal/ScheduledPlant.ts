/**
 * An engine over a plant whose load swings at two paces in turn, in time of its own: a digest every 20 ms of it, as fast as the
 * machine goes. What is timed is the call that takes a digest, with everything that it leads to.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { requireEngineConfig } from "../../src/domain/Config.ts"
import type { EngineConfig } from "../../src/domain/Config.ts"
import { EngineCore } from "../../src/engine/EngineCore.ts"
import { relocationParts } from "../../src/engine/relocation/relocationParts.ts"
import { runSchedule } from "../../src/engine/schedule/runSchedule.ts"
import { watchStability } from "../../src/engine/stability/watchStability.ts"
import {
  DIGEST_GENERATION,
  DIGEST_OBJECTIVE,
  DIGEST_THROUGHPUT_RPS,
  DIGEST_TIMESTAMP_US,
} from "../../src/hot/codes.ts"
import { gaussianAt } from "../../src/testing/noise.ts"

const EVERY_US = 20_000
/** Digests under one load. */
const VISIT = 5_000
const LOWEST = [0.56, 0.44]

/** One such engine; see the top of this file. */
export class ScheduledPlant {
  readonly core: EngineCore
  /** How long Tier 1 took for each proposal, microseconds. */
  readonly appliesUs: Array<number> = []
  private readonly fibers: ReadonlyArray<Fiber.Fiber<unknown, unknown>>
  private nowUs = 1_000_000
  private digests = 0

  constructor(options: Omit<EngineConfig, "params">) {
    const settings = requireEngineConfig({
      params: { threads: { min: 0, max: 1, initial: 0.5 }, batch: { min: 0, max: 1, initial: 0.5 } },
      seed: 7,
      audit: { memory: 100, capacity: 1024 },
      ...options,
    })
    this.core = new EngineCore({
      settings,
      runId: "bench",
      readClock: () => this.nowUs,
      relocation: relocationParts,
    })
    if (settings.stability) this.core.stability = watchStability(this.core)
    if (settings.schedule) this.core.schedule = runSchedule(this.core)
    const { hot } = this.core
    const apply = hot.apply.bind(hot)
    hot.apply = (kind) => {
      const start = performance.now()
      const code = apply(kind)
      this.appliesUs.push((performance.now() - start) * 1_000)
      return code
    }
    this.core.life.begin()
    this.fibers = (this.core.schedule?.specs ?? []).map(({ run }) => Effect.runFork(run))
  }

  /** Reports so many digests; how long each took goes into `tookUs`. */
  observe(tookUs: Float64Array): void {
    const { core } = this
    const { digest } = core.hot
    for (let i = 0; i < tookUs.length; i++, this.digests++) {
      const load = Math.floor(this.digests / VISIT) % 2
      this.nowUs += EVERY_US
      const { threads, batch } = core.values
      digest.fill(Number.NaN)
      digest[DIGEST_TIMESTAMP_US] = this.nowUs
      digest[DIGEST_GENERATION] = Number.NaN
      digest[DIGEST_OBJECTIVE] =
        (threads - LOWEST[load]) ** 2 + (batch - LOWEST[1 - load]) ** 2 + 0.01 * gaussianAt(3, this.digests)
      const phase = (2 * Math.PI * this.digests) / (load === 0 ? 30 : 70)
      digest[DIGEST_THROUGHPUT_RPS] = 100 * (1.5 + 0.5 * Math.sin(phase))
      const start = performance.now()
      core.observeDigest()
      tookUs[i] = (performance.now() - start) * 1_000
      core.tick(this.nowUs)
    }
  }

  async end(): Promise<void> {
    await Effect.runPromise(Fiber.interruptAll(this.fibers))
    this.core.life.end()
  }
}
