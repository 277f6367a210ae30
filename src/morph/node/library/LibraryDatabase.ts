/**
 * The rows of a library in SQLite: a descriptor for each artifact, and its steps. A database is only written to where it is a library of
 * this format, or empty. A row is believed where its id is that of its key.
 */
import { createHash } from "node:crypto"
import type { DatabaseSync, StatementSync } from "node:sqlite"
import { type GrowthError, growthProblem } from "../../../domain/GrowthError.ts"
import { readText } from "../../../domain/readInput.ts"
import { readShape } from "../../../domain/Shape.ts"
import { inTransaction } from "../../../system/sqliteTransaction.ts"
import { type KernelKey, keySource } from "../../compile/ArtifactStore.ts"
import {
  type ArtifactPart,
  type ArtifactStep,
  ChangingShape,
  type Descriptor,
  DescriptorShape,
  lineOf,
  shapeText,
} from "../../library/Descriptor.ts"
import type { ArtifactWish } from "../../library/LibraryStore.ts"
import { ANEW } from "./libraryFailure.ts"

/** "ArqL": whose file it is, as the tool `file` tells. */
const APPLICATION = 0x4172714c
/** Version of the tables, and of the folder around them. */
const FORMAT = 1

const SCHEMA = `
  CREATE TABLE artifacts (
    id TEXT PRIMARY KEY,
    blueprint TEXT NOT NULL,
    shape TEXT NOT NULL,
    tier TEXT NOT NULL,
    state TEXT NOT NULL,
    wasm TEXT NOT NULL,
    wat TEXT NOT NULL,
    changed_ms REAL NOT NULL,
    damage TEXT,
    descriptor TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX artifacts_by_line ON artifacts (blueprint, shape, id);
  CREATE INDEX artifacts_by_wasm ON artifacts (wasm);
  CREATE INDEX artifacts_by_wat ON artifacts (wat);
  CREATE TABLE steps (
    number INTEGER PRIMARY KEY,
    artifact TEXT NOT NULL,
    from_state TEXT,
    to_state TEXT NOT NULL,
    signed_by TEXT NOT NULL,
    why TEXT NOT NULL,
    at_ms REAL NOT NULL
  );
  CREATE INDEX steps_by_artifact ON steps (artifact, number);
  PRAGMA application_id = ${APPLICATION};
  PRAGMA user_version = ${FORMAT};
`

const ROW = "SELECT id, state, wasm, wat, changed_ms, damage, descriptor FROM artifacts"
/** Each of `?1` to `?5` is null where nothing is asked. */
const WISHED = `${ROW} WHERE (?1 IS NULL OR blueprint = ?1) AND (?2 IS NULL OR shape = ?2) AND (?3 IS NULL OR tier = ?3)
  AND (?4 IS NULL OR state = ?4)
  AND (?5 IS NULL OR EXISTS (SELECT 1 FROM json_each(descriptor, '$.tags') WHERE value = ?5))
  ORDER BY blueprint, shape, id`
const IN_LINE = `${ROW} WHERE blueprint = ? AND shape = ?`

type Row = Readonly<Record<string, unknown>>

const numberOf = (db: DatabaseSync, sql: string): number =>
  Number(Object.values(db.prepare(sql).get() ?? {})[0])

const refused = (location: string, message: string, remedy: string): GrowthError =>
  growthProblem("library", `${location} ${message}`, remedy)

/** Looks whose file it is before anything is written. */
function prepare(db: DatabaseSync, location: string, readOnly: boolean): void {
  const application = numberOf(db, "PRAGMA application_id")
  const format = numberOf(db, "PRAGMA user_version")
  const tables = numberOf(db, "SELECT count(*) FROM sqlite_schema WHERE type = 'table'")
  if (application !== APPLICATION && (application !== 0 || tables > 0))
    throw refused(location, "is another program's database.", "Name another directory.")
  if (format > FORMAT)
    throw refused(
      location,
      `has format ${format}, which is of a later version of Arqon: this one knows ${FORMAT}.`,
      "Use that version, or name another directory.",
    )
  if (application === APPLICATION) return
  if (readOnly) throw refused(location, "has no library in it.", "Name another directory.")
  inTransaction(db, () => {
    if (numberOf(db, "PRAGMA application_id") !== APPLICATION) db.exec(SCHEMA)
  })
}

/** As `keyText` gives it, from a native SHA-256: a list reads thousands of rows. */
const digest = (source: string): string => createHash("sha256").update(source).digest("hex")

/** A descriptor as it was written; null where it is none, or not that of its key. */
export function readDescriptor(text: string): Descriptor | null {
  const found = readText(DescriptorShape, text)
  return found !== null && digest(keySource(found.key)) === found.id ? found : null
}

export class LibraryDatabase {
  private readonly db: DatabaseSync
  private readonly location: string
  private readonly prepared = new Map<string, StatementSync>()

  /** Throws where the database is none of a library; then it is as it was. */
  constructor(db: DatabaseSync, location: string, readOnly: boolean) {
    this.db = db
    this.location = location
    prepare(db, location, readOnly)
    if (!readOnly) db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
  }

  /** Does work that writes, alone among all processes, whole or not at all. All that follows but the reading is done in it. */
  writing<T>(work: () => T): T {
    return inTransaction(this.db, work)
  }

  find(id: string): Descriptor | null {
    const row = this.sql(`${ROW} WHERE id = ?`).get(id)
    return row === undefined ? null : this.descriptorOf(row)
  }

  select({ blueprint, shape, tier, state, tag }: ArtifactWish): ReadonlyArray<Descriptor> {
    return this.sql(WISHED)
      .all(blueprint ?? null, shape ?? null, tier ?? null, state ?? null, tag ?? null)
      .map((row) => this.descriptorOf(row))
  }

  lineOf(key: KernelKey): ReadonlyArray<Descriptor> {
    const own = lineOf(key)
    return this.sql(IN_LINE)
      .all(key.blueprint, shapeText(key.shape))
      .map((row) => this.descriptorOf(row))
      .filter((one) => lineOf(one.key) === own)
  }

  steps(id: string): ReadonlyArray<ArtifactStep> {
    return this.sql(
      `SELECT from_state AS "from", to_state AS "to", signed_by AS "by", why, at_ms AS "atMs" FROM steps
       WHERE artifact = ? ORDER BY number`,
    )
      .all(id)
      .map((row) => ({ ...row }) as unknown as ArtifactStep)
  }

  put(descriptor: Descriptor, step: ArtifactStep): void {
    const { id, key, tier, state, wasm, wat, changedMs, damage } = descriptor
    const shape = shapeText(key.shape)
    this.sql(
      `INSERT OR REPLACE INTO artifacts (id, blueprint, shape, tier, state, wasm, wat, changed_ms, damage, descriptor)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(id, key.blueprint, shape, tier, state, wasm, wat, changedMs, damage, JSON.stringify(descriptor))
    this.addStep(id, step)
  }

  move(id: string, step: ArtifactStep): boolean {
    const { changes } = this.sql(
      "UPDATE artifacts SET state = ?, changed_ms = ? WHERE id = ? AND state = ?",
    ).run(step.to, step.atMs, id, step.from)
    if (changes === 0) return false
    this.addStep(id, step)
    return true
  }

  damage(part: ArtifactPart, checksum: string, why: string): void {
    this.sql(`UPDATE artifacts SET damage = ? WHERE ${part} = ?`).run(why, checksum)
  }

  distrust(id: string, why: string): void {
    this.sql("UPDATE artifacts SET damage = ? WHERE id = ?").run(why, id)
  }

  /** Whether an artifact without damage has a module of this checksum. */
  isTrusted(wasm: string): boolean {
    return (
      this.sql("SELECT 1 FROM artifacts WHERE wasm = ? AND damage IS NULL LIMIT 1").get(wasm) !== undefined
    )
  }

  /** Removes those that are as they were described. */
  remove(descriptors: ReadonlyArray<Descriptor>): number {
    let removed = 0
    for (const { id, state, changedMs } of descriptors) {
      const { changes } = this.sql("DELETE FROM artifacts WHERE id = ? AND state = ? AND changed_ms = ?").run(
        id,
        state,
        changedMs,
      )
      if (changes === 0) continue
      this.sql("DELETE FROM steps WHERE artifact = ?").run(id)
      removed++
    }
    return removed
  }

  /** The checksums that artifacts have. */
  used(): ReadonlySet<string> {
    const rows = this.sql("SELECT wasm AS checksum FROM artifacts UNION SELECT wat FROM artifacts").all()
    return new Set(rows.map(({ checksum }) => String(checksum)))
  }

  close(): void {
    if (this.db.isOpen) this.db.close()
  }

  private addStep(id: string, { from, to, by, why, atMs }: ArtifactStep): void {
    this.sql(
      "INSERT INTO steps (artifact, from_state, to_state, signed_by, why, at_ms) VALUES (?, ?, ?, ?, ?, ?)",
    ).run(id, from, to, by, why, atMs)
  }

  /** State, time and damage change; the rest of a descriptor stays as it was stored. */
  private descriptorOf(row: Row): Descriptor {
    const { id, state, wasm, wat, damage, changed_ms: changedMs } = row
    const stored = readDescriptor(String(row["descriptor"]))
    if (stored !== null && stored.id === id && stored.wasm === wasm && stored.wat === wat) {
      const now = readShape(ChangingShape, { state, damage, changedMs })
      if (now.ok) return { ...stored, ...now.value }
    }
    throw refused(
      this.location,
      `has a row of ${JSON.stringify(id)} that was changed by other means.`,
      `Restore it from a copy, or ${ANEW}.`,
    )
  }

  private sql(text: string): StatementSync {
    let statement = this.prepared.get(text)
    if (statement === undefined) {
      statement = this.db.prepare(text)
      this.prepared.set(text, statement)
    }
    return statement
  }
}
