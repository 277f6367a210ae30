/**
 * The database of a variant catalogue: its tables, what is believed of its rows, and what is wrong with a file in words. Needed by the
 * store in `sqliteVariants.ts`.
 *
 * A database is only written to where it is a catalogue of this version, or empty: what belongs to somebody else, or to a later
 * version, is refused. A variant's row is believed only where a step led to it.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite"
import { VariantError } from "../../../domain/errors.ts"
import { readShape, type Shape } from "../../../domain/Shape.ts"
import {
  type VariantRecord,
  VariantRecordShape,
  type VariantTransition,
  VariantTransitionShape,
} from "../../../domain/Variant.ts"
import { NOT_OPENED, sqliteProblem } from "../../../system/sqliteProblem.ts"
import { inTransaction } from "../../../system/sqliteTransaction.ts"
import { causeText, isSystemError } from "../../../system/StateFileError.ts"

/** "ArqV": whose file it is, as the tool `file` tells. */
const APPLICATION = 0x41727156
/** Version of the tables. */
const TABLES = 1
/** How long a writer waits for another one, in this process or another. */
export const BUSY_MS = 2_000

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS variants (
    name TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    record TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS steps (
    id INTEGER PRIMARY KEY,
    variant TEXT NOT NULL,
    version INTEGER NOT NULL,
    at_us REAL NOT NULL,
    action TEXT NOT NULL,
    from_state TEXT,
    to_state TEXT NOT NULL,
    signed_by TEXT NOT NULL,
    why TEXT NOT NULL,
    evidence TEXT NOT NULL,
    step TEXT NOT NULL,
    UNIQUE (variant, version)
  );
  CREATE INDEX IF NOT EXISTS variants_by_state ON variants (state, name);
  CREATE TRIGGER IF NOT EXISTS steps_stay BEFORE UPDATE ON steps BEGIN SELECT RAISE(ABORT, 'steps are kept as they were'); END;
  CREATE TRIGGER IF NOT EXISTS steps_last BEFORE DELETE ON steps BEGIN SELECT RAISE(ABORT, 'steps are kept for good'); END;
  CREATE TRIGGER IF NOT EXISTS steps_once BEFORE INSERT ON steps
    WHEN EXISTS (SELECT 1 FROM steps WHERE id = NEW.id OR (variant = NEW.variant AND version = NEW.version))
    BEGIN SELECT RAISE(ABORT, 'steps are kept as they were'); END;
  PRAGMA application_id = ${APPLICATION};
  PRAGMA user_version = ${TABLES};
`

/** Where a row is, and the state of the step that led to it. */
const ROW = `SELECT name, version, state, record,
  (SELECT to_state FROM steps WHERE variant = variants.name AND version = variants.version) AS led FROM variants`

/** What stands between a file and its use, with the remedy. */
class Unfit extends Error {
  readonly remedy: string

  constructor(message: string, remedy: string) {
    super(message)
    this.remedy = remedy
  }
}

const ANOTHER = "Name another directory."
const ANEW = "begin a new catalogue in another directory"
const RESTORE = `Restore it from a copy, or ${ANEW}.`

/** What went wrong in a store, with the file and a remedy. */
export function storeFailure(location: string, variant: string, cause: unknown): VariantError {
  const known = sqliteProblem(cause, ANEW) ?? (isSystemError(cause) ? NOT_OPENED : null)
  const text = causeText(cause)
  const [message, suggestion] =
    cause instanceof Unfit
      ? [`${location} ${text}`, cause.remedy]
      : known === null
        ? [`${location}: ${text}`, null]
        : [`${location} ${known.message.slice(0, -1)} (${text.replace(/\.$/, "")}).`, known.remedy]
  const problem = { path: "", message }
  return new VariantError({
    reason: "store",
    variant,
    problems: [suggestion === null ? problem : { ...problem, suggestion }],
  })
}

type Row = Readonly<Record<string, unknown>>

function decoded<T>(shape: Shape<T>, text: unknown, what: string): T {
  let read: ReturnType<typeof readShape<T>>
  try {
    read = readShape(shape, JSON.parse(String(text)), { excess: "drop" })
  } catch (cause) {
    throw new Unfit(`has ${what} that is not JSON: ${String(cause)}.`, RESTORE)
  }
  if (read.ok) return read.value
  const problems = read.problems.map(({ path, message }) => `${path}: ${message}`).join("; ")
  throw new Unfit(`has ${what} that cannot be read: ${problems}`, RESTORE)
}

function recordOf(row: Row): VariantRecord {
  const name = JSON.stringify(row["name"])
  const record = decoded(VariantRecordShape, row["record"], `a record of ${name}`)
  const { name: called, version, state } = record
  if (called !== row["name"] || version !== row["version"] || state !== row["state"] || state !== row["led"])
    throw new Unfit(
      `has a record of ${name} without a step that led to it: it was changed by other means.`,
      RESTORE,
    )
  return record
}

const stepOf = (row: Row): VariantTransition =>
  decoded(VariantTransitionShape, row["step"], `a step of ${JSON.stringify(row["variant"])}`)

const numberOf = (db: DatabaseSync, sql: string): number =>
  Number(Object.values(db.prepare(sql).get() ?? {})[0])

/** Looks whose file it is before anything is written; makes the tables where there is nothing, or where they are older. */
function prepare(db: DatabaseSync, readOnly: boolean): void {
  const application = numberOf(db, "PRAGMA application_id")
  const version = numberOf(db, "PRAGMA user_version")
  const tables = numberOf(db, "SELECT count(*) FROM sqlite_schema WHERE type = 'table'")
  const own = numberOf(
    db,
    "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('variants', 'steps')",
  )
  if (application !== APPLICATION && (application !== 0 || (tables > 0 && own < 2)))
    throw new Unfit("is another program's database.", ANOTHER)
  if (version > TABLES)
    throw new Unfit(
      `was written by a later version of Arqon (tables ${version}, and this one knows ${TABLES}).`,
      `Use that version, or another directory.`,
    )
  if (own === 2 && version === TABLES) return
  if (readOnly && own < 2) throw new Unfit("contains no catalogue.", "Draft a variant first.")
  if (!readOnly) inTransaction(db, () => db.exec(SCHEMA))
}

export class VariantDatabase {
  private readonly db: DatabaseSync
  private readonly one: StatementSync
  private readonly all: StatementSync
  private readonly alive: StatementSync
  private readonly put: StatementSync
  private readonly add: StatementSync
  private readonly steps: StatementSync
  private readonly changes: StatementSync
  private commits = 0

  /** Throws where the database is none of a catalogue; then it is as it was. */
  constructor(db: DatabaseSync, readOnly: boolean) {
    this.db = db
    prepare(db, readOnly)
    if (!readOnly) db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
    this.one = db.prepare(`${ROW} WHERE name = ?`)
    this.all = db.prepare(`${ROW} ORDER BY name`)
    this.alive = db.prepare(`${ROW} WHERE state IN ('approved', 'promoted') ORDER BY name`)
    this.put = db.prepare(
      `INSERT INTO variants (name, version, state, record) VALUES (?, ?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET version = excluded.version, state = excluded.state, record = excluded.record`,
    )
    this.add = db.prepare(
      `INSERT INTO steps (variant, version, at_us, action, from_state, to_state, signed_by, why, evidence, step)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    this.steps = db.prepare("SELECT variant, step FROM steps WHERE ?1 IS NULL OR variant = ?1 ORDER BY id")
    this.changes = db.prepare("PRAGMA data_version")
  }

  read(name: string): VariantRecord | null {
    const row = this.one.get(name)
    return row === undefined ? null : recordOf(row)
  }

  list(): ReadonlyArray<VariantRecord> {
    return this.all.all().map(recordOf)
  }

  live(): ReadonlyArray<VariantRecord> {
    return this.alive.all().map(recordOf)
  }

  history(variant: string | undefined): ReadonlyArray<VariantTransition> {
    return this.steps.all(variant ?? null).map(stepOf)
  }

  /** SQLite counts what others commit; what is committed here is counted here. */
  revision(): string {
    return `${String(this.changes.get()?.["data_version"])}.${this.commits}`
  }

  /** False, and nothing is changed, where the version is not the next one any more. */
  commit(record: VariantRecord, step: VariantTransition): boolean {
    const isNext = inTransaction(this.db, () => {
      const before = Number(this.one.get(record.name)?.["version"] ?? 0)
      if (before !== record.version - 1) return false
      this.put.run(record.name, record.version, record.state, JSON.stringify(record))
      const { variant, version, atUs, action, from, to, by, why, evidence } = step
      const ids = JSON.stringify(evidence)
      this.add.run(variant, version, atUs, action, from, to, by, why, ids, JSON.stringify(step))
      return true
    })
    this.commits++
    return isNext
  }

  close(): void {
    if (this.db.isOpen) this.db.close()
  }
}
