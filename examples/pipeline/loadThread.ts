/**
 * The thread that autocannon runs in. Paced by itself it would send each connection's share at the start of every second, so each
 * connection waits for the next arrival of a Poisson process of its own instead. What falls due while it is busy is sent afterwards, for
 * up to two seconds.
 */
import { parentPort, workerData } from "node:worker_threads"
import autocannon, { type Client } from "autocannon"
import { words } from "./catalogue.ts"
import type { LoadFigures, LoadJob } from "./load.ts"

/** What autocannon's client calls to send its next request. */
interface PacedClient extends Client {
  _doRequest(): void
}

const MOST_BEHIND_MS = 2_000

const { url, connections, rate } = workerData as LoadJob
const paths = words.map((word) => `/search?q=${encodeURIComponent(word)}`)
let latencies: Array<number> = []
let failures = 0
let since = performance.now()
let sent = 0

const paced = (client: PacedClient, perSecond: number): void => {
  const meanMs = (connections * 1_000) / perSecond
  const send = client._doRequest.bind(client)
  const pause = (): number => -meanMs * Math.log(1 - Math.random())
  let due = performance.now() + pause()
  client._doRequest = () => {
    const now = performance.now()
    const at = Math.max(due, now - MOST_BEHIND_MS)
    due = at + pause()
    setTimeout(send, Math.max(0, at - now))
  }
}

const instance = autocannon({
  url,
  connections,
  duration: 3_600,
  timeout: 60,
  setupClient: (client) => {
    client.setRequests([{ setupRequest: (request) => ({ ...request, path: paths[sent++ % paths.length] }) }])
    if (rate !== null) paced(client as PacedClient, rate)
    client.on("response", (status, _, ms) => {
      if (status === 200) latencies.push(ms)
      else failures++
    })
  },
})

parentPort?.on("message", (message) => {
  if (message === "mark") {
    latencies = []
    failures = 0
    since = performance.now()
    return
  }
  const seconds = (performance.now() - since) / 1_000
  const sorted = latencies.toSorted((a, b) => a - b)
  const quantile = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN
  const figures: LoadFigures = {
    answers: sorted.length,
    failures,
    perSecond: sorted.length / seconds,
    p50: quantile(0.5),
    p99: quantile(0.99),
  }
  instance.stop()
  parentPort?.postMessage(figures)
})
