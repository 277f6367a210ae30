/**
 * Campaigns: what a study recommends, on its way to every replica. Where each stands, what speaks for its candidate, and the answer of a
 * person, which is waited for in the middle of it. It is read again while somebody looks.
 */
import "../style/campaigns.css"
import type {
  CampaignAction,
  CampaignCanary,
  CampaignEvidence,
  CampaignPage,
  CampaignRow,
  CampaignStage,
  CampaignView,
} from "../../protocol/campaignProtocol.ts"
import { evidenceBar, evidenceScale } from "../chart/evidenceChart.ts"
import { api, Refusal, told } from "../core/api.ts"
import { Cell, Scope } from "../core/cell.ts"
import { fill, h, say, svg } from "../core/dom.ts"
import { figure, grouped, isolated, span } from "../core/format.ts"
import type { Model } from "../core/Model.ts"
import { poll } from "../core/poll.ts"
import { linkTo, route } from "../core/route.ts"
import { icon } from "../parts/icons.ts"
import { askWhy } from "../parts/steering.ts"
import type { View } from "./View.ts"

const EVERY_MS = 2000

const STATES: Readonly<Record<CampaignRow["state"], readonly [word: string, tone: string | null]>> = {
  studying: ["studying", "accent"],
  waiting: ["waits for a person", "safe"],
  trying: ["on canaries", "accent"],
  rolledOut: ["rolled out", "live"],
  back: ["went back", null],
}
const STAGES: Readonly<Record<CampaignStage["stage"], string>> = {
  study: "Study",
  candidate: "Candidate",
  approval: "Approval",
  canaries: "Canaries",
  replicas: "All replicas",
}
const PLACES: Readonly<Record<CampaignStage["state"], string>> = {
  done: "done",
  now: "under way",
  next: "to come",
  ended: "ended here",
  left: "never reached",
}
const ANSWERS: Readonly<Record<CampaignAction, { name: string; effect: string; danger: boolean }>> = {
  approve: {
    name: "Approve",
    effect:
      "Lets the canaries try the candidate. Every replica gets it once they have shown that it is no worse.",
    danger: false,
  },
  reject: {
    name: "Decline",
    effect: "Ends the campaign. No replica gets the candidate, and its variant goes back to a draft.",
    danger: true,
  },
  cancel: {
    name: "Cancel the campaign",
    effect: "Ends it in any state. Canaries leave the candidate.",
    danger: true,
  },
}

export function campaignsView(_model: Model): View {
  const scope = new Scope()
  const body = h("div", { class: "campaigns" })
  const empty = h(
    "section",
    { class: "card empty", hidden: true },
    icon("campaigns"),
    h("h2", {}, "No campaign has been begun yet"),
    h("code", { class: "mono" }, "arqon campaign start"),
  )
  const loading = h("div", { class: "card shimmer", role: "status", "aria-label": "Loading" })
  const problem = h("p", { class: "error", role: "alert", hidden: true })
  const page = new Cell<CampaignPage | null>(null)
  const ask = poll(scope, EVERY_MS, async (signal) => {
    try {
      const now = await api.campaigns({ campaign: route.value.query.get("campaign") }, signal)
      if (signal.aborted) return
      loading.hidden = problem.hidden = true
      empty.hidden = now.campaign !== null
      page.set(now)
    } catch (error) {
      if (signal.aborted) return
      loading.hidden = true
      problem.hidden = false
      say(problem, told(error))
      // Another than the one that is shown was asked for.
      if (error instanceof Refusal && error.reason === "notFound") fill(body)
    }
  })
  scope.watch([route], () => {
    if (page.value !== null) ask()
  })
  let drawn = ""
  scope.watch([page], () => {
    const now = page.value
    const campaign = now?.campaign ?? null
    // What stands on the page keeps its focus while nothing has changed.
    const wanted = JSON.stringify([campaign, now?.campaigns])
    if (now === null || campaign === null || wanted === drawn) return
    drawn = wanted
    const focused = document.activeElement?.getAttribute("data-key") ?? null
    fill(
      body,
      now.campaigns.length > 1 ? listOf(now.campaigns, campaign.name) : null,
      head(campaign),
      campaign.waits === null ? null : approval(campaign, campaign.waits, now.nowMs, ask),
      campaign.canary === null ? null : canaries(campaign.canary),
      candidate(campaign),
      history(campaign, ask),
    )
    if (focused !== null) body.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`)?.focus()
  })
  return {
    title: "Campaigns",
    element: h("div", {}, problem, loading, empty, body),
    close: scope.close,
  }
}

const card = (name: string, look: string, ...content: ReadonlyArray<HTMLElement | null>): HTMLElement =>
  h("section", { class: `card ${look}`, "aria-label": name }, h("header", {}, h("h2", {}, name)), ...content)

const listOf = (campaigns: ReadonlyArray<CampaignRow>, shown: string): HTMLElement =>
  h(
    "nav",
    { class: "chips wide", "aria-label": "Campaigns" },
    ...campaigns.map(({ name, state }) => {
      const [word, tone] = STATES[state]
      return h(
        "a",
        {
          class: "button",
          href: linkTo("campaigns", { campaign: name }),
          "aria-current": name === shown ? "true" : null,
          "data-key": `to ${name}`,
        },
        isolated(name),
        h("span", { class: "tag", "data-tone": tone }, word),
      )
    }),
  )

function head({ name, state, story, stages, by, why, study, tuner }: CampaignView): HTMLElement {
  const [word, tone] = STATES[state]
  return h(
    "section",
    { class: "card wide", "aria-label": `Campaign ${name}` },
    h("header", {}, h("h2", {}, isolated(name)), h("span", { class: "tag", "data-tone": tone }, word)),
    h("p", { class: "story" }, isolated(story)),
    h(
      "ol",
      { class: "way", "aria-label": "Stages" },
      ...stages.map((one) =>
        h(
          "li",
          { "data-state": one.state, "aria-current": one.state === "now" ? "step" : null },
          h("strong", {}, STAGES[one.stage], h("span", { class: "hidden-text" }, `, ${PLACES[one.state]}`)),
          h("span", { class: "small faint" }, one.atMs === null ? PLACES[one.state] : dayOf(one.atMs)),
          h("p", { class: "small soft" }, isolated(one.text)),
        ),
      ),
    ),
    h(
      "p",
      { class: "small soft" },
      `${isolated(by)} began it from the study ${isolated(study)} for ${isolated(tuner)}: ${isolated(why)}`,
    ),
  )
}

/** A day and a time: a campaign takes days. */
const dayOf = (atMs: number): string =>
  new Date(atMs).toLocaleString(undefined, {
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
  })

function approval(
  campaign: CampaignView,
  { untilMs, authors, missing }: NonNullable<CampaignView["waits"]>,
  nowMs: number,
  done: () => void,
): HTMLElement {
  const left = untilMs - nowMs
  const who = authors.length === 0 ? [campaign.by] : authors
  return card(
    "Approval needed",
    "side asked",
    h(
      "p",
      {},
      `Anybody with the right to steer ${isolated(campaign.tuner)} can answer. ${isolated(who.join(" and "))} wrote the candidate and cannot approve it.`,
    ),
    missing.length === 0
      ? null
      : h(
          "div",
          {},
          h("p", {}, "It cannot be approved yet:"),
          h("ul", { class: "missing" }, ...missing.map((one) => h("li", {}, isolated(one)))),
        ),
    h(
      "p",
      { class: "small soft" },
      left > 0
        ? `Without an answer it goes back by itself in ${daysOf(left)}, on ${dayOf(untilMs)}.`
        : "The time for an answer is over.",
    ),
    h(
      "div",
      { class: "buttons" },
      answer(campaign, "approve", done, missing.length === 0 ? null : "Something is missing, see above."),
      answer(campaign, "reject", done, null),
      campaign.actions.length === 0 ? readOnly() : null,
    ),
  )
}

const DAY_MS = 86_400_000

const daysOf = (ms: number): string =>
  ms < 2 * DAY_MS ? span(ms * 1000) : `${grouped(Math.round(ms / DAY_MS))} days`

const readOnly = (): HTMLElement =>
  h("span", { class: "small soft read-only" }, icon("lock"), "Nothing can be answered from here.")

function answer(campaign: CampaignView, action: CampaignAction, done: () => void, why: string | null) {
  if (!campaign.actions.includes(action)) return null
  const { name, effect, danger } = ANSWERS[action]
  const kind = action === "approve" ? "primary" : action === "reject" ? "danger" : "quiet"
  const ask = (): void =>
    askWhy({ name, effect, danger, more: null, signed: true }, async ({ reason, by = "", confirm }) => {
      await api.answerCampaign({ campaign: campaign.name, action, reason, by, confirm })
      done()
    })
  return h(
    "button",
    {
      class: "button",
      "data-kind": kind,
      "data-key": action,
      disabled: why !== null,
      title: why,
      click: ask,
    },
    name,
  )
}

function candidate({ values, evidence, variant }: CampaignView): HTMLElement {
  const x = evidenceScale(evidence)
  return card(
    "Candidate",
    "tall",
    values === null
      ? h("p", { class: "soft" }, "There is none before the study is done.")
      : h(
          "p",
          { class: "values" },
          h("span", { class: "small soft" }, `variant ${isolated(variant)}`),
          ...Object.entries(values).map(([name, value]) =>
            h(
              "span",
              { class: "tag" },
              isolated(`${name} ${typeof value === "number" ? figure(value) : value}`),
            ),
          ),
        ),
    evidence.length === 0
      ? null
      : h(
          "p",
          { class: "small faint" },
          "Loss: lower, to the left, is better. A bar is two standard errors to each side.",
        ),
    h("ul", { class: "evidence" }, ...evidence.map((one) => pieceOf(one, x))),
  )
}

function pieceOf(one: CampaignEvidence, x: (value: number) => number): HTMLElement {
  return h(
    "li",
    { "data-held": String(one.constraintsHeld) },
    h("h3", {}, isolated(one.source)),
    evidenceBar("candidate", "candidate", one, x),
    one.against === null ? null : evidenceBar("beside it", "against", one.against, x),
    h("p", { class: "small" }, one.text),
    one.note === null ? null : h("p", { class: "small soft" }, isolated(one.note)),
  )
}

function canaries({ turns, worse, sound, threshold }: CampaignCanary): HTMLElement {
  const meter = (name: string, value: number, tone: string): HTMLElement => {
    // Evidence grows by factors: on a scale of logarithms it walks.
    const share = Math.min(1, Math.max(0, Math.log(Math.max(1, value)) / Math.log(threshold)))
    return h(
      "div",
      { class: "level", "data-tone": tone },
      h("span", { class: "small" }, name),
      svg(
        "svg",
        {
          viewBox: "0 0 1000 20",
          preserveAspectRatio: "none",
          role: "img",
          "aria-label": `${name}: evidence ${figure(value)} of ${threshold}`,
        },
        svg("path", { class: "track", d: "M0 10H1000" }),
        svg("path", { class: "reach", d: `M0 10H${(1000 * share).toFixed(0)}` }),
        svg("path", { class: "bound", d: "M998 0V20" }),
      ),
      h("strong", {}, figure(value)),
    )
  }
  return card(
    "On canaries",
    "side",
    meter("no worse", sound, "live"),
    meter("worse", worse, "trip"),
    h(
      "p",
      { class: "small soft" },
      `${grouped(turns)} turns. The first of the two to reach ${threshold} decides; the scale is logarithmic.`,
    ),
  )
}

function history(campaign: CampaignView, done: () => void): HTMLElement {
  const { notes } = campaign
  return card(
    "What happened",
    "side",
    notes.length === 0 ? h("p", { class: "soft" }, "Nothing yet: the study is under way.") : null,
    h(
      "ol",
      { class: "happened" },
      ...notes
        .toReversed()
        .map(({ atMs, tone, text }) =>
          h(
            "li",
            { "data-tone": tone },
            h("time", { class: "small faint" }, dayOf(atMs)),
            h("span", {}, isolated(text)),
          ),
        ),
    ),
    h("div", { class: "buttons" }, answer(campaign, "cancel", done, null)),
  )
}
