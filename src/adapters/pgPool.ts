/**
 * Size of a pool of node-postgres. Measured is how long clients are checked out, by the pool's own events, so nothing has to be
 * wrapped. A larger pool is filled by what waits already; a smaller one gives clients up as they come back (idle ones by the
 * pool's own `idleTimeoutMillis`).
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

/** So many times the pool's own size it may become: the server lets in a hundred, and others want some of them. */
const MOST = 4

/**
 * Tunes `max` of a `pg.Pool`, by default up to four times of what it is. Queries fail where the server has no room for the connections.
 * Throws a ConfigError for what is no pool.
 *
 * @example
 * const pool = new Pool({ max: 20 })
 * await tune(pgPoolSize(pool, { max: 60 }))
 */
export function pgPoolSize<Client extends object, const K extends string = "poolSize">(
  pool: PgPoolLike<Client>,
  options: ConcurrencyOptions<K> = {},
): ConcurrencyAdapter<K> {
  refuse(methodProblems(pool, ["pool"], ["connect", "on"], "a pg.Pool", "new pg.Pool() makes one."))
  const { max: present = 10, maxUses = Number.POSITIVE_INFINITY } = pool.options
  const held = new WeakMap<Client, Work>()
  const from = startingAt(present, options, MOST * present)
  const adapter = concurrencyAdapter(options?.name ?? ("poolSize" as K), from, (max) => {
    const more = Math.min(max - pool.totalCount, pool.waitingCount)
    pool.options.max = max
    // Whoever waits is only looked at when a client comes back: so one more comes and goes, for each that may be opened.
    for (let i = 0; i < more; i++) pool.connect((error, _client, release) => void (error ?? release()))
  })
  const over = (ok: boolean): void => {
    if (!ok) adapter.meter.end(adapter.meter.begin(), false)
  }
  // Whom the server has no room for, and who has waited too long, hears of it here: no event says so.
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
    // The pool compares with `maxUses` right after this event: the only public way to have a returning client closed.
    pool.options.maxUses = pool.totalCount > (pool.options.max ?? 10) ? 0 : maxUses
  })
  return adapter
}
