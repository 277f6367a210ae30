/**
 * What follows from `schemas/morph/v1/*.proto`: the code that protobuf-es makes of them, and `schemas/morph.v1.binpb`, their descriptors
 * for buf and for other languages. Without options it writes both; with `--check` it fails where one of them is out of date. Either way
 * buf's lint and its comparison with the descriptors in the repository come first, so what would break a reader is written by no one:
 * whoever means to break one begins `v2`. `npm run check` runs it with `--check`.
 */
import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join, resolve } from "node:path"

const root = resolve(import.meta.dirname, "..")
const protos = join(root, "schemas")
const image = join(root, "schemas/morph.v1.binpb")
const made = join(root, "src/morph/contracts/wire/gen")

/** buf as npm brings it; the plugin is looked for beside it. Neither needs the network. What buf refuses ends the program. */
const buf = (...args: ReadonlyArray<string>): void => {
  const bin = join(root, "node_modules/.bin")
  const { status, error } = spawnSync("buf", args, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}` },
    shell: process.platform === "win32",
  })
  if (status === 0) return
  console.error(
    `buf ${args[0]} failed${error === undefined ? "" : `: ${error.message}`}; nothing was written.`,
  )
  process.exit(1)
}

const generate = (to: string): void =>
  buf(
    "generate",
    protos,
    "--template",
    JSON.stringify({
      version: "v2",
      clean: true,
      plugins: [
        {
          local: "protoc-gen-es",
          out: to,
          opt: ["target=ts", "import_extension=ts", "erasable_syntax=true"],
        },
      ],
    }),
  )

/** Every file below, by its path. */
const filesOf = (folder: string): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => [file.slice(folder.length + 1), readFileSync(file, "utf8")] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  )

buf("lint", protos)
if (existsSync(image)) buf("breaking", protos, "--against", image)
if (process.argv.includes("--check")) {
  const folder = mkdtempSync(join(tmpdir(), "arqon-protos-"))
  try {
    generate(join(folder, "gen"))
    buf("build", protos, "--exclude-source-info", "--output", join(folder, "image.binpb"))
    const stale = [
      ...(JSON.stringify([...filesOf(join(folder, "gen"))]) === JSON.stringify([...filesOf(made)])
        ? []
        : ["src/morph/contracts/wire/gen"]),
      ...(readFileSync(join(folder, "image.binpb")).equals(readFileSync(image))
        ? []
        : ["schemas/morph.v1.binpb"]),
    ]
    for (const path of stale) console.error(`${path} is not what schemas/morph/v1 gives: npm run protos`)
    process.exitCode = stale.length > 0 ? 1 : 0
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
} else {
  generate(made)
  buf("build", protos, "--exclude-source-info", "--output", image)
}
