/**
 * Steering: what a person may ask of the engine, each with what it does in plain words, a reason, and a confirmation. Nothing
 * is sent before both are given; what was said stands in the audit.
 */
import { type Action, isPauseNote } from "../../protocol/actions.ts"
import { type ActionRequest, type GuardrailPreset, MOST_NAME, MOST_REASON } from "../../protocol/protocol.ts"
import { api, told } from "../core/api.ts"
import { h } from "../core/dom.ts"
import { capital } from "../core/format.ts"
import type { Model } from "../core/Model.ts"
import { remember, remembered } from "../core/theme.ts"
import { toast } from "./announce.ts"
import { openDialog } from "./dialog.ts"

const NAME_KEY = "arqon.name"

export interface Steer {
  readonly action: Action
  readonly name: string
  readonly effect: string
  readonly danger: boolean
}

export const STEERING: ReadonlyArray<Steer> = [
  {
    action: "trip",
    name: "Trip SafeMode",
    effect:
      "Opens SafeMode now: the plant returns to its base and nothing is proposed until somebody resets it.",
    danger: true,
  },
  {
    action: "reset",
    name: "Reset SafeMode",
    effect:
      "Acknowledges the reason and closes SafeMode, whatever opened it. Tuning continues from the current configuration.",
    danger: false,
  },
  {
    action: "rollback",
    name: "Roll back",
    effect:
      "Restores the baseline, bit for bit, as configuration and base. Tuning resumes after the cooldown.",
    danger: true,
  },
  {
    action: "setBaseline",
    name: "Set baseline",
    effect: "Makes the current base the configuration that every rollback returns to.",
    danger: false,
  },
  {
    action: "pause",
    name: "Pause tuning",
    effect: "Keeps the plant on its base until you resume. This is a normal pause, not an emergency.",
    danger: false,
  },
  {
    action: "resume",
    name: "Resume tuning",
    effect: "Ends a pause. SafeMode that opened for any other reason stays open.",
    danger: false,
  },
  {
    action: "guardrails",
    name: "Change guardrails",
    effect:
      "Switches to another preset of limits. Spent budgets stay spent, a perturbation ends, and the engine continues with what it knows.",
    danger: false,
  },
  {
    action: "stopMeta",
    name: "Stop the meta level",
    effect:
      "Takes every gain back to its configured value and stops the meta level for good. Tuning continues.",
    danger: false,
  },
]

/** Whether an action makes sense now: null, or why not. */
export function hindrance(model: Model, action: Action): string | null {
  const { value: session } = model.session
  const { value: engine } = model.engine
  const { value: snapshot } = model.snapshot
  if (session === null || engine === null) return "No engine is shown."
  if (engine.source === "recorded") return "A recorded run cannot be steered."
  if (!model.steerable) return "This studio is read-only."
  if (!session.capabilities.actions.includes(action)) return "This server does not support it."
  if (model.connection.value.state === "lost") return "Connection lost."
  if (snapshot === null) return "The engine has not reported yet."
  if (snapshot.status !== "running") return "The engine is not running."
  const open = snapshot.safeMode !== null
  const byHand = snapshot.safeMode?.reason === "manualTrigger"
  if (action === "trip" && byHand) return "SafeMode is already open by hand."
  if (action === "reset" && !open) return "SafeMode is not open."
  if (action === "resume" && !(byHand && pausedBy(model))) return "Tuning is not paused."
  if (action === "pause" && open) return "SafeMode is already open."
  if (action === "rollback" && snapshot.baseline === null) return "There is no baseline yet."
  if (action === "stopMeta" && snapshot.meta === null) return "There is no meta level."
  if (action === "stopMeta" && snapshot.meta?.phase === "stopped") return "The meta level is stopped already."
  if (action === "guardrails" && session.capabilities.presets.length === 0)
    return "The preset cannot be changed while this engine runs."
  return null
}

/** Whether it was a pause that opened SafeMode last: its note says so. Where the record is not at hand, the server knows. */
function pausedBy(model: Model): boolean {
  const opened = model.records.value.find(({ kind }) => kind === "safeModeEntered")
  return opened === undefined || isPauseNote(opened.note)
}

/** Asks for confirmation and a reason, then asks the server. */
export function steer(model: Model, { action, name, effect, danger }: Steer): void {
  const engine = model.engine.value
  const why = hindrance(model, action)
  if (engine === null || why !== null) {
    toast(`${name}: ${why ?? "no engine is shown."}`, "trip")
    return
  }
  const preset = action === "guardrails" ? presetField(model) : null
  askWhy({ name, effect, danger, more: preset?.element ?? null }, async (said) => {
    const wanted = preset === null ? {} : { preset: preset.value() }
    const result = await api.act({ engine: engine.id, action, ...said, ...wanted })
    model.snapshot.set(result.snapshot)
    if (action === "guardrails") void model.refresh()
  })
}

/** What a person says to an action. */
export type Said = Pick<ActionRequest, "reason" | "by" | "confirm">

export interface Question {
  readonly name: string
  readonly effect: string
  readonly danger: boolean
  /** A field of its own; null for none. */
  readonly more: HTMLElement | null
  /** Whether the answer must have a name. */
  readonly signed?: boolean
}

/** A dialog that says what will happen and asks why; `send` is called with the answer, and what it refuses is shown. */
export function askWhy(
  { name, effect, danger, more, signed = false }: Question,
  send: (said: Said) => Promise<void>,
): void {
  const reason = h("textarea", { class: "input", name: "reason", required: true, maxlength: MOST_REASON })
  const by = h("input", { class: "input", name: "by", maxlength: MOST_NAME, autocomplete: "name" })
  by.value = remembered(NAME_KEY) ?? ""
  const error = h("p", { class: "error", role: "alert" })
  const confirm = h(
    "button",
    { class: "button", type: "submit", "data-kind": danger ? "danger-full" : "primary" },
    name,
  )
  const form = h(
    "form",
    { class: "dialog-form", novalidate: true },
    h("p", { class: "soft" }, effect),
    more,
    h("label", { class: "field" }, `Reason (${signed ? "kept with it" : "goes into the audit"})`, reason),
    h("label", { class: "field" }, signed ? "Your name" : "Your name (optional)", by),
    error,
    h(
      "div",
      { class: "buttons" },
      h("button", { class: "button", type: "button", click: () => dialog.close() }, "Cancel"),
      confirm,
    ),
  )
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    const who = by.value.trim()
    const lacks = (field: HTMLElement, text: string): void => {
      error.textContent = text
      field.setAttribute("aria-invalid", "true")
      field.focus()
    }
    if (reason.value.trim() === "") return lacks(reason, "Give a reason: a word or two is enough.")
    if (signed && who === "") return lacks(by, "Give your name: it stands beside the answer.")
    remember(NAME_KEY, who)
    confirm.disabled = true
    send({ reason: reason.value.trim(), confirm: true, ...(who === "" ? {} : { by: who }) }).then(
      () => {
        dialog.close()
        toast(`${name}: done.`)
      },
      (failure: unknown) => {
        confirm.disabled = false
        error.textContent = told(failure)
      },
    )
  })
  const dialog = openDialog(`${name}?`, "", form)
  reason.focus()
}

function presetField(model: Model): { readonly element: HTMLElement; readonly value: () => GuardrailPreset } {
  const presets = model.session.value?.capabilities.presets ?? []
  const now = model.snapshot.value?.guardrails.preset
  const select = h(
    "select",
    { class: "input", name: "preset" },
    // What is in force already is no change.
    ...presets.filter((name) => name !== now).map((name) => h("option", { value: name }, capital(name))),
  )
  return {
    element: h("label", { class: "field" }, "Preset", select),
    value: () => select.value as GuardrailPreset,
  }
}
