/**
 * Whose a record in the journal of a bucket is: the note of each frame says it, so that the frame itself is that of any journal, and a key's
 * own records can be told apart by who reads them.
 */

import { attempt } from "../../domain/readInput.ts"

/** The key of a record, and its place among the records of that key. */
export interface KeyedNote {
  readonly key: string
  /** Which engine of that key within the epoch: one that was put away and loaded again is another. */
  readonly life: number
  /** Its number among the records of the key, as everywhere else. */
  readonly seq: number
  /** What a person said. */
  readonly note?: string | undefined
  /** Of the first record of an engine that goes on: what was saved of it, where a replay needs that. */
  readonly standing?: string | undefined
}

export function keyedNote({ key, life, seq, note, standing }: KeyedNote): string {
  if (standing !== undefined) return JSON.stringify([key, life, seq, note ?? null, standing])
  return JSON.stringify(note === undefined ? [key, life, seq] : [key, life, seq, note])
}

/** Null: no bucket has written this. */
export function readKeyedNote(text: string | null): KeyedNote | null {
  const parts = text === null ? null : attempt(() => JSON.parse(text) as unknown)
  if (!Array.isArray(parts)) return null
  const [key, life, seq, note, standing] = parts as ReadonlyArray<unknown>
  if (typeof key !== "string" || typeof life !== "number" || typeof seq !== "number") return null
  return {
    key,
    life,
    seq,
    ...(typeof note === "string" && { note }),
    ...(typeof standing === "string" && { standing }),
  }
}
