/**
 * Answers that come in parts: a web `ReadableStream` or Node's `Readable`. They are read here as iterators, and handed on as a stream of
 * the kind that came, so that a caller sees no difference. Nothing of Node is imported: a `Readable` brings its own maker along.
 */

/** What reads a stream chunk by chunk. Its `return` lets the source go, also while a chunk is awaited. */
export interface Chunks extends AsyncIterator<unknown> {
  next(): Promise<IteratorResult<unknown, unknown>>
  return(): Promise<IteratorResult<unknown, unknown>>
  [Symbol.asyncIterator](): Chunks
}

/** `Readable` of Node, as far as it is used. */
interface NodeStream extends AsyncIterable<unknown> {
  readonly readableObjectMode: boolean
  readonly readableHighWaterMark: number
  readonly readableEncoding: string | null
  destroy(): unknown
}
type Maker = (chunks: AsyncIterable<unknown>, options: object) => unknown

const isWeb = (answer: unknown): answer is ReadableStream =>
  typeof ReadableStream === "function" && answer instanceof ReadableStream && !answer.locked

/** `Readable.from`, looked for in the class that brought `read`: a subclass such as `Duplex` has a `from` of its own. */
function makerOf(answer: object): Maker | null {
  for (let made: unknown = answer; typeof made === "object" && made !== null; ) {
    const own = made as { readonly constructor?: { readonly from?: unknown } }
    if (Object.hasOwn(own, "read") && Object.hasOwn(own, "unshift")) {
      const from = own.constructor?.from
      return typeof from === "function" ? (from as Maker) : null
    }
    made = Object.getPrototypeOf(made)
  }
  return null
}

const isNode = (answer: unknown): answer is NodeStream =>
  typeof answer === "object" &&
  answer !== null &&
  "readableHighWaterMark" in answer &&
  Symbol.asyncIterator in answer &&
  makerOf(answer) !== null

/** Whether the answer is a stream that nobody reads yet. False where it does not let itself be asked. */
export function isStream(answer: unknown): answer is object {
  try {
    return isWeb(answer) || isNode(answer)
  } catch {
    return false
  }
}

const DONE = Object.freeze({ done: true, value: undefined })

const chunksBy = (next: Chunks["next"], letGo: () => unknown): Chunks => {
  const chunks: Chunks = {
    next,
    return: async () => {
      // A source that cannot be let go is no longer read all the same.
      await Promise.resolve(letGo()).catch(() => {})
      return DONE
    },
    [Symbol.asyncIterator]: () => chunks,
  }
  return chunks
}

/** Begins to read a stream; nobody else can from now on. */
export function chunksOf(stream: object): Chunks {
  if (isWeb(stream)) {
    const reader = stream.getReader()
    return chunksBy(
      () => reader.read() as ReturnType<Chunks["next"]>,
      () => reader.cancel(),
    )
  }
  const source = stream as NodeStream
  const all = source[Symbol.asyncIterator]()
  return chunksBy(
    () => all.next(),
    () => void source.destroy(),
  )
}

/** The chunks of a stream that is still asked for, or that has been promised. `failure` is what is said where no stream comes. */
export function chunksOfLater(ask: () => unknown, failure: unknown): Chunks {
  let asked: Promise<Chunks> | null = null
  const found = (): Promise<Chunks> =>
    (asked ??= Promise.resolve(ask()).then((answer) => {
      if (isStream(answer)) return chunksOf(answer)
      throw failure
    }))
  return chunksBy(
    () => found().then((chunks) => chunks.next()),
    () => asked?.then((chunks) => chunks.return()),
  )
}

/** A stream of the same kind as `stream`, with these chunks. To be called before `stream` is read. */
export function makerLike(stream: object): (chunks: Iterator<unknown>) => unknown {
  if (isWeb(stream)) {
    const type = isOfBytes(stream) ? ({ type: "bytes" } as const) : {}
    return (chunks) => webStream(chunks as unknown as Chunks, type)
  }
  const { readableObjectMode: objectMode, readableHighWaterMark: highWaterMark } = stream as NodeStream
  const encoding = (stream as NodeStream).readableEncoding
  const from = makerOf(stream)
  return (chunks) => {
    const source = chunks as unknown as Chunks
    const all = chunksBy(
      () => source.next(),
      () => source.return(),
    )
    return from?.(all, { objectMode, highWaterMark, ...(encoding === null ? {} : { encoding }) })
  }
}

/** Whether callers may read it into buffers of their own. */
function isOfBytes(stream: ReadableStream): boolean {
  try {
    stream.getReader({ mode: "byob" }).releaseLock()
    return true
  } catch {
    return false
  }
}

function webStream(chunks: Chunks, type: { readonly type?: "bytes" }): ReadableStream {
  const source = {
    ...type,
    pull: async (controller: ReadableStreamDefaultController | ReadableByteStreamController) => {
      const { done, value } = await chunks.next()
      if (done !== true) return controller.enqueue(value as never)
      controller.close()
      if ("byobRequest" in controller) controller.byobRequest?.respond(0)
    },
    cancel: async () => void (await chunks.return()),
  }
  // Nothing is read before a caller asks.
  return new ReadableStream(source as unknown as UnderlyingDefaultSource, { highWaterMark: 0 })
}
