/** The page and the dashboard of the metrics say what an engine measures. */
import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import type { Dashboard, Panel } from "@grafana/schema"
import { parser } from "@prometheus-io/lezer-promql"
import { describe, expect, it } from "vitest"
import { metricFiles } from "../../scripts/metricPages.ts"
import { createEngine, type DigestInput } from "../../src/index.node.ts"

const root = resolve(import.meta.dirname, "../..")

describe("the files about metrics", () => {
  it("are as `npm run docs` writes them", async () => {
    for (const [path, text] of Object.entries(await metricFiles())) {
      expect(readFileSync(resolve(root, path), "utf8"), path).toBe(text)
    }
  })

  const board = JSON.parse(readFileSync(resolve(root, "docs/grafana/arqon.json"), "utf8")) as Dashboard
  const panels = (board.panels ?? []) as ReadonlyArray<Panel>
  const queries = [
    ...panels.flatMap(({ targets }) => (targets ?? []).map(({ expr }) => String(expr))),
    ...(board.annotations?.list ?? []).map(({ target }) =>
      String((target as { expr?: unknown } | undefined)?.expr),
    ),
  ]

  it("query only metrics that an engine serves", async () => {
    const served = await servedBy({
      objective: 1,
      latencyP99Us: 1,
      throughputRps: 1,
      errorRate: 0,
      constraintMargin: 1,
    })
    const asked = queries.flatMap((expr) => expr.match(/arqon_\w+/g) ?? [expr])
    expect(asked.length).toBeGreaterThanOrEqual(queries.length)
    for (const name of asked) expect(served).toContain(name)
  })

  it("show the objective, latency, throughput and errors, knobs, constraint and decisions", () => {
    expect(panels).toHaveLength(6)
    const shown = (name: string): boolean => queries.some((expr) => expr.includes(`${name}{`))
    for (const name of [
      "arqon_objective",
      "arqon_latency_p99_seconds",
      "arqon_throughput",
      "arqon_error_rate",
      "arqon_constraint_margin",
      "arqon_knob_value",
      "arqon_knob_base",
      "arqon_knob_baseline",
      "arqon_safe_mode_open",
      "arqon_apply_count_total",
      "arqon_refused_count_total",
      "arqon_rollback_count_total",
    ])
      expect(shown(name), name).toBe(true)
  })

  it("contain valid PromQL", () => {
    expect(queries.length).toBeGreaterThan(panels.length)
    for (const expr of queries) expect(faultsOf(expr), expr).toEqual([])
    // The grammar finds what is wrong.
    expect(faultsOf('rate(arqon_apply_count_total{job=~"$job"[5m])')).not.toEqual([])
  })

  it("take rates of counters, and gauges as they are", async () => {
    const counters = (await servedBy({ objective: 1 })).filter((name) => name.endsWith("_total"))
    expect(counters.length).toBeGreaterThan(5)
    for (const expr of queries) {
      const grows = counters.some((name) => expr.includes(`${name}{`))
      expect(/\b(rate|increase)\(/.test(expr), expr).toBe(grows)
    }
  })

  it("are consistent for Grafana: every variable exists, and every panel and query has a unique name", () => {
    const text = JSON.stringify(board)
    const variables = board.templating?.list ?? []
    // Those that Grafana itself has, beside the dashboard's.
    const used = [...text.matchAll(/\$\{?([a-zA-Z]\w*)/g)].map(([, name]) => name)
    expect(new Set(used)).toEqual(new Set(variables.map(({ name }) => name)))
    expect(variables[0]).toMatchObject({ name: "datasource", type: "datasource", query: "prometheus" })
    expect(new Set([...text.matchAll(/\$(__\w+)/g)].map(([, name]) => name))).toEqual(
      new Set(["__rate_interval", "__all"]),
    )
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    const taken = panels.flatMap(({ gridPos: { x, y, w, h } = { x: 0, y: 0, w: 0, h: 0 } }) => {
      expect(x + w).toBeLessThanOrEqual(24)
      return Array.from({ length: w * h }, (_, i) => `${x + (i % w)} ${y + Math.floor(i / w)}`)
    })
    expect(new Set(taken).size).toBe(taken.length)
    for (const { targets = [], datasource, fieldConfig } of panels) {
      const ids = targets.map(({ refId }) => refId)
      expect(new Set(ids).size).toBe(ids.length)
      for (const one of [datasource, ...targets.map((target) => target["datasource"])])
        expect(one).toEqual({ type: "prometheus", uid: "${datasource}" })
      // A line that looks otherwise is a line of the panel.
      for (const { matcher } of fieldConfig?.overrides ?? []) expect(ids).toContain(matcher.options)
    }
  })
})

/** Names on the page of an engine that was told this. */
async function servedBy(digest: DigestInput): Promise<ReadonlyArray<string>> {
  const engine = createEngine({
    params: { a: { min: 0, max: 1 } },
    seed: 1,
    clock: "manual",
    comparison: {},
    window: { digests: 1, settleUs: 0 },
  })
  await engine.start()
  for (let i = 1; i < 20; i++) {
    engine.observe({ ...digest, timestampUs: i * 1e6 })
    engine.tick(i * 1e6)
  }
  const names = [...engine.metrics().matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name)
  await engine.stop()
  return names
}

/** Places in a query that are no PromQL, where Grafana has put its variables in. */
function faultsOf(expr: string): ReadonlyArray<number> {
  const faults: Array<number> = []
  parser.parse(expr.replaceAll("$__rate_interval", "5m").replaceAll(/\$\w+/g, "any")).iterate({
    enter: ({ type, from }) => void (type.isError && faults.push(from)),
  })
  return faults
}
