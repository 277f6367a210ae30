/** One runner of a cluster, as a process that a drill starts, freezes and kills. */
import { createCluster, postgres } from "../../src/cluster/index.node.ts"
import { DRILL_FLEETS, DRILL_TUNERS, type RunnerOrders } from "./orders.ts"

const orders = JSON.parse(process.argv[2]) as RunnerOrders
const cluster = createCluster({
  storage: postgres({ url: orders.url }),
  node: { host: "127.0.0.1", port: orders.nodePort },
  gateway: { port: orders.gatewayPort },
  locks: orders.locks,
  tuners: DRILL_TUNERS,
  fleets: DRILL_FLEETS,
  records: true,
})
process.once("SIGTERM", () => {
  void cluster.stop().then(() => process.exit(0))
})
await cluster.start()
process.stdout.write("ready\n")
