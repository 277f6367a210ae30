/** Node's own SQLite, loaded when it is wanted. Some versions warn that it is young; what is used of it here is tested on each. */
import type * as Sqlite from "node:sqlite"

/** Throws where this Node was built without it. */
export function loadSqlite(): typeof Sqlite {
  const emitWarning: unknown = Reflect.get(process, "emitWarning")
  // Nothing else runs before it is put back.
  process.emitWarning = () => {}
  let sqlite: typeof Sqlite | undefined
  try {
    sqlite = process.getBuiltinModule("node:sqlite") as typeof Sqlite | undefined
  } finally {
    Reflect.set(process, "emitWarning", emitWarning)
  }
  if (sqlite === undefined)
    throw new Error("this Node was built without SQLite (node:sqlite); use a build from nodejs.org")
  return sqlite
}
