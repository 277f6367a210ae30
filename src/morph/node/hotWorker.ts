/**
 * The first file of a hot thread: makes the core over the memory that it is given, from where the thread before it stood, and takes epochs
 * and commands one after the other. Each answer brings where the host stands then, so a thread that hangs takes nothing with it.
 */
import { once } from "node:events"
import { type MessagePort, parentPort } from "node:worker_threads"
import { deserialize, serialize } from "node:v8"
import { GrowthError } from "../../domain/GrowthError.ts"
import type { Problem } from "../../domain/Problem.ts"
import { messageOf } from "../../system/messageOf.ts"
import { hangs, MORE_FAULTS } from "../blueprints/moreFaults.ts"
import type { GrowthBoundary } from "../growth/GrowthBoundary.ts"
import type { TryFirst } from "../growth/germination.ts"
import type { GrowthCore } from "../growth/GrowthCore.ts"
import { perform, type PersonCommand } from "../growth/PersonCommand.ts"
import { coreStanding, type CoreStanding } from "../growth/standing.ts"
import type { GrowthReport } from "../policy/reports.ts"
import { viewOf } from "../service/Driver.ts"
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
import { engineOver, runsSimd } from "./kernels/CompiledEngine.ts"
import { deskOver } from "./kernels/desks.ts"
import { keptBoundary } from "./keptBoundary.ts"
import { startPolicy } from "./startPolicy.ts"
import { Tape, tapedCore } from "./Tape.ts"

async function begin(
  { options, memory, standing, cull, kernels }: HotBoot,
  filed: (report: GrowthReport) => void,
  tryFirst: TryFirst<GrowthCore>,
) {
  const { policy, blueprints, ...plain } = options
  const own: GrowthOptions = {
    ...plain,
    ...(policy === null ? {} : { policy: typeof policy === "string" ? policy : new URL(policy.module) }),
    blueprints: await loadBlueprints(blueprints),
  }
  const now = (): number => performance.now()
  const slot = policySlot(own, startPolicy)
  const engine = kernels === null ? {} : { engine: engineOver(deskOver(kernels), runsSimd()) }
  const maker = makerOf(own, slot, now, { faults: MORE_FAULTS, ...engine })
  await slot.start()
  const parts = { now, policy: slot.source, memory, filed, tryFirst }
  const tape = new Tape(now)
  const from = standing === null ? null : (deserialize(standing) as CoreStanding)
  const core = tapedCore(maker, parts, tape, from)
  if (cull) core.cullAll()
  return { core, tape }
}

/** What a turn came to, before it is sent. */
type Outcome =
  | { readonly result: GrowthBoundary | number | null }
  | { readonly problems: ReadonlyArray<Problem> }

async function serve(port: MessagePort): Promise<void> {
  const [boot] = (await once(port, "message")) as [HotBoot]
  const { answered, options, hangMs, isKept } = boot
  const background = new BackgroundThread(options, hangMs)
  /** Only code of a caller's own can hang, and a fault that is made for it. */
  const isSuspect = (blueprint: string | null): boolean =>
    options.blueprints !== null || (blueprint !== null && hangs(blueprint))
  const readyFor = async (command: PersonCommand | null): Promise<void> => {
    if (isSuspect(command?.type === "germinate" ? command.request.blueprint : null)) await background.ready()
  }
  const tryFirst: TryFirst<GrowthCore> = (core, socket, request) =>
    isSuspect(request.blueprint) ? background.tryFirst(core, socket, request) : null
  let reports: Array<GrowthReport> = []
  let made: Awaited<ReturnType<typeof begin>> | null = null
  const stateOf = (core: GrowthCore): HotState => {
    const state = { view: viewOf(core), parts: core.parts, reports, standing: serialize(coreStanding(core)) }
    reports = []
    return state
  }
  const send = (answer: HotAnswer): void => {
    Atomics.add(answered, 0, 1)
    port.postMessage(answer)
  }
  /** A boundary is recorded with hashes of everything, where there is a record. */
  const answerOf = (id: number, outcome: Outcome): HotAnswer => {
    const heard = made?.tape.take() ?? { clock: [] }
    const isBoundary = "result" in outcome && outcome.result !== null && typeof outcome.result === "object"
    const boundary =
      isKept && isBoundary && made !== null ? keptBoundary(outcome.result, made.core, heard) : null
    const state = made === null ? null : stateOf(made.core)
    return { id, ...outcome, heard, boundary, state } as HotAnswer
  }
  /** What it throws is answered: refusals as such, all else as a failure. */
  const answering = async (
    id: number,
    does: () => Promise<GrowthBoundary | number | null>,
  ): Promise<void> => {
    try {
      const result = await does()
      send(answerOf(id, { result }))
    } catch (error) {
      if (!(error instanceof GrowthError) || made?.core.isWhole === false)
        send({ id, failed: messageOf(error) })
      else send(answerOf(id, { problems: error.problems }))
    }
  }
  let turn = answering(0, async () => {
    made = await begin(boot, (report) => reports.push(report), tryFirst)
    await readyFor(null)
    return null
  })
  port.on("message", ({ id, command }: HotQuestion) => {
    turn = turn.then(() =>
      answering(id, async () => {
        await readyFor(command)
        const { core } = made as Awaited<ReturnType<typeof begin>>
        return command === null ? core.next() : perform(core, command)
      }),
    )
  })
}

await serve(parentPort as MessagePort)
