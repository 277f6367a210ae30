/** Work in a SQLite database that is done whole or not at all. */
import type { DatabaseSync } from "node:sqlite"

/** Does `work` in a transaction, with the lock taken first: two writers never begin from the same state. What it throws is thrown. */
export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec("BEGIN IMMEDIATE")
  try {
    const result = work()
    db.exec("COMMIT")
    return result
  } catch (cause) {
    // Some failures have ended the transaction already.
    if (db.isTransaction) db.exec("ROLLBACK")
    throw cause
  }
}
