/**
 * A campaign as a workflow of `effect/workflow`: study, candidate, a person's approval, trials on canaries, roll-out or back. It holds
 * nothing in memory while it waits, be it for a study, a person or canaries. What its steps do, and that they do it once, is in
 * `campaignSteps.ts`; who says that the next one is due, in `campaignWatch.ts`.
 */
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Activity from "effect/workflow/Activity"
import * as DurableClock from "effect/workflow/DurableClock"
import * as DurableDeferred from "effect/workflow/DurableDeferred"
import * as Workflow from "effect/workflow/Workflow"
import type { WorkflowEngine } from "effect/workflow/WorkflowEngine"
import { type CampaignSteps, decisionStep, DRAFT, STUDY, trialStep } from "./campaignSteps.ts"

/** One campaign for each name. */
export const CampaignFlow = Workflow.make("arqon/campaign", {
  payload: {
    name: Schema.String,
    approveWithinMs: Schema.Number,
  },
  idempotencyKey: ({ name }) => name,
})

const DecisionSchema = Schema.Struct({
  verdict: Schema.Literals(["approve", "reject", "cancel", "expired"]),
  by: Schema.String,
  why: Schema.String,
})

/** What a person says in this round: the first thing said is what was said. */
export const decisionOf = (round: number) =>
  DurableDeferred.make(decisionStep(round), { success: DecisionSchema })

/** That a step which waits for a study or for canaries is due. */
export const dueOf = (step: string) => DurableDeferred.make(`due/${step}`)

/** Completes what a campaign waits for; what was completed before stays as it was. */
export const tell = <A extends Schema.Constraint>(
  name: string,
  deferred: DurableDeferred.DurableDeferred<A>,
  value: A["Type"],
) =>
  Effect.gen(function* () {
    const executionId = yield* CampaignFlow.executionId({ name, approveWithinMs: 1 })
    const token = DurableDeferred.tokenFromExecutionId(deferred, { workflow: CampaignFlow, executionId })
    yield* DurableDeferred.succeed(deferred, { token, value })
  })

export const flowLayer = (steps: CampaignSteps): Layer.Layer<never, never, WorkflowEngine> =>
  CampaignFlow.toLayer(
    Effect.fnUntraced(function* ({ name, approveWithinMs }) {
      yield* DurableDeferred.await(dueOf(STUDY))
      if (!(yield* activity(STUDY, steps.study(name)))) return
      if (!(yield* activity(DRAFT, steps.draft(name)))) return
      let approved: boolean | null = null
      for (let round = 1; approved === null; round++) {
        const said = yield* DurableDeferred.raceAll({
          name: `wait/${round}`,
          success: DecisionSchema,
          error: Schema.Never,
          effects: [
            DurableDeferred.await(decisionOf(round)),
            // One clock for all rounds: a refused approval gives no more time.
            Effect.as(DurableClock.sleep({ name: "approval", duration: approveWithinMs }), {
              verdict: "expired" as const,
              by: `campaign ${name}`,
              why: "Nobody has approved it in time.",
            }),
          ],
        })
        approved = yield* activity(decisionStep(round), steps.decide(name, round, said))
      }
      if (!approved) return
      let again = true
      for (let attempt = 1; again; attempt++) {
        const step = trialStep(attempt)
        yield* DurableDeferred.await(dueOf(step))
        again = yield* activity(step, steps.attempt(name, attempt))
      }
    }),
  )

const activity = <A extends boolean | null>(name: string, execute: Effect.Effect<A>) =>
  Effect.map(Activity.make({ name, success: Schema.NullOr(Schema.Boolean), execute }), (on) => on as A)
