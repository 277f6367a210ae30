/**
 * Pictures of the studio: every page in both sizes and both themes into artifacts/studio/pages, for somebody to open. With `--docs`, those
 * that the documentation shows. Everything in them was measured and decided by Arqon, but for the campaigns, which take days. Needs Chromium.
 *
 *   npm run docs:studio
 *   npm run docs:studio -- --docs
 *   npm run docs:studio -- --docs --only=growth
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { createFleet } from "arqon"
import type { Browser, Page } from "playwright-core"
import { createGrowth, neuralHost, tasks } from "../src/morph/index.ts"
import { GrowthBook } from "../src/studio/server/GrowthBook.ts"
import { openStudio } from "../src/studio/server/openStudio.ts"
import { launch, look, type Looks } from "../test/studio/page/browser.ts"
import { openShelf } from "../test/studio/page/rig.ts"
import { TunerRig } from "../test/studio/tunerRig.ts"
import { pipelineRig } from "../test/studio/pipelineRig.ts"
import { PipelineBook } from "../src/studio/server/PipelineBook.ts"
import { CampaignRig } from "../test/studio/campaignRig.ts"
import { CampaignBook } from "../src/studio/server/CampaignBook.ts"
import { StudyRig } from "../test/studio/studyRig.ts"
import { StudyBook } from "../src/studio/server/StudyBook.ts"
import { TunerBook } from "../src/studio/server/TunerBook.ts"
import { serve } from "../test/browser/chromium.ts"
import { playground } from "./buildPlayground.ts"

const root = resolve(import.meta.dirname, "..")
const out = join(root, "artifacts/studio/pages")
const images = join(root, "docs/images")

/** What the demo needs until it has found its place and visited its start a few times; a picture of a chart wants it before that. */
const DEMO_MS = 15_000

interface Shown {
  readonly name: string
  readonly url: string
  readonly hash: string
  /** What says that it is there. */
  readonly ready: string
  /** Its file in the documentation. */
  readonly doc?: string
  /** How the documentation shows it, where not on a desk. */
  readonly docLooks?: Looks
  /** What is pressed before the picture. */
  readonly first?: (page: Page) => Promise<void>
}

const DESK = { width: 1440, height: 900 } as const
const PHONE = { width: 390, height: 844 } as const
const IN_DOCS = { width: 1280, height: 800, theme: "light" } as const

async function take(browser: Browser, shown: Shown, looks: Looks, file: string): Promise<void> {
  const { page, complaints, close } = await look(browser, shown.url, looks)
  await page.evaluate((hash) => (location.hash = hash), shown.hash)
  await page.waitForSelector(shown.ready)
  await page.evaluate(() => document.fonts.ready)
  // What slides in has slid in.
  await sleep(1_500)
  await shown.first?.(page)
  const picture = await page.screenshot()
  writeFileSync(file, file.endsWith(".webp") ? await small(browser, picture) : picture)
  for (const complaint of complaints) console.error(`${shown.name}: ${complaint}`)
  await close()
}

/** The picture as WebP: a third of the bytes, and the package has them all. */
async function small(browser: Browser, png: Buffer): Promise<Buffer> {
  const page = await browser.newPage()
  const text = await page.evaluate(
    async (source) => {
      const bitmap = await createImageBitmap(await (await fetch(source)).blob())
      const canvas = document.createElement("canvas")
      canvas.width = bitmap.width
      canvas.height = bitmap.height
      canvas.getContext("2d")?.drawImage(bitmap, 0, 0)
      return canvas.toDataURL("image/webp", 0.75).split(",")[1]
    },
    `data:image/png;base64,${png.toString("base64")}`,
  )
  await page.close()
  return Buffer.from(text, "base64")
}

/** `arqon studio --demo` on a port of its own. */
async function openDemo() {
  const main = join(root, "dist/src/cli/main.js")
  const child = spawn(process.execPath, [main, "studio", "--demo", "--port", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  for await (const text of child.stdout.setEncoding("utf8")) {
    const url = /http:\S+/.exec(String(text))?.[0]
    if (url !== undefined) return { url, close: async () => void (child.kill(), await once(child, "close")) }
  }
  throw new Error("`arqon studio --demo` ended without an address.")
}

/** A fleet of services whose best sizes differ, each some windows old; two are held by a person. */
async function openFleet() {
  const params = {
    batch: { min: 1, max: 512, scale: "log", step: 1, initial: 32 },
    waitMs: { min: 0, max: 20, initial: 10 },
  } as const
  const window = { digests: 1, settleUs: 0 }
  const fleet = createFleet({
    name: "tenants",
    shared: { database: { probing: 2 } },
    engine: { params, window, clock: "manual", guardrails: "aggressive", seed: 42 },
  })
  await fleet.start()
  const keys = Array.from({ length: 120 }, (_, i) => `tenant-${String(i).padStart(3, "0")}`)
  const engines = keys.map((key, i) => fleet.spawn(key, i % 10 === 7 ? { group: "database" } : {}))
  let nowUs = 0
  for (let round = 0; round < 120; round++) {
    nowUs += 100_000
    for (const [i, engine] of engines.entries()) {
      if (round > 40 + i) continue
      const best = 20 + ((i * 37) % 300)
      const { batch, waitMs } = engine.values
      const objective = 10 + 8 * Math.log(batch / best) ** 2 + 0.4 * Math.abs(waitMs - (i % 12))
      engine.observe({ timestampUs: nowUs, objective: objective * (1 + 0.03 * Math.sin(round * 1.7 + i)) })
    }
    fleet.tick(nowUs)
  }
  engines[17].trip("its database moves")
  engines[58].trip("held during the audit")
  fleet.tick(nowUs + 1)
  const studio = await fleet.studio()
  return { url: studio.url, close: () => Promise.all([studio.stop(), fleet.stop()]) }
}

/** Two spirals and a network that cannot tell them apart: it grows a block, and turns one away that spews NaN. */
async function openGrowth() {
  const growth = createGrowth({
    host: neuralHost({ inputs: 2, hidden: [8], classes: 2 }),
    data: tasks.spirals({ seed: 1 }),
    seed: 1,
    now: () => 0,
    stopwatch: () => performance.now(),
  })
  await growth.start()
  const name = "spirals, seed 1"
  const book = new GrowthBook({ id: "grow", name, source: "live", steering: growth, blueprints: ["linear"] })
  growth.subscribe((boundary) => book.add(boundary, { parts: growth.parts(), reports: growth.reports }))
  await growth.run({ epochs: 110 })
  await growth.germinate("hidden1.g1", { blueprint: "nan", why: "to see what happens" })
  await growth.run({ epochs: 10 })
  const studio = await openStudio({ engines: [], solvers: new Map(), growths: [book] })
  return { url: studio.url, close: () => Promise.all([studio.stop(), growth.stop()]) }
}

/** A tuner of a thousand replicas in a clock of its own; its owner moved, died and moved again, and seven replicas fell silent. */
async function openReplicas() {
  const rig = new TunerRig(1000).run(30).own().run(50).own("baseline").run(35).own().run(40)
  for (let i = 40; i < 47; i++) rig.silent.add(i)
  rig.run(4)
  const studio = await openStudio({ engines: [], solvers: new Map(), tuners: [new TunerBook(rig)] })
  return { url: studio.url, close: studio.stop }
}

/** A study of a thousand evaluations by fifty workers in a clock of its own; four of them were killed a minute ago. */
async function openStudies() {
  const rig = new StudyRig({ workers: 50, budget: 1000, strategy: "random" }).run(110)
  for (let i = 10; i < 14; i++) rig.killed.add(i)
  rig.run(75)
  const studio = await openStudio({ engines: [], solvers: new Map(), studies: new StudyBook(rig) })
  return { url: studio.url, close: studio.stop }
}

/** A search with a faster candidate, in a clock of its own: every call is mirrored, and the share that it had lies behind it. */
async function openPipeline() {
  const book = new PipelineBook({ id: "quotes", name: "quotes", source: "live" })
  const rig = await pipelineRig(book, "faster")
  await rig.pass(5)
  await rig.germinate()
  await rig.pass(200, () => rig.piece().share === 0.25)
  await rig.pass(12)
  const studio = await openStudio({ engines: [], solvers: new Map(), pipelines: [book] })
  return { url: studio.url, close: () => Promise.all([studio.stop(), rig.growth.stop()]) }
}

/** Campaigns in every state. */
async function openCampaigns() {
  const campaigns = new CampaignBook(new CampaignRig())
  const studio = await openStudio({ engines: [], solvers: new Map(), campaigns })
  return { url: studio.url, close: studio.stop }
}

/** To a boundary of a growing host. */
const toBoundary = (epoch: number) => async (page: Page) => {
  await page.locator(".moment-bar input").evaluate((slider, value) => {
    const input = slider as HTMLInputElement
    input.value = String(value)
    input.dispatchEvent(new Event("input"))
  }, epoch)
  await sleep(500)
}

const game = await serve({ files: { "/": { type: "text/html; charset=utf-8", body: await playground() } } })
const [browser, demo, shelf, fleet, growth, replicas, studies, campaigns, pipeline] = await Promise.all([
  launch(),
  openDemo(),
  openShelf(),
  openFleet(),
  openGrowth(),
  openReplicas(),
  openStudies(),
  openCampaigns(),
  openPipeline(),
])
await sleep(DEMO_MS)

/** To a moment after the trip, at two fifths of the recording. */
const toTrip = async (page: Page): Promise<void> => {
  await page.locator(".replay input[type=range]").evaluate((slider) => {
    const input = slider as HTMLInputElement
    input.value = String(Number(input.min) + 0.42 * (Number(input.max) - Number(input.min)))
    input.dispatchEvent(new Event("input"))
  })
  await page.getByText("SafeMode is open", { exact: true }).first().waitFor()
  await sleep(500)
}

const CHART = ".statechart .state[data-active]"
const SHOWN: ReadonlyArray<Shown> = [
  {
    name: "overview",
    url: demo.url,
    hash: "#/overview",
    ready: ".hero .now:not(:text('–'))",
    doc: "studio-overview.webp",
  },
  {
    name: "statecharts",
    url: demo.url,
    hash: "#/statecharts?actor=cycle",
    ready: CHART,
    doc: "studio-statecharts.webp",
  },
  { name: "audit", url: demo.url, hash: "#/audit", ready: ".record" },
  {
    name: "replay",
    url: shelf.url,
    hash: "#/overview",
    ready: ".replay + .overview .dial[aria-valuenow]",
    doc: "studio-replay.webp",
    first: toTrip,
  },
  {
    name: "phone",
    url: shelf.url,
    hash: "#/overview",
    ready: ".replay + .overview .dial[aria-valuenow]",
    doc: "studio-phone.webp",
    docLooks: { ...PHONE, theme: "dark" },
    first: toTrip,
  },
  { name: "recorded", url: shelf.url, hash: "#/fleet", ready: ".engine" },
  { name: "solver", url: shelf.url, hash: "#/solver", ready: ".shares li" },
  { name: "fleet", url: fleet.url, hash: "#/fleet", ready: ".engines .engine" },
  { name: "fleet-engine", url: fleet.url, hash: "#/fleet?fleet=tenants&key=tenant-003", ready: ".fleet" },
  {
    name: "replicas",
    url: replicas.url,
    hash: "#/replicas",
    ready: ".replica-map",
    doc: "studio-replicas.webp",
    docLooks: { ...IN_DOCS, height: 1120 },
  },
  {
    name: "studies",
    url: studies.url,
    hash: "#/studies",
    ready: ".trial-map path",
    doc: "studio-studies.webp",
    docLooks: { ...IN_DOCS, height: 960 },
  },
  {
    name: "campaigns",
    url: campaigns.url,
    hash: "#/campaigns?campaign=winter-limits",
    ready: ".campaigns .asked",
    doc: "studio-campaigns.webp",
  },
  {
    name: "pipeline",
    url: pipeline.url,
    hash: "#/pipeline",
    ready: ".river path",
    doc: "studio-pipeline.webp",
  },
  {
    name: "campaign-canaries",
    url: campaigns.url,
    hash: "#/campaigns?campaign=payments-limits",
    ready: ".way",
  },
  {
    name: "growth",
    url: growth.url,
    hash: "#/growth",
    ready: ".network .part",
    doc: "studio-growth.webp",
    first: toBoundary(50),
  },
  {
    name: "growth-phone",
    url: growth.url,
    hash: "#/growth",
    ready: ".network .part",
    doc: "studio-growth-phone.webp",
    docLooks: { ...PHONE, theme: "dark" },
    first: toBoundary(50),
  },
  { name: "growth-refused", url: growth.url, hash: "#/growth", ready: ".network .part" },
  { name: "playground", url: game.url, hash: "#/overview", ready: ".hero .now:not(:text('–'))" },
]

mkdirSync(out, { recursive: true })
const docs = process.argv.includes("--docs")
const only = /--only=(\S+)/.exec(process.argv.join(" "))?.[1]
const wanted = SHOWN.filter(({ name }) => only === undefined || name.startsWith(only))
for (const shown of docs ? [] : wanted)
  for (const theme of ["light", "dark"] as const)
    for (const [size, box] of [
      ["desk", DESK],
      ["phone", PHONE],
    ] as const)
      await take(browser, shown, { ...box, theme }, join(out, `${shown.name}-${size}-${theme}.png`))
for (const shown of docs ? wanted : [])
  if (shown.doc !== undefined) await take(browser, shown, shown.docLooks ?? IN_DOCS, join(images, shown.doc))
await Promise.allSettled([
  browser.close(),
  demo.close(),
  shelf.close(),
  fleet.close(),
  growth.close(),
  replicas.close(),
  studies.close(),
  campaigns.close(),
  pipeline.close(),
  game.close(),
])
console.log(`The pictures are in ${docs ? images : out}`)
