/** Rewrites of a search, as a module: what a quarantine is for. */
import { isMainThread, workerData } from "node:worker_threads"

/** In the candidate's own thread, whatever the test itself runs in. */
const isThere = typeof (workerData as { readonly module?: unknown } | null)?.module === "string"

export const fold = (word: string): string => word.toLowerCase()

export const loops = (word: string): string => {
  for (;;) if (isMainThread && word === "") return word
}

/** Waits for a lock that nobody gives back. */
export const locks = (word: string): string => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  return word
}

export const hogs = (word: string): string => {
  const kept: Array<Array<number>> = []
  for (;;) if (kept.push(Array.from({ length: 1e5 }, (_, i) => i + kept.length)) < 0) return word
}

/** Memory beside the heap. */
export const buffers = async (word: string): Promise<string> => {
  const kept: Array<Buffer> = []
  for (;;) {
    if (kept.push(Buffer.alloc(16e6, kept.length + 1)) < 0) return word
    await new Promise((resolve) => void setImmediate(resolve))
  }
}

export const leaves = (): string => process.exit(3)

export const writes = (words: Array<string>): string => String(words.pop())

export const notAFunction = 3

/** Right wherever it is tried and callers ask; in its own thread it waits for ever as soon as this word comes. */
export const hangsLater = (word: string): string => {
  if (isThere && word === "HANG") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  return word.toLowerCase()
}

export const wrongThere = (word: string): string => (isThere ? `${word}?` : word).toLowerCase()

export const lengthOf = (bytes: { readonly byteLength?: number }): number => bytes.byteLength ?? 0

export const proxied = (word: string): { readonly text: string } =>
  new Proxy({ text: word.toLowerCase() }, {})

export class Word {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}
export const wordOf = (word: string): Word => new Word(word.toLowerCase())

/** Keeps its loop for 60 ms of its own time before its first `await`. */
export const works = async (word: string): Promise<string> => {
  const spentMs = (): number => {
    const { user, system } = process.threadCpuUsage()
    return (user + system) / 1_000
  }
  for (const began = spentMs(); spentMs() - began < 60; );
  return word.toLowerCase()
}

/** So many chunks, so many milliseconds apart. */
export async function* paced(ms: number, count: number): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) {
    yield i
    await new Promise((resolve) => void setTimeout(resolve, ms))
  }
}
