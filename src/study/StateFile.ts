/**
 * A run on disk: one JSON document, replaced whole at every save, so that a process killed at any moment leaves the last
 * saved state. One process holds it at a time.
 *
 * Saves are asked for as often as one likes: while one is being written the others wait together for the next, which
 * holds what all of them mean.
 */
import { readFileSync } from "node:fs"
import { basename, dirname } from "node:path"
import type { SolverState } from "../solver/SolverState.ts"
import { removeTorn, writeAtomically } from "../system/atomicFile.ts"
import { type Lock, lockFile, type LockOptions } from "../system/lockFile.ts"
import { makePrivateFolder, plainPath } from "../system/privateFile.ts"
import { causeText, StateFileError } from "../system/StateFileError.ts"

/** The text of a state file, or null when there is none; an empty file, as `mktemp` makes it, counts as none. */
export function readStateText(path: string): string | null {
  try {
    const text = readFileSync(path, "utf8")
    return text === "" ? null : text
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null
    throw new StateFileError({ reason: "read", path, detail: causeText(cause) })
  }
}

/**
 * A run, state or artifact, as the text of its file: one history entry a line. Entries never change once they are there, so each is turned
 * into text once, however often the state is saved.
 */
export class RunText {
  private readonly entries: Array<string> = []

  of(run: { readonly history: ReadonlyArray<unknown> }): string {
    const { history, ...rest } = run
    for (let i = this.entries.length; i < history.length; i++) this.entries.push(JSON.stringify(history[i]))
    const lines = Object.entries({ ...rest, history: null }).map(([key, value]) =>
      key === "history"
        ? `"history": [${this.entries.length === 0 ? "" : `\n${this.entries.join(",\n")}\n`}]`
        : `${JSON.stringify(key)}: ${JSON.stringify(value)}`,
    )
    return `{\n${lines.join(",\n")}\n}\n`
  }
}

export class StateFile {
  readonly path: string
  private readonly lock: Lock
  private readonly text = new RunText()
  private writing: Promise<void> | null = null
  private waiting: Promise<void> | null = null

  private constructor(path: string, lock: Lock) {
    this.path = path
    this.lock = lock
  }

  /** Takes the file for this process; makes its folder if need be. */
  static async open(path: string, options: LockOptions): Promise<StateFile> {
    let real: string
    try {
      makePrivateFolder(dirname(path))
      real = plainPath(path)
    } catch (cause) {
      if (cause instanceof StateFileError) throw cause
      throw new StateFileError({ reason: "write", path, detail: causeText(cause) })
    }
    const lock = await lockFile(real, options)
    removeTorn(dirname(real), (file) => file === basename(real))
    return new StateFile(real, lock)
  }

  read(): string | null {
    return readStateText(this.path)
  }

  /**
   * Resolves when what the run is now is on disk. `snapshot` is called when the write begins, which may be after later
   * changes: they are saved too.
   */
  save(snapshot: () => SolverState): Promise<void> {
    // The order matters: between two writes there is a moment with one waiting and none under way.
    if (this.waiting !== null) return this.waiting
    if (this.writing === null) return this.begin(snapshot)
    const next = (): Promise<void> => {
      this.waiting = null
      return this.begin(snapshot)
    }
    this.waiting = this.writing.then(next, next)
    return this.waiting
  }

  /** Lets go once everything asked for has been written. */
  async close(): Promise<void> {
    try {
      await (this.waiting ?? this.writing)
    } finally {
      this.lock.release()
    }
  }

  private begin(snapshot: () => SolverState): Promise<void> {
    const write = this.write(snapshot).finally(() => {
      if (this.writing === write) this.writing = null
    })
    this.writing = write
    return write
  }

  private async write(snapshot: () => SolverState): Promise<void> {
    try {
      await writeAtomically(this.path, this.text.of(snapshot()))
    } catch (cause) {
      throw new StateFileError({ reason: "write", path: this.path, detail: causeText(cause) })
    }
  }
}
