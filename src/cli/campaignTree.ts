/** `arqon campaign ...`: its flags and examples. What the commands do stands in campaignCommands.ts. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import type * as Effect from "effect/Effect"
import type { Action } from "./action.ts"
import type { CampaignCommand } from "./campaignCommands.ts"
import { evidence, file, gateway, option, text } from "./flags.ts"

const name = Argument.String("name").pipe(
  Argument.withMetavar("<name>"),
  Argument.withDescription("The campaign"),
)
const json = option("json", "Print one JSON object")
const signed = {
  ...gateway,
  name,
  by: text("by", "<person>", "Your name; the proposer of a candidate cannot approve it"),
  why: text("why", "<reason>", "The reason, kept with the step"),
  json,
}

const PLAIN: ReadonlyArray<readonly [CampaignCommand, string]> = [
  ["approve", "Approve a candidate: canaries try it, and all replicas follow if it is no worse"],
  ["reject", "End a campaign before its candidate is tried"],
  ["cancel", "End a campaign in any state; returns once it has ended"],
]

export function campaignTree(doing: (action: Action) => Effect.Effect<void>) {
  const load = () => import("./campaignCommands.ts")

  const list = Command.make("list", { ...gateway, json }, (flags) =>
    doing(async () => (await load()).listCommand(flags)),
  ).pipe(
    Command.withDescription("List the campaigns with their state"),
    Command.withExamples([{ command: "arqon campaign list" }]),
  )

  const show = Command.make("show", { ...gateway, name, json }, (flags) =>
    doing(async () => (await load()).showCommand(flags)),
  ).pipe(
    Command.withDescription("Print one campaign: state, candidate, evidence, steps taken, what is missing"),
    Command.withExamples([{ command: "arqon campaign show nightly" }]),
  )

  const start = Command.make(
    "start",
    {
      ...gateway,
      campaign: file("campaign", "Its options as JSON: name, tuner, study, by, why"),
      json,
    },
    (flags) => doing(async () => (await load()).startCommand(flags)),
  ).pipe(
    Command.withDescription("Start a campaign: approve, try and roll out what a study recommends"),
    Command.withExamples([{ command: "arqon campaign start --campaign nightly.json" }]),
  )

  const evaluate = Command.make(
    "evaluate",
    {
      ...signed,
      evidence,
    },
    (flags) => doing(async () => (await load()).evaluateCommand(flags)),
  ).pipe(
    Command.withDescription("Add a measurement of the candidate, while it waits for a person"),
    Command.withExamples([
      {
        command: "arqon campaign evaluate nightly --evidence monday.json --by ada --why measured",
      },
    ]),
  )

  const plain = PLAIN.map(([command, description]) =>
    Command.make(command, signed, (flags) =>
      doing(async () => (await load()).stepCommand(command, flags)),
    ).pipe(
      Command.withDescription(description),
      Command.withExamples([
        { command: `arqon campaign ${command} nightly --by bob --why "evidence is sound"` },
      ]),
    ),
  )

  return Command.make("campaign").pipe(
    Command.withDescription("From a study to all replicas, with a person's approval"),
    Command.withSubcommands([list, show, start, evaluate, ...plain]),
  )
}
