/** The how-to pages about clusters, followed word by word: their commands against a real PostgreSQL, on a port of their own. */
import { mkdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { attempt } from "../../src/domain/readInput.ts"
import { clusterMetrics } from "../../src/cluster/clusterMetrics.ts"
import { prometheusText } from "../../src/engine/metrics/prometheus.ts"
import { freePort } from "../adapters/freePort.ts"
import { startPostgres } from "../adapters/startPostgres.ts"
import { follow, makeHome } from "./pageCode.ts"
import { root } from "./pages.ts"

const home = makeHome()
let database: Awaited<ReturnType<typeof startPostgres>>

beforeAll(async () => void (database = await startPostgres()))
afterAll(async () => {
  // Runners that a page that has failed leaves behind.
  for (const pid of readFileSync(join(home.folder, "pids"), "utf8").trim().split("\n"))
    attempt(() => process.kill(Number(pid), "SIGKILL"))
  await database.stop()
})

/** A folder of its own, and where the page's addresses are in this test. */
async function place(page: string): Promise<{ readonly folder: string; readonly port: number }> {
  const folder = join(home.folder, page)
  mkdirSync(folder)
  return { folder, port: await freePort() }
}

it("operates a cluster: start, drain, back up, restore with later epochs, prune", async () => {
  const { folder, port } = await place("operate-a-cluster")
  const said = follow("docs/how-to/operate-a-cluster.md", folder, home, {
    env: { ARQON_STORAGE: `postgres://arqon@127.0.0.1:${database.port}/postgres` },
    change: (text) =>
      text
        .replaceAll("7070", String(port))
        .replaceAll(/arqon cluster (tell|status|drain)/g, `$& --url http://127.0.0.1:${port}`),
  })
  expect(said.join("\n")).toMatch(/tuner checkout {2}epoch 1 {2}[^]*Handed over\.[^]*raised 1 epoch to 41/)
  expect(said.at(-1)).toMatch(/no week is older than 90 days/)
  expect(said.join("\n")).toMatch(/tuner checkout {2}epoch 42 {2}/)
})

it("prepares a cluster for Kubernetes: users, tables, certificates, tokens, and a runner with all of them", async () => {
  const { folder, port } = await place("cluster-on-kubernetes")
  const nodePort = await freePort()
  const said = follow("docs/how-to/cluster-on-kubernetes.md", folder, home, {
    change: (text) =>
      text
        .replaceAll("7070", String(port))
        .replaceAll("7071", String(nodePort))
        .replaceAll("postgres:admin-password@", "arqon@")
        .replaceAll("db.internal:5432", `127.0.0.1:${database.port}`),
  })
  expect(said.join("\n")).toMatch(/made studies[^]*"status":"ready"[^]*running, owns 0[^]*Handed over\./)
})

it("alerts on metrics that there are", () => {
  const page = readFileSync(join(root, "docs/how-to/operate-a-cluster.md"), "utf8")
  const named = new Set(page.match(/arqon_cluster_\w+/g))
  const text = prometheusText(
    clusterMetrics({
      epochs: { claimed: 0, rehomed: 0, fencedWrites: 0, distrusted: 0, owned: 0 },
      here: { tuners: new Map(), buckets: new Map() },
      reports: new Map(),
      lagMs: 0,
      mostLagMs: 0,
    }),
  )
  const known = new Set(text.match(/arqon_cluster_\w+/g))
  expect(named.size).toBeGreaterThan(7)
  expect([...named].filter((name) => !known.has(name))).toEqual([])
})
