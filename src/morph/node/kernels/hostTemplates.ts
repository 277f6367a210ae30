/** Everything that a host could plant, for every program that it would be part of. */
import type { Blueprint } from "../../blueprints/Blueprint.ts"
import type { CompileMode, KernelKey } from "../../compile/ArtifactStore.ts"
import { JUDGED_ROWS } from "../../neural/Judge.ts"
import { Network } from "../../neural/Network.ts"
import type { KeptInputs } from "../../service/Keeper.ts"
import { templateKeys } from "../compiling/templateKeys.ts"

/** What a host learns from, and what it is judged by, comes in batches of these rows; what it is asked comes one by one. */
const batchesOf = ({ host: { batch }, data }: KeptInputs): ReadonlySet<number> => {
  const { train, validation, test } = data
  return new Set([
    Math.min(batch, train.rows),
    ...[validation, test].map(({ rows }) => Math.min(JUDGED_ROWS, rows)).filter((rows) => rows > 0),
    1,
  ])
}

/** The keys of these blueprints, with their usual parameters, at each socket of the host, or at one. */
export function hostTemplates(
  inputs: KeptInputs,
  blueprints: ReadonlyArray<Blueprint>,
  mode: CompileMode,
  at: string | null = null,
): ReadonlyArray<KernelKey> {
  const sockets = new Network(inputs.host).sockets.filter(({ name }) => at === null || name === at)
  const shapes = [...batchesOf(inputs)].flatMap((rows) => sockets.map(({ shape }) => [rows, ...shape]))
  return templateKeys(shapes, blueprints, mode)
}
