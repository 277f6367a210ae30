/** One runner of the demo's cluster. Started, and killed, by `main.ts`. */
import { createCluster, postgres, sqlite } from "../../src/cluster/index.node.ts"
import { LOCKS, type RunnerOrders, TUNER, tuner } from "./orders.ts"

const { url, file, nodePort, gatewayPort, seed } = JSON.parse(process.argv[2]) as RunnerOrders
const cluster = createCluster({
  storage: url === null ? sqlite(file) : postgres({ url }),
  ...(url === null ? {} : { node: { host: "127.0.0.1", port: nodePort } }),
  gateway: { port: gatewayPort },
  locks: LOCKS,
  tuners: { [TUNER]: tuner(seed) },
})
process.on("disconnect", () => process.exit(0))
process.on("SIGINT", () => undefined)
await cluster.start()
process.send?.({ ready: true })
