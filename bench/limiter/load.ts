/**
 * The load process: autocannon, and the only place where the comparison is measured. Autocannon by itself is a closed loop, and
 * paced, it fires every connection's share at the start of each second; so each connection here waits for its own next arrival of a Poisson
 * process instead of sending at once. What arrives while a connection is busy is made up for, up to two seconds of it.
 */
import autocannon, { type Client } from "autocannon"
import { generator } from "./Backend.ts"
import type { Figures, LoadJob } from "./protocol.ts"

/** What autocannon's client calls to send its next request. */
interface PacedClient extends Client {
  _doRequest(): void
}

const MOST_BEHIND_MS = 2_000

const run = (job: LoadJob): void => {
  const random = generator(job.seed)
  const meanMs = (job.connections * 1_000) / job.rps
  const latencies: Array<number> = []
  let offered = 0
  const fromMs = performance.now() + job.warmMs
  const toMs = fromMs + job.measureMs
  const measuring = (): boolean => {
    const now = performance.now()
    return now >= fromMs && now < toMs
  }

  const instance = autocannon({
    url: `http://127.0.0.1:${job.port}`,
    connections: job.connections,
    duration: Math.ceil((job.warmMs + job.measureMs) / 1_000) + 2,
    timeout: 60,
    setupClient: (plain) => {
      const client = plain as PacedClient
      const send = client._doRequest.bind(client)
      let dueMs = performance.now() - meanMs * Math.log(1 - random())
      client._doRequest = () => {
        const nowMs = performance.now()
        const at = Math.max(dueMs, nowMs - MOST_BEHIND_MS)
        dueMs = at - meanMs * Math.log(1 - random())
        setTimeout(
          () => {
            if (measuring()) offered++
            send()
          },
          Math.max(0, at - nowMs),
        )
      }
      client.on("response", (status, _bytes, latencyMs) => {
        if (status === 200 && measuring()) latencies.push(latencyMs)
      })
    },
  })
  setTimeout(() => process.send?.("measuring"), job.warmMs)
  setTimeout(
    () => {
      latencies.sort((a, b) => a - b)
      const quantile = (share: number): number =>
        latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? Number.NaN
      const seconds = job.measureMs / 1_000
      const figures: Figures = {
        offeredRps: offered / seconds,
        goodputRps: latencies.length / seconds,
        p50Ms: quantile(0.5),
        p99Ms: quantile(0.99),
      }
      instance.stop()
      process.send?.(figures, () => process.exit(0))
    },
    job.warmMs + job.measureMs + 100,
  )
}

process.once("message", (job) => run(job as LoadJob))
