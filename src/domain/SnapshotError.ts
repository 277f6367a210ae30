/**
 * What goes wrong with snapshots of actors. Apart from the other errors, which are made with Effect: plain XState meets this one,
 * and does without.
 */

/** A snapshot of an actor that cannot be written as JSON, or not be restored. */
export class SnapshotError extends Error {
  readonly _tag = "SnapshotError"
  override readonly name = "SnapshotError"
  /** Where in the snapshot, or what it is about. */
  readonly path: string

  constructor({ path, detail }: { readonly path: string; readonly detail: string }) {
    super(`${path}: ${detail}`)
    this.path = path
  }
}
