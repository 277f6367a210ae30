/** What a run thought while it went on: its labels, and the reach of its trust region, both from the history alone. */
import { describe, expect, it } from "vitest"
import { makeStyles } from "../../src/cli/output.ts"
import { convergenceSvg } from "../../src/cli/plot/svgChart.ts"
import { convergenceText } from "../../src/cli/plot/terminalChart.ts"
import type { RunArtifact } from "../../src/solver/RunArtifact.ts"
import { curveOf } from "../../src/study/convergence.ts"
import { byEvaluation, byPosition, storyOf } from "../../src/study/story.ts"
import { kinkedRun as run } from "./kinkedRun.ts"

const TICKS = { x: 8, y: 6 }
const TITLES = { title: "A run", detail: "" }
const PLAIN = makeStyles(false)

describe("the story of a run", () => {
  it("has each label from where it was set to where it was revoked, with the reason", () => {
    for (const seeds of [0, 5]) {
      const artifact = run({ seeds })
      const { label, readings, changes = [] } = artifact.classification!
      expect(changes.length).toBeGreaterThan(0)
      const { labels } = storyOf(artifact, byPosition)
      expect(labels.map((one) => one.label)).toEqual([label, ...changes.map((one) => one.label)])
      expect(labels.map(({ reason }) => reason)).toEqual([null, ...changes.map(({ reason }) => reason)])
      // So many readings there were when the label was given, this entry's included.
      const counted = labels.map(
        ({ from }) => artifact.history.slice(0, from + 1).filter(({ value }) => value !== null).length,
      )
      expect(counted).toEqual([readings, ...changes.map((one) => one.readings)])
      expect(labels.slice(1).map(({ from }) => from)).toEqual(labels.slice(0, -1).map(({ to }) => to))
      // Evaluations count from 1, and what was known before is none.
      const evaluations = storyOf(artifact, byEvaluation).labels
      expect(evaluations.map(({ from }) => from)).toEqual(labels.map(({ from }) => from + 1 - seeds))
    }
  })

  it("has the reach of the trust region along each axis, longest first, while one is active", () => {
    const artifact = run()
    const { reach } = storyOf(artifact, byPosition)
    const all = reach.flat()
    expect(all.length).toBeGreaterThan(60)
    for (const { lengths } of all) {
      expect(lengths).toHaveLength(3)
      expect(lengths).toEqual(lengths.toSorted((a, b) => b - a))
      expect(lengths[2]).toBeGreaterThan(0)
    }
    // The first box is as long as it is wide; in a kinked bowl it does not stay so.
    expect(new Set(all[0].lengths).size).toBe(1)
    expect(Math.max(...all.map(({ lengths }) => lengths[0] / lengths[2]))).toBeGreaterThan(3)
    const walking = artifact.history.findIndex(({ decision }) => decision === "reflect")
    expect(walking).toBeGreaterThan(0)
    expect(all.map(({ at }) => at)).not.toContain(walking)
    expect(all.map(({ at }) => at)).not.toContain(0)
  })

  it("is empty if the run cannot be repeated", () => {
    const artifact = run({ budget: 60 })
    const unbounded: RunArtifact = { ...artifact, config: null, classification: null }
    expect(storyOf(unbounded, byEvaluation)).toEqual({ labels: [], reach: [] })
    const moved = artifact.history.map((entry, k) =>
      k === 3 ? { ...entry, params: { x: 1, y: 1, z: 1 } } : entry,
    )
    expect(storyOf({ ...artifact, history: moved }, byEvaluation).reach).toEqual([])
  })

  it("is drawn below the curve: each label, each reason, a line at each change, and a line for each axis", () => {
    const artifact = run()
    const curve = curveOf(artifact.history, "minimize", TICKS)!
    const story = storyOf(artifact, byEvaluation)
    const svg = convergenceSvg(curve, TITLES, story)
    expect(svg.match(/stroke-dasharray/g)).toHaveLength(story.labels.length - 1)
    for (const { label, from } of story.labels) {
      expect(svg).toContain(label)
      expect(svg).toContain(`from evaluation ${from} on</title>`)
    }
    expect(svg.match(/stroke-width="1.3"/g)).toHaveLength(3 * story.reach.length)
    expect(svg).not.toContain("NaN")
    const text = convergenceText(curve, TITLES, 100, PLAIN, story)
    for (const { label, from, reason } of story.labels.slice(1))
      expect(text).toContain(`${label} from evaluation ${from} on: ${reason}`)
    expect(text).toContain("reach of the trust region")
    const own = text.slice(convergenceText(curve, TITLES, 100, PLAIN).length).split("\n")
    for (const line of own) expect(line.length).toBeLessThanOrEqual(100)
    // Without a story the curve is as it was.
    expect(convergenceSvg(curve, TITLES, { labels: [], reach: [] })).toBe(convergenceSvg(curve, TITLES))
  })
})
