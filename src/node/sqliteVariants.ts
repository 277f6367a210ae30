/**
 * The variant catalogue in a SQLite database, Node's default: a row a variant and a row a step, with the columns one asks
 * by and the whole as JSON beside them. A step and what it led to are one transaction, written through to the disk: there are
 * few of them, and each is somebody's signature. Steps are only ever added: the tables refuse to change or delete one.
 */
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import type { DatabaseSync, StatementSync } from "node:sqlite"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import { VariantError } from "../domain/errors.ts"
import { readShape, type Shape } from "../domain/Shape.ts"
import {
  type VariantRecord,
  VariantRecordShape,
  type VariantTransition,
  VariantTransitionShape,
} from "../domain/Variant.ts"
import { Variants } from "../runtime/Variants.ts"
import type { VariantStore } from "../runtime/VariantStore.ts"

const NAME = "sqlite"
const FILE = "variants.db"
/** How long a writer waits for another one, in this process or another. */
const BUSY_MS = 2_000

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
  CREATE TRIGGER IF NOT EXISTS steps_stay BEFORE UPDATE ON steps BEGIN SELECT RAISE(ABORT, 'steps are kept as they were'); END;
  CREATE TRIGGER IF NOT EXISTS steps_last BEFORE DELETE ON steps BEGIN SELECT RAISE(ABORT, 'steps are kept for good'); END;
`

const failure = (variant: string, cause: unknown): VariantError =>
  new VariantError({
    reason: "store",
    variant,
    problems: [{ path: "", message: cause instanceof Error ? cause.message : String(cause) }],
  })

function decoded<T>(shape: Shape<T>, text: unknown): T {
  const read = readShape(shape, JSON.parse(String(text)), { excess: "drop" })
  if (read.ok) return read.value
  throw new TypeError(read.problems.map(({ path, message }) => `${path}: ${message}`).join("; "))
}

const decodeRecord = (text: unknown) => decoded(VariantRecordShape, text)
const decodeStep = (text: unknown) => decoded(VariantTransitionShape, text)

class Database {
  private readonly db: DatabaseSync
  private readonly one: StatementSync
  private readonly all: StatementSync
  private readonly put: StatementSync
  private readonly add: StatementSync
  private readonly steps: StatementSync

  constructor(db: DatabaseSync) {
    this.db = db
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
    db.exec(SCHEMA)
    this.one = db.prepare("SELECT version, state, record FROM variants WHERE name = ?")
    this.all = db.prepare("SELECT record FROM variants ORDER BY name")
    this.put = db.prepare(
      `INSERT INTO variants (name, version, state, record) VALUES (?, ?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET version = excluded.version, state = excluded.state, record = excluded.record`,
    )
    this.add = db.prepare(
      `INSERT INTO steps (variant, version, at_us, action, from_state, to_state, signed_by, why, evidence, step)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    this.steps = db.prepare("SELECT step FROM steps WHERE ?1 IS NULL OR variant = ?1 ORDER BY id")
  }

  read(name: string): VariantRecord | null {
    const row = this.one.get(name)
    return row === undefined ? null : decodeRecord(row["record"])
  }

  list(): ReadonlyArray<VariantRecord> {
    return this.all.all().map((row) => decodeRecord(row["record"]))
  }

  history(variant: string | undefined): ReadonlyArray<VariantTransition> {
    return this.steps.all(variant ?? null).map((row) => decodeStep(row["step"]))
  }

  /** The lock is taken before the version is read: two writers never see the same one. */
  commit(record: VariantRecord, step: VariantTransition): boolean {
    const { db } = this
    db.exec("BEGIN IMMEDIATE")
    try {
      const before = Number(this.one.get(record.name)?.["version"] ?? 0)
      const next = before === record.version - 1
      if (next) {
        this.put.run(record.name, record.version, record.state, JSON.stringify(record))
        const { variant, version, atUs, action, from, to, by, why, evidence } = step
        const ids = JSON.stringify(evidence)
        this.add.run(variant, version, atUs, action, from, to, by, why, ids, JSON.stringify(step))
      }
      db.exec("COMMIT")
      return next
    } catch (cause) {
      // Some failures have ended the transaction already.
      if (db.isTransaction) db.exec("ROLLBACK")
      throw cause
    }
  }

  close(): void {
    if (this.db.isOpen) this.db.close()
  }
}

/** Opens the catalogue's database in a directory (`variants.db` where no other name is given), both made if need be. Several processes may share it. */
export const openSqliteVariants = (
  directory: string,
  file = FILE,
): Effect.Effect<VariantStore, VariantError> => {
  const location = join(directory, file)
  const opened = Effect.tryPromise({
    // Loaded when it is wanted: some versions of Node warn that it is young.
    try: async () => {
      mkdirSync(directory, { recursive: true })
      const { DatabaseSync: Sqlite } = await import("node:sqlite")
      return new Database(new Sqlite(location, { timeout: BUSY_MS }))
    },
    catch: (cause) => failure("", cause),
  })
  return Effect.map(opened, (variants): VariantStore => {
    const attempt = <T>(variant: string, work: () => T): Effect.Effect<T, VariantError> =>
      Effect.try({ try: work, catch: (cause) => failure(variant, cause) })
    return {
      name: NAME,
      location,
      read: (variant) => attempt(variant, () => variants.read(variant)),
      list: attempt("", () => variants.list()),
      commit: (record, step) => attempt(record.name, () => variants.commit(record, step)),
      history: (variant) => attempt(variant ?? "", () => variants.history(variant)),
      close: attempt("", () => variants.close()),
    }
  })
}

/** The catalogue service over the database of a directory; its file is free again when the layer ends. */
export const SqliteVariants = (directory: string): Layer.Layer<Variants, VariantError> =>
  Variants.layer(openSqliteVariants(directory))
