/** The workers of a study: what each evaluates, how long its lease still holds, and what it did. What is wrong comes first. */
import type { StudyPage, StudyWorker } from "../../protocol/studyProtocol.ts"
import type { Cell, Scope } from "../core/cell.ts"
import { h, keyed, mark, say, svg } from "../core/dom.ts"
import { capital, grouped, isolated, span } from "../core/format.ts"

const WORKER_TONES: Readonly<Record<StudyWorker["state"], string | null>> = {
  lost: "trip",
  working: "live",
  idle: null,
  gone: null,
}
export function workersCard(scope: Scope, page: Cell<StudyPage | null>): HTMLElement {
  const count = h("span", { class: "small soft", role: "status" })
  const list = h("ul", { class: "workers scroll", tabindex: "0", "aria-label": "Workers" })
  const nobody = h("p", { class: "empty small", hidden: true }, "Nobody has taken part yet.")
  const show = keyed<readonly [StudyWorker, number]>(list, ([{ worker }]) => worker, workerRow)
  scope.watch([page], () => {
    if (page.value === null) return
    const { workers: all, workerCounts, leaseMs } = page.value
    const known = (["lost", "working", "idle", "gone"] as const).filter((state) => workerCounts[state] > 0)
    say(count, known.map((state) => `${grouped(workerCounts[state])} ${state}`).join(", "))
    show(all.map((one) => [one, leaseMs]))
    nobody.hidden = all.length > 0
  })
  return h(
    "section",
    { class: "card wide", "aria-label": "Workers" },
    h("header", {}, h("h2", {}, "Workers"), count),
    list,
    nobody,
  )
}

function workerRow([{ worker, about }]: readonly [StudyWorker, number]) {
  const state = h("span", { class: "tag" })
  const lease = svg("path", { class: "left" })
  const bar = svg(
    "svg",
    { class: "lease", viewBox: "0 0 1000 4", preserveAspectRatio: "none", "aria-hidden": "true" },
    lease,
  )
  const doing = h("div", { class: "small" })
  const did = h("div", { class: "small soft" })
  const element = h(
    "li",
    {},
    h(
      "div",
      { class: "row" },
      h("strong", { title: about === "" ? worker : `${worker}, ${about}` }, isolated(worker)),
      state,
    ),
    bar,
    doing,
    did,
  )
  return {
    element,
    update: ([now, leaseMs]: readonly [StudyWorker, number]) => {
      say(state, now.state)
      mark(state, "data-tone", WORKER_TONES[now.state])
      mark(element, "data-state", now.state)
      const least = Math.min(...now.holds.map(({ leftMs }) => leftMs))
      const share = now.holds.length === 0 ? 0 : Math.min(1, Math.max(0, least / leaseMs))
      lease.setAttribute("d", `M0 2H${(1000 * share).toFixed(0)}`)
      say(doing, doingOf(now))
      const parts = [
        `${grouped(now.told)} told`,
        ...(now.failed > 0 ? [`${grouped(now.failed)} failed`] : []),
        ...(now.lost > 0 ? [`${grouped(now.lost)} taken over`] : []),
      ]
      say(did, parts.join(", "))
    },
  }
}

function doingOf({ state, holds, seenMsAgo }: StudyWorker): string {
  const seen = seenMsAgo === null ? "" : `, seen ${span(seenMsAgo * 1000)} ago`
  if (holds.length > 0) {
    const least = Math.min(...holds.map(({ leftMs }) => leftMs))
    const names = holds.length === 1 ? `trial ${grouped(holds[0].id)}` : `${holds.length} trials`
    return least > 0
      ? `${capital(names)}, lease for ${span(least * 1000)}`
      : `${capital(names)}, lease over for ${span(-least * 1000)}`
  }
  if (state === "lost") return `Holds no trial${seen}`
  return state === "gone" ? "Left, or was forgotten" : `Waits for a trial${seen}`
}
