/**
 * The benchmarked service: node:http, the in-flight limiter as middleware, the simulated bottleneck behind it. Run by main.ts, which
 * says over IPC who decides the limit. All limiters stand behind the same gate; they differ in nothing but the number.
 */
import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { expressLimiter, inFlightLimiter, tune } from "arqon/adapters"
import { Backend, generator } from "./Backend.ts"
import { fixed, Gradient2, type Peer, Vegas } from "./peers.ts"
import type { ServiceJob, ServiceReport } from "./protocol.ts"

/** More than the load can have open: no limit. */
const UNLIMITED = 1_000_000

const peerOf = ({ kind, limit, seed }: ServiceJob): Peer | null => {
  if (kind === "arqon") return null
  if (kind === "gradient2") return new Gradient2(limit)
  if (kind === "vegas") return new Vegas(limit, generator(seed + 99))
  return fixed(kind === "none" ? UNLIMITED : limit)
}

const serve = async (job: ServiceJob): Promise<void> => {
  const backend = new Backend(job.shape, job.seed, (ms, done) => void setTimeout(done, ms))
  const limiter = inFlightLimiter({ initial: Math.min(job.limit, 256) })
  const peer = peerOf(job)
  const obey = (): void => {
    if (peer !== null && peer.limit !== limiter.limit) limiter.apply({ inFlight: peer.limit })
  }
  obey()
  if (peer === null) await tune(limiter, { seed: job.seed })

  const handle = (response: ServerResponse): void => {
    const startedMs = performance.now()
    const { inFlight } = limiter
    backend.serve(() => {
      peer?.finished(performance.now() - startedMs, inFlight)
      obey()
      response.end("ok")
    })
  }
  const guard = expressLimiter(limiter)
  const server = createServer((request, response) => guard(request, response, () => handle(response)))
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", 1_024, resolve))

  const RESOLUTION_MS = 10
  const lateness = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  let looks = 0
  let sum = 0
  process.on("message", (message) => {
    if (message === "measure") {
      lateness.enable()
      setInterval(() => {
        looks++
        sum += Math.min(limiter.limit, UNLIMITED)
      }, 20)
    } else if (message === "stop") {
      const report: ServiceReport = {
        meanLimit: sum / looks,
        latenessMs: lateness.percentile(99) / 1e6 - RESOLUTION_MS,
      }
      process.send?.(report, () => process.exit(0))
    }
  })
  process.send?.({ port: (server.address() as AddressInfo).port })
}

process.once("message", (job) => void serve(job as ServiceJob))
