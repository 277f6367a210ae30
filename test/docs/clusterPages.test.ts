/** The how-to pages about clusters, followed word by word: their commands against a real PostgreSQL, on a port of their own. */
import { spawnSync } from "node:child_process"
import { mkdirSync, readFileSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { attempt } from "../../src/domain/readInput.ts"
import { clusterMetrics } from "../../src/cluster/clusterMetrics.ts"
import { prometheusText } from "../../src/engine/metrics/prometheus.ts"
import { freePort } from "../adapters/freePort.ts"
import { startPostgres } from "../adapters/startPostgres.ts"
import { launchChromium, serve } from "../browser/chromium.ts"
import { python } from "../pythonHere.ts"
import { bundle } from "../../scripts/bundle.ts"
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
  symlinkSync(join(home.folder, "node_modules"), join(folder, "node_modules"))
  return { folder, port: await freePort() }
}

it("operates a cluster: start, drain, back up, restore with later epochs, prune", async () => {
  const { folder, port } = await place("operate-a-cluster")
  const said = follow("docs/how-to/operate-a-cluster.md", folder, home, {
    env: { ARQON_STORAGE: `postgres://arqon@127.0.0.1:${database.port}/postgres` },
    change: onPort(port),
  })
  expect(said.join("\n")).toMatch(
    /tuner checkout {2}epoch 1 {2}[^]*has handed over\.[^]*raised 1 epoch to 41/,
  )
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
  expect(said.join("\n")).toMatch(/made studies[^]*"status":"ready"[^]*running, owns 0[^]*has handed over\./)
})

/** The port of the page's gateway, and the commands that have none in the page. */
const onPort = (port: number) => (text: string) =>
  text
    .replaceAll("7070", String(port))
    .replaceAll(/arqon cluster (tell|status|drain)/g, `$& --url http://127.0.0.1:${port}`)

const isGoHere = spawnSync("go", ["version"]).status === 0
it.runIf(python !== null)("tunes replicas in Python, and in Go where it is", async () => {
  const { folder, port } = await place("replicas-in-another-language")
  const page = "docs/how-to/replicas-in-another-language.md"
  const said = follow(page, folder, home, {
    change: (text) => onPort(port)(isGoHere ? text : text.replaceAll(/^go run/gm, "echo")),
  }).join("\n")
  // In the order in which their first reports came, which is none of the page's.
  expect(new Set(said.match(/(?<="replica":")importer-\d/g))).toEqual(
    new Set(["importer-0", "importer-1", "importer-2", "importer-3"]),
  )
  // Tuned away from 8, within what its replicas were told.
  const [, base] = /"base":\{"batch":(\d+)\}/.exec(said) ?? []
  expect(Number(base)).toBeGreaterThan(8)
  expect(Number(base)).toBeLessThanOrEqual(64)
  if (isGoHere) expect(said).toMatch(/epoch 1 generation [1-9]\d* batch \d+\n/)
  expect(said).toContain("7456ef5c90c3c8a3\n")
  expect(readFileSync(join(root, page), "utf8")).toContain("`7456ef5c90c3c8a3`")
})

it("lets a page of another origin take part, in Chromium", async () => {
  const { folder, port } = await place("replicas-in-browsers")
  const page = "docs/how-to/replicas-in-browsers.md"
  const scripts = new Map<string, string>()
  const served = await serve({
    files: {},
    handle: (request, response) => {
      const path = request.url ?? ""
      const script = scripts.get(path)
      if (path === "/") response.setHeader("content-type", "text/html")
      else if (script === undefined) return false
      else response.setHeader("content-type", "text/javascript")
      response.end(script ?? readFileSync(join(folder, "index.html"), "utf8"))
      return true
    },
  })
  const origin = served.url.replace(/\/$/, "")
  const said = follow(page, folder, home, {
    change: (text) => onPort(port)(text).replaceAll("http://localhost:8080", origin),
  })
  expect(said.join("\n")).toContain('"base":{"ahead":4}')
  const chunks = await bundle(readFileSync(join(folder, "page.ts"), "utf8"))
  for (const [i, { name, code }] of chunks.entries()) scripts.set(i === 0 ? "/page.js" : `/${name}`, code)
  const browser = await launchChromium()
  const tab = await browser.newPage()
  await tab.goto(origin)
  await tab.getByText("following, base").waitFor()
  await tab.getByRole("button").click()
  const look = await fetch(`http://127.0.0.1:${port}/arqon/tuners/gallery`, {
    headers: { authorization: "Bearer gallery-server-may-read" },
  })
  expect(await look.json()).toMatchObject({ replicas: [{ silent: false, refused: null }] })
  await browser.close()
  await served.close()
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
