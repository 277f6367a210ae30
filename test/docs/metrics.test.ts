/** The page and the dashboard of the metrics say what an engine measures. */
import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import { describe, expect, it } from "vitest"
import { metricFiles } from "../../scripts/metricPages.ts"
import { createEngine } from "../../src/index.node.ts"

const root = resolve(import.meta.dirname, "../..")

describe("the files about metrics", () => {
  it("are as `npm run docs` would write them", async () => {
    for (const [path, text] of Object.entries(await metricFiles())) {
      expect(readFileSync(resolve(root, path), "utf8"), path).toBe(text)
    }
  })

  it("ask Prometheus for nothing that an engine does not serve", async () => {
    const { panels } = JSON.parse(readFileSync(resolve(root, "docs/grafana/arqon.json"), "utf8")) as {
      panels: ReadonlyArray<{ targets: ReadonlyArray<{ expr: string }> }>
    }
    const engine = createEngine({
      params: { a: { min: 0, max: 1 } },
      seed: 1,
      clock: "manual",
      comparison: {},
      homeostasis: {},
      variants: {},
    })
    await engine.start()
    engine.trip()
    const served = new Set([...engine.metrics().matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name))
    await engine.stop()
    const asked = panels.flatMap(({ targets }) =>
      targets.map(({ expr }) => /arqon_\w+/.exec(expr)?.[0].replace(/_bucket$/, "") ?? expr),
    )
    expect(asked.length).toBeGreaterThan(20)
    for (const name of asked) expect(served).toContain(name)
    expect(new Set(asked)).toEqual(served)
  })

  it("hold together as Grafana reads them: every variable is there, every panel and query has a name of its own", () => {
    const text = readFileSync(resolve(root, "docs/grafana/arqon.json"), "utf8")
    const board = JSON.parse(text) as {
      templating: { list: ReadonlyArray<{ name: string; type: string; query: unknown }> }
      annotations: { list: ReadonlyArray<{ datasource: { uid: string }; expr: string }> }
      panels: ReadonlyArray<{
        id: number
        type: string
        datasource: { type: string; uid: string }
        gridPos: { x: number; y: number; w: number; h: number }
        fieldConfig: { defaults: { unit: string } }
        targets: ReadonlyArray<{ datasource: { uid: string }; expr: string }>
      }>
    }
    const variables = new Set(board.templating.list.map(({ name }) => name))
    // Those that Grafana itself has, beside the dashboard's.
    const used = [...text.matchAll(/\$\{?([a-zA-Z]\w*)/g)].map(([, name]) => name)
    expect(new Set(used)).toEqual(variables)
    expect(board.templating.list[0]).toMatchObject({
      name: "datasource",
      type: "datasource",
      query: "prometheus",
    })
    expect(new Set([...text.matchAll(/\$(__\w+)/g)].map(([, name]) => name))).toEqual(
      new Set(["__rate_interval", "__all"]),
    )
    const { panels } = board
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    expect(new Set(panels.map(({ gridPos: { x, y } }) => `${x} ${y}`)).size).toBe(panels.length)
    for (const { type, datasource, gridPos, fieldConfig, targets } of panels) {
      expect(["timeseries", "state-timeline"]).toContain(type)
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24)
      expect(["s", "cps", "short", "percentunit"]).toContain(fieldConfig.defaults.unit)
      for (const one of [datasource, ...targets.map((target) => target.datasource)])
        expect(one.uid).toBe("${datasource}")
      // A rate of a counter, a quantile of buckets, or a gauge as it is.
      for (const { expr } of targets)
        expect(
          /^rate\(\w+_total\{|^histogram_quantile\(.*_bucket\{|^arqon_(?!\w+_total)/.test(expr),
          expr,
        ).toBe(true)
    }
    for (const { datasource, expr } of board.annotations.list) {
      expect(datasource.uid).toBe("${datasource}")
      expect(expr).toMatch(/^increase\(\w+_total\{/)
    }
  })
})
