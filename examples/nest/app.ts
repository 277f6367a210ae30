/** A service with one route that is limited and one that is not. */
import { setTimeout as sleep } from "node:timers/promises"
import { Controller, Get, type MiddlewareConsumer, Module, type NestModule } from "@nestjs/common"
import { expressLimiter } from "arqon/adapters"
import { Tuning } from "./tuning.js"

@Controller("quote")
export class QuoteController {
  private inside = 0

  /** A backend with eight slots: more requests than that slow each other down. */
  @Get()
  async quote(): Promise<{ price: number }> {
    this.inside++
    await sleep(10 + 10 * Math.max(1, this.inside / 8) ** 2)
    this.inside--
    return { price: 100 }
  }
}

@Controller("health")
export class HealthController {
  private readonly tuning: Tuning

  constructor(tuning: Tuning) {
    this.tuning = tuning
  }

  @Get()
  health() {
    return this.tuning.state()
  }
}

@Module({ controllers: [QuoteController, HealthController], providers: [Tuning] })
export class AppModule implements NestModule {
  private readonly tuning: Tuning

  constructor(tuning: Tuning) {
    this.tuning = tuning
  }

  configure(consumer: MiddlewareConsumer): void {
    // Not the health check: a full service is not a sick one.
    consumer.apply(expressLimiter(this.tuning.limiter)).forRoutes(QuoteController)
  }
}
