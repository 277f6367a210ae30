/**
 * A library's store on a disk: rows in SQLite, bytes in files. Several processes may have one open; of those that write, one waits.
 *
 * An artifact is written in four steps, each on the disk before the next: its bytes, a note that they are there, its row, and the removal
 * of the note. It exists from its row on. A kill before the note leaves bytes that nobody sees; one behind it leaves an artifact that the
 * next process to open the folder finishes.
 */
import { join } from "node:path"
import { requireLocal } from "../../../system/networkFileSystem.ts"
import { openSqlite } from "../../../system/openSqlite.ts"
import { makePrivateFolder } from "../../../system/privateFile.ts"
import { keyText } from "../../compile/ArtifactStore.ts"
import type { ArtifactPart, ArtifactStep, Descriptor, NewArtifact } from "../../library/Descriptor.ts"
import { described, partsOf, storing } from "../../library/described.ts"
import type { ArtifactWish, LibraryStore } from "../../library/LibraryStore.ts"
import { LibraryDatabase, readDescriptor } from "./LibraryDatabase.ts"
import { LibraryFiles, PACK_ABOVE, sha256 } from "./LibraryFiles.ts"
import { libraryFailure } from "./libraryFailure.ts"

const DATABASE = "library.db"
/** How long a writer waits for another one, ms. */
const PATIENCE_MS = 10_000

/** How a library's folder is opened. */
export interface SqliteStoreOptions {
  /** Look and change nothing. */
  readonly readOnly?: boolean
  /** Bytes above which a file is packed; 10 MB where left out. */
  readonly packAbove?: number
}

export class SqliteStore implements LibraryStore {
  private readonly directory: string
  private readonly database: LibraryDatabase
  private readonly files: LibraryFiles

  /**
   * Opens the library in a folder, made if need be, and finishes what was killed there. Throws a `GrowthError` where the folder cannot be
   * used, holds something else, or was written by a later version.
   */
  constructor(directory: string, { readOnly = false, packAbove = PACK_ABOVE }: SqliteStoreOptions = {}) {
    this.directory = directory
    this.files = new LibraryFiles(directory, packAbove)
    this.database = this.trying(() => {
      if (!readOnly) {
        makePrivateFolder(directory)
        requireLocal(directory)
      }
      const location = join(directory, DATABASE)
      return openSqlite(location, { readOnly, busyMs: PATIENCE_MS }, (db) => {
        const database = new LibraryDatabase(db, location, readOnly)
        if (!readOnly) this.finish(database)
        return database
      })
    })
  }

  find(id: string): Descriptor | null {
    return this.trying(() => this.database.find(id))
  }

  select(wish: ArtifactWish): ReadonlyArray<Descriptor> {
    return this.trying(() => this.database.select(wish))
  }

  steps(id: string): ReadonlyArray<ArtifactStep> {
    return this.trying(() => this.database.steps(id))
  }

  content(descriptor: Descriptor, part: ArtifactPart): Uint8Array<ArrayBuffer> | null {
    return this.trying(() => this.files.read(descriptor[part], part))
  }

  put(artifact: NewArtifact, nowMs: number): Descriptor {
    const { key } = artifact.meta
    return this.trying(() => {
      const descriptor = this.database.writing(() => {
        const before = this.database.find(keyText(key))
        if (before !== null && before.damage === null) return before
        const fresh = described(artifact, this.database.lineOf(key), before, sha256, nowMs)
        const { wasm, wat } = partsOf(artifact)
        this.files.write(fresh.wasm, "wasm", wasm)
        this.files.write(fresh.wat, "wat", wat)
        this.files.note(fresh)
        enter(this.database, fresh, before)
        return fresh
      })
      this.files.forget(descriptor.id)
      return descriptor
    })
  }

  move(id: string, step: ArtifactStep): boolean {
    return this.trying(() => this.database.writing(() => this.database.move(id, step)))
  }

  setAside(descriptor: Descriptor, part: ArtifactPart, why: string): void {
    const checksum = descriptor[part]
    this.trying(() =>
      this.database.writing(() => {
        // Somebody else may have set it aside meanwhile, and have stored it again.
        if (this.files.has(checksum, part)) return
        this.files.setAside(checksum, part)
        this.database.damage(part, checksum, why)
      }),
    )
  }

  distrust({ id, signature, wasm }: Descriptor, why: string): void {
    this.trying(() =>
      this.database.writing(() => {
        const now = this.database.find(id)
        if (now?.damage !== null || now.signature !== signature) return
        this.database.distrust(id, why)
        if (!this.database.isTrusted(wasm)) this.files.setAside(wasm, "wasm")
      }),
    )
  }

  remove(descriptors: ReadonlyArray<Descriptor>, nowMs: number): number {
    return this.trying(() => {
      const removed = this.database.writing(() => this.database.remove(descriptors))
      // Rows first: a kill in between leaves bytes without a row, never a row without bytes.
      this.database.writing(() => this.files.sweep(this.database.used(), nowMs))
      return removed
    })
  }

  close(): void {
    this.database.close()
  }

  /** Finishes what a process that was killed has left between its bytes and its row. */
  private finish(database: LibraryDatabase): void {
    const { files } = this
    database.writing(() => files.prepare())
    for (const { id, text } of files.notes()) {
      database.writing(() => {
        const descriptor = readDescriptor(text)
        const before = database.find(id)
        const isWhole =
          descriptor?.id === id && files.has(descriptor.wasm, "wasm") && files.has(descriptor.wat, "wat")
        if (isWhole && before?.damage !== null) enter(database, descriptor, before)
      })
      files.forget(id)
    }
  }

  private trying<T>(work: () => T): T {
    try {
      return work()
    } catch (cause) {
      throw libraryFailure(this.directory, cause)
    }
  }
}

/** Writes the row of an artifact whose bytes are there. */
function enter(database: LibraryDatabase, descriptor: Descriptor, before: Descriptor | null): void {
  const from = before?.state ?? null
  database.put(descriptor, { from, to: descriptor.state, ...storing(before !== null, descriptor.storedMs) })
}
