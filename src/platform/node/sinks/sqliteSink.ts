/**
 * The audit in a SQLite database, for those who want to ask questions of it: a row a record, with the columns one asks by,
 * and the whole record as JSON beside them. Each batch is one transaction. `node:sqlite` works in the thread that calls
 * it: a batch of 256 records takes a few milliseconds of the event loop, so the journal stays the better place for digests.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite"
import * as Effect from "effect/Effect"
import { AuditError } from "../../../domain/errors.ts"
import type { AuditRecord } from "../../../domain/AuditRecord.ts"
import type { AuditSink } from "../../../engine/audit/AuditSink.ts"
import { inTransaction } from "../../../system/sqliteTransaction.ts"
import { loadSqlite } from "../../../system/loadSqlite.ts"
import { makePrivateFile } from "../../../system/privateFile.ts"
import { causeText } from "../../../system/StateFileError.ts"

const NAME = "sqlite"

/** What SQLite takes for something else than the name of a file. */
const NO_FILE = /^(?:|:memory:|file:.*)$/

/** How long the start of an engine waits for another one that opens the file just then; a write waits for nobody. */
const OPENING_MS = 2000

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS runs (
    id INTEGER PRIMARY KEY,
    run TEXT NOT NULL,
    opened_at TEXT NOT NULL,
    start TEXT
  );
  CREATE TABLE IF NOT EXISTS records (
    run_id INTEGER NOT NULL REFERENCES runs (id),
    seq INTEGER NOT NULL,
    at_us REAL NOT NULL,
    kind TEXT NOT NULL,
    generation INTEGER,
    proposal INTEGER,
    action TEXT,
    reason TEXT,
    knob TEXT,
    note TEXT,
    record TEXT NOT NULL,
    PRIMARY KEY (run_id, seq)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS records_by_time ON records (at_us);
  CREATE INDEX IF NOT EXISTS records_by_kind ON records (kind, at_us);
`

const failure = (reason: AuditError["reason"], cause: unknown): AuditError =>
  new AuditError({ reason, sink: NAME, detail: causeText(cause) })

/** The columns that a table must have to be ours. */
const COLUMNS = {
  runs: ["id", "run", "opened_at", "start"],
  records: "run_id seq at_us kind generation proposal action reason knob note record".split(" "),
} as const

function makeTables(db: DatabaseSync): void {
  for (const [table, wanted] of Object.entries(COLUMNS)) {
    const found = db.prepare("SELECT name FROM pragma_table_info(?)").all(table)
    const names = found.map(({ name }) => name)
    const missing = wanted.filter((name) => !names.includes(name))
    if (found.length > 0 && missing.length > 0)
      throw new Error(
        `the file has a table ${table} of another program or version, without ${missing.join(", ")}; give the audit a file of its own`,
      )
  }
  db.exec(SCHEMA)
}

class SqliteAudit {
  private readonly db: DatabaseSync
  private readonly insertRun: StatementSync
  private readonly insertRecord: StatementSync
  private runId: number | bigint | null = null

  constructor(db: DatabaseSync) {
    this.db = db
    try {
      // Two that open a new file at once: one waits for the other. What is not ours stays as it is.
      inTransaction(db, () => makeTables(db))
      this.insertRun = db.prepare("INSERT INTO runs (run, opened_at, start) VALUES (?, ?, ?)")
      this.insertRecord = db.prepare(
        `INSERT INTO records (run_id, seq, at_us, kind, generation, proposal, action, reason, knob, note, record)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO NOTHING`,
      )
      // Readers do not wait for the writer, nor it for them; a killed process loses nothing, a loss of power the last moments.
      db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 0")
    } catch (cause) {
      db.close()
      throw cause
    }
  }

  write(batch: ReadonlyArray<AuditRecord>): void {
    if (batch.length === 0) return
    this.runId = inTransaction(this.db, () => {
      const runId = this.runId ?? this.begin(batch[0])
      for (const record of batch) this.insert(runId, record)
      return runId
    })
  }

  close(): void {
    this.db.close()
  }

  private begin({ run, start }: AuditRecord): number | bigint {
    const text = start === undefined ? null : JSON.stringify(start)
    return this.insertRun.run(run, new Date().toISOString(), text).lastInsertRowid
  }

  private insert(runId: number | bigint, record: AuditRecord): void {
    const { seq, atUs, kind, generation, proposal, action, reason, knob, note } = record
    this.insertRecord.run(
      runId,
      seq,
      atUs,
      kind,
      generation,
      proposal ?? null,
      action ?? null,
      reason ?? null,
      knob ?? null,
      note ?? null,
      JSON.stringify(record),
    )
  }
}

function open(path: string): SqliteAudit {
  const { DatabaseSync: Sqlite } = loadSqlite()
  if (!NO_FILE.test(path)) makePrivateFile(path)
  return new SqliteAudit(new Sqlite(path, { timeout: OPENING_MS }))
}

/**
 * Opens a database file, made if need be, as a place for the audit: `createEngine({ sinks: [...] })`. Tables `runs` (one row
 * for each time it was opened and written to) and `records`. Several engines may write to one file, by turns.
 */
export const openSqlite = (path: string): Effect.Effect<AuditSink, AuditError> =>
  Effect.map(
    Effect.tryPromise({
      try: async () => open(path),
      catch: (cause) => failure("open", cause),
    }),
    (audit): AuditSink => ({
      name: NAME,
      location: path,
      write: (batch) =>
        Effect.try({ try: () => audit.write(batch), catch: (cause) => failure("write", cause) }),
      writeNow: (batch) => {
        try {
          audit.write(batch)
          return null
        } catch (cause) {
          return failure("write", cause)
        }
      },
      close: Effect.try({ try: () => audit.close(), catch: (cause) => failure("close", cause) }),
    }),
  )
