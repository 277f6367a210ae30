/** `arqon machines export`: the statecharts as text. */
import { didYouMean } from "../domain/problems.ts"
import { machineConfigs, machineDefinitions, MACHINE_NAMES } from "../studio/server/machineDefinitions.ts"
import { CliFailure, EXIT, type ExitCode } from "./exitCodes.ts"
import { print } from "./output.ts"

export interface MachinesFlags {
  readonly format: "json" | "mermaid"
  readonly machine: string | null
}

export async function machinesCommand({ format, machine }: MachinesFlags): Promise<ExitCode> {
  if (machine !== null && !MACHINE_NAMES.includes(machine)) {
    const hint = didYouMean(machine, MACHINE_NAMES)
    throw new CliFailure(
      `--machine: there is no ${JSON.stringify(machine)}. ${hint ?? `Machines: ${MACHINE_NAMES.join(", ")}.`}`,
      EXIT.usage,
    )
  }
  const wanted = (name: string): boolean => machine === null || machine === name
  if (format === "mermaid") {
    const charts = machineDefinitions().filter(({ name }) => wanted(name))
    // Several are told apart by a comment, which Mermaid skips.
    print(
      charts
        .map(({ name, mermaid }) => (charts.length > 1 ? `%% ${name}\n${mermaid}` : mermaid))
        .join("\n")
        .trimEnd(),
    )
    return EXIT.ok
  }
  const configs = machineConfigs().filter(({ id }) => wanted(id))
  print(JSON.stringify(machine === null ? configs : configs[0], null, 2))
  return EXIT.ok
}
