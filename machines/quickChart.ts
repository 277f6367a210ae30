/**
 * A machine's chart taken apart for `quickTransition`: what each state answers to, and what every transition leaves, does and enters,
 * worked out once. XState works it out anew at every event, which is most of what an event costs.
 *
 * Charts without parallel and history states only, and events without wildcards: there one atomic state says which states are
 * active.
 */
import type { AnyStateMachine } from "xstate"
import { spawnChild, stopChild } from "xstate"
import type { ActionLike, Resolvable } from "./quickActions.ts"

/** As XState holds them; only the types are ours. */
export interface Node {
  readonly id: string
  readonly key: string
  readonly order: number
  readonly parent?: Node
  readonly type: "atomic" | "compound" | "parallel" | "final" | "history"
  readonly path: ReadonlyArray<string>
  readonly tags: ReadonlyArray<string>
  readonly entry: ReadonlyArray<ActionLike>
  readonly exit: ReadonlyArray<ActionLike>
  readonly invoke: ReadonlyArray<{ readonly id: string; readonly src: string; readonly onSnapshot?: unknown }>
  readonly always?: ReadonlyArray<Arrow>
  readonly transitions: ReadonlyMap<string, ReadonlyArray<Arrow>>
  readonly initial?: { readonly target: ReadonlyArray<Node>; readonly actions: ReadonlyArray<ActionLike> }
  readonly states: Readonly<Record<string, Node>>
}

export interface Arrow {
  readonly target?: ReadonlyArray<Node>
  readonly source: Node
  readonly actions: ReadonlyArray<ActionLike>
  readonly guard?: GuardLike
  readonly reenter: boolean
}

export type GuardLike = string | Check | { readonly type: string; readonly params?: unknown }
export type Check = ((args: object, params: unknown) => boolean) & { readonly check?: unknown }

/** The states that are active together, from the root down to the atomic one. */
export interface Place {
  readonly nodes: ReadonlyArray<Node>
  readonly value: unknown
  readonly tags: ReadonlySet<string>
  readonly always: ReadonlyArray<Arrow>
  /** By type of event, the innermost first; filled as events come. */
  readonly arrows: Map<string, ReadonlyArray<Arrow>>
  readonly plans: Map<Arrow, Plan | null>
}

/** The states entered by one arrow, each with what is done there and the actors it starts. */
export interface Entry {
  readonly actions: ReadonlyArray<ActionLike>
  readonly starts: ReadonlyArray<string>
}

/** What an arrow leads to. */
export interface Plan {
  readonly exits: ReadonlyArray<ActionLike>
  readonly entries: ReadonlyArray<Entry>
  readonly place: Place
}

interface Words {
  readonly actions: Readonly<Record<string, Resolvable | undefined>>
  readonly guards: Readonly<Record<string, GuardLike | undefined>>
}

const NONE: ReadonlyArray<Arrow> = []

export class QuickChart {
  private readonly words: Words
  private readonly places = new Map<Node, Place>()

  constructor(machine: AnyStateMachine) {
    this.words = machine.implementations as unknown as Words
  }

  /** The words that actions and guards are called by. */
  action(named: string | { readonly type: string }): Resolvable | undefined {
    return this.words.actions[typeof named === "string" ? named : named.type]
  }

  guard(named: string | { readonly type: string }): GuardLike {
    const name = typeof named === "string" ? named : named.type
    const found = this.words.guards[name]
    if (found === undefined) throw new Error(`Guard '${name}' is not implemented.`)
    return found
  }

  /** Where a snapshot stands. */
  placeOf(nodes: ReadonlyArray<Node>): Place {
    for (const node of nodes) if (node.type === "atomic" || node.type === "final") return this.placeAt(node)
    throw new TypeError("a snapshot without an atomic state")
  }

  private placeAt(leaf: Node): Place {
    const known = this.places.get(leaf)
    if (known !== undefined) return known
    const nodes = [...ancestorsOf(leaf).toReversed(), leaf]
    const place: Place = {
      nodes,
      value: valueOf(leaf.path),
      tags: new Set(nodes.flatMap((node) => node.tags)),
      always: nodes.toReversed().flatMap((node) => node.always ?? []),
      arrows: new Map(),
      plans: new Map(),
    }
    this.places.set(leaf, place)
    return place
  }

  /** Those that an event of this type may go, in the order in which they are asked. */
  arrowsAt(place: Place, type: string): ReadonlyArray<Arrow> {
    return place.arrows.get(type) ?? foundArrows(place, type)
  }

  /** Null where it ends the machine. */
  planOf(place: Place, arrow: Arrow): Plan | null {
    const known = place.plans.get(arrow)
    if (known !== undefined) return known
    const plan = this.planned(place, arrow)
    place.plans.set(arrow, plan)
    return plan
  }

  private planned(place: Place, { target, source, reenter }: Arrow): Plan | null {
    if (target === undefined || target.length === 0) return { exits: [], entries: [], place }
    const [to] = target
    const domain = domainOf(source, to, reenter)
    const left = place.nodes.filter(
      (node) => isUnder(node, domain) || (reenter && node === source && node === domain),
    )
    const entered = enteredBy(source, to, domain, reenter)
    const leaf = entered.at(-1) ?? to
    if (leaf.type === "final") return null
    return {
      exits: left.toReversed().flatMap((node) => [...node.exit, ...node.invoke.map(stopping)]),
      entries: entered.map((node, i) => ({
        actions: [
          ...node.entry,
          ...node.invoke.map(starting),
          // The innermost states are entered by default, those on the way to the target are not.
          ...(entered.indexOf(to) <= i ? (node.initial?.actions ?? []) : []),
        ],
        starts: node.invoke.map(({ id }) => id),
      })),
      place: this.placeAt(leaf),
    }
  }
}

/** Apart: a function with a closure in it makes what that closure holds whenever it is called. */
function foundArrows(place: Place, type: string): ReadonlyArray<Arrow> {
  const arrows = place.nodes.toReversed().flatMap((node) => node.transitions.get(type) ?? NONE)
  place.arrows.set(type, arrows)
  return arrows
}

type Invoked = Node["invoke"][number]

const starting = (made: Invoked): ActionLike =>
  spawnChild(made.src, {
    ...made,
    syncSnapshot: made.onSnapshot !== undefined,
  }) as unknown as ActionLike

const stopping = ({ id }: Invoked): ActionLike => stopChild(id) as unknown as ActionLike

const ancestorsOf = ({ parent }: Node): ReadonlyArray<Node> =>
  parent === undefined ? [] : [parent, ...ancestorsOf(parent)]

const isUnder = (node: Node, above: Node | null): boolean =>
  above === null || (node !== above && ancestorsOf(node).includes(above))

const valueOf = ([first, ...rest]: ReadonlyArray<string>): unknown =>
  first === undefined ? {} : rest.length === 0 ? first : { [first]: valueOf(rest) }

/** What stays active whatever the arrow leaves; null where it leaves the root. */
function domainOf(source: Node, to: Node, reenter: boolean): Node | null {
  if (!reenter && (to === source || isUnder(to, source))) return source
  const common = ancestorsOf(to).find((node) => isUnder(source, node))
  if (common !== undefined) return common
  return reenter ? null : rootOf(source)
}

const rootOf = (node: Node): Node => (node.parent === undefined ? node : rootOf(node.parent))

/** From the outermost to the innermost. */
function enteredBy(source: Node, to: Node, domain: Node | null, reenter: boolean): ReadonlyArray<Node> {
  const way = ancestorsOf(to)
    .filter((node) => isUnder(node, domain))
    .toReversed()
  const itself = source !== to || source !== domain || reenter ? [to] : []
  return [...way, ...itself, ...defaultsOf(to)]
}

const defaultsOf = ({ initial }: Node): ReadonlyArray<Node> => {
  const [first] = initial?.target ?? []
  return first === undefined ? [] : [first, ...defaultsOf(first)]
}

/** A chart of the kind that can be taken apart, or null. */
export function quickChart(machine: AnyStateMachine): QuickChart | null {
  const nodes = [...(machine as unknown as { idMap: Map<string, Node> }).idMap.values()]
  const root = nodes.find((node) => node.parent === undefined)
  const simple = nodes.every(
    ({ type, transitions, always }) =>
      type !== "parallel" &&
      type !== "history" &&
      [...transitions.entries()].every(([name, arrows]) => !name.includes("*") && arrows.every(isSimple)) &&
      (always ?? []).every(
        (arrow) => isSimple(arrow) && (arrow.target ?? []).every((to) => to.type !== "final"),
      ),
  )
  return simple && root !== undefined && root.type === "compound" ? new QuickChart(machine) : null
}

const isSimple = ({ target = [] }: Arrow): boolean => target.length <= 1
