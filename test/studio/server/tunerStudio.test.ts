/** `tunerStudio` over a real cluster on a file: its tuner with its owners, its campaigns, which a person answers, and the studies of its storage. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { createCluster, openStudy, sqlite } from "../../../src/cluster/index.ts"
import { tunerStudio } from "../../../src/platform/node/tunerStudio.ts"
import { PLANT } from "../../cluster/Troop.ts"

const folder = mkdtempSync(join(tmpdir(), "arqon-tuner-studio-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const config = { budget: 9, bounds: { rate: { min: 0, max: 1 } } }

describe("a studio of what several processes share", () => {
  it("shows a cluster's tuner with its owners and its campaigns, and the studies of its storage", async () => {
    const storage = sqlite(join(folder, "shared.db"))
    const cluster = createCluster({ storage, tuners: { checkout: PLANT } })
    await cluster.start()
    await cluster.campaigns.start({
      by: "ada",
      why: "load",
      config,
      name: "faster",
      tuner: "checkout",
      study: "rates",
    })
    const study = await openStudy({ storage, name: "alone", config })
    const [{ id }] = await study.ask(1)
    await study.tell([{ id, value: 3 }])
    const tuners = { checkout: cluster.tuner("checkout") }
    const studio = await tunerStudio({ tuners, cluster, storage }, { token: false })
    const get = async (path: string) => (await fetch(new URL(path, studio.url))).json()
    const end = (by: string) =>
      fetch(new URL("api/campaigns/actions", studio.url), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ campaign: "faster", action: "cancel", reason: "not now", by, confirm: true }),
      })

    expect(await get("api/session")).toMatchObject({ tuners: [{ id: "checkout" }], studies: true })
    expect(await get("api/tuner")).toMatchObject({
      owner: { runner: (await cluster.status()).runner },
      owners: [{ epoch: 1, began: "first", untilMs: null }],
    })
    expect(await get("api/study?study=alone")).toMatchObject({
      told: 1,
      best: { value: 3, worker: study.worker },
    })
    expect(await get("api/campaigns")).toMatchObject({
      campaign: { name: "faster", tuner: "checkout", state: "studying", actions: ["cancel"] },
    })
    expect((await end("")).status).toBe(400)
    expect(await (await end("bob")).json()).toMatchObject({ ok: true, state: "back" })
    expect((await cluster.campaign("faster").status()).state).toBe("back")
    await studio.stop()
    await study.close()
    await cluster.stop()
  })

  it("shows studies alone, and says what is missing of a storage or at all", async () => {
    const storage = sqlite(join(folder, "studies.db"))
    await expect(tunerStudio({ storage: sqlite(join(folder, "none", "at.db")) })).rejects.toMatchObject({
      _tag: "StorageError",
    })
    await (await openStudy({ storage, name: "alone", config })).close()
    const studio = await tunerStudio({ storage }, { token: false })
    expect(await (await fetch(new URL("api/session", studio.url))).json()).toMatchObject({
      tuners: [],
      campaigns: null,
      studies: true,
    })
    await studio.stop()
    await expect(tunerStudio({ storage }, { port: -1 })).rejects.toMatchObject({ _tag: "ConfigError" })
    for (const [wrong, text] of [
      [{}, /tuners: must have at least one tuner\..* storage of shared studies/],
      [{ storage: "arqon.db" }, /storage: must be a storage\. Take postgres/],
      [{ cluster: { status: () => {} } }, /tuners: must have at least one tuner/],
    ] as const)
      await expect(tunerStudio(wrong as never)).rejects.toThrow(text)
  })
})
