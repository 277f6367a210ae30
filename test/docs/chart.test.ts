/** The Helm chart: what its templates read is in the values and in their schema, the drain fits the time to end; with Helm, what it renders. */
import { spawnSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { resolve } from "node:path"
import { expect, it } from "vitest"

const chart = resolve(import.meta.dirname, "../../deploy/helm/arqon")
const text = (name: string): string => readFileSync(resolve(chart, name), "utf8")

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
}

/** `a` and `a.b` of a YAML file of two levels. */
const pathsOf = (yaml: string): ReadonlyArray<string> => {
  let above = ""
  return yaml.split("\n").flatMap((line) => {
    const [, indent, key] = /^( {0,2})([A-Za-z]+):/.exec(line) ?? []
    if (key === undefined) return []
    if (indent === "") above = key
    return [indent === "" ? key : `${above}.${key}`]
  })
}

it("reads no value in its templates that the values and their schema do not have", () => {
  const schema = JSON.parse(text("values.schema.json")) as Schema
  const given = pathsOf(text("values.yaml"))
  const read = readdirSync(resolve(chart, "templates")).flatMap((name) =>
    Array.from(text(`templates/${name}`).matchAll(/\.Values\.([A-Za-z.]+)/g), ([, path]) => path),
  )
  expect(read).toContain("networkPolicy.databaseCidr")
  expect(read.filter((path) => !given.includes(path))).toEqual([])
  const known = (path: string): boolean =>
    path.split(".").reduce<Schema | undefined>((at, key) => at?.properties?.[key], schema) !== undefined
  expect(read.filter((path) => !known(path))).toEqual([])
  expect(given.filter((path) => !path.startsWith("resources.") && !known(path))).toEqual([])
})

const helm = (...args: ReadonlyArray<string>) =>
  spawnSync("helm", [...args, chart, "--kube-version", "1.30.0"], { encoding: "utf8" })
const isHelmHere = spawnSync("helm", ["version"]).status === 0
const RUNNER = ["--set", "image.repository=registry.internal/arqon-runner,image.tag=1.0.0"]

it.runIf(isHelmHere)("is rendered by Helm, with the values of its page, and refused without an image", () => {
  expect(helm("lint", ...RUNNER)).toMatchObject({ status: 0 })
  const peer = "networkPolicy.alsoFrom[0].namespaceSelector.matchLabels.team=monitoring"
  const { status, stdout } = helm("template", "arqon", "--namespace", "tuning", ...RUNNER, "--set", peer)
  expect(status).toBe(0)
  expect(stdout.match(/^kind: \w+$/gm)).toEqual([
    "kind: NetworkPolicy",
    "kind: PodDisruptionBudget",
    "kind: Service",
    "kind: Service",
    "kind: StatefulSet",
  ])
  expect(stdout).toContain(
    '        - {"namespaceSelector":{"matchLabels":{"team":"monitoring"}}}\n      ports:',
  )
  expect(stdout).toContain('value: "$(POD_NAME).arqon-nodes.tuning.svc"')
  const traced = helm(
    "template",
    "arqon",
    ...RUNNER,
    "--set",
    "telemetry.url=http://collector.monitoring.svc:4318",
  )
  expect(stdout).not.toContain("4318")
  expect(traced.stdout).toMatch(/- port: 4318\n[^]*"--otlp", "http:\/\/collector\.monitoring\.svc:4318"\]/)
  expect(helm("template", "arqon")).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("/image/tag"),
  })
})

it("gives a runner the time to drain, and takes one of three at a time", () => {
  const values = text("values.yaml")
  const numberOf = (name: string): number => Number(new RegExp(`^${name}: (\\d+)`, "m").exec(values)?.[1])
  expect(numberOf("replicas")).toBe(3)
  // A hand-over takes at most 2 s, and the gateway two more.
  expect(numberOf("terminationGracePeriodSeconds")).toBeGreaterThan(numberOf("drainWait") + 4)
  expect(text("templates/poddisruptionbudget.yaml")).toContain("maxUnavailable: 1")
})
