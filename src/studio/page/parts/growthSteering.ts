/** Steering a growing host: each command with what it asks for, why it cannot be now, a reason and a confirmation. */
import type {
  GrowthAction,
  GrowthEntry,
  GrowthFrame,
  GrowthSocket,
  GrowthStation,
} from "../../protocol/growthProtocol.ts"
import { api } from "../core/api.ts"
import type { Cell } from "../core/cell.ts"
import { h } from "../core/dom.ts"
import { icon } from "./icons.ts"
import { askWhy } from "./steering.ts"
import { openSteering, steerButton } from "./steerMenu.ts"

interface GrowthSteer {
  readonly action: GrowthAction
  readonly name: string
  readonly effect: string
  readonly danger: boolean
  /** The sockets that it can be asked for; null where it concerns the whole host. */
  readonly suits: ((socket: GrowthSocket) => boolean) | null
  /** What is said where there is no such socket. */
  readonly nowhere: string
}

const LIVE: ReadonlyArray<GrowthSocket["state"]> = [
  "germinated",
  "training",
  "blending",
  "shadowing",
  "probationary",
]

const STEERING: ReadonlyArray<GrowthSteer> = [
  {
    action: "germinate",
    name: "Plant a block",
    effect: "Tries a block in quarantine now. The next boundary decides whether it is planted.",
    danger: false,
    suits: ({ state }) => state === "dormant",
    nowhere: "No socket is free.",
  },
  {
    action: "cull",
    name: "Cull a graft",
    effect: "Takes a graft out at the next boundary. The host is then as if it had never been planted.",
    danger: true,
    suits: ({ state }) => LIVE.includes(state),
    nowhere: "Nothing is planted.",
  },
  {
    action: "fossilize",
    name: "Keep a graft",
    effect: "Asks that a graft on probation becomes part of the host. Gate G4 decides.",
    danger: false,
    suits: ({ state }) => state === "probationary",
    nowhere: "No graft is on probation.",
  },
  {
    action: "adjust",
    name: "Change the learning rate",
    effect: "Sets the host's learning rate from the next step on. A graft keeps its share of it.",
    danger: false,
    suits: null,
    nowhere: "",
  },
  {
    action: "rollback",
    name: "Roll back",
    effect: "Puts the host back on the last good boundary.",
    danger: true,
    suits: null,
    nowhere: "",
  },
  {
    action: "pause",
    name: "Pause growing",
    effect: "Holds every graft where it is, and asks no policy. Training continues.",
    danger: false,
    suits: null,
    nowhere: "",
  },
  {
    action: "resume",
    name: "Resume growing",
    effect: "Ends a pause.",
    danger: false,
    suits: null,
    nowhere: "",
  },
  {
    action: "reset",
    name: "Continue after a halt",
    effect: "Lets a halted host train again. Look first at what halted it: the events say so.",
    danger: true,
    suits: null,
    nowhere: "",
  },
]

const isSocket = (station: GrowthStation): station is GrowthSocket => station.kind === "socket"

/** `latest`: the host as it is, whichever boundary is shown. */
export function growthSteering(
  entry: GrowthEntry,
  latest: Cell<GrowthFrame | null>,
  ended: Cell<boolean>,
  done: () => void,
): HTMLElement {
  const suitable = ({ suits }: GrowthSteer): ReadonlyArray<GrowthSocket> =>
    suits === null ? [] : (latest.value?.stations ?? []).filter(isSocket).filter(suits)
  const hindrance = (one: GrowthSteer): string | null => {
    if (ended.value) return "The run is over."
    return one.suits !== null && suitable(one).length === 0 ? one.nowhere : null
  }
  const ask = (one: GrowthSteer): void => {
    const { action, name, effect, danger } = one
    const socket =
      one.suits === null
        ? null
        : choice(
            "Socket",
            suitable(one).map((found) => found.name),
          )
    const blueprint = action === "germinate" ? choice("Block", entry.blueprints) : null
    const rate = action === "adjust" ? rateField() : null
    const fields = [socket, blueprint, rate].flatMap((one) => (one === null ? [] : [one.element]))
    const more = fields.length === 0 ? null : h("div", {}, ...fields)
    askWhy({ name, effect, danger, more }, async (said) => {
      const where = socket === null ? {} : { socket: socket.value() }
      const what = blueprint === null ? {} : { blueprint: blueprint.value() }
      const much = rate === null ? {} : { rate: rate.value() }
      await api.actOnGrowth({ growth: entry.id, action, ...where, ...what, ...much, ...said })
      done()
    })
  }
  if (entry.actions.length === 0)
    return h("span", { class: "small soft read-only" }, icon("lock"), "Nothing can be changed from here.")
  return steerButton(() =>
    openSteering(
      STEERING.map((one) => ({ ...one, hindrance: () => hindrance(one), run: () => ask(one) })),
      [latest, ended],
    ),
  )
}

function choice(label: string, names: ReadonlyArray<string>) {
  const select = h("select", { class: "input" }, ...names.map((name) => h("option", { value: name }, name)))
  return { element: h("label", { class: "field" }, label, select), value: () => select.value }
}

function rateField() {
  const input = h("input", {
    class: "input",
    type: "number",
    min: 0,
    step: "any",
    value: "0.01",
    inputmode: "decimal",
  })
  return { element: h("label", { class: "field" }, "Learning rate", input), value: () => input.valueAsNumber }
}
