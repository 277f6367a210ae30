/** Callers of the service: autocannon in a thread of its own, so that what it does is not in the service's times. */
import { once } from "node:events"
import { Worker } from "node:worker_threads"

export interface LoadJob {
  readonly url: string
  readonly connections: number
  /** Requests a second, at times that do not wait for answers; as many as are answered where it is null. */
  readonly rate: number | null
}

export interface LoadFigures {
  readonly answers: number
  readonly failures: number
  readonly perSecond: number
  /** Milliseconds, as callers saw them. */
  readonly p50: number
  readonly p99: number
}

export interface Load {
  /** Begins to count anew. */
  readonly mark: () => void
  /** Ends it, and says what came since the mark. */
  readonly stop: () => Promise<LoadFigures>
}

export function startLoad(job: LoadJob): Load {
  const thread = new Worker(new URL("loadThread.ts", import.meta.url), { workerData: job })
  return {
    mark: () => thread.postMessage("mark"),
    stop: async () => {
      thread.postMessage("stop")
      const [figures] = (await once(thread, "message")) as [LoadFigures]
      await thread.terminate()
      return figures
    },
  }
}
