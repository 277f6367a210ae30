/**
 * A statechart as the page draws it: nested states, and the moves between them with their labels. Made from a machine's
 * definition as the server sends it.
 */
import type { MachineDefinition, StateDefinition } from "../../protocol/machineProtocol.ts"
import { words } from "../core/format.ts"

/** An arrow: every event that leads the same way is one of its labels. */
export interface Move {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly labels: ReadonlyArray<string>
}

export interface Graph {
  readonly machine: MachineDefinition
  readonly root: StateDefinition
  /** By id, outer states before inner ones. */
  readonly states: ReadonlyMap<string, StateDefinition>
  readonly moves: ReadonlyArray<Move>
}

/** XState's own names of events as people would say them. */
export function eventName(type: string): string {
  if (type === "") return "at once"
  const ended = /^xstate\.(error|done)\.actor\.(.+)$/.exec(type)
  if (ended !== null) return `${words(ended[2])} ${ended[1] === "error" ? "fails" : "is done"}`
  if (type === "xstate.init") return "begin"
  return words(type.replace(/^xstate\./, ""))
}

/** What leads somewhere: the event, and what must hold. What happens at once is told by what must hold alone. */
export function trigger(event: string, guard: string | null): string {
  const name = eventName(event)
  if (guard === null || guard === "") return name
  return event === "" ? `[${words(guard)}]` : `${name} [${words(guard)}]`
}

export function graphOf(machine: MachineDefinition): Graph {
  const states = new Map<string, StateDefinition>()
  const visit = (state: StateDefinition): void => {
    states.set(state.id, state)
    state.states.forEach(visit)
  }
  visit(machine.root)
  const moves = new Map<string, { from: string; to: string; labels: Array<string> }>()
  for (const state of states.values()) {
    for (const { event, guard, targets } of state.transitions) {
      const to = targets[0]
      // What begins anew or stays where it is changes no picture: the panel beside it tells those in words.
      // Nor is the machine itself drawn as a box: it would hold everything and say nothing.
      if (to === undefined || to === state.id || !states.has(to) || state === machine.root) continue
      const id = moveId(state.id, to)
      const move = moves.get(id) ?? { from: state.id, to, labels: [] }
      const text = trigger(event, guard)
      if (!move.labels.includes(text)) move.labels.push(text)
      moves.set(id, move)
    }
  }
  const drawn = grouped(
    [...moves].map(([id, move]) => ({ id, ...move })),
    states,
  )
  return { machine, root: machine.root, states, moves: drawn }
}

/**
 * Ways out of a box that several states in it have in common, as one arrow of the box: mostly what fails, freezes or stops. What each state
 * answers by itself is told beside the picture.
 */
function grouped(
  moves: ReadonlyArray<Move>,
  states: ReadonlyMap<string, StateDefinition>,
): ReadonlyArray<Move> {
  let left = moves
  // Outer boxes first: a box within one is a state like any other.
  for (const box of states.values()) {
    const inside = (id: string): boolean => id.startsWith(`${box.id}.`)
    if (box.states.length === 0 || !box.id.includes(".")) continue
    const exits = left.filter(
      ({ from, to }) => (inside(from) || from === box.id) && !inside(to) && to !== box.id,
    )
    for (const to of new Set(exits.map((move) => move.to))) {
      const ways = exits.filter((move) => move.to === to)
      if (ways.length < 2) continue
      const labels = [...new Set(ways.flatMap((way) => way.labels))]
      const one = { id: moveId(box.id, to), from: box.id, to, labels }
      left = [...left.filter((move) => !ways.includes(move)), one]
    }
  }
  return left
}

export const moveId = (from: string, to: string): string => `${from}→${to}`

/** The innermost of the active states, as one phrase: what the actor is doing. */
export function standing(graph: Graph, active: ReadonlyArray<string>): string {
  const inner = active.filter((id) => {
    const state = graph.states.get(id)
    return state !== undefined && !state.states.some((child) => active.includes(child.id))
  })
  return inner.map((id) => words(graph.states.get(id)?.key ?? id)).join(", ")
}

/** Longest way that is taken for what happened between two messages. */
const MOST_MOVES = 3

/**
 * The arrows that were taken between two sets of active states. Where the server told of several moves at once, the
 * shortest way between the two; where no arrow leads there by itself, that of a box that answers for what is inside it.
 */
export function movesTaken(
  graph: Graph,
  before: ReadonlyArray<string>,
  after: ReadonlyArray<string>,
): ReadonlyArray<Move> {
  const left = before.filter((id) => !after.includes(id))
  const entered = after.filter((id) => !before.includes(id))
  if (entered.length === 0) return []
  let ways = left.map((id): { at: string; moves: ReadonlyArray<Move> } => ({ at: id, moves: [] }))
  for (let hop = 0; hop < MOST_MOVES; hop++) {
    ways = ways.flatMap(({ at, moves }) =>
      graph.moves
        .filter((move) => move.from === at)
        .map((move) => ({ at: move.to, moves: [...moves, move] })),
    )
    const found = ways.find(({ at }) => entered.includes(at))
    if (found !== undefined) return found.moves
  }
  return graph.moves.filter((move) => before.includes(move.from) && entered.includes(move.to))
}
