/** A shared study in the hands of a command: where it is, and its refusals as messages for a person. */
import { existsSync } from "node:fs"
import { resolve } from "node:path"
import { postgres } from "../cluster/node/postgres.ts"
import { openStudy, type SharedStudy } from "../cluster/node/openStudy.ts"
import { sqlite } from "../cluster/node/sqlite.ts"
import { openStudyShelf, type StudyShelf } from "../cluster/node/studyShelf.ts"
import type { Storage } from "../cluster/Storage.ts"
import { StorageError } from "../cluster/StorageError.ts"
import { messageOf } from "../system/messageOf.ts"
import { shortPath } from "../system/paths.ts"
import { CliFailure } from "./exitCodes.ts"

export interface StudyPlace {
  readonly storage: string | null
  readonly name: string
}

/** The storage that a command names, or the environment; tables are made only where `migrate` says so. */
export function storageOf(place: string | null, migrate = false): Storage {
  const where = place ?? process.env["ARQON_STORAGE"] ?? "arqon.db"
  return where.includes("://") ? postgres({ url: where, migrate }) : sqlite(where)
}

/** As `storageOf`, for commands that need something to be there: a file is not made. `remedy`: what makes one. */
export function oldStorageOf(
  place: string | null,
  remedy = "Make a study with `arqon study create`.",
): Storage {
  const where = place ?? process.env["ARQON_STORAGE"] ?? "arqon.db"
  if (!where.includes("://") && !existsSync(where))
    throw new CliFailure(`There is no file ${shortPath(resolve(where))}. ${remedy}`)
  return storageOf(place)
}

/** The shared studies of a storage, for who only looks; what cannot be opened is said at once. */
export async function studiesIn(place: string | null): Promise<StudyShelf> {
  try {
    return await openStudyShelf(oldStorageOf(place))
  } catch (cause) {
    if (cause instanceof StorageError) throw new CliFailure(cause.message)
    throw cause
  }
}

/** Runs `work` on a study and leaves it. Every refusal, which has a tag, is a message; a defect is thrown as it is. */
export async function withStudy<A>(
  open: Omit<Parameters<typeof openStudy>[0], "storage"> & { readonly storage: Storage },
  work: (study: SharedStudy) => Promise<A>,
): Promise<A> {
  try {
    const study = await openStudy(open)
    try {
      return await work(study)
    } finally {
      await study.close()
    }
  } catch (cause) {
    if (typeof cause === "object" && cause !== null && "_tag" in cause) throw new CliFailure(messageOf(cause))
    throw cause
  }
}
