/** A service with so many replicas in one process, each with an agent of its own over HTTP. */
import { createReplica } from "../../src/replica/index.node.ts"
import { beAsked, used } from "./asked.ts"
import { params, REPORT_MS, TUNER } from "./orders.ts"

const { at, count } = JSON.parse(process.argv[2]) as { readonly at: string; readonly count: number }
const replicas = Array.from({ length: count }, (_, i) =>
  createReplica({ tuner: TUNER, at: [at], name: `replica-${i}`, params }),
)
await Promise.all(replicas.map((replica) => replica.start()))
// Five readings a report: an agent without any reports all the same.
setInterval(() => {
  for (const { values, observe } of replicas)
    observe({ objective: (values["rate"] - 0.7) ** 2 + (values["share"] - 0.4) ** 2 })
}, REPORT_MS / 5)
beAsked(() => Promise.resolve({ ...used(), reports: 0, taken: 0, lost: 0 }))
