/** What of owners in a cluster is broken on purpose: their fences, the dedupe of commands, what is saved before it counts. */
import type { Mechanism } from "../Mechanism.ts"

export const cluster: ReadonlyArray<Mechanism> = [
  {
    name: "save-without-epoch",
    invariant: 13,
    file: "src/cluster/owners.ts",
    intact: "WHERE kind = ${kind} AND name = ${name} AND epoch = ${epoch}",
    broken: "WHERE kind = ${kind} AND name = ${name} AND 0 < ${epoch}",
    test: "test/cluster/tunerEntity.test.ts",
  },
  {
    name: "records-without-epoch",
    invariant: 13,
    file: "src/cluster/records/recordRows.ts",
    intact: "FROM arqon_owner WHERE kind = ${kind} AND name = ${name} AND epoch = ${epoch}`",
    broken: "FROM arqon_owner WHERE kind = ${kind} AND name = ${name} AND 0 < ${epoch}`",
    test: "test/cluster/records/tunerRecords.test.ts",
  },
  {
    name: "key-with-records-of-others",
    invariant: 13,
    file: "src/cluster/records/KeyJournal.ts",
    intact: "if (said?.key !== this.key ||",
    broken: 'if (this.key === "" ||',
    test: "test/cluster/records/fleetRecords.test.ts",
  },
  {
    name: "owner-trusts-itself",
    invariant: 13,
    file: "src/cluster/selfFence.ts",
    intact: "nowUs - confirmedUs < TRUSTED_SHARE * expirationUs",
    broken: "expirationUs > TRUSTED_SHARE * (nowUs - nowUs)",
    test: "test/cluster/tunerEntity.test.ts",
  },
  {
    name: "command-without-key",
    invariant: 12,
    file: "src/cluster/TunerOwner.ts",
    intact: "if (before !== undefined) return before",
    broken: 'if (before?.key === "") return before',
    test: "test/cluster/tunerOwner.test.ts",
  },
  {
    name: "death-is-a-stop",
    invariant: 13,
    file: "src/cohort/CohortStanding.ts",
    intact: "start: from.ended ? start : (kept ?? start),",
    broken: "start,",
    test: "test/cluster/tunerOwner.test.ts",
  },
  {
    name: "campaign-step-without-its-row",
    invariant: 41,
    file: "src/cluster/campaign/CampaignStore.ts",
    intact: "if (before !== null) return before.body as A",
    broken: "if (before !== null && row === undefined) return before.body as A",
    test: "test/cluster/campaign.test.ts",
  },
  {
    name: "author-approves-a-campaign",
    invariant: 41,
    file: "src/control/variantRules.ts",
    intact: "if (authors.some((author) => samePerson(author, by)))",
    broken: "if (authors.some((author) => author === by && samePerson(author, by)))",
    test: "test/cluster/campaign.test.ts",
  },
]
