/** What of the statecharts is broken on purpose. */
import type { Mechanism } from "../Mechanism.ts"

export const machines: ReadonlyArray<Mechanism> = [
  {
    name: "port-takes-anything",
    invariant: 1,
    file: "machines/ProposalPort.ts",
    intact: 'if (event.type !== "proposal" || receiver === null) return',
    broken: "if (receiver === null) return",
    test: "test/machines/tier2.test.ts",
  },
  {
    name: "blinded-covariate-unrecorded",
    invariant: 12,
    file: "machines/cycleContext.ts",
    intact: "if (blinded === kernel.covariateBlinded(c.block)) return null",
    broken: "if (blinded >= 0) return null",
    test: "test/engine/covariate.test.ts",
  },
  {
    name: "trip-leaves-the-probe",
    invariant: 13,
    file: "machines/hotPath.ts",
    intact: "  else hot.returnToBase()\n",
    broken: "",
    test: "test/machines/engine.test.ts",
  },
  {
    name: "stop-leaves-the-plant",
    invariant: 13,
    file: "machines/hotPath.ts",
    intact: '    case "end":\n      returnToBase(hot, command.nowUs)\n',
    broken: '    case "end":\n',
    test: "test/engine/createEngine.test.ts",
  },
  {
    name: "guard-sleeps-through-a-cooldown",
    invariant: 17,
    file: "machines/engineGuardActions.ts",
    intact: "executor.cooldownUntilUs > event.nowUs",
    broken: "executor.cooldownUntilUs > Number.POSITIVE_INFINITY",
    test: "test/scenarios/runaway.test.ts",
  },
  {
    name: "cycle-goes-on-during-a-trial",
    invariant: 17,
    file: "machines/engine.machine.ts",
    intact: '  target: "safe" as const,\n  actions: ["obeyGuard" as const, "retreatToLatch" as const],',
    broken: '  actions: ["obeyGuard" as const, "retreatToLatch" as const],',
    test: "test/machines/parity.test.ts",
  },
  {
    name: "early-trip-is-lost",
    invariant: 8,
    file: "machines/engine.machine.ts",
    intact:
      '        start: { target: "running", actions: ["resumeLatch", "begin"] },\n        trip: { actions: "toLatch" },\n',
    broken: '        start: { target: "running", actions: ["resumeLatch", "begin"] },\n',
    test: "test/machines/engine.test.ts",
  },
  {
    name: "actor-ends-on-a-perturbation",
    invariant: 13,
    file: "machines/hotPath.ts",
    intact: "if (!hot.executor.onBase) returnToBase(hot, hot.nowUs)",
    broken: "",
    test: "test/machines/stopped.test.ts",
  },
]
