/** One replica of the quote service: HTTP on a port of its own, its knobs from whoever owns the tuner. Started, and killed, by `main.ts`. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { createReplica } from "../../src/replica/index.ts"
import { answerCostMs } from "../demo/knobs.ts"
import { type KnobSource, QuoteService } from "../demo/QuoteService.ts"
import { QuoteTable } from "../demo/QuoteTable.ts"
import {
  type FromReplica,
  params,
  type ReplicaOrders,
  serviceValues,
  type ToReplica,
  TUNER,
  type TunedValues,
} from "./orders.ts"

const REPORT_MS = 200

const { name, table, tuners } = JSON.parse(process.argv[2]) as ReplicaOrders
const replica = createReplica({ tuner: TUNER, at: tuners, name, params })
let hold: TunedValues | null = null
const knobs: KnobSource = {
  get values() {
    return serviceValues(hold ?? replica.values)
  },
  get generation() {
    return replica.generation
  },
}
const service = new QuoteService(new QuoteTable(table), knobs, (generation, latencyMs, ageMs, refused) => {
  if (hold === null) replica.observe({ objective: answerCostMs(latencyMs, ageMs, refused), generation })
})

let staleTaken = 0
let newest: readonly [epoch: number, generation: number] = [0, 0]
replica.subscribe(({ epoch, confirmed }) => {
  if (confirmed === 0) return
  if (epoch < newest[0] || (epoch === newest[0] && confirmed < newest[1])) staleTaken++
  newest = [epoch, confirmed]
})

const server = createServer(service.handle)
process.on("message", (message) => {
  hold = (message as ToReplica).hold
})
// Its parent has gone, or says that it is over; Ctrl-C reaches the parent too.
process.on("disconnect", () => process.exit(0))
process.on("SIGINT", () => undefined)
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo
  const say = (): void => {
    const { state, role } = replica.getSnapshot()
    const message: FromReplica = { port, state, role, staleTaken, outOfBounds: service.outOfBounds }
    if (process.connected) process.send?.(message, undefined, undefined, () => undefined)
  }
  say()
  setInterval(say, REPORT_MS)
  void replica.start()
})
