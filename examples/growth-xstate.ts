/**
 * A graft in a system of one's own: no Effect, no clock, no network. A shop ranks its products by a formula; a second formula that learns
 * is planted beside it. The shop's machine spawns `graftMachine`, measures at the end of each day, and does what the graft asks for. Half
 * way through, the whole shop is written down as text and taken up again from the text.
 *
 * First a formula that learns nothing useful is planted, and is culled; then an honest one, and it is kept.
 *
 * Run: npm run example growth-xstate
 */
import { type ActorRefFrom, assign, createActor, enqueueActions, setup } from "xstate"
import { graftMachine, type GraftReport, persist, revive } from "arqon/machines"

/** What is planted: how much of the error it can take away, and how much of that it has learnt. */
interface Formula {
  readonly worth: number
  readonly skill: number
}

interface Shop {
  readonly graft: ActorRefFrom<typeof graftMachine>
  readonly day: number
  /** What the second formula's answers are used for: see `docs/machines/graft.md`. */
  readonly mode: string
  readonly alpha: number
  /** Error of the shop's own formula: it gets better by itself, down to a floor. */
  readonly own: number
  readonly copy: number | null
  readonly formula: Formula | null
}

type ShopEvent = GraftReport | { readonly type: "day" } | { readonly type: "plant"; readonly worth: number }

/** Error with the second formula in it by this share. */
const mixed = ({ own, formula }: Shop, share: number): number =>
  formula === null ? own : own * (1 - share * formula.worth * formula.skill)

/** What the gate on the graft's way wants to know. A number that cannot be told is left out: the gate then waits. */
function figures(shop: Shop): Record<string, number> {
  return {
    available: 1,
    inBounds: 1,
    arenaShare: 0,
    quarantineFinite: 1,
    quarantineShape: 1,
    quarantineMs: 0,
    identityError: 0,
    ready: 1,
    finite: Number.isFinite(mixed(shop, 1)) ? 1 : 0,
    violations: 0,
    gradientNorm: 1,
    clippedShare: 0,
    lossWith: mixed(shop, shop.mode === "mixed" ? shop.alpha : 1),
    lossWithout: shop.own,
    boundaryP95Ms: 0,
    drift: 0,
    scale: 1,
    resumeEqual: 1,
    panics: 0,
    sliceWords: shop.formula === null ? 0 : 1,
    registryEntries: 0,
    counters: 0,
    cached: 0,
  }
}

/** The shop does what the graft asks of its host. */
function performed(shop: Shop, { act }: GraftReport & { type: "act" }): Partial<Shop> {
  switch (act.act) {
    case "mode":
      return { mode: act.mode, alpha: act.alpha }
    case "snapshot":
      return { copy: shop.own }
    case "restore":
      return { own: shop.copy ?? shop.own }
    case "remove":
      return { formula: null }
    default:
      return {}
  }
}

/** A day: the own formula learns, and the second one where its mode lets it. */
function learnt({ mode, formula, own, day }: Shop): Partial<Shop> {
  const learns = mode === "branch" || mode === "mixed" || mode === "whole"
  return {
    day: day + 1,
    own: own + 0.05 * (0.5 - own),
    formula:
      formula === null || !learns
        ? formula
        : { ...formula, skill: formula.skill + 0.2 * (1 - formula.skill) },
  }
}

const shopMachine = setup({
  types: {
    context: {} as Shop,
    events: {} as ShopEvent,
  },
  actors: { graft: graftMachine },
  actions: {
    plant: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== "plant") return
      enqueue.assign({ formula: { worth: event.worth, skill: 0 } })
      enqueue.sendTo(context.graft, {
        type: "germinate",
        why: "the ranking gets no better",
        planting: {
          graft: `formula ${event.worth}`,
          blueprint: "second formula",
          parameters: {},
          operator: "residual",
          owner: "the shop",
        },
      })
    }),
    live: assign(({ context }) => learnt(context)),
    measure: enqueueActions(({ context, enqueue }) => {
      enqueue.sendTo(context.graft, {
        type: "boundary",
        boundary: context.day,
        figures: figures(context),
      })
    }),
    perform: assign(({ context, event }) => (event.type === "act" ? performed(context, event) : {})),
    tell: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== "moved") return
      const { graft, from, to, why } = event.move
      console.log(`day ${context.day}: ${graft}: ${from} -> ${to} (${why})`)
      // A person agrees to what is kept.
      if (to === "probationary") enqueue.sendTo(context.graft, { type: "fossilize", why: "the shop agrees" })
    }),
    complain: ({ event }) => {
      if (event.type === "refused")
        console.log(`refused: ${event.problems.map(({ message }) => message).join(" ")}`)
    },
  },
}).createMachine({
  context: ({ spawn }) => ({
    graft: spawn("graft", { id: "graft", input: { slot: "ranking" } }),
    day: 0,
    mode: "host",
    alpha: 0,
    own: 1,
    copy: null,
    formula: null,
  }),
  on: {
    plant: { actions: "plant" },
    day: { actions: ["live", "measure"] },
    act: { actions: "perform" },
    moved: { actions: "tell" },
    refused: { actions: "complain" },
  },
})

let shop = createActor(shopMachine).start()
const graftNow = () => shop.getSnapshot().context.graft.getSnapshot()

/** Days until the graft is in this state, or for so many. */
function until(state: ReturnType<typeof graftNow>["value"], most = 150): void {
  for (let i = 0; i < most && graftNow().value !== state; i++) shop.send({ type: "day" })
  if (graftNow().value !== state) throw new Error(`the graft is ${graftNow().value}, not ${state}`)
}

shop.send({ type: "day" })
shop.send({ type: "plant", worth: 0 })
until("culled")
until("dormant")

shop.send({ type: "plant", worth: 0.4 })
until("blending")
const text = JSON.stringify(persist(shop))
shop.stop()
console.log(`written down while ${graftNow().value}, ${text.length} bytes`)
shop = createActor(shopMachine, { snapshot: revive(JSON.parse(text)) }).start()
until("fossilized")

const { own, formula } = shop.getSnapshot().context
console.log(`error ${mixed(shop.getSnapshot().context, 1).toFixed(3)} instead of ${own.toFixed(3)}`)
if (formula === null || !(mixed(shop.getSnapshot().context, 1) < 0.7 * own))
  throw new Error("growing did not help")
