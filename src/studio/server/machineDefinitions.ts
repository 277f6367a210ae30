/**
 * Every statechart of the library as plain data and as a picture: what the studio draws and what other editors can read.
 * Actions and guards are there by name; what they do is code and stays here.
 */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from "xstate"
import { closingProofMachine } from "../../../machines/closingProof.machine.ts"
import { cohortMachine } from "../../../machines/cohort.machine.ts"
import { engineMachine } from "../../../machines/engine.machine.ts"
import { graftMachine } from "../../../machines/graft.machine.ts"
import { growthMachine } from "../../../machines/growth.machine.ts"
import { metaMachine } from "../../../machines/meta.machine.ts"
import { relocationMachine } from "../../../machines/relocation.machine.ts"
import { replicaMachine } from "../../../machines/replica.machine.ts"
import { runawayMachine } from "../../../machines/runaway.machine.ts"
import { safeModeMachine } from "../../../machines/safeMode.machine.ts"
import { solverMachine } from "../../../machines/solver.machine.ts"
import { spsaCycleMachine } from "../../../machines/spsaCycle.machine.ts"
import { variantMachine } from "../../../machines/variant.machine.ts"
import { childrenOf, mermaidOf, named, transitionsOf } from "./mermaid.ts"
import type { MachineDefinition, StateDefinition } from "../protocol/machineProtocol.ts"

const charts: ReadonlyArray<AnyStateMachine> = [
  engineMachine,
  safeModeMachine,
  runawayMachine,
  spsaCycleMachine,
  closingProofMachine,
  relocationMachine,
  metaMachine,
  solverMachine,
  variantMachine,
  graftMachine,
  growthMachine,
  replicaMachine,
  cohortMachine,
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

/**
 * Every statechart in the shape of an XState configuration: `createMachine` and Stately's editor take it as it is. Guards,
 * actions and actors are names; transitions to nowhere are what a state names only to ignore it.
 */
export function machineConfigs(): ReadonlyArray<MachineConfigJson> {
  return charts.map((chart) => ({ ...configOf(chart.root), id: chart.id }))
}

/** A state node as configuration. */
interface MachineConfigJson {
  readonly id: string
  readonly description?: string
  readonly initial?: string
  readonly tags?: ReadonlyArray<string>
  readonly entry?: ReadonlyArray<object>
  readonly exit?: ReadonlyArray<object>
  readonly invoke?: ReadonlyArray<object>
  readonly on?: Readonly<Record<string, ReadonlyArray<object>>>
  readonly always?: ReadonlyArray<object>
  readonly states?: Readonly<Record<string, MachineConfigJson>>
  readonly type?: string
}

function configOf(node: AnyStateNode): MachineConfigJson {
  const initial = node.initial.target[0] as AnyStateNode | undefined
  const list = (actions: ReadonlyArray<unknown>): ReadonlyArray<object> =>
    actions.map((action) => ({ type: named(action) }))
  const moves = (transitions: ReadonlyArray<AnyTransitionDefinition>): ReadonlyArray<object> =>
    transitions.map(({ target, guard, actions, reenter }) => ({
      ...(target === undefined ? {} : { target: target.map(({ id }) => `#${id}`) }),
      ...(guard === undefined ? {} : { guard: named(guard) }),
      ...(actions.length === 0 ? {} : { actions: list(actions) }),
      ...(reenter ? { reenter } : {}),
    }))
  const on = Object.fromEntries(
    [...node.transitions].map(([event, transitions]) => [event, moves(transitions)]),
  )
  const children = childrenOf(node)
  return {
    id: node.id,
    ...(node.description === undefined ? {} : { description: node.description }),
    ...(node.type === "final" || node.type === "parallel" ? { type: node.type } : {}),
    ...(initial === undefined ? {} : { initial: initial.key }),
    ...(node.tags.length === 0 ? {} : { tags: node.tags }),
    ...(node.entry.length === 0 ? {} : { entry: list(node.entry) }),
    ...(node.exit.length === 0 ? {} : { exit: list(node.exit) }),
    ...(node.invoke.length === 0
      ? {}
      : { invoke: node.invoke.map(({ id, src }) => ({ id, src: typeof src === "string" ? src : id })) }),
    ...(Object.keys(on).length === 0 ? {} : { on }),
    ...(node.always === undefined || node.always.length === 0 ? {} : { always: moves(node.always) }),
    ...(children.length === 0
      ? {}
      : { states: Object.fromEntries(children.map((child) => [child.key, configOf(child)])) }),
  }
}
