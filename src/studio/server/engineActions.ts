/**
 * What a person does to an engine from the studio: each with a note in the audit that says what, who and why. An action that
 * would change nothing is refused, because nothing would be recorded of it.
 */
import { presetOf } from "../../control/guardrails.ts"
import { AuditError, EngineStateError, NoBaselineError } from "../../domain/errors.ts"
import type { Command } from "../../engine/commands.ts"
import type { EngineCore } from "../../engine/EngineCore.ts"
import { type Action, ACTIONS, isPauseNote } from "../protocol/actions.ts"
import { type ActionRequest, GUARDRAIL_PRESETS, MOST_NAME, MOST_REASON } from "../protocol/protocol.ts"
import { conflict, Refusal } from "./refusal.ts"

/** Actions this build can do on a running engine. */
export const DOABLE: ReadonlyArray<Action> = ACTIONS

/** The body of a request, checked; a Refusal names everything that is wrong with it. */
export function actionRequestOf(body: unknown): ActionRequest {
  const problems: Array<string> = []
  const given = (typeof body === "object" && body !== null ? body : {}) as Readonly<Record<string, unknown>>
  const { engine, action, preset } = given
  const known = ACTIONS.find((word) => word === action)
  if (known === undefined) problems.push(`action must be one of ${ACTIONS.join(", ")}.`)
  if (typeof engine !== "string") problems.push("engine must be the id of an engine.")
  const chosen = GUARDRAIL_PRESETS.find((name) => name === preset)
  if (known === "guardrails" && chosen === undefined)
    problems.push(`preset must be one of ${GUARDRAIL_PRESETS.join(", ")}.`)
  const why = reasonOf(given, problems)
  if (problems.length > 0) throw new Refusal("badRequest", problems.join(" "))
  return {
    engine: engine as string,
    action: known as Action,
    ...why,
    ...(known === "guardrails" && chosen !== undefined ? { preset: chosen } : {}),
  }
}

/** What every action says: why, who, and that a person was asked. What is wrong with it is added to `problems`. */
export function reasonOf(
  given: Readonly<Record<string, unknown>>,
  problems: Array<string>,
): Pick<ActionRequest, "reason" | "by" | "confirm"> {
  const { reason, by, confirm } = given
  if (typeof reason !== "string" || oneLine(reason) === "")
    problems.push("reason must be a text that says why.")
  else if (reason.length > MOST_REASON) problems.push(`reason must be at most ${MOST_REASON} characters.`)
  if (by !== undefined && (typeof by !== "string" || by.length > MOST_NAME)) {
    problems.push(`by must be a name of at most ${MOST_NAME} characters.`)
  }
  if (confirm !== true) problems.push("confirm must be true: ask before acting.")
  return {
    reason: typeof reason === "string" ? oneLine(reason) : "",
    confirm: true,
    ...(typeof by === "string" && oneLine(by) !== "" ? { by: oneLine(by) } : {}),
  }
}

/** What stands in the audit. `who`: how the person was identified; the name is what they say it is. */
export const noteOf = (
  {
    action,
    preset,
    by,
    reason,
  }: Pick<ActionRequest, "preset" | "by" | "reason"> & { readonly action: string },
  who: string,
): string => {
  const what = preset === undefined ? action : `${action} ${preset}`
  return `${what} by ${by ?? "somebody"} (studio, ${who}): ${reason}`
}

/** Control characters and line ends have no place in an audit. */
const oneLine = (text: string): string =>
  Array.from(text, (character) => (isControl(character) ? " " : character))
    .join("")
    .trim()

const isControl = (character: string): boolean => {
  const code = character.codePointAt(0) ?? 0
  return code < 0x20 || (code >= 0x7f && code < 0xa0)
}

/**
 * Does it; returns the note.
 *
 * @param who how the person was identified: "token" or "no token"
 */
export function engineAct(core: EngineCore, request: ActionRequest, who: string): string {
  const note = noteOf(request, who)
  const command = commandOf(core, request, note)
  try {
    core.calls.attempt(() => core.send(command))
  } catch (error) {
    if ([AuditError, EngineStateError, NoBaselineError].some((one) => error instanceof one)) {
      throw conflict((error as Error).message)
    }
    throw error
  }
  return note
}

/** The command that an action is. Refusals come before it: within a call of the engine's they would be taken for its fault. */
function commandOf(core: EngineCore, { action, preset }: ActionRequest, note: string): Command {
  const open = core.snapshot().safeMode
  switch (action) {
    case "trip":
    case "pause":
      if (open?.reason === "manualTrigger") throw conflict("SafeMode is already open by hand.")
      if (action === "pause" && open !== null) throw conflict(`SafeMode is already open: ${open.reason}.`)
      return { type: "trip", note }
    case "reset":
      if (open === null) throw conflict("SafeMode is not open.")
      return { type: "reset", note }
    case "resume":
      if (open === null) throw conflict("The engine is not paused.")
      if (open.reason !== "manualTrigger" || !isPaused(core)) {
        throw conflict(
          `SafeMode is open for another reason than a pause: ${open.reason}. A reset acknowledges it.`,
        )
      }
      return { type: "reset", note }
    case "rollback":
    case "setBaseline":
      return { type: action, note }
    case "guardrails":
      if (preset === undefined || presetOf(core.hot.executor.policy) === preset)
        throw conflict(`The ${preset ?? "same"} guardrails are in force already.`)
      return { type: "setGuardrails", guardrails: preset, note }
    case "stopMeta": {
      const { meta } = core.snapshot()
      if (meta === null) throw conflict("This engine has no meta level.")
      if (meta.phase === "stopped") throw conflict("The meta level is stopped already.")
      return { type: "stopMeta", note }
    }
  }
}

/** The last opening of SafeMode was a pause. */
function isPaused(core: EngineCore): boolean {
  const last = core.trail.records().findLast(({ kind }) => kind === "safeModeEntered")
  return isPauseNote(last?.note)
}
