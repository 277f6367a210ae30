/** The audit in a database: every record once, whole batches or none, and a database that is busy is no loss. */
import { once } from "node:events"
import { readdirSync, readFileSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { Worker } from "node:worker_threads"
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { openSqlite } from "../../../src/platform/node/index.ts"
import { drive, manual } from "../../engine/plant.ts"
import { everyKind, record } from "../../engine/recordedRun.ts"
import { ownFolder } from "../../journal/journalRig.ts"

const folder = ownFolder()
const rows = (path: string, sql: string): ReadonlyArray<Record<string, unknown>> => {
  const db = new DatabaseSync(path, { readOnly: true })
  const all = db.prepare(sql).all()
  db.close()
  return all
}

describe("a SQLite sink", () => {
  it("keeps every record of a run, in columns for queries and whole", async () => {
    const path = folder.in("audit.db")
    const engine = manual({
      sinks: [await Effect.runPromise(openSqlite(path))],
      audit: { memory: 100_000, digests: true },
    })
    await engine.start()
    everyKind(engine)
    await engine.stop()
    const records = engine.audit.records()
    const found = rows(path, "SELECT * FROM records ORDER BY seq")
    expect(found.map(({ record: text }) => JSON.parse(String(text)))).toEqual(
      JSON.parse(JSON.stringify(records)),
    )
    for (const [i, { seq, kind, atUs, generation, proposal, action, reason, note }] of records.entries()) {
      const columns = { seq, kind, at_us: atUs, generation, proposal, action, reason, note, run_id: 1 }
      const expected = Object.fromEntries(
        Object.entries(columns).map(([name, value]) => [name, value ?? null]),
      )
      expect(found[i]).toMatchObject(expected)
    }
    expect(engine.audit.state().sinks).toMatchObject([{ name: "sqlite", location: path, failures: 0 }])
    expect(rows(path, "SELECT json_extract(start, '$.seed') AS seed, run FROM runs")).toEqual([
      { seed: 42, run: "manual-42" },
    ])
  })

  it("keeps runs of the same name apart", async () => {
    const path = folder.in("audit.db")
    for (let run = 0; run < 2; run++) {
      const engine = manual({ sinks: [await Effect.runPromise(openSqlite(path))] })
      await engine.start()
      drive(engine, { digests: 50 })
      await engine.stop()
    }
    const counts = rows(path, "SELECT run_id, count(*) AS n, max(seq) AS last FROM records GROUP BY run_id")
    expect(counts).toHaveLength(2)
    for (const { n, last } of counts) expect(n).toBe(last)
  })

  it("stores nothing of a batch while the database is busy, and all of it once when it is free", async () => {
    const path = folder.in("audit.db")
    const sink = await Effect.runPromise(openSqlite(path))
    const run = await record(everyKind)
    await Effect.runPromise(sink.write(run.words.slice(0, 10)))
    const other = new DatabaseSync(path, { timeout: 0 })
    other.exec("BEGIN IMMEDIATE")
    const error = await Effect.runPromise(Effect.flip(sink.write(run.words.slice(10))))
    expect(error).toMatchObject({ _tag: "AuditError", reason: "write", sink: "sqlite" })
    expect(sink.writeNow?.(run.words.slice(10))?.message).toContain("locked")
    other.exec("ROLLBACK")
    other.close()
    expect(rows(path, "SELECT count(*) AS n FROM records")).toEqual([{ n: 10 }])
    expect(sink.writeNow?.(run.words.slice(10))).toBeNull()
    // A batch that was taken and is offered again all the same changes nothing.
    await Effect.runPromise(sink.write(run.words.slice(-3)))
    await Effect.runPromise(sink.close)
    expect(rows(path, "SELECT seq FROM records ORDER BY seq").map(({ seq }) => seq)).toEqual(
      run.words.map(({ seq }) => seq),
    )
    expect(await Effect.runPromise(Effect.flip(sink.write(run.words)))).toMatchObject({ reason: "write" })
  })

  it("rolls back a first batch that failed half way", async () => {
    const path = folder.in("audit.db")
    const sink = await Effect.runPromise(openSqlite(path))
    const run = await record(everyKind)
    const other = new DatabaseSync(path)
    other.exec(
      "CREATE TRIGGER no BEFORE INSERT ON records WHEN new.seq = 5 BEGIN SELECT RAISE(ABORT, 'not this one'); END",
    )
    expect(sink.writeNow?.(run.words)?.message).toContain("not this one")
    other.exec("DROP TRIGGER no")
    // Somebody else's run takes the number meanwhile.
    other.exec("INSERT INTO runs (run, opened_at) VALUES ('another', 'now')")
    other.close()
    expect(sink.writeNow?.(run.words)).toBeNull()
    await Effect.runPromise(sink.close)
    expect(
      rows(
        path,
        "SELECT run, count(seq) AS n FROM runs LEFT JOIN records ON id = run_id GROUP BY id ORDER BY id",
      ),
    ).toEqual([
      { run: "another", n: 0 },
      { run: "manual-42", n: run.words.length },
    ])
  })

  it("refuses a file that is not a database, as an error of start", async () => {
    const path = folder.in(".")
    expect(await Effect.runPromise(Effect.flip(openSqlite(path)))).toMatchObject({
      _tag: "AuditError",
      reason: "open",
      sink: "sqlite",
    })
  })

  it("leaves another program's database unchanged, and names the foreign table", async () => {
    const path = folder.in("theirs.db")
    const theirs = new DatabaseSync(path)
    theirs.exec("CREATE TABLE records (id INTEGER, at_us REAL)")
    theirs.close()
    const before = readFileSync(path)
    const error = await Effect.runPromise(Effect.flip(openSqlite(path)))
    expect(error).toMatchObject({ reason: "open", sink: "sqlite" })
    expect(error.message).toContain(
      "a table records of another program or version, without run_id, seq, kind",
    )
    expect(readFileSync(path).equals(before)).toBe(true)
    expect(readdirSync(folder.path)).toEqual(["theirs.db"])
  })

  it("waits at the start for another process creating the file, and for nobody once it writes", async () => {
    const path = folder.in("audit.db")
    const worker = new Worker(
      `const { DatabaseSync } = require("node:sqlite")
       const { parentPort, workerData } = require("node:worker_threads")
       const db = new DatabaseSync(workerData)
       db.exec("BEGIN IMMEDIATE; CREATE TABLE other (a)")
       parentPort.postMessage("locked")
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)
       db.exec("COMMIT")`,
      { eval: true, workerData: path },
    )
    await once(worker, "message")
    const sink = await Effect.runPromise(openSqlite(path))
    await Effect.runPromise(sink.close)
    await worker.terminate()
    expect(rows(path, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")).toEqual([
      { name: "other" },
      { name: "records" },
      { name: "runs" },
    ])
  })
})
