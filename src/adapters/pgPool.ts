/**
 * Tunes the size of a node-postgres pool. It measures how long clients are checked out, using the pool's own
 * events, so you do not wrap anything. When the pool grows, waiting queries get the new connections at once. When
 * it shrinks, busy clients close as they are returned, idle ones after the pool's `idleTimeoutMillis`.
 */
import { methodProblems, refuse } from "./checkOptions.ts"
import {
  type ConcurrencyAdapter,
  concurrencyAdapter,
  type ConcurrencyOptions,
  startingAt,
} from "./concurrency.ts"
import { settled } from "./settled.ts"
import type { Work } from "./WorkMeter.ts"

/** The part of `pg.Pool` that is used. */
export interface PgPoolLike<Client extends object> {
  readonly options: { max?: number | undefined; maxUses?: number | undefined }
  readonly totalCount: number
  readonly waitingCount: number
  connect(done: (error: Error | undefined, client: Client | undefined, release: () => void) => void): void
  on(event: "acquire", listener: (client: Client) => void): unknown
  on(event: "release", listener: (error: Error, client: Client) => void): unknown
}

type Connected = (error: unknown, client: unknown, release: unknown) => void

/**
 * The default upper bound, as a multiple of the pool's size. PostgreSQL accepts a hundred connections by default,
 * and others need some.
 */
const MOST = 4

/**
 * Tunes `max` of a `pg.Pool`, by default up to four times its current size. Queries fail if the server has no room
 * for the connections. Throws a ConfigError if `pool` is not a pool.
 *
 * @example
 * const pool = new Pool({ max: 20 })
 * await tune(pgPoolSize(pool, { max: 60 }))
 */
export function pgPoolSize<Client extends object, const K extends string = "poolSize">(
  pool: PgPoolLike<Client>,
  options: ConcurrencyOptions<K> = {},
): ConcurrencyAdapter<K> {
  refuse(methodProblems(pool, ["pool"], ["connect", "on"], "a pg.Pool", "Create one with new pg.Pool()."))
  const { max: present = 10, maxUses = Number.POSITIVE_INFINITY } = pool.options
  const held = new WeakMap<Client, Work>()
  const from = startingAt(present, options, MOST * present)
  const adapter = concurrencyAdapter(options?.name ?? ("poolSize" as K), from, (max) => {
    const more = Math.min(max - pool.totalCount, pool.waitingCount)
    pool.options.max = max
    // The pool serves its queue only when a client is returned. So one extra client per new connection is requested
    // and released.
    for (let i = 0; i < more; i++) pool.connect((error, _client, release) => void (error ?? release()))
  })
  const over = (ok: boolean): void => {
    if (!ok) adapter.meter.end(adapter.meter.begin(), false)
  }
  // No event reports a query that timed out waiting or that the server had no connection for. This wrapper counts
  // them.
  const inside = pool as { connect: (done?: Connected) => unknown }
  const connect = inside.connect.bind(pool)
  inside.connect = (done) =>
    done === undefined
      ? settled(connect, over)
      : connect((error, client, release) => {
          over(error === undefined || error === null)
          done(error, client, release)
        })
  pool.on("acquire", (client) => held.set(client, adapter.meter.begin()))
  pool.on("release", (error, client) => {
    const work = held.get(client)
    held.delete(client)
    if (work !== undefined) adapter.meter.end(work, !(error instanceof Error))
    // The pool checks `maxUses` right after this event. There is no other public way to close a client as it is
    // returned.
    pool.options.maxUses = pool.totalCount > (pool.options.max ?? 10) ? 0 : maxUses
  })
  return adapter
}
