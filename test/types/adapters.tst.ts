/** The types of the adapters: each takes its own package and no other, and a knob has the name it was given. */
import Bottleneck from "bottleneck"
import type { Worker } from "bullmq"
import { LRUCache } from "lru-cache"
import pLimit from "p-limit"
import PQueue from "p-queue"
import type pg from "pg"
import type { Piscina } from "piscina"
import { describe, expect, test } from "tstyche"
import type { Pool } from "undici"
import {
  attach,
  bottleneckConcurrency,
  bullWorkerConcurrency,
  cacheTtl,
  inFlightLimiter,
  pgPoolSize,
  piscinaThreads,
  queueConcurrency,
  tune,
} from "../../src/adapters/index.node.ts"
import { type ArqonEngine, createEngine, createFleet, type WorkerEngine } from "../../src/index.ts"

declare const worker: Worker
declare const piscina: Piscina
declare const pool: pg.Pool
declare const undici: Pool

describe("an adapter", () => {
  test("accepts its own package", () => {
    expect(queueConcurrency).type.toBeCallableWith(pLimit(3))
    expect(queueConcurrency).type.toBeCallableWith(new PQueue())
    expect(bottleneckConcurrency).type.toBeCallableWith(new Bottleneck())
    expect(pgPoolSize).type.toBeCallableWith(pool)
    expect(piscinaThreads).type.toBeCallableWith(piscina)
    expect(bullWorkerConcurrency).type.toBeCallableWith(worker)
    expect(cacheTtl).type.toBeCallableWith(new LRUCache<string, number>({ max: 1 }), { staleUsPerSecond: 1 })
  })

  test("refuses another package", () => {
    expect(queueConcurrency).type.not.toBeCallableWith(new Bottleneck())
    expect(queueConcurrency).type.not.toBeCallableWith(pool)
    expect(bottleneckConcurrency).type.not.toBeCallableWith(pLimit(3))
    expect(bottleneckConcurrency).type.not.toBeCallableWith(new PQueue())
    expect(pgPoolSize).type.not.toBeCallableWith(undici)
    expect(pgPoolSize).type.not.toBeCallableWith(piscina)
    expect(piscinaThreads).type.not.toBeCallableWith(worker)
    expect(piscinaThreads).type.not.toBeCallableWith(pool)
    expect(bullWorkerConcurrency).type.not.toBeCallableWith(new PQueue())
    expect(bullWorkerConcurrency).type.not.toBeCallableWith(pLimit(3))
    expect(cacheTtl).type.not.toBeCallableWith(new Map<string, number>(), { staleUsPerSecond: 1 })
    expect(cacheTtl).type.not.toBeCallableWith(new LRUCache<string, number>({ max: 1 }))
  })

  test("refuses an unknown option", () => {
    expect(inFlightLimiter).type.not.toBeCallableWith({ initail: 3 })
    expect(queueConcurrency).type.not.toBeCallableWith(pLimit(3), { queue: 3 })
  })

  test("has a knob of the name it was given", () => {
    expect(queueConcurrency(pLimit(3), { name: "pages" }).params).type.toHaveProperty("pages")
    expect(queueConcurrency(pLimit(3)).params).type.not.toHaveProperty("pages")
    expect(tune).type.toBeCallableWith(inFlightLimiter(), { params: { inFlight: { max: 9 } } })
    expect(tune).type.not.toBeCallableWith(inFlightLimiter(), { params: { inflight: { max: 9 } } })
  })

  test("brings the names of its knobs, even if created inside a list", () => {
    const limiter = inFlightLimiter()
    const pages = queueConcurrency(pLimit(3), { name: "pages" })
    expect(tune).type.toBeCallableWith([limiter, pages], { params: { pages: { max: 9 } } })
    expect(tune).type.not.toBeCallableWith([limiter, pages], { params: { page: { max: 9 } } })
    const made = tune([inFlightLimiter(), queueConcurrency(pLimit(3), { name: "pages" })])
    expect<Awaited<typeof made>["engine"]>().type.toBe<ArqonEngine<"inFlight" | "pages">>()
    expect(tune).type.not.toBeCallableWith(
      [inFlightLimiter(), queueConcurrency(pLimit(3), { name: "pages" })],
      { params: { page: { max: 9 } } },
    )
    expect(tune).type.toBeCallableWith([inFlightLimiter(), queueConcurrency(pLimit(3), { name: "pages" })], {
      params: { pages: { max: 9 } },
    })
    const there = tune([inFlightLimiter(), queueConcurrency(pLimit(3))], { placement: "worker" })
    expect<Awaited<typeof there>["engine"]>().type.toBe<WorkerEngine<"inFlight" | "concurrency">>()
  })

  test("is tuned by an engine in the requested placement", () => {
    const here = tune(inFlightLimiter())
    const there = tune(inFlightLimiter(), { placement: "worker" })
    expect<Awaited<typeof here>["engine"]>().type.toBe<ArqonEngine<"inFlight">>()
    expect<Awaited<typeof there>["engine"]>().type.toBe<WorkerEngine<"inFlight">>()
  })

  test("attaches to an engine that has its knobs", () => {
    const limiter = inFlightLimiter()
    expect(attach).type.toBeCallableWith(createEngine({ params: limiter.params }), limiter)
    expect(attach).type.toBeCallableWith(
      createEngine({ params: limiter.params, placement: "worker" }),
      limiter,
    )
    expect(attach).type.not.toBeCallableWith(createEngine({ params: { other: { min: 1, max: 2 } } }), limiter)
    const fleet = createFleet({ engine: { params: limiter.params } })
    expect(attach).type.not.toBeCallableWith(fleet.ensure("one"), limiter)
  })
})
