/** What a studio shows of a cluster, read through the gateway of any of its runners: its tuners and its campaigns, which a person may answer. */
import type { CampaignStatus } from "../cluster/campaign/Campaigns.ts"
import type { ClusterStatus } from "../cluster/node/createCluster.ts"
import type { TunerView } from "../cluster/TunerOwner.ts"
import type { OwnerTurns } from "../cluster/turnRows.ts"
import { CampaignBook } from "../studio/server/CampaignBook.ts"
import { TunerBook } from "../studio/server/TunerBook.ts"
import { askRunner, NobodyThere } from "./askRunner.ts"
import { CliFailure } from "./exitCodes.ts"

const CLUSTER_FLAGS = { url: "--cluster", tokenFile: "--cluster-token-file" }
const CAMPAIGNS = "/arqon/campaigns"

/**
 * Every tuner that has had an owner, and every campaign. Rejects where there is neither.
 * @param urls gateways of its runners: where one answers no more, the next is asked
 */
export async function clusterShown(
  urls: ReadonlyArray<string>,
  tokenFile: string | null,
): Promise<{ readonly tuners: ReadonlyArray<TunerBook>; readonly campaigns: CampaignBook }> {
  let at = 0
  const ask = (method: "GET" | "POST", path: string, body?: object): Promise<unknown> =>
    askRunner({ url: urls[at], tokenFile, named: CLUSTER_FLAGS }, method, path, body)
  // What a person asks for is sent to one of them: from one that is gone it cannot be told whether it was done.
  const read = async (path: string): Promise<unknown> => {
    for (let left = urls.length; ; left--) {
      const asked = at
      try {
        return await ask("GET", path)
      } catch (error) {
        if (!(error instanceof NobodyThere) || left <= 1) throw error
        // Others that were asked at the same time have gone on to the next one already.
        if (at === asked) at = (at + 1) % urls.length
      }
    }
  }
  const owners = async (): Promise<ClusterStatus["owners"]> =>
    ((await read("/arqon/cluster")) as ClusterStatus).owners.filter(({ kind }) => kind === "tuner")
  const tunerPath = (name: string): string => `/arqon/tuners/${encodeURIComponent(name)}`
  const view = (name: string): Promise<TunerView> => read(tunerPath(name)) as Promise<TunerView>
  const turnsOf = (name: string): Promise<OwnerTurns> =>
    read(`${tunerPath(name)}/owners`) as Promise<OwnerTurns>
  const list = async (): Promise<ReadonlyArray<CampaignStatus>> =>
    (await read(CAMPAIGNS)) as ReadonlyArray<CampaignStatus>
  const names = (await owners()).map(({ name }) => name)
  if (names.length === 0 && (await list()).length === 0)
    throw new CliFailure("No tuner of this cluster has had an owner yet, and there is no campaign.")
  return {
    tuners: names.map(
      (name) =>
        new TunerBook({
          name,
          look: async () => {
            // A tuner that nobody has asked anything yet gets its owner by this.
            const now = await view(name)
            const [all, turns] = await Promise.all([owners(), turnsOf(name)])
            return { ...now, owner: all.find((one) => one.name === name) ?? null, turns }
          },
        }),
    ),
    campaigns: new CampaignBook({
      list,
      tell: async (name, action, said) =>
        (await ask("POST", `${CAMPAIGNS}/${encodeURIComponent(name)}/${action}`, said)) as CampaignStatus,
      canary: async (tuner) => (await view(tuner)).status.canary,
      nowMs: Date.now,
    }),
  }
}
