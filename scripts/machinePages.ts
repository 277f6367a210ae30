/**
 * A statechart as a page: a Mermaid state diagram with the moves between states, then a table with everything each state
 * answers, the answers that change no state included. The picture leaves those out, or it would be all loops.
 */
import type { AnyStateNode } from "xstate"
import { closingProofMachine } from "../machines/closingProof.machine.ts"
import { engineMachine } from "../machines/engine.machine.ts"
import { relocationMachine } from "../machines/relocation.machine.ts"
import { safeModeMachine } from "../machines/safeMode.machine.ts"
import { solverMachine } from "../machines/solver.machine.ts"
import { spsaCycleMachine } from "../machines/spsaCycle.machine.ts"
import { variantMachine } from "../machines/variant.machine.ts"
import {
  childrenOf,
  eventName,
  guardOf,
  mermaidOf,
  named,
  targetOf,
  transitionsOf,
  words,
} from "../src/studio/server/mermaid.ts"

export interface Page {
  readonly file: string
  readonly text: string
}

interface Chart {
  readonly file: string
  readonly title: string
  readonly intro: string
  /** What the colours of the picture mean. */
  readonly colours: string
  readonly root: AnyStateNode
}

const TUNING_COLOURS =
  "Green states are live: proposals may be under way. Amber states are safe: nothing is proposed."

const charts: ReadonlyArray<Chart> = [
  {
    file: "engine.md",
    title: "engineMachine",
    intro: `The engine spawns its actors and wires them. The hot path and the latch live as long as the engine; the SPSA cycle, the
telemetry actor and the relocation live while it runs.

| child | logic | what it is for |
|---|---|---|
| \`hotPath\` | \`hotPathLogic\` | Tier 1: the only one that can change the live configuration |
| \`latch\` | [\`safeModeMachine\`](safeMode.md) | decides how long SafeMode stays open |
| \`cycle\` | [\`spsaCycleMachine\`](spsaCycle.md) | Tier 2: proposes, and can do nothing else |
| \`telemetry\` | \`hotTelemetry\`, replaceable | turns digests into one event per window |
| \`relocation\` | [\`relocationMachine\`](relocation.md) | Tier 2, where asked for: takes the base to places known before |
| \`proof\` | [\`closingProofMachine\`](closingProof.md) | Tier 2, before a stop that asks for it: measures base and baseline by turns |

What one window leads to, and what a trip does:

\`\`\`mermaid
sequenceDiagram
  participant telemetry
  participant engine
  participant cycle
  participant hotPath
  participant latch
  Note over telemetry: digests never become events
  telemetry->>engine: window
  engine->>cycle: window
  cycle->>hotPath: proposal
  hotPath-->>cycle: applied or refused
  cycle->>engine: cycle completed
  Note over engine: a trip, from a child or a person
  engine->>hotPath: open latch, return to base or roll back
  engine->>latch: trip
  engine->>cycle: freeze
  latch->>engine: latched until a time, a person or a drain
  latch->>engine: unlatched
  engine->>hotPath: close latch
  hotPath-->>engine: plant settled
  engine->>cycle: resume
\`\`\``,
    colours: TUNING_COLOURS,
    root: engineMachine.root,
  },
  {
    file: "spsaCycle.md",
    title: "spsaCycleMachine",
    intro: `One cycle reads the plant on both sides of its base and then moves the base. The drawn signs say which side comes
first, so that slow drift of the plant does not lean on the slope: from \`ready\` the cycle goes round one way or the other.`,
    colours: TUNING_COLOURS,
    root: spsaCycleMachine.root,
  },
  {
    file: "relocation.md",
    title: "relocationMachine",
    intro: `Takes the base to a place known before: to the configuration of a regime that came back, or to that of a variant. It
proposes like the cycle, which stands still meanwhile, and is there only in engines with \`homeostasis\` or \`variants\`.

| said to the parent | |
|---|---|
| \`relocationWanted\` | let the cycle stand still and the plant return to its base; \`begin\` is the answer |
| \`relocationNoted\`, \`regimeNoted\` | a decision that no proposal carries, with its numbers, for the audit |
| \`variantChosen\` | another variant is live, and why |
| \`relocationOver\` | the cycle goes on from where the base is |
| \`trip\` | three silent windows or refusals in a row |`,
    colours:
      "Green states are live: proposals may be under way. Amber: nothing is proposed by this actor, the cycle works.",
    root: relocationMachine.root,
  },
  {
    file: "closingProof.md",
    title: "closingProofMachine",
    intro: `Before a stop that asks for it the plant runs on its base and on its baseline by turns, a window each. The output of this actor is
what was read; the engine then leaves the plant on its base, or rolls back to the baseline.`,
    colours: TUNING_COLOURS,
    root: closingProofMachine.root,
  },
  {
    file: "safeMode.md",
    title: "safeModeMachine",
    intro: `A latch. Each trip reason demands its own way out; while it is open a second trip can only make leaving harder. The
deadline is a time in the context, compared with the time that events bring: a restored latch is open until the same time.`,
    colours: TUNING_COLOURS,
    root: safeModeMachine.root,
  },
  {
    file: "solver.md",
    title: "solverMachine",
    intro: `The offline search as an actor. Workers ask and tell with \`replyTo: self\`; whoever gives no address hears the answers
with \`actor.on\`. The machine decides nothing that the solver does not: one \`tell\` may be the last of several phases of a
short run, and then it passes through each of them all the same.

| sent | answered | |
|---|---|---|
| \`ask {n?, replyTo?}\` | \`asked {trials, phase}\` | \`trials\` is null when there is nothing more to ask for |
| \`tell {results, replyTo?}\` | \`told {report, phase}\` | late, partial, repeated, failed: as \`tell\` of a solver |
| \`seed {history, replyTo?}\` | \`told {report, phase}\` | what was known before; not in the budget |
| what cannot be taken | \`rejected {message, problems}\` | nothing has changed |
| \`stop\` | | the run ends where it stands |

To its parent, and to listeners, it says \`phaseBegan\` and \`classified\`; its output holds the best point and the artifact. The
context shows phase, counts, best point and classification. A persisted solver (\`persist\`, \`revive\`) asks for the very
points that the old one would have asked for; \`pendingTrials\` are those that were out. After \`done\` nothing is answered any
more: the reply to the last \`tell\` says \`phase: "done"\`.`,
    colours: "Green states are live: trials may be out. Amber states are safe: the run is over.",
    root: solverMachine.root,
  },
  {
    file: "variant.md",
    title: "variantMachine",
    intro: `One actor is one variant. Every event says \`by\` whom, \`why\` and \`atUs\`. An accepted one leaves its transition in
\`context.last\` (who, when, why, from, to, evidence) and emits \`moved\`; a refused one changes nothing but \`context.refusal\`, a list
of all that is missing, and emits \`refused\`.

| step | demands, besides who and why |
|---|---|
| \`revise\` | nothing; the evidence so far becomes void, and who revises becomes an author |
| \`evaluate\` | evidence of finite numbers. Evidence of a broken constraint takes an approval away |
| \`approve\` | evidence of three readings or more, no broken constraint in any; constraints and a rollback plan; somebody who wrote no part of it |
| \`promote\` | an approval that would be given again now. The approver may promote |
| \`sendBack\`, \`withdraw\`, \`demote\`, \`archive\` | nothing: away from the plant is always possible |`,
    colours: "Green states are live: the variant is selectable online. Amber states are safe: it is not.",
    root: variantMachine.root,
  },
]

function parameter(action: unknown): string {
  if (typeof action !== "object" || action === null || !("params" in action)) return ""
  const { params } = action
  return typeof params === "object" && params !== null ? Object.values(params).map(String).join(", ") : ""
}

const code = (text: string): string => (text === "" ? "" : `\`${text}\``)

/** Consecutive transitions that differ only in their guards stay apart: the order is part of the meaning. */
function rows(node: AnyStateNode): ReadonlyArray<string> {
  return transitionsOf(node).map((transition) => {
    const does = transition.actions
      .map((action) => [named(action), parameter(action)])
      .map(([name, params]) => code(params === "" ? name : `${name}(${params})`))
      .join(", ")
    const target = targetOf(transition)
    const to = target === undefined ? "" : target === node ? "begins anew" : words(target.key)
    const on = eventName(transition.eventType)
    const nothing = does === "" && to === ""
    return `| ${on === "" ? "at once" : on} | ${guardOf(transition)} | ${nothing ? "nothing changes" : does} | ${to} |`
  })
}

function tell(node: AnyStateNode, depth: number): ReadonlyArray<string> {
  const entry = node.entry.map((action) => code(named(action))).join(", ")
  const lines: Array<string> = []
  if (node.parent !== undefined) {
    lines.push(`${"#".repeat(depth)} ${words(node.key)}`, "", node.description ?? "", "")
    if (entry !== "") lines.push(`On entry: ${entry}.`, "")
  }
  const answers = [...rows(node), ...ignored(node)]
  if (answers.length > 0) lines.push("| on | if | does | goes to |", "|---|---|---|---|", ...answers, "")
  for (const child of childrenOf(node)) lines.push(...tell(child, depth + 1))
  return lines
}

/** Events a state names only to say that they change nothing; XState keeps no transition for those. */
function ignored(node: AnyStateNode): ReadonlyArray<string> {
  const on: Record<string, unknown> = node.config.on ?? {}
  const names = Object.keys(on).filter((type) => !node.transitions.get(type)?.length)
  return names.map((type) => `| ${eventName(type)} |  | nothing changes |  |`)
}

function page(chart: Chart): Page {
  const { root } = chart
  const text = [
    `# ${chart.title}`,
    "",
    "<!-- Generated from machines/ by `npm run docs`. Change the machine, not this page. -->",
    "",
    root.description ?? "",
    "",
    chart.intro,
    "",
    "```mermaid",
    mermaidOf(root),
    "```",
    "",
    chart.colours,
    "",
    "## States",
    "",
    ...tell(root, 2),
  ]
  return { file: chart.file, text: `${text.join("\n").trimEnd()}\n` }
}

export function machinePages(): ReadonlyArray<Page> {
  return charts.map(page)
}
