/** Reports that cannot be: each is refused with every field that is wrong, or counts for nothing, and the tuner goes on as before. */
import { beforeEach, describe, expect, it } from "vitest"
import { knobHash } from "../../src/cohort/knobHash.ts"
import type { Report } from "../../src/cohort/protocol.ts"
import { type HearingRefusal, TunerHost } from "../../src/replica/TunerHost.ts"

let host: TunerHost
let report: Report

beforeEach(() => {
  host = new TunerHost({ name: "t", engine: { params: { batch: { min: 1, max: 101, initial: 21 } } } })
  host.start(1e6)
  const table = knobHash(host.settings.space)
  report = { protocol: 1, tuner: "t", replica: "r", boot: "b", seq: 0, table, at: [0, 0], windows: [] }
})

/** As it comes over the network: NaN and infinities are null there. */
const sent = (over: object): unknown => JSON.parse(JSON.stringify({ ...report, ...over }))
const live = () => host.loop.pair
const window = (over: object = {}) => ({ at: live(), n: 4, sum: 8, sum2: 16, errors: 0, ...over })
const measured = () => host.loop.roster.all.map(({ measured: { n } }) => n)

describe("a report that cannot be", () => {
  it.each<readonly [string, () => object, ReadonlyArray<string>]>([
    ["NaN", () => ({ windows: [window({ sum: Number.NaN })] }), ["windows[0].sum"]],
    [
      "negative counts",
      () => ({ seq: -1, windows: [window(), window({ n: -4, errors: -1, sum2: -16 })] }),
      ["seq", "windows[1].errors", "windows[1].n", "windows[1].sum2"],
    ],
    ["counts that are no whole numbers", () => ({ windows: [window({ n: 1.5 })] }), ["windows[0].n"]],
    [
      "an emergency without a margin",
      () => ({ emergency: { at: live(), margin: Number.NaN } }),
      ["emergency.margin"],
    ],
    ["an epoch before all", () => ({ at: [-1, 0] }), ["at[0]"]],
    ["other knobs", () => ({ table: "0011223344556677" }), ["table"]],
    ["another tuner", () => ({ tuner: "checkout" }), ["tuner"]],
  ])("for %s is refused with every field that is wrong, and nobody is known by it", (_, over, paths) => {
    const { status, body } = host.hear(sent(over()), 1e6)
    expect(status).toBeGreaterThanOrEqual(400)
    expect((body as HearingRefusal).problems.map(({ path }) => path).toSorted()).toEqual(paths)
    expect(host.replicas()).toEqual([])
  })

  it("because it is from the past counts for nothing, and is answered with what is live", () => {
    expect(host.hear(sent({ seq: 5, at: live(), windows: [window()] }), 1e6).status).toBe(200)
    expect(measured()).toEqual([4])
    // Sent before that one, arrived after it.
    const { status, body } = host.hear(sent({ seq: 4, at: [0, 0], windows: [window()] }), 1.1e6)
    expect(status).toBe(200)
    expect(body).toMatchObject({ at: live() })
    // A newer report about what was live once.
    host.hear(sent({ seq: 6, at: live(), windows: [window({ at: [0, 7] })] }), 1.2e6)
    expect(measured()).toEqual([4])
    expect(host.loop.roster).toMatchObject({ duplicates: 1, late: 1 })
    expect(host.replicas()).toMatchObject([{ confirmed: live() }])
  })

  it("at a time before the last one does not turn the owner's time back", () => {
    host.hear(sent({}), 5e6)
    expect(host.hear(sent({ seq: 1 }), 2e6).status).toBe(200)
    expect(host.loop.hot.nowCell[0]).toBe(5e6)
    expect(host.replicas()).toMatchObject([{ agoMs: 0, silent: false }])
  })

  it("from two replicas of one name shows both, told apart by their boots", () => {
    host.hear(sent({}), 1e6)
    host.hear(sent({ boot: "other" }), 1.1e6)
    host.hear(sent({ seq: 1 }), 1.2e6)
    const shown = host.replicas().map(({ replica, boot, replaced }) => [replica, boot, replaced])
    expect(shown).toEqual([
      ["r", "b", true],
      ["r", "other", false],
    ])
  })
})
