/** Campaigns behind the studio's server: where each is on its way, what its evidence comes to in words, and how a person answers. */
import { describe, expect, it } from "vitest"
import type { CampaignPage } from "../../../src/studio/protocol/campaignProtocol.ts"
import { CampaignBook, campaignRequestOf } from "../../../src/studio/server/CampaignBook.ts"
import { openStudio } from "../../../src/studio/server/openStudio.ts"
import { CampaignRig, NOW_MS } from "../campaignRig.ts"

const rigOf = () => {
  const rig = new CampaignRig()
  const book = new CampaignBook(rig)
  const look = async (name: string) => {
    const { campaign } = await book.page(name, false)
    if (campaign === null) throw new Error("nothing is shown")
    return campaign
  }
  return { rig, book, look }
}

const said = { reason: "the replay is sound", by: "bob", confirm: true }

describe("a campaign, as the studio shows it", () => {
  it("stands after those that wait for a person", async () => {
    const { campaigns, campaign, nowMs } = await rigOf().book.page(null, false)
    expect(campaigns.map(({ state }) => state)).toEqual([
      "waiting",
      "waiting",
      "trying",
      "studying",
      "rolledOut",
      "back",
    ])
    expect(campaign?.name).toBe(campaigns[0].name)
    expect(nowMs).toBe(NOW_MS)
  })

  it("has every stage with what came of it", async () => {
    const { look } = rigOf()
    const places = async (name: string) => (await look(name)).stages.map(({ state }) => state).join(" ")
    expect(await places("weekend-limits")).toBe("now next next next next")
    expect(await places("winter-limits")).toBe("done done now next next")
    expect(await places("payments-limits")).toBe("done done done now next")
    expect(await places("summer-limits")).toBe("done done done done done")
    expect(await places("smaller-pool")).toBe("done done done ended left")
    const { stages, story, notes } = await look("smaller-pool")
    expect(stages[3].text).toBe("The canaries were worse than the base.")
    expect(story).toContain("no replica has the candidate. The canaries were worse")
    expect(notes.map(({ tone }) => tone)).toEqual([null, null, "live", "trip"])
    // A trial that was withdrawn says nothing; the one after it does.
    expect((await look("summer-limits")).notes.map(({ text }) => text).slice(-2)).toEqual([
      "The trial was withdrawn, which says nothing about the candidate.",
      "The canaries were no worse than the base, and every replica followed.",
    ])
  })

  it("says what each measurement comes to", async () => {
    const { evidence } = await rigOf().look("winter-limits")
    expect(evidence.map(({ text }) => text)).toEqual([
      "Loss 18.52, give or take 0.18, over 9 readings. Nothing was measured beside it. Every constraint held.",
      "Loss 19.1, give or take 0.44, over 40 readings. That is better by 18 % than what it was compared with, 23.4. Every constraint held.",
    ])
  })

  it("says that a small difference may be chance, and that a constraint was broken", async () => {
    const { rig, look } = rigOf()
    rig.all = rig.all.map((one) =>
      one.candidate === null
        ? one
        : {
            ...one,
            candidate: {
              ...one.candidate,
              evidence: one.candidate.evidence.map((piece) => ({
                ...piece,
                against: { mean: piece.mean - 0.1, standardError: 0.2, readings: 9 },
                constraintsHeld: false,
              })),
            },
          },
    )
    const [first] = (await look("winter-limits")).evidence
    expect(first.text).toContain("reads 18.42: the difference may be chance. A constraint was broken.")
  })

  it("names who cannot approve it, what is missing, and until when it waits", async () => {
    const { look } = rigOf()
    const { waits, actions } = await look("exact-readings")
    expect(waits).toEqual({
      untilMs: NOW_MS - 2 * 86_400_000 + 4 * 3_600_000 + 7 * 86_400_000,
      authors: ["ada"],
      missing: ["Evidence has fewer than 3 readings. Measure it more often."],
    })
    expect(actions).toEqual(["approve", "reject", "cancel"])
    expect(await look("payments-limits")).toMatchObject({
      waits: null,
      actions: ["cancel"],
      canary: { turns: 34, sound: 21, threshold: 100 },
    })
    expect(await look("summer-limits")).toMatchObject({ canary: null, actions: [] })
  })

  it("shows no evidence of another candidate, and none where the tuner cannot be asked", async () => {
    const { rig, look } = rigOf()
    const now = await rig.canary("checkout")
    rig.canary = () => Promise.resolve(now === null ? null : { ...now, variant: "another" })
    expect((await look("payments-limits")).canary).toBeNull()
    rig.canary = () => Promise.reject(new Error("no runner answers"))
    expect((await look("payments-limits")).canary).toBeNull()
  })

  it("is answered with a name and a reason, and tells why an answer is refused", async () => {
    const { rig, book } = rigOf()
    const ask = (more: object) => book.act(campaignRequestOf({ campaign: "winter-limits", ...said, ...more }))
    await expect(ask({ action: "approve", by: " ADA " })).rejects.toMatchObject({
      reason: "conflict",
      message: expect.stringContaining("is one of its authors"),
    })
    expect(await ask({ action: "approve" })).toEqual({ ok: true, action: "approve", state: "trying" })
    expect(rig.said.at(-1)).toEqual(["winter-limits", "approve", "bob", "the replay is sound"])
    const request = (more: object) => () =>
      campaignRequestOf({ campaign: "a", action: "reject", ...said, ...more })
    expect(request({ by: undefined })).toThrow("by must be your name")
    expect(request({ by: "  " })).toThrow("by must be your name")
    expect(request({ reason: "" })).toThrow("reason must be a text")
    expect(request({ confirm: false })).toThrow("confirm must be true")
    expect(request({ action: "evaluate" })).toThrow("action must be one of approve, reject, cancel")
  })

  it("can only be looked at in a studio that is read-only, over HTTP too", async () => {
    const { rig, book } = rigOf()
    const shelf = { engines: [], solvers: new Map(), campaigns: book }
    const studio = await openStudio(shelf, { readOnly: true, token: false })
    try {
      const page = (await (
        await fetch(`${studio.url}api/campaigns?campaign=winter-limits`)
      ).json()) as CampaignPage
      expect(page.campaign?.actions).toEqual([])
      const answer = await fetch(`${studio.url}api/campaigns/actions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ campaign: "winter-limits", action: "approve", ...said }),
      })
      expect(answer.status).toBe(403)
      expect(rig.said).toEqual([])
      expect((await fetch(`${studio.url}api/campaigns?campaign=other`)).status).toBe(404)
    } finally {
      await studio.stop()
    }
  })
})
