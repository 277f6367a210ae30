/** `arqon cluster`: a runner as a process, asked and drained by other processes. */
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { resolve } from "node:path"
import * as Effect from "effect/Effect"
import { SqlClient } from "effect/sql/SqlClient"
import { expect, it } from "vitest"
import { createCluster, sqlite } from "../../src/cluster/index.ts"
import { claim } from "../../src/cluster/owners.ts"
import { ready } from "../../src/cluster/Storage.ts"
import { epochCommand } from "../../src/cli/epochCommand.ts"
import { type TellFlags, tellCommand } from "../../src/cli/tellCommand.ts"
import { freePort } from "../adapters/freePort.ts"
import { startCommand, statusCommand } from "../../src/cli/clusterCommands.ts"
import { useDesk } from "./rig.ts"

const desk = useDesk()
const ENTRY = resolve(import.meta.dirname, "../../src/cluster/index.ts")

it("starts a runner from a module, says what it owns, and ends it once it has handed over", async () => {
  const port = await freePort()
  const url = ["--url", `http://127.0.0.1:${port}`] as const
  desk.write(
    "cluster.config.ts",
    `import { sqlite } from ${JSON.stringify(ENTRY)}
export default () => ({
  storage: sqlite(":memory:"),
  gateway: { port: ${port} },
  tuners: { checkout: { engine: { params: { x: { min: 0, max: 1 } } } } },
})`,
  )
  const running = desk.start(["cluster", "start", "--config", "cluster.config.ts"])
  await new Promise((begun) => running.child.stdout?.once("data", begun))
  await fetch(`http://127.0.0.1:${port}/arqon/tuners/checkout`)
  const { stdout } = await desk.run("cluster", "status", ...url)
  expect(stdout).toMatch(/: running, owns 1, 0 fenced writes\ntuner checkout {2}epoch 1 {2}/)
  const tell = (...words: ReadonlyArray<string>) => desk.run("cluster", "tell", ...words, ...url)
  const told = await tell("pause", "--tuner", "checkout", "--by", "ada", "--note", "a release", "--key", "p")
  expect(JSON.parse(told.stdout)).toMatchObject({ command: "pause", by: "ada", note: "a release", key: "p" })
  const other = await tell("resume", "--tuner", "checkout", "--key", "p")
  expect(other.code).toBe(1)
  expect(other.stderr).toMatch(
    /answered 409: the key "p" belongs to another command to checkout: pause\. Send this one under another key\.\n$/,
  )
  const refused = await tell("rollOut", "--tuner", "checkout", "--values", '{"x":7}')
  expect(refused.code).toBe(1)
  expect(refused.stderr).toMatch(
    /answered 409: the tuner refuses to rollOut\.\n.*\n {2}values\.x must be from 0 to 1/,
  )
  expect((await desk.run("cluster", "drain", ...url)).stdout).toMatch(/has handed over\.\n$/)
  const { code, stdout: said } = await running.ended
  expect(code).toBe(0)
  expect(said).toMatch(/^Runner .* serves at http:.*\nHanded over\.\n$/)
})

it("refuses a module that is none, options with problems, and an address without a runner, in a sentence each", async () => {
  const start = (name: string, text: string) =>
    startCommand({ config: desk.path(desk.write(name, text)), wait: null, otlp: null })
  const url = `http://127.0.0.1:${await freePort()}`
  await expect(startCommand({ config: desk.path("missing.mjs"), wait: null, otlp: null })).rejects.toThrow(
    /^There is no file .*missing\.mjs\.$/,
  )
  await expect(start("none.mjs", "export const options = 1")).rejects.toThrow(
    /none\.mjs must have the options of createCluster/,
  )
  await expect(start("bad.mjs", "export default { tuners: {}, gatway: {} }")).rejects.toThrow(
    /gatway: is not an option[^]*tuners: must have at least one tuner by its name/,
  )
  const good = desk.path(
    desk.write(
      "good.mjs",
      "export default { tuners: { t: { engine: { params: { x: { min: 0, max: 1 } } } } } }",
    ),
  )
  await expect(startCommand({ config: good, wait: null, otlp: "collector:4318" })).rejects.toThrow(
    /good\.mjs: [^]*telemetry\.url: must be an HTTP address/,
  )
  await expect(
    start("fails.mjs", 'export default () => { throw new Error("no such file: /tls/tls.key") }'),
  ).rejects.toThrow(/fails\.mjs: its default export has failed: no such file: \/tls\/tls\.key$/)
  const astray = `export default { storage: "postgres://ada:hidden-word@db/x", tuners: {
    t: { engine: { params: { x: { min: 0, max: 1 } } }, state: "./here", token: "sixteen-letters-" } } }`
  const refused = await start("astray.mjs", astray).catch((error: Error) => error.message)
  expect(refused).toMatch(
    /storage: must be a storage\. Give sqlite[^]*tuners\.t\.state: is not an option[^]*tuners\.t\.token: is not an option/,
  )
  expect(refused).not.toMatch(/hidden-word|sixteen-letters/)
  await expect(start("lacks.mjs", 'import "nothing-there"')).rejects.toThrow(/lacks\.mjs cannot be loaded: /)
  await expect(statusCommand({ url, tokenFile: null, json: false })).rejects.toThrow(
    /^No runner answers at http:\S+ \(.*ECONNREFUSED/,
  )
  await expect(statusCommand({ url: "here", tokenFile: null, json: false })).rejects.toThrow(/--url: "here"/)
  const plain = createServer().listen(0, "127.0.0.1")
  await once(plain, "listening")
  const overTls = `https://127.0.0.1:${(plain.address() as AddressInfo).port}`
  await expect(statusCommand({ url: overTls, tokenFile: null, json: false })).rejects.toThrow(
    /^No runner answers at https:\S+ \(it speaks no TLS: try http:\/\/ instead of https:\/\/\)\. Give the address/,
  )
  plain.close()
})

it("refuses to tell what makes no sense, before it asks anybody", async () => {
  const tell = (command: string, more: Partial<TellFlags>) =>
    tellCommand({
      url: "http://127.0.0.1:1",
      tokenFile: null,
      tuner: null,
      fleet: null,
      engine: null,
      by: null,
      note: null,
      key: null,
      values: null,
      variant: null,
      ...more,
      command,
    })
  await expect(tell("trip", {})).rejects.toThrow(/either --tuner, or --fleet with --engine/)
  await expect(tell("trip", { fleet: "a" })).rejects.toThrow(/either --tuner/)
  await expect(tell("pause", { fleet: "a", engine: "b" })).rejects.toThrow(/"pause" is not a command here/)
  await expect(tell("rollOut", { tuner: "a" })).rejects.toThrow(/--values/)
  await expect(tell("trip", { tuner: "a", values: "{}" })).rejects.toThrow(/--values goes with rollOut/)
  await expect(tell("rollOut", { tuner: "a", values: "{" })).rejects.toThrow(/--values must be JSON/)
  await expect(tell("rollOutVariant", { tuner: "a", variant: "/none.json" })).rejects.toThrow(
    /cannot be read/,
  )
})

it("begins, shows and ends campaigns over a runner's gateway, and says in sentences why not", async () => {
  const cluster = createCluster({
    storage: sqlite(":memory:"),
    gateway: { port: 0 },
    tuners: { checkout: { engine: { params: { x: { min: 0, max: 1 } } } } },
  })
  await cluster.start()
  const campaign = (command: string, ...more: ReadonlyArray<string>) =>
    desk.run("campaign", command, ...more, "--url", cluster.url ?? "")
  const why = ["--by", "bob", "--why", "not now"] as const
  expect((await campaign("list")).stdout).toBe("No campaigns.\n")
  const options = { name: "nightly", tuner: "checkout", study: "search", by: "ada", why: "load" }
  desk.write("unknown.json", JSON.stringify(options))
  expect(await campaign("start", "--campaign", "unknown.json")).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/study search: .* has no study of this name/),
  })
  const config = { budget: 9, bounds: { x: { min: 0, max: 1 } } }
  desk.write("nightly.json", JSON.stringify({ ...options, config }))
  expect((await campaign("start", "--campaign", "nightly.json")).stdout).toMatch(
    /^nightly {2}studying {2}study search for tuner checkout\nproposed by ada: load\n$/,
  )
  expect((await campaign("approve", "nightly", ...why)).stderr).toMatch(
    /answered 409: campaign nightly: it is studying and does not wait for a person now/,
  )
  expect(JSON.parse((await campaign("cancel", "nightly", ...why, "--json")).stdout)).toMatchObject({
    state: "back",
    reason: "Cancelled by bob: not now",
  })
  expect((await campaign("show", "nightly")).stdout).toMatch(
    /^nightly {2}back .*\n.*\n\S+Z {2}study {2}\{"best":null/,
  )
  expect((await campaign("list")).stdout).toMatch(/^nightly {2}back {2}.*Cancelled by bob: not now\n$/)
  expect((await campaign("show", "weekly")).stderr).toContain(
    "answered 404: there is no campaign of this name",
  )
  await cluster.stop()
})

it("raises the epochs of a database that is there, and makes none", async () => {
  const file = desk.path("epochs.db")
  await expect(epochCommand({ storage: file, after: 7 })).rejects.toThrow(/^There is no file .*epochs\.db\./)
  const claimed = (runner: string) =>
    Effect.runPromise(
      Effect.flatMap(SqlClient, (sql) => claim(sql, { kind: "tuner", name: "checkout" }, runner)).pipe(
        Effect.provide(ready(sqlite(file))),
      ),
    )
  await claimed("one")
  const { stdout } = await desk.run("cluster", "epoch", "--storage", file, "--after", "7")
  expect(stdout).toMatch(/raised 1 epoch to 7\. Their next owners begin above it\.\n$/)
  expect((await claimed("two")).epoch).toBe(8)
  const refused = async (after: string) =>
    (await desk.run("cluster", "epoch", "--storage", file, "--after", after)).stderr
  for (const nonsense of ["soon", "41.5", "1e400"])
    expect(await refused(nonsense)).toContain(
      `--after must be a whole number from 1 to 1000000000; got ${JSON.stringify(nonsense)}`,
    )
  expect((await desk.run("cluster", "epoch", "--help")).stdout).toMatch(/the highest in their `seen`/)
  // It could never be lowered again, and beyond 2^53 no report would be read.
  expect(
    (await desk.run("cluster", "epoch", "--storage", file, "--after", "9007199254740991")).stderr,
  ).toMatch(/--after must be a whole number from 1 to 1000000000;/)
  expect((await claimed("three")).epoch).toBe(9)
})
