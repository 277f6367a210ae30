/**
 * The first file of a hot thread: makes the core over the memory that it is given, from where the thread before it stood, and takes epochs
 * and commands one after the other. Each answer brings where the host stands then, so a thread that hangs takes nothing with it.
 */
import { once } from "node:events"
import { type MessagePort, parentPort } from "node:worker_threads"
import { deserialize, serialize } from "node:v8"
import { GrowthError } from "../../domain/GrowthError.ts"
import { messageOf } from "../../system/messageOf.ts"
import { isLive } from "../grafting/transitions.ts"
import type { GrowthBoundary } from "../growth/GrowthBoundary.ts"
import type { GrowthCore } from "../growth/GrowthCore.ts"
import { perform } from "../growth/PersonCommand.ts"
import { coreStanding, type CoreStanding } from "../growth/standing.ts"
import type { GrowthReport } from "../policy/reports.ts"
import { viewOf } from "../service/Driver.ts"
import { coreFrom } from "../service/coreFrom.ts"
import type { GrowthOptions } from "../service/Growth.ts"
import { makerOf } from "../service/makerOf.ts"
import { policySlot } from "../service/policySlot.ts"
import { BackgroundThread } from "./BackgroundThread.ts"
import {
  type HotAnswer,
  type HotBoot,
  type HotQuestion,
  type HotState,
  loadBlueprints,
} from "./hotMessages.ts"
import { startPolicy } from "./startPolicy.ts"

async function begin(
  { options, memory, standing, cull }: HotBoot,
  filed: (report: GrowthReport) => void,
  background: BackgroundThread | null,
) {
  const { policy, blueprints, ...plain } = options
  const own: GrowthOptions = {
    ...plain,
    ...(policy === null ? {} : { policy: typeof policy === "string" ? policy : new URL(policy.module) }),
    blueprints: await loadBlueprints(blueprints),
  }
  const now = (): number => performance.now()
  const slot = policySlot(own, startPolicy)
  const maker = makerOf(own, slot, now, {})
  await slot.start()
  const tryFirst = background === null ? {} : { tryFirst: background.tryFirst }
  const parts = { now, policy: slot.source, memory, filed, ...tryFirst }
  if (standing === null) return maker.make(parts)
  const core = coreFrom(maker, parts, deserialize(standing) as CoreStanding)
  if (cull)
    for (const { slot, state } of core.table.lives) if (isLive(state)) core.table.fault(slot, "governor")
  return core
}

async function serve(port: MessagePort): Promise<void> {
  const [boot] = (await once(port, "message")) as [HotBoot]
  const { answered, options, hangMs } = boot
  // Only code of a caller's own can hang.
  const background = options.blueprints === null ? null : new BackgroundThread(options, hangMs)
  let reports: Array<GrowthReport> = []
  const stateOf = (core: GrowthCore): HotState => {
    const state = { view: viewOf(core), parts: core.parts, reports, standing: serialize(coreStanding(core)) }
    reports = []
    return state
  }
  const send = (answer: HotAnswer): void => {
    Atomics.add(answered, 0, 1)
    port.postMessage(answer)
  }
  /** What it throws is answered: refusals as such, all else as a failure. */
  const answering = async (id: number, core: () => GrowthCore | null, does: () => unknown): Promise<void> => {
    try {
      const result = (await does()) as GrowthBoundary | number | null
      send({ id, result, state: stateOf(core() as GrowthCore) })
    } catch (error) {
      const made = core()
      if (!(error instanceof GrowthError) || made?.isWhole === false) send({ id, failed: messageOf(error) })
      else send({ id, problems: error.problems, state: made === null ? null : stateOf(made) })
    }
  }
  let core: GrowthCore | null = null
  let turn = answering(
    0,
    () => core,
    async () => {
      core = await begin(boot, (report) => reports.push(report), background)
      await background?.ready()
      return null
    },
  )
  port.on("message", ({ id, command }: HotQuestion) => {
    turn = turn.then(() =>
      answering(
        id,
        () => core,
        async () => {
          await background?.ready()
          const made = core as GrowthCore
          return command === null ? made.next() : perform(made, command)
        },
      ),
    )
  })
}

await serve(parentPort as MessagePort)
