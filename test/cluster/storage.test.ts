/** Both storages pass the same tests, and each refuses what would break later, in words without a secret. */
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Deferred from "effect/Deferred"
import * as SqlClient from "effect/sql/SqlClient"
import { classifySqliteError, SqlError } from "effect/sql/SqlError"
import * as Stream from "effect/Stream"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import { agree } from "../../src/cluster/settings.ts"
import * as engines from "../../src/cluster/engineRows.ts"
import { MIGRATIONS } from "../../src/cluster/migrations.ts"
import { postgres } from "../../src/cluster/node/postgres.ts"
import { sqlite } from "../../src/cluster/node/sqlite.ts"
import * as owners from "../../src/cluster/owners.ts"
import { nowMs } from "../../src/cluster/databaseTime.ts"
import { migrate, ready, type Storage } from "../../src/cluster/Storage.ts"
import { StorageError } from "../../src/cluster/StorageError.ts"
import { storageFailure } from "../../src/cluster/storageFailure.ts"
import { MOST_TURNS, noteBegun, noteEnded, turnsOf } from "../../src/cluster/turnRows.ts"
import { startPostgres } from "../adapters/startPostgres.ts"
import { startTransactionPooler } from "./transactionPooler.ts"

let server: Awaited<ReturnType<typeof startPostgres>>
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "arqon-storage-"))
  server = await startPostgres()
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

const SECRET = "tell-nobody"
const url = (port = server.port, database = "postgres", user = "arqon"): string =>
  `postgres://${user}:${SECRET}@127.0.0.1:${port}/${database}`

const kinds: ReadonlyArray<readonly [string, () => Storage]> = [
  ["SQLite", () => sqlite(join(folder, "a.db"))],
  ["PostgreSQL", () => postgres({ url: url(), migrate: true })],
]

/** With a table of its own, dropped at the end. */
const using = <A, E>(storage: Storage, work: (sql: SqlClient.SqlClient) => Effect.Effect<A, E>): Promise<A> =>
  Effect.runPromise(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`DROP TABLE IF EXISTS thing`
      yield* sql`CREATE TABLE thing (id bigint PRIMARY KEY, body text)`
      return yield* Effect.ensuring(work(sql), Effect.orDie(sql`DROP TABLE thing`))
    }).pipe(Effect.provide(ready(storage))),
  )

/** A server that says so though it has room. */
const DISK_IS_FULL = `DO $do$ BEGIN
  CREATE FUNCTION says_full() RETURNS event_trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
  CREATE EVENT TRIGGER full_disk ON ddl_command_start EXECUTE FUNCTION says_full();
END $do$`
const isTrue = (): boolean => true
const isFalse = (): boolean => false

const refusal = async (storage: Storage): Promise<StorageError> => {
  const error = await Effect.runPromise(Effect.flip(Effect.provide(Effect.void, ready(storage))))
  expect(error).toBeInstanceOf(StorageError)
  expect(`${error.message} ${JSON.stringify(error)} ${String(error.stack)}`).not.toContain(SECRET)
  return error
}

describe.each(kinds)("a storage in %s", (_kind, make) => {
  it("takes a batch of engines from the owner of their bucket alone, whole or not at all", async () => {
    const bucket = { kind: "bucket", name: "tenants/7" } as const
    const rows = [
      ["acme", '{"a":1}'],
      ['it\'s "b"', "{}"],
    ] as const
    const kept = await using(make(), (sql) =>
      Effect.gen(function* () {
        const { epoch } = yield* owners.claim(sql, bucket, "one")
        const save = (epoch: number, saved: ReadonlyArray<engines.EngineRow>, name: string = bucket.name) =>
          engines.save(sql, [{ bucket: name, epoch, rows: saved }])
        const first = yield* save(epoch, rows)
        yield* owners.claim(sql, bucket, "two")
        const stale: ReadonlyArray<engines.EngineRow> = [
          ["acme", "stale"],
          ["new", "stale"],
        ]
        const late = yield* save(epoch, stale)
        const other = yield* save(epoch + 1, stale, "tenants/8")
        // In one statement with those of owners who are none.
        const [mine] = yield* owners.claimAll(sql, [{ kind: "bucket", name: "tenants/9" }], "two")
        const next = yield* engines.save(sql, [
          { bucket: "tenants/8", epoch: 1, rows: stale },
          { bucket: "tenants/9", epoch: mine.epoch, rows: [["nine", "9"]] },
          { bucket: bucket.name, epoch, rows: stale },
          { bucket: bucket.name, epoch: epoch + 1, rows: [["acme", '{"a":2}']] },
        ])
        const found = yield* engines.load(sql, [
          { bucket: "tenants/8", keys: ["acme"] },
          { bucket: bucket.name, keys: ["acme", 'it\'s "b"', "new"] },
          { bucket: "tenants/9", keys: ["nine", "acme"] },
        ])
        return { first, late, other, next, found: found.map((rows) => new Map(rows)) }
      }),
    )
    expect(kept).toEqual({
      first: [true],
      late: [false],
      other: [false],
      next: [false, true, false, true],
      found: [new Map(), new Map([["acme", '{"a":2}'], rows[1]]), new Map([["nine", "9"]])],
    })
  })

  it("ends owners whose epochs were raised, and lets the next ones begin above, as after a restored database", async () => {
    const thing = { kind: "tuner", name: "checkout" } as const
    const late = { kind: "tuner", name: "search" } as const
    const found = await using(make(), (sql) =>
      Effect.gen(function* () {
        for (const name of ["one", "two", "three"]) yield* owners.claim(sql, late, name)
        const { epoch } = yield* owners.claim(sql, thing, "one")
        yield* owners.save(sql, thing, epoch, "before")
        const raised = [yield* owners.raiseEpochs(sql, epoch + 1), yield* owners.raiseEpochs(sql, epoch + 1)]
        const stale = yield* owners.save(sql, thing, epoch, "stale")
        const next = yield* owners.claim(sql, thing, "two")
        return { raised, stale, ahead: next.epoch - epoch, standing: next.standing }
      }),
    )
    expect(found).toEqual({ raised: [expect.any(Number), 0], stale: false, ahead: 2, standing: "before" })
    expect(found.raised[0]).toBeGreaterThan(0)
  })

  it("keeps the history of owners over raised epochs, and of them all the last 200", async () => {
    const thing = { kind: "tuner", name: "history" } as const
    const found = await using(make(), (sql) =>
      Effect.gen(function* () {
        const next = Effect.gen(function* () {
          const { epoch } = yield* owners.claim(sql, thing, "one")
          yield* noteBegun(sql, thing, epoch, "wentOn")
        })
        const epochs = Effect.map(turnsOf(sql, thing), ({ turns }) => turns.map(({ epoch }) => epoch))
        for (let i = 0; i < 3; i++) yield* next
        yield* sql`UPDATE arqon_owner SET epoch = 1000000 WHERE kind = ${thing.kind} AND name = ${thing.name}`
        yield* next
        const restored = yield* epochs
        for (let i = 0; i < MOST_TURNS - 2; i++) yield* next
        return { restored, later: yield* epochs }
      }),
    )
    expect(found.restored).toEqual([1, 2, 3, 1_000_001])
    expect(found.later).toEqual([3, ...Array.from({ length: MOST_TURNS - 1 }, (_, i) => 1_000_001 + i)])
  })

  it("ends no owner's turn once the next one has begun: the last word of one that was frozen came seconds after that", async () => {
    const thing = { kind: "tuner", name: "late" } as const
    const found = await using(make(), (sql) =>
      Effect.gen(function* () {
        for (const epoch of [1, 2]) {
          yield* owners.claim(sql, thing, "one")
          yield* noteBegun(sql, thing, epoch, "wentOn")
        }
        yield* noteEnded(sql, thing, 1)
        yield* noteEnded(sql, thing, 2)
        return yield* turnsOf(sql, thing)
      }),
    )
    expect(found.turns.map(({ endedMs }) => endedMs !== null)).toEqual([false, true])
  })

  it("holds every runner to the settings of the first one, and names each that differs", async () => {
    const path = (name: string) => `fleets.${name}.buckets`
    const found = await using(make(), (sql) =>
      Effect.gen(function* () {
        yield* agree("db", [{ path: path("a"), value: 256 }])
        yield* agree("db", [{ path: path("a"), value: 256 }])
        const wrong = [path("new"), path("a")].map((one) => ({ path: one, value: 64 }))
        const refused = yield* Effect.flip(agree("db", wrong))
        // What came with something that differs is not written down either.
        yield* agree("db", [{ path: path("new"), value: 8 }])
        return refused
      }).pipe(Effect.provideService(SqlClient.SqlClient, sql)),
    )
    expect(found).toMatchObject({ _tag: "StorageError", reason: "otherSettings" })
    expect(found.message).toBe("db: fleets.a.buckets is 64 here and 256 in the cluster. Use 256.")
  })

  const ids = (sql: SqlClient.SqlClient) =>
    Effect.map(sql<{ id: unknown }>`SELECT id FROM thing ORDER BY id`, (rows) =>
      rows.map(({ id }) => Number(id)),
    )

  it("keeps a transaction whole: all of it, or after a failure nothing", async () => {
    await using(make(), (sql) =>
      Effect.gen(function* () {
        yield* sql.withTransaction(sql`INSERT INTO thing (id, body) VALUES (1, ${"one"})`)
        const failed = yield* sql
          .withTransaction(
            Effect.andThen(sql`INSERT INTO thing (id, body) VALUES (2, 'two')`, Effect.fail("no" as const)),
          )
          .pipe(Effect.flip)
        expect(failed).toBe("no")
        expect(yield* ids(sql)).toEqual([1])
      }),
    )
  })

  it("undoes a transaction inside another alone", async () => {
    await using(make(), (sql) =>
      sql.withTransaction(
        Effect.gen(function* () {
          yield* sql`INSERT INTO thing (id) VALUES (1)`
          yield* Effect.ignore(
            sql.withTransaction(Effect.andThen(sql`INSERT INTO thing (id) VALUES (2)`, Effect.fail("no"))),
          )
          yield* sql.withTransaction(sql`INSERT INTO thing (id) VALUES (3)`)
          expect(yield* ids(sql)).toEqual([1, 3])
        }),
      ),
    )
  })

  it("takes back a transaction whose fiber is interrupted", async () => {
    await using(make(), (sql) =>
      Effect.gen(function* () {
        const begun = yield* Deferred.make<void>()
        const fiber = yield* Effect.forkChild(
          sql.withTransaction(
            Effect.andThen(
              sql`INSERT INTO thing (id) VALUES (1)`,
              Effect.andThen(Deferred.succeed(begun, undefined), Effect.never),
            ),
          ),
        )
        yield* Deferred.await(begun)
        yield* Fiber.interrupt(fiber)
        expect(yield* ids(sql)).toEqual([])
      }),
    )
  })

  it("gives back what it was given: text, null, whole numbers up to 2^63", async () => {
    await using(make(), (sql) =>
      Effect.gen(function* () {
        const body = 'α "quoted" \\ \n 🦉'
        yield* sql`INSERT INTO thing ${sql.insert([{ id: 1, body }])}`
        yield* sql`INSERT INTO thing (id, body) VALUES (${9_007_199_254_740_993n}, ${null})`
        const rows = yield* sql<{ id: unknown; body: unknown }>`SELECT id, body FROM thing ORDER BY id`.pipe(
          Effect.provideService(SqlClient.SafeIntegers, true),
        )
        expect(rows.map(({ id, body }) => [BigInt(id as string), body])).toEqual([
          [1n, body],
          [9_007_199_254_740_993n, null],
        ])
        const returned = yield* sql<{ id: unknown }>`UPDATE thing SET body = 'x' WHERE id = 1 RETURNING id`
        expect(Number(returned[0].id)).toBe(1)
        expect(yield* Stream.runCount(sql`SELECT body FROM thing`.stream)).toBe(2)
        expect((yield* sql`SELECT 7 AS a, 'b' AS b`.values)[0].map(String)).toEqual(["7", "b"])
      }),
    )
  })

  it("says that a row exists by a code, and goes on", async () => {
    await using(make(), (sql) =>
      Effect.gen(function* () {
        yield* sql`INSERT INTO thing (id) VALUES (1)`
        const error: SqlError = yield* Effect.flip(sql`INSERT INTO thing (id) VALUES (1)`)
        // SQLite calls a primary key's a constraint.
        expect(["UniqueViolation", "ConstraintError"]).toContain(error.reason._tag)
        expect(yield* ids(sql)).toEqual([1])
      }),
    )
  })

  it("lets one writer at a time through where both take the same row", async () => {
    const storage = make()
    const raise = (sql: SqlClient.SqlClient) =>
      sql.withTransaction(
        Effect.gen(function* () {
          const lock = sql.onDialectOrElse({ pg: () => sql`FOR UPDATE`, orElse: () => sql`` })
          const [row] = yield* sql<{ body: string }>`SELECT body FROM thing WHERE id = 1 ${lock}`
          yield* sql`UPDATE thing SET body = ${String(Number(row.body) + 1)} WHERE id = 1`
        }),
      )
    await using(storage, (sql) =>
      Effect.gen(function* () {
        yield* sql`INSERT INTO thing (id, body) VALUES (1, '0')`
        // A second client, as another process has one.
        const other = Effect.provide(
          Effect.flatMap(SqlClient.SqlClient, (sql) =>
            Effect.all(Array.from({ length: 20 }, () => raise(sql))),
          ),
          ready(storage),
        )
        yield* Effect.all([Effect.all(Array.from({ length: 20 }, () => raise(sql))), other, other], {
          concurrency: "unbounded",
        })
        expect((yield* sql<{ body: string }>`SELECT body FROM thing WHERE id = 1`)[0].body).toBe("60")
      }),
    )
  })

  it("has a clock that goes forward, in milliseconds", async () => {
    const before = Date.now() - 2_000
    const [row] = await using(make(), (sql) => sql<{ now: unknown }>`SELECT ${nowMs(sql)} AS now`)
    expect(Number(row.now)).toBeGreaterThan(before)
    expect(Number(row.now)).toBeLessThan(Date.now() + 2_000)
  })

  it("takes each migration once, also where several begin at the same time", async () => {
    const storage = make()
    await Effect.runPromise(
      Effect.all([migrate(storage), migrate(storage), migrate(storage)], { concurrency: 3 }),
    )
    expect(await Effect.runPromise(migrate(storage))).toEqual([])
    const rows = await using(storage, (sql) => sql`SELECT name FROM arqon_migration ORDER BY migration_id`)
    expect(rows.map(({ name }) => name)).toEqual(MIGRATIONS.map(({ name }) => name))
  })

  it("refuses tables of a later Arqon", async () => {
    const storage = make()
    await using(storage, (sql) => sql`INSERT INTO arqon_migration (migration_id, name) VALUES (900, 'later')`)
    expect((await refusal(storage)).reason).toBe("newer")
    const undo = Effect.flatMap(
      SqlClient.SqlClient,
      (sql) => sql`DELETE FROM arqon_migration WHERE migration_id = 900`,
    )
    await Effect.runPromise(Effect.provide(undo, storage.connect))
  })
})

describe("sqlite", () => {
  it("refuses a file that is no database", async () => {
    const file = join(folder, "text.db")
    writeFileSync(file, "hello ".repeat(100))
    expect(await refusal(sqlite(file))).toMatchObject({
      reason: "failed",
      detail: expect.stringContaining("not a SQLite database"),
    })
  })

  // What was said was PostgreSQL's: "Check the address, and that it runs."
  it("says what is wrong with a path at which there can be no file", async () => {
    mkdirSync(join(folder, "a-folder"))
    writeFileSync(join(folder, "a-file"), "")
    symlinkSync("circle.db", join(folder, "circle.db"))
    symlinkSync("none/b.db", join(folder, "dangling.db"))
    const ways = [
      ["none/a.db", /^its folder does not exist: .*none\. Create it, or name another file\.$/],
      ["dangling.db", /^its folder does not exist: .*none\. Create it, or name another file\.$/],
      ["a-folder", /^the path leads to a folder\. Name a file in it\.$/],
      ["a-file/a.db", /^a part of its path is a file and not a folder\. Name another file\.$/],
      [
        "circle.db",
        /^its path cannot be followed \(.*\)\. Check it, and that this process may read and write there\.$/,
      ],
    ] as const
    for (const [path, detail] of ways) {
      const refused = await refusal(sqlite(join(folder, path)))
      expect(refused).toMatchObject({ reason: "unreachable", detail: expect.stringMatching(detail) })
    }
    // What SQLite itself says where it cannot open a file.
    const said = Object.assign(new Error("unable to open database file"), { errno: 14 })
    const reason = classifySqliteError(said, { message: said.message, operation: "open" })
    expect(storageFailure("db", new SqlError({ reason })).message).toBe(
      "db: its file cannot be opened (unable to open database file). Check that this process may read and write it, and its folder.",
    )
  })
})

describe("postgres", () => {
  const admin = (text: string, database = "postgres"): Promise<unknown> =>
    Effect.runPromise(
      Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(text)).pipe(
        Effect.provide(postgres({ url: url(server.port, database) }).connect),
      ),
    )

  it("says which package is missing, and how to install it", async () => {
    vi.doMock("@effect/sql-pg/PgClient", () => {
      throw new Error("not found")
    })
    expect(await refusal(postgres({ url: url() }))).toMatchObject({
      reason: "missingPackage",
      detail: "it needs the package @effect/sql-pg: npm install @effect/sql-pg@4.0.5",
    })
    vi.doUnmock("@effect/sql-pg/PgClient")
  })

  it("lets no process that is gone hold a row for longer than 15 s", async () => {
    const [row] = await using(
      postgres({ url: url(), migrate: true }),
      (sql) =>
        sql<{
          ms: unknown
        }>`SELECT setting AS ms FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout'`,
    )
    expect(row.ms).toBe("15000")
  })

  it("names itself without its password", () => {
    expect(postgres({ url: url() }).name).toBe(`PostgreSQL 127.0.0.1:${server.port}/postgres`)
  })

  it("refuses a url of something else", async () => {
    expect((await refusal(postgres({ url: `mysql://root:${SECRET}@localhost/x` }))).reason).toBe("badUrl")
    expect((await refusal(postgres({ url: `${SECRET} ` }))).reason).toBe("badUrl")
  })

  it("says that nobody answers, that a user or a database does not exist", async () => {
    expect((await refusal(postgres({ url: url(1) }))).reason).toBe("unreachable")
    expect((await refusal(postgres({ url: url(server.port, "nowhere") }))).reason).toBe("unreachable")
    expect((await refusal(postgres({ url: url(server.port, "postgres", "nobody") }))).reason).toBe("denied")
  })

  it("asks for the migration, and leaves the tables to it", async () => {
    await admin("CREATE DATABASE empty")
    const storage = postgres({ url: url(server.port, "empty") })
    expect(await refusal(storage)).toMatchObject({
      reason: "notMigrated",
      detail: expect.stringContaining("arqon cluster migrate"),
    })
    expect(await Effect.runPromise(migrate(storage))).toEqual(MIGRATIONS.map(({ name }) => name))
    await Effect.runPromise(Effect.provide(Effect.void, ready(storage)))
  })

  it("refuses a user who may not write the tables, and who may not make them", async () => {
    await admin("CREATE DATABASE theirs")
    await admin("CREATE ROLE guest LOGIN")
    const guest = { url: url(server.port, "theirs", "guest") }
    expect((await refusal(postgres({ ...guest, migrate: true }))).reason).toBe("noRights")
    await Effect.runPromise(migrate(postgres({ url: url(server.port, "theirs") })))
    await admin("GRANT SELECT ON ALL TABLES IN SCHEMA public TO guest", "theirs")
    expect(await refusal(postgres(guest))).toMatchObject({
      reason: "noRights",
      detail: expect.stringContaining("GRANT SELECT, INSERT, UPDATE, DELETE ON arqon_study"),
    })
    await admin("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO guest", "theirs")
    await Effect.runPromise(Effect.provide(Effect.void, ready(postgres(guest))))
  })

  it("refuses a database that is set to read only", async () => {
    await admin("CREATE DATABASE frozen")
    await admin("ALTER DATABASE frozen SET default_transaction_read_only = on")
    expect((await refusal(postgres({ url: url(server.port, "frozen") }))).reason).toBe("readOnly")
  })

  it("says that its disk is full, leaves nothing half made, and is migrated once there is room", async () => {
    const small = mkdtempSync(join(tmpdir(), "arqon-small-"))
    // Of its own, where one may be mounted; elsewhere the server itself says so.
    const mounted =
      spawnSync("mount", ["-t", "tmpfs", "-o", "size=16m,mode=777", "tmpfs", small]).status === 0
    try {
      if (mounted) {
        spawnSync("chown", ["postgres", small])
        await admin(`CREATE TABLESPACE small LOCATION '${small}'`)
      }
      await admin(`CREATE DATABASE tight ${mounted ? "TABLESPACE small" : ""}`)
      const storage = postgres({ url: url(server.port, "tight") })
      const fills = "CREATE TABLE filler AS SELECT repeat('x', 1000) FROM generate_series(1, 500)"
      await admin(mounted ? fills : DISK_IS_FULL, "tight")
      const more = "INSERT INTO filler SELECT * FROM filler"
      if (mounted) for (let full = false; !full; ) full = await admin(more, "tight").then(isFalse, isTrue)
      // What is left of it is less than a table takes.
      if (mounted)
        for (let i = 0, full = false; !full; i++)
          full = await admin(
            `CREATE TABLE rest${i} AS SELECT repeat('x', 1000) FROM generate_series(1, 4)`,
            "tight",
          ).then(isFalse, isTrue)
      const error = await Effect.runPromise(Effect.flip(migrate(storage)))
      expect(error).toMatchObject({
        reason: "full",
        detail: expect.stringMatching(
          /^its disk is full \(.*\)\. Nothing was written; make room and try again\.$/,
        ),
      })
      expect((await refusal(storage)).reason).toBe("notMigrated")
      await admin(mounted ? "DROP TABLE filler" : "DROP EVENT TRIGGER full_disk", "tight")
      expect(await Effect.runPromise(migrate(storage))).toEqual(MIGRATIONS.map(({ name }) => name))
      await Effect.runPromise(Effect.provide(Effect.void, ready(storage)))
    } finally {
      if (mounted) {
        await admin("DROP DATABASE IF EXISTS tight WITH (FORCE)")
        await admin("DROP TABLESPACE IF EXISTS small")
        spawnSync("umount", ["-l", small])
      }
      rmSync(small, { recursive: true, force: true })
    }
  })

  it("refuses a server older than 15", async () => {
    // The same server, claiming to be older: a function of that name before PostgreSQL's own.
    await admin("CREATE DATABASE old")
    await admin("CREATE SCHEMA lies", "old")
    await admin(
      `CREATE FUNCTION lies.current_setting(name text) RETURNS text LANGUAGE sql AS
       $$ SELECT CASE name WHEN 'server_version_num' THEN '140012' WHEN 'server_version' THEN '14.12' ELSE pg_catalog.current_setting(name) END $$`,
      "old",
    )
    const lying = `${url(server.port, "old")}?options=${encodeURIComponent("-c search_path=lies,pg_catalog")}`
    expect(await refusal(postgres({ url: lying }))).toMatchObject({
      reason: "tooOld",
      detail: expect.stringContaining("14.12"),
    })
  })

  it("refuses a pooler that lends sessions for one transaction", async () => {
    const pooler = await startTransactionPooler(server.port)
    expect((await refusal(postgres({ url: url(pooler.port) }))).reason).toBe("pooler")
    await pooler.stop()
  })
})
