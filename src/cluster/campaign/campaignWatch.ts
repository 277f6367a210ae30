/**
 * Looks for campaigns whose next step is due: a study is done, canaries have decided, somebody has cancelled. One runner of the cluster
 * looks, for all. It decides nothing: what it says is looked at again by the step, and saying it twice is saying it once.
 */
import type { Sharding } from "effect/cluster/Sharding"
import * as Singleton from "effect/cluster/Singleton"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import type * as SqlClient from "effect/sql/SqlClient"
import type { WorkflowEngine } from "effect/workflow/WorkflowEngine"
import { Study } from "../study/Study.ts"
import { dueOf, tell } from "./campaignFlow.ts"
import type { CampaignRow, CampaignStore } from "./CampaignStore.ts"
import type { CampaignSteps, StudyWatch } from "./campaignSteps.ts"

const EVERY = "1 second"

export const watchLayer = (
  steps: CampaignSteps,
  store: CampaignStore,
  sql: SqlClient.SqlClient,
  storage: string,
): Layer.Layer<never, never, Sharding | WorkflowEngine> =>
  Singleton.make(
    "arqon/campaigns",
    Effect.suspend(() => {
      const said = new Set<string>()
      const studies = watchStudies(sql, storage)
      const look = (row: CampaignRow) =>
        Effect.gen(function* () {
          const { name } = row.settings
          const step = yield* steps.due(row, studies)
          if (step === null || said.has(`${name}/${step}`)) return
          yield* tell(name, dueOf(step), undefined)
          said.add(`${name}/${step}`)
        })
      return Effect.flatMap(store.waiting, (rows) => {
        studies.keep(rows.map(({ settings }) => settings.study))
        // One that cannot be looked at now holds up no other.
        return Effect.forEach(rows, (row) => Effect.ignoreCause(look(row)), { discard: true })
      }).pipe(Effect.ignoreCause, Effect.repeat(Schedule.spaced(EVERY)))
    }),
  )

/** Studies by name, each read from where it was read last. */
function watchStudies(
  sql: SqlClient.SqlClient,
  storage: string,
): StudyWatch & { readonly keep: (names: ReadonlyArray<string>) => void } {
  const studies = new Map<string, Study>()
  return {
    keep: (names) => {
      for (const name of studies.keys()) if (!names.includes(name)) studies.delete(name)
    },
    isDone: (name) =>
      Effect.gen(function* () {
        const known = studies.get(name)
        const study = known ?? (yield* Study.watch(sql, { storage: { name: storage }, name }))
        studies.set(name, study)
        if (known !== undefined) yield* study.refresh
        return study.done
      }),
  }
}
