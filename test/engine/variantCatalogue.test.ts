/** The catalogue over each of its stores: what a step demands and keeps, writers that meet, and what may be live. */
import { mkdirSync, writeFileSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import {
  createVariantCatalogue,
  type SignedBy,
  type VariantCatalogue,
  VariantError,
} from "../../src/index.node.ts"
import * as web from "../../src/index.ts"
import { openSqliteVariants } from "../../src/platform/node/index.ts"
import type { PlainStep } from "../../src/engine/relocation/VariantCatalogue.ts"
import { memoryVariants, type VariantStore } from "../../src/engine/relocation/VariantStore.ts"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { content, evidence } from "../machines/variantRig.ts"
import { ownFolder } from "../journal/journalRig.ts"

const folder = ownFolder()
let folders = 0
const openFolder = () => Effect.runPromise(openSqliteVariants(folder.in(`catalogue-${folders++}`)))

const stores: ReadonlyArray<readonly [string, () => Promise<VariantStore>]> = [
  ["memory", () => Promise.resolve(memoryVariants())],
  ["SQLite", openFolder],
]

const ada = { by: "ada", why: "smaller answers", atUs: 10 }
const bob = { by: "bob", why: "measured on Monday", atUs: 20 }
const cy = { by: "cy", why: "looks right", atUs: 30 }

/** The error of a call that must be refused. */
const refused = async (call: Promise<unknown>): Promise<VariantError> => {
  const error: unknown = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(VariantError)
  return error as VariantError
}

const approved = async (catalogue: VariantCatalogue, name: string) => {
  await catalogue.draft(name, content, ada)
  await catalogue.evaluate(name, evidence, bob)
  return catalogue.approve(name, cy)
}

for (const [kind, open] of stores) {
  describe(`a catalogue in ${kind}`, () => {
    const make = async () => createVariantCatalogue({ store: await open() })

    it("keeps each step with who, when, why, from, to and evidence", async () => {
      const catalogue = await make()
      const heard: Array<unknown> = []
      catalogue.subscribe((step) => heard.push(step))
      await approved(catalogue, "zstd")
      const promoted = await catalogue.promote("zstd", { ...cy, atUs: 40, why: "won for a week" })
      expect(promoted).toMatchObject({ state: "promoted", version: 4, authors: ["ada"] })
      expect(await catalogue.get("zstd")).toEqual(promoted)
      const steps = await catalogue.history("zstd")
      expect(heard).toEqual(steps)
      const told = steps.map(({ action, from, to, by, why, atUs, evidence: ids }) => {
        return [action, from, to, by, why, atUs, ids]
      })
      expect(told).toEqual([
        ["draft", null, "draft", "ada", "smaller answers", 10, []],
        ["evaluate", "draft", "evaluated", "bob", "measured on Monday", 20, [1]],
        ["approve", "evaluated", "approved", "cy", "looks right", 30, [1]],
        ["promote", "approved", "promoted", "cy", "won for a week", 40, [1]],
      ])
      expect(steps[1].added).toEqual({ id: 1, ...evidence })
      expect(steps[0].content).toEqual(content)
      await catalogue.close()
    })

    it("lists everything that is missing when it refuses, and stores nothing", async () => {
      const catalogue = await make()
      const { problems, reason } = await refused(catalogue.draft("previous", content, { by: "", why: "" }))
      expect([reason, problems.map(({ path }) => path)]).toEqual(["invalid", ["by", "name", "why"]])
      await catalogue.draft("zstd", { values: { level: 3 } }, ada)
      expect((await refused(catalogue.draft("zstd", content, ada))).reason).toBe("exists")
      expect((await refused(catalogue.approve("gzip", cy))).reason).toBe("unknown")
      expect((await refused(catalogue.approve("zstd", cy))).reason).toBe("refused")
      await catalogue.evaluate("zstd", evidence, bob)
      const error = await refused(catalogue.approve("zstd", ada))
      expect(error.problems.map(({ path }) => path)).toEqual(["by", "constraints", "rollback"])
      expect(error.message).toContain("Somebody else")
      expect((await catalogue.history()).map(({ action }) => action)).toEqual(["draft", "evaluate"])
      expect((await catalogue.get("zstd"))?.version).toBe(2)
      await catalogue.close()
    })

    it("names the place of every invalid value from untyped code", async () => {
      const catalogue = await make()
      const nonsense = { values: { a: Number.NaN }, constraint: [] } as unknown as typeof content
      const { problems } = await refused(catalogue.draft("zstd", nonsense, ada))
      expect(problems.map(({ path }) => path)).toEqual(["content.constraint", "content.values.a"])
      expect(problems[0].suggestion).toContain("constraints")
      await catalogue.draft("zstd", content, ada)
      const thin = { ...evidence, mean: Number.POSITIVE_INFINITY, readings: 1.5 }
      const second = await refused(catalogue.evaluate("zstd", thin, bob))
      expect(second.problems.map(({ path }) => path)).toEqual(["evidence.mean", "evidence.readings"])
      await refused(catalogue.draft(7 as unknown as string, content, {} as SignedBy))
      expect(await catalogue.history()).toHaveLength(1)
      await catalogue.close()
    })

    it("refuses an approval whose rollback target does not exist or has ended", async () => {
      const catalogue = await make()
      const back = { ...content, rollback: { to: "gzip", afterBreaches: 1, quarantineUs: 0 } }
      await catalogue.draft("zstd", back, ada)
      await catalogue.evaluate("zstd", evidence, bob)
      const none = await refused(catalogue.approve("zstd", cy))
      expect(none.problems.map(({ path }) => path)).toEqual(["rollback.to"])
      await catalogue.draft("gzip", content, ada)
      await catalogue.approve("zstd", cy)
      await catalogue.withdraw("zstd", cy)
      await catalogue.archive("gzip", cy)
      expect((await refused(catalogue.approve("zstd", cy))).problems[0].message).toContain("archived")
      await catalogue.close()
    })

    it("refuses circular rollback targets, and a promotion whose rollback target has ended", async () => {
      const catalogue = await make()
      const to = (name: string) => ({ ...content, rollback: { to: name, afterBreaches: 1, quarantineUs: 0 } })
      for (const [name, back] of [
        ["a", "b"],
        ["b", "c"],
        ["c", "a"],
        ["d", "b"],
      ] as const) {
        await catalogue.draft(name, to(back), ada)
        await catalogue.evaluate(name, evidence, bob)
      }
      const { problems } = await refused(catalogue.approve("a", cy))
      expect(problems).toEqual([
        {
          path: "rollback.to",
          message: 'leads back to the variant itself, by way of "b", "c".',
          suggestion: "Name another.",
        },
      ])
      // A circle of others is theirs to mend: it is refused where one of them is approved.
      await catalogue.approve("d", cy)
      await catalogue.archive("b", cy)
      const over = await refused(catalogue.promote("d", cy))
      expect(over.problems[0].message).toBe('leads to "b", which is archived.')
      expect((await catalogue.get("d"))?.state).toBe("approved")
      await catalogue.close()
    })

    it("refuses what it could not read back, and indistinguishable names", async () => {
      const catalogue = await make()
      const long = await refused(
        catalogue.draft("a\u200b", content, { by: "a".repeat(201), why: "w".repeat(2001), atUs: 1e300 }),
      )
      expect(long.problems.map(({ path }) => path)).toEqual(["atUs", "by", "name", "why"])
      await catalogue.draft("zstd", content, ada)
      await refused(catalogue.evaluate("zstd", evidence, { by: "bob", why: "w".repeat(2001) }))
      const nobody = undefined as unknown as SignedBy
      expect((await refused(catalogue.draft("b", content, nobody))).problems[0].path).toBe("by")
      expect((await refused(catalogue.archive("zstd", nobody))).problems[0].path).toBe("by")
      const bounds = [{ channel: "errorRate", of: "outcome" as const, atLeast: 1, atMost: 0 }]
      const odd = await refused(catalogue.revise("zstd", { ...content, constraints: bounds }, ada))
      expect(odd.problems[0].path).toBe("content.constraints[0]")
      expect(await catalogue.list()).toHaveLength(1)
      expect(await catalogue.history()).toHaveLength(1)
      await catalogue.close()
    })

    it("returns the same list of selectable variants while nothing changes", async () => {
      const store = await open()
      const [catalogue, other] = await Promise.all([
        createVariantCatalogue({ store }),
        createVariantCatalogue({ store }),
      ])
      await approved(catalogue, "zstd")
      const first = await catalogue.selectable()
      expect(await catalogue.selectable()).toBe(first)
      expect(first[0].approval).toEqual({ by: "cy", why: "looks right", atUs: 30 })
      await other.promote("zstd", cy)
      expect(await catalogue.selectable()).toMatchObject([{ name: "zstd", state: "promoted" }])
      await catalogue.close()
    })

    it("accepts one of two writers of the same version, and notifies the other", async () => {
      const store = await open()
      const [one, other] = await Promise.all([
        createVariantCatalogue({ store }),
        createVariantCatalogue({ store }),
      ])
      await one.draft("zstd", content, ada)
      await one.evaluate("zstd", evidence, bob)
      const seen = { ...cy, version: 2 }
      await other.revise("zstd", { ...content, values: { level: 19 } }, { ...ada, version: 2 })
      expect((await refused(one.approve("zstd", seen))).reason).toBe("conflict")
      expect((await one.get("zstd"))?.state).toBe("draft")
      const record = await one.get("zstd")
      const step = (await one.history("zstd")).at(-1)
      if (record === null || step === undefined) throw new Error("there is one")
      // A writer that read before the other's commit: the store itself says no.
      for (const version of [record.version, record.version + 2, 1])
        expect(await Effect.runPromise(store.commit({ ...record, version }, { ...step, version }))).toBe(
          false,
        )
      expect(await one.history()).toHaveLength(3)
      await one.close()
    })

    it("lists by name, and offers for selection what is approved or promoted", async () => {
      const catalogue = await make()
      for (const name of ["b", "a", "c", "d"]) await approved(catalogue, name)
      await catalogue.promote("c", cy)
      await catalogue.withdraw("b", cy)
      await catalogue.archive("d", cy)
      expect((await catalogue.list()).map(({ name }) => name)).toEqual(["a", "b", "c", "d"])
      const offered = await catalogue.selectable()
      expect(offered.map(({ name, state }) => [name, state])).toEqual([
        ["a", "approved"],
        ["c", "promoted"],
      ])
      expect(offered[0]).toMatchObject({ values: content.values, rollback: content.rollback, version: 3 })
      await catalogue.close()
    })
  })
}

describe("over all histories", () => {
  const NAMES = ["a", "b"]
  const PEOPLE = ["ada", "bob", "cy"]
  const often = (weights: Readonly<Record<string, number>>) =>
    fc.oneof(
      ...Object.entries(weights).map(([action, weight]) => ({ arbitrary: fc.constant(action), weight })),
    ) as fc.Arbitrary<"draft" | "revise" | "evaluate" | "break" | PlainStep>
  const call = fc.record({
    action: often({
      draft: 2,
      revise: 1,
      evaluate: 4,
      break: 1,
      sendBack: 1,
      approve: 6,
      withdraw: 1,
      promote: 2,
      demote: 1,
      archive: 1,
    }),
    name: fc.constantFrom(...NAMES),
    by: fc.constantFrom(...PEOPLE),
    full: fc.integer({ min: 0, max: 4 }).map((n) => n > 0),
  })

  it("a variant is selectable if somebody else approved it on evidence after its last revision, and nothing revoked that", async () => {
    let seen = 0
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 8, maxLength: 40 }), async (calls) => {
        const catalogue = await createVariantCatalogue()
        for (const { action, name, by, full } of calls) {
          const signed = { by, why: "so", atUs: 1 }
          const own = full ? content : { values: {} }
          const broken = { ...evidence, constraintsHeld: false }
          const done =
            action === "draft" || action === "revise"
              ? catalogue[action](name, own, signed)
              : action === "evaluate" || action === "break"
                ? catalogue.evaluate(name, action === "break" ? broken : evidence, signed)
                : catalogue[action](name, signed)
          await done.catch((error: unknown) => expect(error).toBeInstanceOf(VariantError))
        }
        const offered = (await catalogue.selectable()).map(({ name }) => name)
        for (const name of NAMES) {
          // Told from the history alone, without a look at any state.
          const steps = await catalogue.history(name)
          const approval = steps.findLastIndex(({ action }) => action === "approve")
          const written = steps.findLastIndex(({ content: text }) => text !== null)
          const authors = steps.filter(({ content: text }) => text !== null).map(({ by }) => by)
          const since = steps.slice(approval + 1)
          const ended = since.some(
            ({ action, added }) =>
              action === "withdraw" || action === "archive" || added?.constraintsHeld === false,
          )
          const based = steps.slice(written, approval).filter(({ added }) => added !== null)
          const sound =
            approval > written &&
            based.length > 0 &&
            based.every(({ added }) => added?.constraintsHeld) &&
            steps[written].content?.rollback !== undefined &&
            !authors.includes(steps[approval].by)
          expect(offered.includes(name)).toBe(approval >= 0 && sound && !ended)
          if (offered.includes(name)) seen++
          steps.forEach(({ version, from }, i) => {
            expect([version, from]).toEqual([i + 1, i === 0 ? null : steps[i - 1].to])
          })
        }
      }),
      { numRuns: 400 },
    )
    expect(seen).toBeGreaterThan(10)
  })
})

describe("a catalogue on a disk", () => {
  it("opens in another process with all its steps", async () => {
    const state = folder.in("kept")
    const first = await createVariantCatalogue({ state })
    await approved(first, "zstd")
    const second = await createVariantCatalogue({ state })
    await second.promote("zstd", cy)
    expect(await first.get("zstd")).toEqual(await second.get("zstd"))
    await first.close()
    await first.close()
    await second.close()
    const third = await createVariantCatalogue({ state })
    expect((await third.history()).map(({ to }) => to)).toEqual([
      "draft",
      "evaluated",
      "approved",
      "promoted",
    ])
    await third.close()
  })

  it("protects its steps against change and deletion, and reports a tampered row", async () => {
    const state = folder.in("tampered")
    const catalogue = await createVariantCatalogue({ state })
    await approved(catalogue, "zstd")
    const db = new DatabaseSync(`${state}/variants.db`)
    expect(() => db.exec("UPDATE steps SET why = 'other'")).toThrow("kept as they were")
    expect(() => db.exec("DELETE FROM steps")).toThrow("kept for good")
    db.exec("UPDATE variants SET record = '{}'")
    db.close()
    expect((await refused(catalogue.get("zstd"))).reason).toBe("store")
    expect((await refused(catalogue.selectable())).reason).toBe("store")
    await catalogue.close()
    expect((await refused(catalogue.list())).reason).toBe("store")
  })

  it("is refused if it is impossible, or if there is no disk", async () => {
    const file = folder.in("file")
    mkdirSync(folder.in("."), { recursive: true })
    writeFileSync(file, "no directory")
    expect((await refused(createVariantCatalogue({ state: file }))).reason).toBe("store")
    const { problems } = await refused(web.createVariantCatalogue({ state: file }))
    expect(problems[0].path).toBe("state")
    await expect(web.createVariantCatalogue()).resolves.toBeDefined()
  })
})
