/**
 * What `createCluster` and what makes its parts refuse before anything begins. Options that nobody knew were passed over: a gateway with
 * `token` in place of `tokens` was open to everybody.
 */
import { describe, expect, it } from "vitest"
import { createCluster, openStudy, postgres, postgresJournal, sqlite } from "../../src/cluster/index.ts"
import type { Problem } from "../../src/domain/errors.ts"
import { PLANT } from "./Troop.ts"

const lines = (error: unknown): ReadonlyArray<string> => {
  expect(error).toMatchObject({ _tag: "ConfigError" })
  return (error as { problems: ReadonlyArray<Problem> }).problems.map(
    ({ path, message, suggestion = "" }) => `${path} ${message} ${suggestion}`,
  )
}

/** The problems of a call that is refused, as lines. */
function refusals(call: () => unknown): ReadonlyArray<string> {
  try {
    call()
  } catch (error) {
    return lines(error)
  }
  return []
}

const clusterWith = (more: object) => () =>
  createCluster({ storage: sqlite("./none.db"), tuners: { a: PLANT }, ...more })

describe("options of a cluster that nobody knows", () => {
  it.each([
    ["gateway.token", { gateway: { port: 0, token: "sixteen-letters-" } }, 'Did you mean "tokens"?'],
    [
      "gateway.tokens[0].rights",
      {
        gateway: { port: 0, tokens: [{ token: "sixteen-letters-", tuner: "a", right: "read", rights: [] }] },
      },
      'Did you mean "right"?',
    ],
    ["locks.expirationMS", { locks: { expirationMS: 9_000 } }, 'Did you mean "expirationMs"?'],
    ["node.lisen", { node: { host: "127.0.0.1", port: 7, lisen: "::1" } }, 'Did you mean "listen"?'],
    ["records.segmentsBytes", { records: { segmentsBytes: 9_000 } }, 'Did you mean "segmentBytes"?'],
    [
      "telemetry.headrs",
      { telemetry: { url: "http://127.0.0.1:4318", headrs: {} } },
      'Did you mean "headers"?',
    ],
    ["fleets.f.bucket", { fleets: { f: { engine: PLANT.engine, bucket: 8 } } }, 'Did you mean "buckets"?'],
    ["tuners.a.replica", { tuners: { a: { ...PLANT, replica: {} } } }, 'Did you mean "replicas"?'],
    [
      "tuners.a.guardrails",
      { tuners: { a: { ...PLANT, guardrails: "tight" } } },
      "It belongs at tuners.a.engine.guardrails.",
    ],
    [
      "tuners.a.control",
      { tuners: { a: { ...PLANT, control: 0.1 } } },
      "It belongs at tuners.a.replicas.control.",
    ],
    ["tuners.a.zzzzzz", { tuners: { a: { ...PLANT, zzzzzz: 1 } } }, 'Known: "engine", "replicas", "sinks".'],
    [
      "tuners.a.journal",
      { tuners: { a: { ...PLANT, journal: {} } } },
      'Known: "engine", "replicas", "sinks".',
    ],
    [
      "tuners.a.name",
      { tuners: { a: { ...PLANT, name: "b" } } },
      "Leave it out: its key in `tuners` is its name.",
    ],
  ])("are refused: %s", (path, more, remedy) => {
    expect(refusals(clusterWith(more))).toEqual([expect.stringMatching(/ is not an option [^]*\. /)])
    expect(refusals(clusterWith(more))[0].startsWith(`${path} is not an option`)).toBe(true)
    expect(refusals(clusterWith(more))[0].endsWith(remedy)).toBe(true)
  })

  it("are refused in certificates too; a gateway may have the same ones as the node", () => {
    const tls = { key: "k", cert: "c", ca: "a", passphrase: "secret" }
    const unknown = refusals(
      clusterWith({ gateway: { port: 0, tls }, node: { host: "127.0.0.1", port: 7, tls } }),
    ).filter((line) => line.includes("is not an option"))
    expect(unknown).toEqual([
      expect.stringMatching(/^gateway\.tls\.passphrase /),
      expect.stringMatching(/^node\.tls\.passphrase /),
    ])
    expect(unknown.join()).not.toContain("secret")
  })

  it("are listed beside what is missing: a tuner's knobs in the wrong place", () => {
    const { params, ...rest } = PLANT.engine
    expect(refusals(clusterWith({ tuners: { a: { params, engine: rest }, b: 5 } }))).toEqual([
      expect.stringMatching(/^tuners\.a\.engine\.params is missing\./),
      "tuners.a.params is not an option of a cluster's tuner. It belongs at tuners.a.engine.params.",
      expect.stringMatching(/^tuners\.b\.engine /),
    ])
  })
})

describe("parts of a cluster's options that are no objects", () => {
  it.each(["gateway", "node", "locks", "telemetry"])("are refused: %s", (part) => {
    for (const given of [null, 7070, "7070", [7070]])
      expect(refusals(clusterWith({ [part]: given }))).toEqual([
        expect.stringMatching(new RegExp(`^${part} must be an object\\.`)),
      ])
  })

  it("are refused within them", () => {
    expect(refusals(clusterWith({ tuners: { a: { ...PLANT, replicas: null, sinks: 0 } } }))).toEqual([
      expect.stringMatching(/^tuners\.a\.replicas must be an object/),
      expect.stringMatching(/^tuners\.a\.sinks must be/),
    ])
    expect(refusals(clusterWith({ gateway: { port: 0, tls: null, tokens: [null] } }))).toEqual([
      expect.stringMatching(/^gateway\.tls must be an object\./),
      expect.stringMatching(/^gateway\.tokens\[0\] must be an object\./),
    ])
    expect(refusals(clusterWith({ gateway: { port: 0, tokens: "sixteen-letters-" } }))).toEqual([
      expect.stringMatching(/^gateway\.tokens must be a list\./),
    ])
  })
})

describe("calls without options, or with wrong ones", () => {
  const call = (make: unknown, ...given: ReadonlyArray<unknown>) =>
    refusals(() => (make as (...all: ReadonlyArray<unknown>) => unknown)(...given))

  it("are refused by createCluster with every problem", () => {
    const nothing = ["tuners must have at least one tuner by its name, or `fleets` a fleet. "]
    for (const given of [[], [null], ["./arqon.db"]]) expect(call(createCluster, ...given)).toEqual(nothing)
  })

  it("are refused by postgres, without showing the url", () => {
    const URL = "postgres://user:hidden-word@host/db"
    for (const given of [[], [null], [URL], [{}]])
      expect(call(postgres, ...given)).toEqual([
        "url must be a text. Give postgres://user:password@host:port/database.",
      ])
    expect(
      call(postgres, { url: URL, migrat: true, migrate: 1, maxConnections: 0, connectTimeoutMs: Number.NaN }),
    ).toEqual([
      "connectTimeoutMs must be a number above 0. ",
      "maxConnections must be a whole number from 1. ",
      'migrat is not an option here. Did you mean "migrate"?',
      "migrate must be true or false. ",
    ])
  })

  it("are refused by sqlite", () => {
    for (const given of [[], [""], [" "], [3], [{ file: "./arqon.db" }]])
      expect(call(sqlite, ...given)).toEqual(['path must be that of a file. Give sqlite("./arqon.db").'])
  })

  it("are refused by openStudy and postgresJournal, which open nothing", async () => {
    const rejected = (make: unknown, ...given: ReadonlyArray<unknown>) =>
      (make as (...all: ReadonlyArray<unknown>) => Promise<unknown>)(...given).then(() => [], lines)
    for (const make of [openStudy, postgresJournal])
      for (const given of [[], [null], ["search"]])
        expect(await rejected(make, ...given)).toEqual([
          expect.stringMatching(/^name must be a text/),
          expect.stringMatching(/^storage must be a storage\. Give sqlite/),
        ])
    expect(await rejected(openStudy, { storage: sqlite("./none.db"), name: "a", leaseMS: 1000 })).toEqual([
      'leaseMS is not an option here. Did you mean "leaseMs"?',
    ])
  })
})
