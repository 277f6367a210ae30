/**
 * A statechart as a page: a Mermaid state diagram with the moves between states, then a table with every event that each
 * state handles. The diagram leaves out events that change no state, or it would be full of loops.
 */
import type { AnyStateNode } from "xstate"
import { closingProofMachine } from "../machines/closingProof.machine.ts"
import { cohortMachine } from "../machines/cohort.machine.ts"
import { engineMachine } from "../machines/engine.machine.ts"
import { graftMachine } from "../machines/graft.machine.ts"
import { growthMachine } from "../machines/growth.machine.ts"
import { metaMachine } from "../machines/meta.machine.ts"
import { relocationMachine } from "../machines/relocation.machine.ts"
import { replicaMachine } from "../machines/replica.machine.ts"
import { runawayMachine } from "../machines/runaway.machine.ts"
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
import { gateTable, lifeTable } from "./graftTables.ts"
import { wrapped } from "./wrapped.ts"

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
    intro: `The engine spawns its actors and wires them. The hot path and the latch live as long as the engine; the guard, the SPSA
cycle, the telemetry actor and the relocation live while it runs.

| child | logic | what it is for |
|---|---|---|
| \`hotPath\` | \`hotPathLogic\` | Tier 1: the only one that can change the live configuration |
| \`latch\` | [\`safeModeMachine\`](safeMode.md) | decides how long SafeMode stays open |
| \`guard\` | [\`runawayMachine\`](runaway.md) | sees every window before the cycle, and asks for the baseline when the plant gets worse |
| \`cycle\` | [\`spsaCycleMachine\`](spsaCycle.md) | Tier 2: proposes, and can do nothing else |
| \`telemetry\` | \`hotTelemetry\`, replaceable | turns digests into one event per window |
| \`relocation\` | [\`relocationMachine\`](relocation.md) | Tier 2, optional: moves the base to known places |
| \`proof\` | [\`closingProofMachine\`](closingProof.md) | Tier 2, before a stop with \`prove\`: measures base and baseline in turn |

The effects of one window, and of a trip:

\`\`\`mermaid
sequenceDiagram
  participant telemetry
  participant engine
  participant guard
  participant cycle
  participant hotPath
  participant latch
  Note over telemetry: digests never become events
  telemetry->>engine: window
  engine->>guard: window on a probe or at rest
  guard->>cycle: window, while all is well
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
    intro: `One cycle reads the plant on both sides of its base and then moves the base. The drawn signs decide which side comes
first, so that slow drift of the plant does not bias the slope. From \`ready\` the cycle goes one way or the other.`,
    colours: TUNING_COLOURS,
    root: spsaCycleMachine.root,
  },
  {
    file: "relocation.md",
    title: "relocationMachine",
    intro: `The actor moves the base to a known place: the configuration of a regime that came back, or of a variant. It
proposes like the cycle, which pauses meanwhile. Only engines with \`homeostasis\` or \`variants\` have it.

| event to the parent | meaning |
|---|---|
| \`relocationWanted\` | pause the cycle and return the plant to its base; the engine replies with \`begin\` |
| \`relocationNoted\`, \`regimeNoted\` | a decision without a proposal, with its numbers, for the audit |
| \`variantChosen\` | another variant is live, and why |
| \`relocationOver\` | the cycle continues from where the base is |
| \`trip\` | three silent windows or refusals in a row |`,
    colours:
      "Green states are live: proposals may be under way. Amber: this actor proposes nothing, and the cycle runs.",
    root: relocationMachine.root,
  },
  {
    file: "closingProof.md",
    title: "closingProofMachine",
    intro: `Before a stop with \`prove\`, the plant runs on its base and on its baseline in turn, one window each. The actor's
output is the readings. The engine then leaves the plant on its base, or rolls back to the baseline.`,
    colours: TUNING_COLOURS,
    root: closingProofMachine.root,
  },
  {
    file: "graft.md",
    title: "graftMachine",
    intro: `Each actor is one socket of a host that grows. The chart, the table below and the tests are made from one list in
\`src/morph/grafting/transitions.ts\`. Commands (\`germinate\`, \`cull\`, \`fossilize\` and the others) request; a transition happens at a
\`boundary\`, at most one each, or at once on a \`fault\`. Degraded, paused and rolled back are conditions in the context, never states.

${lifeTable()}

Gates stand on the way out. Each passes, holds or fails: a missing number holds, one that is not finite fails, and a hold past its
deadline fails. A verdict carries every number with its bounds. These are the defaults:

${gateTable()}

The machine performs nothing. It emits, and sends to its parent, what the host has to do:

| \`act\` | the host |
|---|---|
| \`quarantine\`, \`plant\` | tries the blueprint on copies; reserves the slot and fetches the kernel |
| \`mode\` | leads values through the socket as \`host\`, \`branch\`, \`mixed\` (by alpha), \`shadow\` or \`whole\` |
| \`snapshot\`, \`restore\` | copies all that learns, on the way into the probation; puts it back on a cull from there |
| \`keep\` | makes the graft a permanent part of the host, and opens a socket at its output |
| \`remove\` | zeroes the slice and releases everything; asked again until G5 finds nothing left |`,
    colours:
      "Green states are live: a graft is in the socket. Amber states are safe: the host is as if nothing were planted.",
    root: graftMachine.root,
  },
  {
    file: "growth.md",
    title: "growthMachine",
    intro: `There is one actor for all sockets of a host. \`boundary\` says whether the last one was clean: on time, without a violation, a
panic or a late policy. It emits \`modeChanged\`, and sends it to its parent.

| emergency | leads to |
|---|---|
| \`notice\` | nothing, but the count of clean boundaries starts over |
| \`elevated\` | degraded; conservative if it was degraded already |
| \`conservative\` | conservative |
| \`halt\` | halted |

Degraded ends after 5 clean boundaries in a row. Conservative mode lasts at least 10 boundaries, and each alarm starts it over. Both
figures are a \`policy\` in the input.`,
    colours: "Green states are live: something may be planted. Amber states are safe: nothing is.",
    root: growthMachine.root,
  },
  {
    file: "meta.md",
    title: "metaMachine",
    intro: `The actor changes one gain of the tuning rule at a time and judges the change on the next block of cycles. It runs
beside an engine with \`meta\` and changes nothing itself: it emits \`metaMoved\` for each move, which is recorded and then
passed on to the cycle ([the meta level](../explanation/meta.md)).`,
    colours:
      "Green states are live: scores of cycles are counted. Amber: SafeMode is open, and nothing is judged.",
    root: metaMachine.root,
  },
  {
    file: "replica.md",
    title: "replicaMachine",
    intro: `One runs in every replica of a service ([replicas](../reference/replica.md)). It says what the replica may stand on:
what it was told, its base, or its baseline. The lease runs from when a request was sent, on the replica's own monotonic clock.`,
    colours: "Green is live: a perturbation may be in force. Amber states are safe: nothing is perturbed.",
    root: replicaMachine.root,
  },
  {
    file: "cohort.md",
    title: "cohortMachine",
    intro: `One runs in the owner of a tuner with many replicas ([replicas](../reference/replica.md)). A pair has one stage, or two
where sides change or replicas take turns. A stage closes when a quorum of each side has measured enough. Once \`windowUs\`
is over, two replicas on each side are enough.`,
    colours:
      "Green states are live: replicas may stand on both sides of a pair. Amber: nothing is tuned, and no pair is drawn.",
    root: cohortMachine.root,
  },
  {
    file: "runaway.md",
    title: "runawayMachine",
    intro: `The guard never moves the plant. It reports what should happen; the engine and Tier 1 carry it out. How it decides is
in [safe against being wrong](../explanation/safe-against-being-wrong.md).

| \`guardActed\` to the parent | meaning |
|---|---|
| \`retreat\` | open SafeMode and go to the baseline, to see whether it is better there |
| \`tryStart\` | the baseline did not help: go to the initial configuration |
| \`blame\`, \`blameStart\` | the tuned configuration was to blame: rest on the baseline, or on the start |
| \`world\` | nothing helps: back to where the plant was tuned, and nothing is blamed |
| \`release\` | the rest is over: tuning continues from here |
| \`promote\` | a long stay was better than the baseline: its mean configuration is the baseline now |`,
    colours:
      "Green states are live: the cycle gets every window. Amber states are safe: the plant stands still, and nothing is proposed.",
    root: runawayMachine.root,
  },
  {
    file: "safeMode.md",
    title: "safeModeMachine",
    intro: `Each trip reason demands its own exit. While the latch is open, a second trip can only make leaving harder. The
deadline is a time in the context, compared with the time in events: a restored latch is open until the same time.`,
    colours: TUNING_COLOURS,
    root: safeModeMachine.root,
  },
  {
    file: "solver.md",
    title: "solverMachine",
    intro: `This is the offline search as an actor. Workers ask and tell with \`replyTo: self\`; without an address, replies are
emitted and can be received with \`actor.on\`. All decisions are the solver's. In a short run one \`tell\` may end several
phases; the machine still passes through each of them.

| event | reply | |
|---|---|---|
| \`ask {n?, replyTo?}\` | \`asked {trials, phase}\` | \`trials\` is null when there is nothing more to ask for |
| \`tell {results, replyTo?}\` | \`told {report, phase}\` | late, partial, repeated, failed: as \`tell\` of a solver |
| \`seed {history, replyTo?}\` | \`told {report, phase}\` | earlier readings; not in the budget |
| anything invalid | \`rejected {message, problems}\` | nothing has changed |
| \`stop\` | | the run ends |

It sends \`phaseBegan\` and \`classified\` to its parent and to listeners. Its output holds the best point and the artifact. The
context has phase, counts, best point and classification. A persisted solver (\`persist\`, \`revive\`) asks for exactly the
points that the old one would have asked for; \`pendingTrials\` are the open ones. After \`done\` it does not reply any
more: the reply to the last \`tell\` has \`phase: "done"\`.`,
    colours: "Green states are live: trials may be out. Amber states are safe: the run is over.",
    root: solverMachine.root,
  },
  {
    file: "variant.md",
    title: "variantMachine",
    intro: `Each actor is one variant. Every event carries \`by\`, \`why\` and \`atUs\`. An accepted event leaves its transition in
\`context.last\` (who, when, why, from, to, evidence) and emits \`moved\`. A refused event changes only \`context.refusal\`, a
list of everything that is missing, and emits \`refused\`.

| step | requires, in addition to \`by\` and \`why\` |
|---|---|
| \`revise\` | nothing; earlier evidence becomes void, and \`by\` becomes an author |
| \`evaluate\` | evidence with finite numbers; a broken constraint revokes an approval |
| \`approve\` | see below |
| \`promote\` | an approval that would still be given now; the approver may promote |
| \`sendBack\`, \`withdraw\`, \`demote\`, \`archive\` | nothing: leaving the plant is always possible |

\`approve\` requires evidence of three readings or more without a broken constraint, declared constraints, a rollback plan,
and somebody who wrote no part of the content.`,
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

/** Consecutive transitions that differ only in their guards stay separate, because their order matters. */
function rows(node: AnyStateNode): ReadonlyArray<string> {
  return transitionsOf(node).map((transition) => {
    const does = transition.actions
      .map((action) => [named(action), parameter(action)])
      .map(([name, params]) => code(params === "" ? name : `${name}(${params})`))
      .join(", ")
    const target = targetOf(transition)
    const to = target === undefined ? "" : target === node ? "starts over" : words(target.key)
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

/** Events that a state declares only to ignore; XState keeps no transition for those. */
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
  return { file: chart.file, text: wrapped(`${text.join("\n").trimEnd()}\n`) }
}

export function machinePages(): ReadonlyArray<Page> {
  return charts.map(page)
}
