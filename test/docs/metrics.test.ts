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
})
