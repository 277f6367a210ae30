/** A growing service behind the studio's server: its river, its evidence and its disagreements, live and from a record that is repeated. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { pipelinesIn } from "../../../src/cli/pipelinesIn.ts"
import { PIPELINE } from "../../../src/morph/node/PipelineLog.ts"
import { pipelineStudio } from "../../../src/platform/node/pipelineStudio.ts"
import type { PipelinePage } from "../../../src/studio/protocol/pipelineProtocol.ts"
import { PipelineBook } from "../../../src/studio/server/PipelineBook.ts"
import { type CandidateKind, pipelineRig, WRONG_ONE_IN } from "../pipelineRig.ts"

const folder = mkdtempSync(join(tmpdir(), "arqon-pipeline-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function rigOf(kind: CandidateKind, state?: string) {
  const book = new PipelineBook({ id: "a", name: "quotes", source: "live" })
  const rig = await pipelineRig(book, kind, state)
  await rig.pass(3)
  await rig.germinate()
  return { book, rig }
}

describe("a growing service, as the studio shows it", () => {
  it("has the candidate's share of every window, and its evidence on the way to the thresholds", async () => {
    const { book, rig } = await rigOf("faster")
    await rig.pass(260, () => rig.piece().state === "shadowing")
    const { rows, pieces, fail, pass } = book.page(-1)
    expect([fail, pass]).toEqual([100, 20])
    const shares = rows.map((row) => row.pieces["search"].share)
    expect(shares).toEqual(expect.arrayContaining([0, 0.02, 0.05, 0.1, 0.25]))
    const blending = rows.filter((row) => row.pieces["search"].state === "blending")
    expect(blending.map((row) => row.pieces["search"].pairs ?? 0)).toEqual(
      blending.map((row) => row.pieces["search"].pairs ?? 0).toSorted((a, b) => a - b),
    )
    expect(blending.at(-1)?.pieces["search"].within).toBeGreaterThan(5)
    expect(blending.at(-1)?.pieces["search"].worse.latency).toBeLessThan(1)
    expect(pieces[0]).toMatchObject({
      state: "shadowing",
      mirror: "all",
      share: 0,
      candidate: "search-2026-11",
    })
    // Only what is new is asked for.
    const last = rows.at(-1)?.boundary ?? 0
    expect(book.page(last).rows).toEqual([])
    expect(book.page(last - 1).rows).toEqual(rows.slice(-1))
    await rig.growth.stop()
  })

  it("says why a slower one was taken out, and remembers nothing while nothing is on trial", async () => {
    const { book, rig } = await rigOf("slower")
    await rig.pass(260, () => rig.piece().state === "embargoed")
    const { pieces, rows } = book.page(-1)
    expect(pieces[0].story).toMatch(
      /^search-2026-11 was taken out: G2 failed: latencyWorse is .* searchOld answers, and nothing new/,
    )
    expect(rows.flatMap(({ notes }) => notes).filter(({ tone }) => tone === "trip")).toHaveLength(1)
    await rig.pass(8)
    const quiet = book.page(-1).rows.length
    await rig.pass(20)
    expect(book.page(-1).rows).toHaveLength(quiet)
    await rig.growth.stop()
  })

  it("puts answers that differ side by side, without running anybody's code or telling a secret", async () => {
    const { book, rig } = await rigOf("wrong")
    await rig.pass(260, () => rig.piece().state === "shadowing")
    await rig.pass(9)
    const [one] = book.page(-1).pieces[0].disagreements
    const query = Number(one.input)
    expect(query % WRONG_ONE_IN).toBe(0)
    expect(JSON.parse(one.incumbent)).toEqual({ ids: [query, query + 1, query + 2], total: 3 })
    expect(JSON.parse(one.candidate)).toEqual({ ids: [query, query + 1, query + 3], total: 3 })
    const piece = rig.piece()
    // Who asks why it was taken out still sees it when it is gone, and not beside another one.
    const after = (candidate: string | null) => {
      book.add({
        boundary: 9_999,
        moves: [],
        refused: [],
        pieces: [{ ...piece, candidate, disagreements: [] }],
      })
      return book.page(-1).pieces[0].disagreements
    }
    expect(after(null)[0]).toEqual(one)
    expect(after("another")).toEqual([])
    const odd = { args: [{ password: "hunter2" }], incumbent: new Error("no"), candidate: 7n }
    book.add({ boundary: 10_000, moves: [], refused: [], pieces: [{ ...piece, disagreements: [odd] }] })
    const [told] = book.page(-1).pieces[0].disagreements
    expect(told.input).not.toContain("hunter2")
    expect(told.incumbent).toContain("no")
    await rig.growth.stop()
  })

  it("is repeated from its folder with every share and every piece of evidence, and refused where the record was changed", async () => {
    const state = join(folder, "kept")
    const { book, rig } = await rigOf("slower", state)
    await rig.pass(260, () => rig.piece().state === "embargoed")
    await rig.growth.stop()
    const [kept] = pipelinesIn(state).pipelines
    const [then, now] = [book.page(-1), kept.page(-1)]
    expect(now.ended).toBe(true)
    expect(now.pieces[0]).toMatchObject({ candidate: "search-2026-11", disagreements: [] })
    for (const row of now.rows) {
      const live = then.rows.find(({ boundary }) => boundary === row.boundary)
      const [a, b] = [row.pieces["search"], live?.pieces["search"]]
      if (row.notes.length === 0) expect([a.state, a.share]).toEqual([b?.state, b?.share])
      if (b?.worse.latency !== undefined && b.state === a.state) expect(a.worse.latency).toBe(b.worse.latency)
    }
    expect(now.rows.map((row) => row.pieces["search"].share)).toEqual(expect.arrayContaining([0.02, 0.05]))
    expect(now.rows.some((row) => (row.pieces["search"].worse.latency ?? 0) > 100)).toBe(true)
    expect(now.rows.flatMap(({ notes }) => notes.map(({ text }) => text))).toEqual(
      then.rows.flatMap(({ notes }) => notes.map(({ text }) => text)),
    )
    const path = join(state, PIPELINE)
    const bytes = readFileSync(path)
    bytes[Math.floor(bytes.length / 2)] ^= 1
    writeFileSync(path, bytes)
    expect(() => pipelinesIn(state)).toThrow()
  })
})

describe("pipelineStudio", () => {
  it("serves a service that runs with its own thresholds, and lets go of it when it stops", async () => {
    const { rig } = await rigOf("faster")
    const studio = await pipelineStudio(rig.growth, {
      token: false,
      name: "quotes",
      gates: { fail: 50, pass: 10 },
    })
    await rig.pass(30)
    const page = (await (await fetch(`${studio.url}api/pipeline`)).json()) as PipelinePage
    expect(page).toMatchObject({ fail: 50, pass: 10, ended: false, pieces: [{ name: "search" }] })
    expect(page.rows.length).toBeGreaterThan(20)
    expect((await fetch(`${studio.url}api/pipeline?pipeline=other`)).status).toBe(404)
    await studio.stop()
    await rig.growth.stop()
    // What JavaScript hands over need not be what the types say.
    await expect(pipelineStudio(undefined as never)).rejects.toThrow("must be a growing service")
    await expect(pipelineStudio(rig.growth, { inspectAt: "ws://localhost:8080" })).rejects.toThrow(
      "inspectAt",
    )
  })
})
