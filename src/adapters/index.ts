/**
 * `arqon/adapters`: tune what you already run. Under Node, `index.node.ts` stands in, with a disk for `state`.
 *
 * Stability: stable.
 */
import { createEngineOn } from "../engine/createEngine.ts"
import { memoryPlatform } from "../engine/contract/Platform.ts"
import { type Tune, tuneOn } from "./tune.ts"

/** Makes an engine over the knobs of adapters, attaches them and starts it; `docs/how-to/adapters.md` has one example each. */
export const tune: Tune = tuneOn(createEngineOn(memoryPlatform))

export {
  type Adapter,
  type AdapterGains,
  attach,
  type Attached,
  type AttachOptions,
  type EngineLike,
  type Meter,
  type MeterPort,
} from "./Adapter.ts"
export { type BatchWindow, batchWindow, type BatchWindowOptions } from "./batchWindow.ts"
export { type BullWorkerLike, bullWorkerConcurrency } from "./bullmq.ts"
export { type CacheLike, type CacheTtl, cacheTtl, type CacheTtlOptions } from "./cacheTtl.ts"
export {
  adapterWindow,
  type ConcurrencyAdapter,
  concurrencyAdapter,
  type ConcurrencyOptions,
} from "./concurrency.ts"
export { type PiscinaLike, type PiscinaThreads, piscinaThreads } from "./piscina.ts"
export { type DispatchHandlerLike, type UndiciConnections, undiciConnections } from "./undici.ts"
export {
  type AcquireOptions,
  InFlightLimiter,
  inFlightLimiter,
  type InFlightOptions,
  LimitExceededError,
  type Slot,
} from "./InFlightLimiter.ts"
export { expressLimiter, type SendableResponse } from "./express.ts"
export { fastifyLimiter, type ReplyLike } from "./fastify.ts"
export { type HonoContextLike, honoLimiter } from "./hono.ts"
// stability: unstable
export { type ExpressHandlerLike, fromExpress, toExpress, type WritableReply } from "./expressHandler.ts"
// stability: unstable
export { type FastifyHandlerLike, fromFastify, type SendingReply, toFastify } from "./fastifyHandler.ts"
// stability: unstable
export { fromHono, type HonoExchange, type HonoHandlerContext, toHono } from "./honoHandler.ts"
// stability: unstable
export { FailedReplyError, type HttpExchange, type Reply, sameReply } from "./reply.ts"
export type { LimitRequestsOptions, ResponseLike } from "./middleware.ts"
export { type PgPoolLike, pgPoolSize } from "./pgPool.ts"
// stability: unstable
export type { MetricPick, MetricTake } from "./metricSpan.ts"
// stability: unstable
export type { MetricSource, MetricSourceOptions, MetricSourceState } from "./MetricSource.ts"
export { powerLoss, type PowerWeights } from "./powerLoss.ts"
// stability: unstable
export { promDigests, type PromRegistryLike } from "./promClient.ts"
export { bottleneckConcurrency, type BottleneckLike, queueConcurrency } from "./queues.ts"
// stability: unstable
export type { ReplicaLike, TunedReplica } from "./tune.ts"
export type { AnyAdapter, Tune, Tuned, TuneOptions } from "./tune.ts"
export { type Work, WorkMeter, type WorkMeterOptions, type WorkReading } from "./WorkMeter.ts"
