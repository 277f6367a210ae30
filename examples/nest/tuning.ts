/** The engine as a provider of Nest: it starts with the application and stops with it. */
import { Injectable, type OnApplicationShutdown, type OnModuleInit } from "@nestjs/common"
import { inFlightLimiter, tune, type Tuned } from "arqon/adapters"

@Injectable()
export class Tuning implements OnModuleInit, OnApplicationShutdown {
  /** Exists at once, so that the middleware can have it; lets everything within its limit pass until the engine has started. */
  readonly limiter = inFlightLimiter({ initial: 40, max: 100, queue: 10, queueTimeoutMs: 100 })
  private tuned: Tuned<"inFlight"> | null = null

  async onModuleInit(): Promise<void> {
    this.tuned = await tune(this.limiter, { seed: 1 })
  }

  /** After the server has closed its connections: the limit stays on its base. */
  async onApplicationShutdown(): Promise<void> {
    await this.tuned?.stop()
    console.log(`the limit stays at ${this.limiter.limit.toFixed(1)}`)
  }

  state() {
    const { mode, base, counters } = this.tuned?.engine.getSnapshot() ?? {}
    return { mode: mode ?? "not started", limit: base?.inFlight ?? null, cycles: counters?.cycles ?? 0 }
  }
}
