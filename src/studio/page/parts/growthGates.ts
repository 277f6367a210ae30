/** The six gates of a socket as lights, each with every number that it looked at and the bounds of that number. */
import type { GateReading, GrowthFrame, GrowthSocket } from "../../protocol/growthProtocol.ts"
import type { Cell, Scope } from "../core/cell.ts"
import { fill, h } from "../core/dom.ts"
import { figure, words } from "../core/format.ts"
import { segment } from "./segment.ts"

const GATES: ReadonlyArray<readonly [gate: string, about: string]> = [
  ["G0", "sanity"],
  ["G1", "gradient health"],
  ["G2", "stability"],
  ["G3", "interface"],
  ["G4", "system impact"],
  ["G5", "reset"],
]
const ANSWERS = { pass: "passes", hold: "waits", fail: "fails" } as const

/** Where the name of a state is no word of everyday. */
const STANDINGS: Readonly<Partial<Record<GrowthSocket["state"], string>>> = {
  germinated: "planted",
  training: "learning beside the host",
  blending: "being mixed in",
  shadowing: "held back and only measured",
  probationary: "on probation",
  fossilized: "part of the host",
  culled: "taken out",
}

const socketsOf = (frame: GrowthFrame | null): ReadonlyArray<GrowthSocket> =>
  (frame?.stations ?? []).filter((station) => station.kind === "socket")

/** The one that was chosen, else the first in which something happens, else the first. */
export function shownSocket(frame: GrowthFrame | null, name: string | null): GrowthSocket | undefined {
  const sockets = socketsOf(frame)
  return (
    sockets.find((one) => one.name === name) ?? sockets.find((one) => one.blueprint !== null) ?? sockets.at(0)
  )
}

/** How the graft in a socket stands, in a sentence. */
export function standingOf(socket: GrowthSocket): string {
  const { name, state, blueprint, paused, lossWith, lossWithout, gates } = socket
  const held = paused === null ? "" : ` It is paused: ${paused}`
  if (blueprint !== null) {
    const without = lossWithout === null ? "" : ` and ${figure(lossWithout)} without`
    const losses = lossWith === null ? "" : ` The held-out loss is ${figure(lossWith)} with it${without}.`
    return `${blueprint} in ${name} is ${STANDINGS[state] ?? state}.${losses}${held}`
  }
  const sanity = gates.at(0)
  return sanity?.answer === "fail"
    ? `Nothing is planted in ${name}: the last block was refused at G0, and the host has not changed.`
    : `Nothing is planted in ${name}.`
}

export function gatesCard(
  scope: Scope,
  frame: Cell<GrowthFrame | null>,
  chosen: Cell<string | null>,
): HTMLElement {
  const buttons = segment("Socket", (name) => chosen.set(name))
  const lights = h("ul", { class: "gates" })
  scope.watch([frame, chosen], () => {
    const socket = shownSocket(frame.value, chosen.value)
    if (socket === undefined) return
    const names = socketsOf(frame.value).map(({ name }) => name)
    buttons.update(names, socket.name)
    fill(lights, ...GATES.map(([gate, name], i) => light(gate, name, socket.gates[i] ?? null)))
  })
  return h(
    "section",
    { class: "card wide", "aria-label": "Gates" },
    h("header", {}, h("h2", {}, "Gates"), buttons.element),
    lights,
  )
}

function light(gate: string, about: string, reading: GateReading | null): HTMLElement {
  return h(
    "li",
    { "data-answer": reading?.answer ?? null },
    h("div", { class: "gate" }, h("strong", {}, gate), about),
    h("div", { class: "small soft" }, reading === null ? "not asked" : answerOf(reading)),
    reading === null ? null : h("dl", { class: "small" }, ...reading.findings.flatMap(numberOf)),
  )
}

const answerOf = ({ answer, waited, most }: GateReading): string =>
  most === null ? ANSWERS[answer] : `${ANSWERS[answer]}, ${waited} of ${most} boundaries`

const numberOf = ({
  figure: name,
  value,
  min,
  max,
  answer,
}: GateReading["findings"][number]): ReadonlyArray<HTMLElement> => [
  h("dt", { class: "soft" }, words(name)),
  h(
    "dd",
    { "data-answer": answer },
    h("strong", {}, figure(value)),
    " ",
    h("span", { class: "faint" }, boundsOf(min, max)),
  ),
]

function boundsOf(min: number | undefined, max: number | undefined): string {
  if (min !== undefined && min === max) return `= ${figure(min)}`
  if (min !== undefined && max !== undefined) return `${figure(min)} to ${figure(max)}`
  if (min !== undefined) return `≥ ${figure(min)}`
  return max === undefined ? "" : `≤ ${figure(max)}`
}
