/** Campaigns as `createCluster` has them: the service of `campaign/Campaigns.ts` with promises. */
import * as Effect from "effect/Effect"
import type { Evidence } from "../../domain/Variant.ts"
import {
  createVariantCatalogueOn,
  type VariantCatalogue,
} from "../../engine/relocation/createVariantCatalogue.ts"
import { type CampaignFailure, Campaigns, type CampaignStatus } from "../campaign/Campaigns.ts"
import type { CampaignOptions } from "../campaign/campaignOptions.ts"
import type { SignedWord } from "../campaign/CampaignStore.ts"

/** All campaigns of a cluster. */
export interface ClusterCampaigns {
  /**
   * Begins one: from a study's recommendation, with a person's approval, over canaries to all replicas. The same again is the same one.
   * Rejects with a ConfigError that lists every problem, or a CampaignError where another one has the name.
   */
  readonly start: (options: CampaignOptions) => Promise<CampaignStatus>
  /** The oldest first. */
  readonly list: () => Promise<ReadonlyArray<CampaignStatus>>
  /** The catalogue that candidates are in, in the cluster's own database. */
  readonly variants: () => Promise<VariantCatalogue>
}

/** One campaign, whose next step any runner may take. A call that is refused rejects with a tagged error, and has changed nothing. */
export interface ClusterCampaign {
  readonly name: string
  readonly status: () => Promise<CampaignStatus>
  /** Adds a measurement of the candidate, while it waits for a person. */
  readonly evaluate: (evidence: Evidence, said: SignedWord) => Promise<CampaignStatus>
  /** Lets the candidate be tried. Who has written it cannot approve it. Resolves once the approval is kept. */
  readonly approve: (said: SignedWord) => Promise<CampaignStatus>
  /** Ends it before the candidate is tried. */
  readonly reject: (said: SignedWord) => Promise<CampaignStatus>
  /** Ends it in any state; resolves once it has ended. A candidate that was rolled out by then stays. */
  readonly cancel: (said: SignedWord) => Promise<CampaignStatus>
}

type Run = <A>(work: Effect.Effect<A, CampaignFailure, Campaigns>) => Promise<A>

/** Both, over what runs an effect in the cluster. */
export function campaignDoors(run: Run): {
  readonly campaigns: ClusterCampaigns
  readonly campaign: (name: string) => ClusterCampaign
} {
  const ask = <A>(work: (all: Campaigns["Service"]) => Effect.Effect<A, CampaignFailure>): Promise<A> =>
    run(Effect.flatMap(Campaigns, work))
  return {
    campaigns: {
      start: (options) => ask((all) => all.start(options)),
      list: () => ask((all) => all.all),
      variants: async () =>
        createVariantCatalogueOn(null)({ store: await ask(({ variants }) => Effect.succeed(variants)) }),
    },
    campaign: (name) => ({
      name,
      status: () => ask((all) => all.status(name)),
      evaluate: (evidence, said) => ask((all) => all.evaluate(name, evidence, said)),
      approve: (said) => ask((all) => all.decide(name, "approve", said)),
      reject: (said) => ask((all) => all.decide(name, "reject", said)),
      cancel: (said) => ask((all) => all.cancel(name, said)),
    }),
  }
}
