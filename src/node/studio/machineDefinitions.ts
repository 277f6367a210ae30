/**
 * Every statechart of the library as plain data and as a picture: what the studio draws and what other editors can read.
 * Actions and guards are there by name; what they do is code and stays here.
 */
import type { AnyStateMachine, AnyStateNode } from "xstate"
import { engineMachine } from "../../../machines/engine.machine.ts"
import { safeModeMachine } from "../../../machines/safeMode.machine.ts"
import { solverMachine } from "../../../machines/solver.machine.ts"
import { spsaCycleMachine } from "../../../machines/spsaCycle.machine.ts"
import { variantMachine } from "../../../machines/variant.machine.ts"
import { childrenOf, mermaidOf, named, transitionsOf } from "./mermaid.ts"
import type { MachineDefinition, StateDefinition } from "./protocol.ts"

const charts: ReadonlyArray<AnyStateMachine> = [
  engineMachine,
  safeModeMachine,
  spsaCycleMachine,
  solverMachine,
  variantMachine,
]

/** Names of all statecharts, as `machineDefinitions` has them. */
export const MACHINE_NAMES: ReadonlyArray<string> = charts.map(({ id }) => id)

export function machineDefinitions(): ReadonlyArray<MachineDefinition> {
  return charts.map((chart) => {
    const root: AnyStateNode = chart.root
    return {
      name: chart.id,
      description: root.description ?? "",
      mermaid: `${mermaidOf(root)}\n`,
      root: stateOf(root),
    }
  })
}

function stateOf(node: AnyStateNode): StateDefinition {
  const initial = node.initial.target[0] as AnyStateNode | undefined
  return {
    id: node.id,
    key: node.key,
    type: node.type,
    description: node.description ?? "",
    tags: [...node.tags],
    initial: initial?.id ?? null,
    entry: node.entry.map(named),
    exit: node.exit.map(named),
    invokes: node.invoke.map(({ id, src }) => ({ id, src: typeof src === "string" ? src : "(inline)" })),
    transitions: transitionsOf(node).map((transition) => ({
      event: transition.eventType,
      guard: transition.guard === undefined ? null : named(transition.guard),
      actions: transition.actions.map(named),
      targets: (transition.target ?? []).map(({ id }) => id),
      reenter: transition.reenter,
    })),
    states: childrenOf(node).map(stateOf),
  }
}
