/**
 * Whether the records in the database are whole over all owners: those of each tuner verify as one chain and can be decided again bit for
 * bit, those of each key verify as one. A record that a stale owner had slipped in would break the chain.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { copyRecords, type Storage } from "../../src/cluster/index.ts"
import { ConfigError } from "../../src/domain/errors.ts"
import { verifyJournal } from "../../src/journal/read/readJournal.ts"
import { replayJournal } from "../../src/journal/replay/replayJournal.ts"
import { DRILL_KEYS, DRILL_TUNERS } from "./orders.ts"

export interface CheckedRecords {
  /** Tuners, and keys of a fleet, whose records are not one whole chain over all their owners. */
  readonly recordsBroken: number
  /** Records of the keys. */
  readonly keyRecords: number
  /** Keys of which nothing was recorded yet. */
  readonly keysWithoutRecords: number
  /** What is wrong with which records, for people. */
  readonly broken: ReadonlyArray<string>
}

/** A short drill ends before anything was decided for a key. */
function unlessNothing(cause: unknown): null {
  if (cause instanceof ConfigError) return null
  throw cause
}

export async function checkRecords(storage: Storage): Promise<CheckedRecords> {
  const folder = mkdtempSync(join(tmpdir(), "arqon-drill-"))
  const broken: Array<string> = []
  let keyRecords = 0
  let keysWithoutRecords = 0
  try {
    for (const name of Object.keys(DRILL_TUNERS)) {
      const directory = join(folder, name)
      await (await copyRecords({ storage, name, directory })).close()
      const { status, runs, problems } = verifyJournal(directory)
      const readable = runs.filter(({ settings, records }) => settings !== null && records > 0)
      const repeats = (nth: number): boolean => replayJournal(directory, { nth }).verdict !== "different"
      const different = [...readable.keys()].filter((nth) => !repeats(nth))
      if (status === "whole" && different.length === 0) continue
      const details = problems.map(({ detail }) => detail)
      broken.push(
        `${name}: ${[status, ...details, ...different.map((nth) => `run ${nth} differs`)].join("; ")}`,
      )
    }
    for (const key of DRILL_KEYS) {
      const directory = join(folder, key)
      const copied = await copyRecords({ storage, name: "tenants", key, directory }).catch(unlessNothing)
      if (copied === null) {
        keysWithoutRecords++
        continue
      }
      const { chain, close } = copied
      await close()
      const own = verifyJournal(directory)
      keyRecords += own.records
      const whole = verifyJournal(chain ?? "")
      if (own.status === "whole" && whole.status === "whole") continue
      const details = [...own.problems, ...whole.problems].map(({ detail }) => detail)
      broken.push(`${key}: ${[own.status, whole.status, ...details].join("; ")}`)
    }
    return { recordsBroken: broken.length, keyRecords, keysWithoutRecords, broken }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
