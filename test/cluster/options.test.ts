/**
 * What `createCluster` and what makes its parts refuse before anything begins. Options that nobody knew were passed over: a gateway with
 * `token` in place of `tokens` was open to everybody.
 */
import { describe, expect, it } from "vitest"
import { createCluster, sqlite } from "../../src/cluster/index.ts"
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
