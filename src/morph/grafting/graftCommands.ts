/**
 * Commands to a graft. They request and move nothing: one stands until a boundary carries it out, a gate refuses it, or it is cancelled.
 * What does not fit is refused by name and changes nothing but `refusal`.
 */
import type { Problem } from "../../domain/errors.ts"
import { NO_EVIDENCE } from "./evidence.ts"
import type { Asked, GraftLife } from "./GraftLife.ts"
import { type GraftCommand, plantingProblems } from "./graftEvents.ts"
import { isLive, LIFE, rowOf } from "./transitions.ts"

/** The life after a command. */
export function asked(life: GraftLife, event: GraftCommand): GraftLife {
  const problems = lacks(life, event)
  if (problems.length > 0) return { ...life, refusal: problems }
  const taken: GraftLife = { ...life, refusal: null }
  const { conditions } = life
  switch (event.type) {
    case "pause":
      return { ...taken, conditions: { ...conditions, paused: event.why } }
    case "resume":
      return { ...taken, conditions: { ...conditions, paused: null } }
    case "terminate":
      return { ...taken, closing: true }
    case "cancel":
      return {
        ...taken,
        request: null,
        ...(life.state === "dormant" ? { planting: null, evidence: NO_EVIDENCE } : {}),
      }
    case "fineTune":
      return { ...taken, evidence: { ...NO_EVIDENCE, panics: life.evidence.panics, fineTuned: true } }
    default: {
      const request: Asked = { operation: event.type, why: event.why, by: event.by ?? null }
      return event.type === "germinate"
        ? { ...taken, request, planting: event.planting, evidence: NO_EVIDENCE, cause: null }
        : { ...taken, request }
    }
  }
}

const because = (path: string, message: string, suggestion?: string): ReadonlyArray<Problem> => [
  suggestion === undefined ? { path, message } : { path, message, suggestion },
]

/** All that stands against a command where the life is. */
function lacks(life: GraftLife, event: GraftCommand): ReadonlyArray<Problem> {
  const unsigned =
    typeof event.why === "string" && event.why.trim() !== "" ? [] : because("why", "is missing.", "Say why.")
  return [...unsigned, ...misfits(life, event)]
}

function misfits(life: GraftLife, event: GraftCommand): ReadonlyArray<Problem> {
  const { state, request, closing, conditions, planting, evidence, slot } = life
  const { type } = event
  const here = `the graft in ${JSON.stringify(slot)}`
  if (closing || state === "terminated")
    return because(type, `The socket ${JSON.stringify(slot)} is closed.`, "Use another socket.")
  if ("graft" in event && event.graft !== undefined && event.graft !== planting?.graft)
    return because(
      "graft",
      `${JSON.stringify(event.graft)} is not in ${JSON.stringify(slot)}.`,
      "It is gone, or was never there.",
    )
  if (type === "terminate") return []
  if (type === "cancel") return request === null ? because(type, `Nothing is asked of ${here}.`) : []
  if (type !== "germinate" && !isLive(state))
    return because(type, `Nothing is live in ${JSON.stringify(slot)}: it is ${state}.`, "Germinate first.")
  if (type === "pause") return conditions.paused === null ? [] : because(type, `${here} is paused already.`)
  if (type === "resume") return conditions.paused === null ? because(type, `${here} is not paused.`) : []
  if (type === "fineTune" && evidence.fineTuned)
    return because(type, "A probation is restarted only once.", "Fossilize or cull.")
  if (type === "fineTune") return state === "probationary" ? [] : wrongState(life, type, "probationary")
  if (request !== null)
    return type === "cull" && request.operation !== "cull"
      ? []
      : because(
          type,
          `${request.operation} is asked of ${here} already.`,
          "Cancel that first, or wait for the boundary.",
        )
  if (type === "germinate")
    return state === "dormant"
      ? plantingProblems(event.planting)
      : because(
          type,
          `A graft is in ${JSON.stringify(slot)} already: it is ${state}.`,
          "Use another socket, or wait until it is dormant.",
        )
  if (type === "cull" || rowOf(state).operation === type) return []
  return wrongState(life, type, LIFE.find(({ operation }) => operation === type)?.state ?? "live")
}

const wrongState = ({ state, slot }: GraftLife, type: string, where: string): ReadonlyArray<Problem> =>
  because(
    type,
    `The graft in ${JSON.stringify(slot)} is ${state}.`,
    `This command is for a graft that is ${where}.`,
  )
