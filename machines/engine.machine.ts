/**
 * The engine as a statechart: it spawns the hot path, the latch, the SPSA cycle and a telemetry actor and wires them.
 * One needs it to run Arqon under plain XState (`createActor(engineMachine, { input })`), to spawn an engine inside an
 * own machine, or to look at one in an inspector. The runtime wraps the same machine.
 *
 * It decides little itself: windows go to the cycle, trips to the latch, safety actions to Tier 1.
 */
import type { ActorRefFrom } from "xstate"
import { asData } from "./asData.ts"
import { engineWords } from "./enginePlaceActions.ts"
import { type EngineContext, type FaultyChild, initialContext } from "./engineContext.ts"
import { restingEngine } from "./engineSettled.ts"

const fault = (child: FaultyChild) => ({
  actions: [{ type: "noteFault" as const, params: { child } }, "raiseFault" as const],
})

const retreat = {
  guard: "guardRetreats" as const,
  target: "safe" as const,
  actions: ["obeyGuard" as const, "retreatToLatch" as const],
}

/** There has to be another place than the base to choose. */
const prove = [
  { guard: "isOffBaseline" as const, target: "proving" as const },
  { target: "#engine.stopping" as const },
]

const chart = engineWords.createMachine({
  id: "engine",
  description: "Runs one control loop: measure, decide, apply, measure again.",
  context: ({ input, self }) => initialContext(input, self),
  output: ({ context }) => {
    const { config, executor } = context.hot.get()
    return { generation: config.generation, base: Array.from(executor.base) }
  },
  invoke: [
    {
      id: "hotPath",
      src: "hotPath",
      input: ({ context }) => ({ hot: context.hot, bind: context.bind, names: context.names }),
      onError: { target: ".stopped", actions: "secureDirectly" },
    },
    {
      id: "latch",
      src: "safeMode",
      input: ({ context }) => ({ policy: context.safeMode }),
    },
  ],
  initial: "idle",
  states: {
    idle: {
      tags: ["safe"],
      description: "Created but not started: nothing is measured or applied. A trip is remembered.",
      on: {
        start: { target: "running", actions: ["resumeLatch", "begin"] },
        trip: { actions: "toLatch" },
        reset: { actions: "toLatch" },
        recall: { actions: "recall" },
        stop: { target: "stopped" },
      },
    },
    running: {
      description: "Windows arrive; the cycle proposes, or SafeMode is open.",
      invoke: [
        {
          id: "telemetry",
          src: "telemetry",
          input: ({ context }) => ({ hot: context.hot, sign: context.sign }),
          onError: fault("telemetry"),
        },
        {
          id: "cycle",
          src: "spsaCycle",
          input: ({ context }) => ({
            table: context.hot.get().table,
            settings: context.settings,
            port: context.port,
            limits: context.limits,
            compareEveryCycles: context.comparisonPolicy?.everyCycles ?? 0,
            memory: context.memory,
          }),
          onError: fault("cycle"),
        },
        {
          id: "guard",
          src: "runaway",
          input: ({ context }) => ({ table: context.hot.get().table, retreats: context.own.guard }),
          onError: fault("guard"),
        },
      ],
      initial: "adapting",
      entry: "spawnRelocation",
      exit: "stowRelocation",
      on: {
        "xstate.error.actor.relocation": fault("relocation"),
        offer: { actions: "toRelocation" },
        evict: { actions: "toRelocation" },
        regimeNoted: { actions: "auditRelocation" },
        relocationNoted: { actions: "auditRelocation" },
        variantChosen: { actions: "tellVariant" },
        // What nobody waits for any more.
        relocationWanted: {},
        relocationOver: {},
        stop: { target: "stopping" },
        // In SafeMode there is nothing to prove: the plant stands where that has put it.
        prove: { target: "stopping" },
        digest: { actions: "observe" },
        setBaseline: {
          actions: [
            "setBaseline",
            { type: "sendToGuard", params: { event: "rebaselined" } },
            "beginComparisonAnew",
          ],
        },
        rolledBack: { actions: "rollbackToLatch" },
        setGuardrails: { guard: "mayTakeGuardrails", actions: "setGuardrails" },
        guardrailsSet: { actions: "followGuardrails" },
        childDied: { actions: ["noteDeath", "raiseFault"] },
      },
      states: {
        adapting: {
          tags: ["live"],
          description: "The cycle proposes, and Tier 1 applies what the guardrails allow.",
          on: {
            window: { actions: ["toGuard", "toRelocation"] },
            windowExpired: { actions: "expiredToCycle" },
            deadline: { actions: ["wakeCycle", "wakeAgain"] },
            tick: { actions: "advanceClock" },
            plantSettled: {
              actions: [
                { type: "sendToGuard", params: { event: "pause" } },
                "resumeCycle",
                "beginComparisonAnew",
                "watchOverStay",
              ],
            },
            guardrailsSet: { actions: ["followGuardrails", "judgeRegressionsAnew"] },
            cycleCompleted: { actions: ["judgeCycle", "compare", "offerPause"] },
            guardActed: [
              retreat,
              { guard: "guardPromotes", actions: ["obeyGuard", "passWindow"] },
              // Of a stay that is over by now.
              {},
            ],
            relocationWanted: { target: "relocating" },
            prove,
            pairRead: { actions: "compare" },
            rollbackRequested: {
              actions: ["interruptRelocation", "rollbackToLatch", "rollBack"],
            },
            rollback: { actions: ["interruptRelocation", "rollBack"] },
            trip: {
              target: "safe",
              actions: [
                { type: "sendToGuard", params: { event: "pause" } },
                "noteLossAtTrip",
                "openLatch",
                "restorePlant",
                "toLatch",
              ],
            },
            latched: {
              target: "safe",
              actions: [
                { type: "sendToGuard", params: { event: "pause" } },
                "noteLossAtTrip",
                "openLatch",
                "wakeForLatch",
                "demandReset",
              ],
            },
          },
        },
        relocating: {
          tags: ["live"],
          description:
            "The cycle is paused while the base moves to a known place, or back; the guard watches.",
          entry: [
            { type: "pauseCycle", params: { reason: "relocating" } },
            { type: "sendToGuard", params: { event: "moves" } },
            "returnToBase",
          ],
          on: {
            plantSettled: { actions: ["beginRelocation", "beginComparisonAnew"] },
            window: { actions: ["reopenWindow", "measureRelocation", "toGuardOnTrial"] },
            guardActed: [retreat, { guard: "guardPromotes", actions: "obeyGuard" }, {}],
            windowExpired: { actions: ["reopenWindow", "measureRelocation"] },
            deadline: { actions: ["wakeRelocation", "wakeAgain"] },
            tick: { actions: "advanceClock" },
            relocationOver: { target: "adapting", actions: "reportStanding" },
            prove,
            rollbackRequested: {},
            cycleCompleted: {},
            pairRead: {},
            rollback: { target: "adapting", actions: ["interruptRelocation", "rollBack"] },
            setGuardrails: {
              guard: "mayTakeGuardrails",
              target: "adapting",
              actions: ["interruptRelocation", "setGuardrails"],
            },
            setBaseline: {
              target: "adapting",
              actions: [
                "interruptRelocation",
                "setBaseline",
                { type: "sendToGuard", params: { event: "rebaselined" } },
                "reportStanding",
              ],
            },
            trip: { target: "safe", actions: ["noteLossAtTrip", "openLatch", "restorePlant", "toLatch"] },
            latched: {
              target: "safe",
              actions: ["noteLossAtTrip", "openLatch", "wakeForLatch", "demandReset"],
            },
          },
        },
        proving: {
          tags: ["live"],
          description:
            "A stop with a proof: windows on the base and the baseline in turn decide where the plant stays.",
          invoke: {
            id: "proof",
            src: "closingProof",
            input: ({ context, event }) => ({
              port: context.port,
              pairs: event.type === "prove" ? event.pairs : 0,
              knobs: context.hot.get().config.knobs,
              constrained: context.settings.constrained,
              timeoutsToTrip: context.limits.timeoutsToTrip,
            }),
            onDone: [
              { guard: "baseIsProved", target: "#engine.stopping", actions: "noteProof" },
              { target: "#engine.stopping", actions: ["noteProof", "rollBack"] },
            ],
            onError: { actions: "raiseFault" },
          },
          entry: [
            { type: "pauseCycle", params: { reason: "proving" } },
            { type: "sendToGuard", params: { event: "pause" } },
            "interruptRelocation",
            "returnToBase",
          ],
          on: {
            plantSettled: { actions: "beginProof" },
            window: { actions: "toProof" },
            windowExpired: { actions: "toProof" },
            deadline: { actions: ["wakeProof", "wakeAgain"] },
            tick: { actions: "advanceClock" },
            // Who does not wait for the end of it has proved nothing.
            stop: { target: "#engine.stopping", actions: ["noteProof", "rollBack"] },
            rollback: { target: "#engine.stopping", actions: ["noteProof", "rollBack"] },
            setBaseline: { target: "#engine.stopping", actions: ["noteProof", "setBaseline"] },
            trip: {
              target: "#engine.stopping",
              actions: ["noteProof", "openLatch", "restorePlant", "toLatch"],
            },
            latched: { target: "#engine.stopping", actions: ["noteProof", "openLatch"] },
            prove: {},
            cycleCompleted: {},
            pairRead: {},
            rollbackRequested: {},
            guardActed: {},
          },
        },
        safe: {
          tags: ["safe"],
          description: "SafeMode is open: the plant is on its base or baseline, and nothing is proposed.",
          entry: ["freezeCycle", "interruptRelocation", "watchOverStay"],
          on: {
            // A variant that may no longer be is left here too; its knobs wait, as everything does.
            offer: { actions: ["toRelocation", "interruptRelocation"] },
            window: {
              actions: ["reopenWindow", "showCycle", "judgeRecovery", "toGuardOnTrial", "wakeLatch"],
            },
            windowExpired: { actions: ["reopenWindow", "wakeLatch"] },
            deadline: { actions: "wakeLatch" },
            tick: [
              { guard: "auditIsDrained", actions: ["advanceClock", "drainedToLatch"] },
              { actions: "advanceClock" },
            ],
            drained: { actions: "drainedToLatch" },
            trip: {
              actions: [
                "freezeCycle",
                { type: "sendToGuard", params: { event: "pause" } },
                "openLatch",
                "restorePlant",
                "toLatch",
                "watchOverStay",
              ],
            },
            guardActed: [
              { guard: "personLetsGo", actions: "obeyGuard" },
              { guard: "guardLetsGo", actions: ["obeyGuard", "guardRecovered", "watchOverStay"] },
              { guard: "guardBlames", actions: ["obeyGuard", "fenceCycle", "rollbackToLatch"] },
              { actions: "obeyGuard" },
            ],
            reset: { actions: ["letGuardGo", "resetAfter"] },
            resetLatch: { actions: "toLatch" },
            restart: { actions: ["noteMemory", "restartToLatch"] },
            rollback: { actions: ["rollBack", { type: "sendToGuard", params: { event: "rolledBack" } }] },
            latched: { actions: ["wakeForLatch", "demandReset"] },
            unlatched: [
              {
                guard: "childFailed",
                target: "#engine.running",
                reenter: true,
                actions: ["forgetFault", "closeLatch"],
              },
              { target: "adapting", actions: "closeLatch" },
            ],
            cycleCompleted: {},
            pairRead: {},
            rollbackRequested: {},
            // After a restore this is what arms the latch's deadline again.
            plantSettled: { actions: "wakeLatch" },
          },
        },
      },
    },
    stopping: {
      tags: ["safe"],
      description: "Waits until Tier 1 confirms that the plant is back on its base.",
      entry: "end",
      on: {
        plantSettled: { target: "stopped" },
      },
    },
    stopped: {
      tags: ["safe"],
      type: "final",
      description: "Stopped: the plant was left on its base.",
    },
  },
})

/**
 * One control loop as a statechart: `createActor(engineMachine, { input: { hot, seed } })`, then send `start`, and digests to the hot path.
 * Emits what its parts report; its output is the last base, unit space.
 */
export const engineMachine = asData(chart, {
  show: ({ hot, fault, lossAtTrip, regressions }: EngineContext) => ({
    hot,
    fault,
    lossAtTrip,
    regressions: regressions > 0 ? regressions : null,
  }),
  settle: restingEngine,
  ownPort: true,
})

/** A running engine, as a parent machine holds it. */
export type EngineActorRef = ActorRefFrom<typeof engineMachine>
