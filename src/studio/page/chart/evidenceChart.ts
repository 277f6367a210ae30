/** Readings with their standard errors as bars on one scale: what was measured of a candidate, and of what it was compared with. */
import type { CampaignEvidence, CampaignLevel } from "../../protocol/campaignProtocol.ts"
import { h, svg } from "../core/dom.ts"
import { figure } from "../core/format.ts"

/** Drawn in units of its own and stretched to its place; strokes keep their width. */
const LONG = 1000
const TALL = 20
const EDGE = 20
/** A bar reaches so many standard errors to each side. */
const REACH = 2

const low = ({ mean, standardError }: CampaignLevel): number => mean - REACH * standardError
const high = ({ mean, standardError }: CampaignLevel): number => mean + REACH * standardError

/** The scale of all pieces of evidence together. */
export function evidenceScale(evidence: ReadonlyArray<CampaignEvidence>): (value: number) => number {
  const levels = evidence.flatMap((one) => (one.against === null ? [one] : [one, one.against]))
  const least = Math.min(...levels.map(low))
  const most = Math.max(...levels.map(high))
  return (value) => (most > least ? EDGE + ((LONG - 2 * EDGE) * (value - least)) / (most - least) : LONG / 2)
}

export function evidenceBar(
  name: string,
  side: "candidate" | "against",
  level: CampaignLevel,
  x: (value: number) => number,
): HTMLElement {
  const middle = (TALL / 2).toFixed(0)
  return h(
    "div",
    { class: "level", "data-side": side },
    h("span", { class: "small" }, name),
    svg(
      "svg",
      { viewBox: `0 0 ${LONG} ${TALL}`, preserveAspectRatio: "none", "aria-hidden": "true" },
      svg("path", {
        class: "reach",
        d: `M${x(low(level)).toFixed(1)} ${middle}H${x(high(level)).toFixed(1)}`,
      }),
      svg("path", { class: "mean", d: `M${x(level.mean).toFixed(1)} ${middle}h0` }),
    ),
    h("strong", {}, figure(level.mean)),
  )
}
