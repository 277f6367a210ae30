/** What a visitor may do to the simulated service: break it, or change its load, and let its time pass faster. */
import { h, mark, say } from "../page/core/dom.ts"
import { type Breakage, type SimulatedService, UNBROKEN } from "./SimulatedService.ts"

type Ways = ReadonlyArray<{
  readonly key: keyof Breakage
  readonly name: string
  readonly effect: string
}>

const WAYS: Ways = [
  {
    key: "load",
    name: "Load × 3",
    effect: "Three times the requests: more workers are needed than before.",
  },
  { key: "noise", name: "Noise", effect: "Readings vary by half: a single one means little." },
  {
    key: "silence",
    name: "Telemetry gone",
    effect: "Nothing is reported: after three silent windows SafeMode opens.",
  },
  {
    key: "cliff",
    name: "Cliff",
    effect: "Batches below 5.2 ms take ten times as long: the limit is broken, and SafeMode opens.",
  },
]

/** For an engine with a memory and a stability watch. */
const COURSES: Ways = [
  {
    key: "evening",
    name: "Evening load",
    effect: "Twice the requests. When they come back, the engine remembers what was best.",
  },
  {
    key: "swing",
    name: "Swing",
    effect: "A second controller makes latency swing. An engine that knows its loop opens SafeMode.",
  },
]
const SPEEDS = [1, 5, 20] as const

const CALM = "A simulated service, tuned in this page by the same engine. Break it, and watch."

/** @param courses what changes the load's course, instead of what breaks the service */
export function dock(service: SimulatedService, speed: { value: number }, courses: boolean): HTMLElement {
  const ways = courses ? COURSES : WAYS
  const said = h("p", { class: "small soft", role: "status" }, CALM)
  const buttons = ways.map(({ key, effect, name }) =>
    h(
      "button",
      {
        class: "button",
        "aria-pressed": "false",
        title: effect,
        click: () => {
          service.breakage = { ...service.breakage, [key]: !service.breakage[key] }
          show()
        },
      },
      name,
    ),
  )
  const mend = h(
    "button",
    {
      class: "button",
      "data-kind": "quiet",
      click: () => {
        service.breakage = UNBROKEN
        show()
      },
    },
    "Mend",
  )
  const select = h(
    "select",
    { class: "input speed", "aria-label": "Speed of its time" },
    ...SPEEDS.map((one) => h("option", { value: one, selected: one === speed.value }, `${one}×`)),
  )
  select.addEventListener("change", () => {
    speed.value = Number(select.value)
  })
  const show = (): void => {
    const broken = ways.filter(({ key }) => service.breakage[key])
    buttons.forEach((button, i) => mark(button, "aria-pressed", String(service.breakage[ways[i].key])))
    mend.disabled = broken.length === 0
    say(said, broken.at(-1)?.effect ?? CALM)
  }
  show()
  return h(
    "aside",
    { class: "dock card", "aria-label": "Break the service" },
    said,
    h("div", { class: "ways" }, ...buttons, mend, select),
  )
}
