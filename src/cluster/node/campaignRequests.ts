/** Requests at a gateway that are about campaigns: `/arqon/campaigns`, `/arqon/campaigns/NAME` and `/arqon/campaigns/NAME/COMMAND`. */
import type { IncomingMessage, ServerResponse } from "node:http"
import { attempt } from "../../domain/readInput.ts"
import { ConfigError, VariantError } from "../../domain/errors.ts"
import type { Evidence } from "../../domain/Variant.ts"
import { send } from "../../replica/httpReports.ts"
import { CampaignError } from "../campaign/CampaignError.ts"
import type { CampaignOptions } from "../campaign/campaignOptions.ts"
import type { CampaignStatus } from "../campaign/Campaigns.ts"
import { StudyError } from "../study/StudyError.ts"
import type { ClusterCampaign, ClusterCampaigns } from "./clusterCampaigns.ts"
import { bodyOf, type May, nameIn, refuse, unknownText } from "./requests.ts"

/** What requests about campaigns lead to. */
export interface CampaignsBehind {
  readonly campaigns: ClusterCampaigns
  readonly campaign: (name: string) => ClusterCampaign
}

const COMMANDS = ["approve", "reject", "cancel", "evaluate"] as const
const PATH = /^\/arqon\/campaigns(?:\/([^/]+)(?:\/([^/]+))?)?$/

export async function answerCampaign(
  behind: CampaignsBehind,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  may: May,
): Promise<void> {
  const [whole, named, command] = PATH.exec(path) ?? []
  const name = named === undefined ? null : nameIn(named)
  if (whole === undefined || (named !== undefined && name === null))
    return refuse(response, 404, "there is nothing at this address")
  const asks = request.method === "GET" && command === undefined
  const right = asks ? "read" : "steer"
  if (name === null) {
    // Those of all tuners.
    if (!may(null, right)) return
    if (asks) return send(response, 200, await behind.campaigns.list())
    if (request.method !== "POST")
      return refuse(response, 405, "campaigns are begun by POST, and read by GET")
    return told(request, response, path, (body) => behind.campaigns.start(body as CampaignOptions))
  }
  const campaign = behind.campaign(name)
  const found = await campaign.status().catch((cause: unknown) => {
    if (cause instanceof CampaignError) return null
    throw cause
  })
  // The right first: who may not look is not told which campaigns there are.
  if (!may(found === null ? null : { kind: "tuner", name: found.tuner }, right)) return
  if (found === null) return refuse(response, 404, "there is no campaign of this name")
  if (asks) return send(response, 200, found)
  if (command === undefined || request.method !== "POST")
    return refuse(response, 405, "commands are POST, everything else here is GET")
  if (!isCommand(command)) return refuse(response, 404, unknownText("command", command, COMMANDS))
  return told(request, response, path, (body) => {
    const { evidence, ...said } = body as {
      readonly by: string
      readonly why: string
      readonly evidence: Evidence
    }
    return command === "evaluate" ? campaign.evaluate(evidence, said) : campaign[command](said)
  })
}

const isCommand = (word: string): word is (typeof COMMANDS)[number] =>
  COMMANDS.some((known) => known === word)

/** Does what a body of JSON asks for; a refusal is answered with its problems. */
async function told(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  work: (body: unknown) => Promise<CampaignStatus>,
): Promise<void> {
  const text = await bodyOf(request, response, path)
  if (text === null) return
  const body = attempt(() => JSON.parse(text) as unknown)
  if (typeof body !== "object" || body === null || Array.isArray(body))
    return refuse(response, 400, "the body must be a JSON object")
  try {
    send(response, 200, await work(body))
  } catch (cause) {
    if (cause instanceof ConfigError) send(response, 400, refusal(cause))
    else if (cause instanceof StudyError)
      send(response, 400, { error: cause.message.replace(/\.$/, ""), problems: [] })
    else if (cause instanceof VariantError || cause instanceof CampaignError)
      send(response, 409, refusal(cause))
    else throw cause
  }
}

/** Without the full stop that who shows it sets. */
const refusal = ({ message, problems }: ConfigError | VariantError | CampaignError): object => ({
  error: message.split("\n")[0].replace(/[.:]$/, ""),
  problems,
})
