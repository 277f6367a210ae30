/** What a person asks of a growing host from the studio. Each has its reason; gates and rules decide as for everybody else. */
import { GrowthError } from "../../domain/GrowthError.ts"
import type { GerminateRequest } from "../../morph/growth/GrowthBoundary.ts"
import { GROWTH_ACTIONS, type GrowthActionRequest } from "../protocol/growthProtocol.ts"
import { noteOf, reasonOf } from "./engineActions.ts"
import { conflict, Refusal } from "./refusal.ts"

interface Because {
  readonly why: string
}

/** The commands of a growing host. A call that is refused is a `GrowthError`, and changes nothing. */
export interface GrowthSteering {
  germinate(socket: string, request: GerminateRequest): Promise<void>
  cull(socket: string, because: Because): Promise<void>
  fossilize(socket: string, because: Because): Promise<void>
  rollback(because: Because): Promise<number>
  pause(because: Because): Promise<void>
  resume(because: Because): Promise<void>
  adjust(change: Because & { readonly rate: number }): Promise<void>
  reset(because: Because): Promise<void>
}

/** The body of a request, checked; a Refusal names everything that is wrong with it. */
export function growthRequestOf(body: unknown): GrowthActionRequest {
  const given = (typeof body === "object" && body !== null ? body : {}) as Readonly<Record<string, unknown>>
  const { growth, action, socket, blueprint, rate } = given
  const problems: Array<string> = []
  const known = GROWTH_ACTIONS.find((word) => word === action)
  if (known === undefined) problems.push(`action must be one of ${GROWTH_ACTIONS.join(", ")}.`)
  if (typeof growth !== "string") problems.push("growth must be the id of a growing host.")
  const ofSocket = known === "germinate" || known === "cull" || known === "fossilize"
  if (ofSocket && typeof socket !== "string") problems.push("socket must be the name of a socket.")
  if (known === "germinate" && typeof blueprint !== "string")
    problems.push("blueprint must be the name of a blueprint.")
  if (known === "adjust" && typeof rate !== "number") problems.push("rate must be a learning rate, a number.")
  const why = reasonOf(given, problems)
  if (problems.length > 0) throw new Refusal("badRequest", problems.join(" "))
  return {
    growth: growth as string,
    action: known as GrowthActionRequest["action"],
    ...(ofSocket ? { socket: socket as string } : {}),
    ...(known === "germinate" ? { blueprint: blueprint as string } : {}),
    ...(known === "adjust" ? { rate: rate as number } : {}),
    ...why,
  }
}

/**
 * Asks for it; returns the note.
 *
 * @param who how the person was identified: "token" or "no token"
 */
export async function growthAct(
  steering: GrowthSteering,
  request: GrowthActionRequest,
  who: string,
): Promise<string> {
  const { action, socket = "", blueprint = "", rate, by, reason } = request
  const what = rate === undefined ? [blueprint, socket] : [`rate to ${rate}`]
  const asked = [action, ...what].filter((part) => part !== "").join(" ")
  const note = noteOf({ action: asked, reason, ...(by === undefined ? {} : { by }) }, who)
  const because = { why: note }
  try {
    if (action === "germinate") await steering.germinate(socket, { blueprint, why: note })
    else if (action === "cull" || action === "fossilize") await steering[action](socket, because)
    else if (action === "adjust") await steering.adjust({ rate: rate ?? Number.NaN, why: note })
    else await steering[action](because)
  } catch (error) {
    if (!(error instanceof GrowthError)) throw error
    const told = error.problems.map(({ message, suggestion = "" }) => `${message} ${suggestion}`.trimEnd())
    throw conflict(told.join(" "))
  }
  return note
}
