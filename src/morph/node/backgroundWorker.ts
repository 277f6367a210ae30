/**
 * The first file of a background thread: plants what it is asked to in a copy of the host, and says when that came to an end. What it came
 * to is found again where the host trains.
 */
import { once } from "node:events"
import { type MessagePort, parentPort } from "node:worker_threads"
import { deserialize } from "node:v8"
import { GrowthError } from "../../domain/GrowthError.ts"
import { QUARANTINE_FAULTS } from "../blueprints/moreFaults.ts"
import type { CoreStanding } from "../growth/standing.ts"
import { coreFrom } from "../service/coreFrom.ts"
import { makerOf } from "../service/makerOf.ts"
import { policySlot } from "../service/policySlot.ts"
import { type BackgroundBoot, type BackgroundQuestion, loadBlueprints } from "./hotMessages.ts"

const own = parentPort as MessagePort
const [{ options, answered, port }] = (await once(own, "message")) as [BackgroundBoot]
const { host, data, seed = 0, grafting = {}, blueprints } = options
const described = {
  host,
  data,
  seed,
  grafting,
  policy: "manual",
  blueprints: await loadBlueprints(blueprints),
} as const
const maker = makerOf(
  described,
  policySlot(described, () => Promise.reject(new Error("No policy is asked here."))),
  () => 0,
  { faults: QUARANTINE_FAULTS },
)
port.on("message", ({ standing, socket, request }: BackgroundQuestion) => {
  const core = coreFrom(maker, { now: () => 0, policy: null }, deserialize(standing) as CoreStanding)
  try {
    core.germinate(socket, request)
  } catch (error) {
    if (!(error instanceof GrowthError)) throw error
  }
  port.postMessage(null)
  Atomics.store(answered, 0, 1)
  Atomics.notify(answered, 0)
})
own.postMessage(null)
