/**
 * A statechart as a Mermaid state diagram: the moves between states and nothing else. Events that change no state are left
 * out, or the picture would be all loops. Also the words in which states, events and actions are told.
 */
import type { AnyStateNode, AnyTransitionDefinition } from "xstate"

/** camelCase as words. */
export const words = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase()

export const childrenOf = (node: AnyStateNode): ReadonlyArray<AnyStateNode> =>
  Object.values(node.states as Record<string, AnyStateNode>)

const descendantsOf = (node: AnyStateNode): ReadonlyArray<AnyStateNode> =>
  childrenOf(node).flatMap((child) => [child, ...descendantsOf(child)])

/** `xstate.error.actor.cycle` and its like as people would say it. */
export function eventName(type: string): string {
  if (type === "") return ""
  const failed = /^xstate\.error\.actor\.(\w+)/.exec(type)
  return failed === null ? words(type) : `${words(failed[1])} fails`
}

export function named(thing: unknown): string {
  if (typeof thing === "string") return thing
  if (typeof thing === "object" && thing !== null && "type" in thing) return String(thing.type)
  return ""
}

export const guardOf = (transition: AnyTransitionDefinition): string =>
  transition.guard === undefined ? "" : words(named(transition.guard))

/** Everything a state answers, in the order it is judged. */
export function transitionsOf(node: AnyStateNode): ReadonlyArray<AnyTransitionDefinition> {
  return [...node.transitions.values(), node.always ?? []].flat()
}

export const targetOf = (transition: AnyTransitionDefinition): AnyStateNode | undefined =>
  transition.target?.[0]

const isAncestor = (node: AnyStateNode, other: AnyStateNode): boolean =>
  other.parent !== undefined && (other.parent === node || isAncestor(node, other.parent))

function label(transition: AnyTransitionDefinition): string {
  const guard = guardOf(transition)
  const event = eventName(transition.eventType)
  return [event, guard === "" ? "" : `[${guard}]`].filter((part) => part !== "").join(" ")
}

/** The state whose box an arrow belongs into: drawn further inside, Mermaid would pull the far end in as well. */
function scopeOf(from: AnyStateNode, to: AnyStateNode): AnyStateNode | undefined {
  let scope = from.parent
  while (scope !== undefined && !isAncestor(scope, to)) scope = scope.parent
  return scope
}

/** The arrows that start at `node` and are drawn in `scope`, one per target, labels one below the other. */
function arrows(node: AnyStateNode, scope: AnyStateNode): ReadonlyArray<string> {
  const byTarget = new Map<string, Array<string>>()
  for (const transition of transitionsOf(node)) {
    const target = targetOf(transition)
    // Mermaid cannot draw an arrow between a state and one inside it; the table tells of those.
    if (target === undefined || target === node || isAncestor(node, target) || isAncestor(target, node))
      continue
    if (scopeOf(node, target) !== scope) continue
    const labels = byTarget.get(target.key) ?? []
    const text = label(transition)
    if (!labels.includes(text)) labels.push(text)
    byTarget.set(target.key, labels)
  }
  return [...byTarget].map(([target, labels]) => {
    const text = labels.filter((part) => part !== "").join("<br/>")
    return `${node.key} --> ${target}${text === "" ? "" : `: ${text}`}`
  })
}

/** True for the root and for a box that an arrow leads to: elsewhere its starting point would never be used. */
function isEnteredItself(node: AnyStateNode): boolean {
  const { parent } = node
  if (parent === undefined) return true
  if (parent.initial.target[0] === node) return true
  return descendantsOf(node.machine.root).some((state) =>
    transitionsOf(state).some((transition) => targetOf(transition) === node && !isAncestor(node, state)),
  )
}

function draw(node: AnyStateNode, indent: string): ReadonlyArray<string> {
  const lines: Array<string> = []
  const children = childrenOf(node)
  const initial = node.initial.target[0] as AnyStateNode | undefined
  for (const child of children) {
    const name = words(child.key)
    if (childrenOf(child).length > 0) {
      const head = name === child.key ? name : `"${name}" as ${child.key}`
      lines.push(`${indent}state ${head} {`, ...draw(child, `${indent}  `), `${indent}}`)
    } else if (name !== child.key) lines.push(`${indent}state "${name}" as ${child.key}`)
  }
  if (initial !== undefined && isEnteredItself(node)) lines.push(`${indent}[*] --> ${initial.key}`)
  for (const inner of descendantsOf(node)) for (const arrow of arrows(inner, node)) lines.push(indent + arrow)
  for (const child of children) if (child.type === "final") lines.push(`${indent}${child.key} --> [*]`)
  return lines
}

/** Leaves, coloured by what they mean for the plant. */
function colours(root: AnyStateNode): ReadonlyArray<string> {
  const leaves = (node: AnyStateNode): ReadonlyArray<AnyStateNode> =>
    childrenOf(node).length === 0 ? [node] : childrenOf(node).flatMap(leaves)
  const tagged = (tag: string): string =>
    leaves(root)
      .filter((node) => node.tags.includes(tag))
      .map((node) => node.key)
      .join(",")
  return [
    "  classDef live fill:#e6f4ea,stroke:#1e8e3e,color:#0d3b1c",
    "  classDef safe fill:#fef3e0,stroke:#d98a00,color:#4a3000",
    `  class ${tagged("live")} live`,
    `  class ${tagged("safe")} safe`,
  ]
}

/** The text of the picture, coloured by tags. */
export function mermaidOf(root: AnyStateNode): string {
  return ["stateDiagram-v2", "  direction TB", ...draw(root, "  "), ...colours(root)].join("\n")
}
