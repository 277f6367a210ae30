/**
 * The tables of `arqon/cluster`, as steps that are taken once and in their order. Steps that were released are never changed: a later
 * one alters what they made. Both dialects get the same tables, and only `migrate` runs these; everything else reads and writes rows.
 */

/** One step. A statement that both dialects understand is a text; else one for each. */
export interface Migration {
  readonly id: number
  readonly name: string
  readonly statements: ReadonlyArray<string | { readonly pg: string; readonly sqlite: string }>
}

/** Frames of a journal in batches. A segment is of the week in which it was begun, so that no partition has a part of one. */
const RECORDS = `CREATE TABLE arqon_record (
  kind text NOT NULL,
  name text NOT NULL,
  epoch bigint NOT NULL,
  segment integer NOT NULL,
  part integer NOT NULL,
  week integer NOT NULL,
  run text NOT NULL,
  last_seq bigint NOT NULL,
  records integer NOT NULL,
  head text NOT NULL,
  frames bytea NOT NULL,
  PRIMARY KEY (kind, name, epoch, segment, part, week)
)`

/** Numbers above 2^31 are `bigint`: times are milliseconds since 1970 by the database's own clock. */
export const MIGRATIONS: ReadonlyArray<Migration> = [
  {
    id: 1,
    name: "studies",
    statements: [
      `CREATE TABLE arqon_study (
  name text PRIMARY KEY,
  config text NOT NULL,
  lease_ms bigint NOT NULL,
  retries integer NOT NULL,
  stopped integer NOT NULL DEFAULT 0,
  events bigint NOT NULL DEFAULT 0,
  created_ms bigint NOT NULL
)`,
      `CREATE TABLE arqon_study_event (
  study text NOT NULL REFERENCES arqon_study (name),
  n bigint NOT NULL,
  body text NOT NULL,
  PRIMARY KEY (study, n)
)`,
      // The trials that are out. The log says what became of the others.
      `CREATE TABLE arqon_trial (
  study text NOT NULL REFERENCES arqon_study (name),
  id bigint NOT NULL,
  attempt integer NOT NULL,
  worker text NOT NULL,
  lease_until_ms bigint NOT NULL,
  PRIMARY KEY (study, id)
)`,
      `CREATE TABLE arqon_study_worker (
  study text NOT NULL REFERENCES arqon_study (name),
  worker text NOT NULL,
  seen_ms bigint NOT NULL,
  about text NOT NULL,
  PRIMARY KEY (study, worker)
)`,
    ],
  },
  {
    id: 2,
    name: "owners",
    statements: [
      `CREATE TABLE arqon_owner (
  kind text NOT NULL,
  name text NOT NULL,
  epoch bigint NOT NULL,
  runner text NOT NULL,
  since_ms bigint NOT NULL,
  standing text,
  saved_ms bigint,
  PRIMARY KEY (kind, name)
)`,
      "CREATE INDEX arqon_owner_runner ON arqon_owner (runner)",
    ],
  },
  {
    id: 3,
    name: "engines",
    statements: [
      // Engines of fleets, by bucket: the ones that are not in the memory of their bucket's owner are here alone.
      `CREATE TABLE arqon_engine (
  bucket text NOT NULL,
  name text NOT NULL,
  standing text NOT NULL,
  saved_ms bigint NOT NULL,
  PRIMARY KEY (bucket, name)
)`,
    ],
  },
  {
    id: 4,
    name: "settings",
    statements: [
      `CREATE TABLE arqon_setting (
  path text PRIMARY KEY,
  value text NOT NULL
)`,
    ],
  },
  {
    id: 5,
    name: "records",
    statements: [
      {
        pg: `${RECORDS} PARTITION BY RANGE (week)`,
        sqlite: RECORDS,
      },
      {
        // What has no partition of its own yet is kept all the same.
        pg: "CREATE TABLE arqon_record_rest PARTITION OF arqon_record DEFAULT",
        sqlite: "CREATE INDEX arqon_record_week ON arqon_record (week)",
      },
    ],
  },
  {
    id: 6,
    name: "campaigns",
    statements: [
      // What a campaign was begun with, and how far it is. `cancelled`: who wants it to end, and why.
      `CREATE TABLE arqon_campaign (
  name text PRIMARY KEY,
  options text NOT NULL,
  state text NOT NULL,
  reason text,
  cancelled text,
  created_ms bigint NOT NULL
)`,
      // What its steps came to: a row here is committed with the step's effect.
      `CREATE TABLE arqon_campaign_step (
  campaign text NOT NULL REFERENCES arqon_campaign (name),
  step text NOT NULL,
  n integer NOT NULL,
  body text NOT NULL,
  at_ms bigint NOT NULL,
  PRIMARY KEY (campaign, step)
)`,
      `CREATE TABLE arqon_variant (
  name text PRIMARY KEY,
  version bigint NOT NULL,
  state text NOT NULL,
  record text NOT NULL
)`,
      {
        pg: `CREATE TABLE arqon_variant_step (
  n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  variant text NOT NULL REFERENCES arqon_variant (name),
  body text NOT NULL
)`,
        sqlite: `CREATE TABLE arqon_variant_step (
  n integer PRIMARY KEY AUTOINCREMENT,
  variant text NOT NULL REFERENCES arqon_variant (name),
  body text NOT NULL
)`,
      },
      "CREATE INDEX arqon_variant_step_variant ON arqon_variant_step (variant)",
    ],
  },
  {
    id: 7,
    name: "turns",
    statements: [
      // Who has owned what. `left_ms`: the last save of the owner before, as this one found it.
      `CREATE TABLE arqon_owner_turn (
  kind text NOT NULL,
  name text NOT NULL,
  epoch bigint NOT NULL,
  runner text NOT NULL,
  since_ms bigint NOT NULL,
  left_ms bigint,
  began text NOT NULL,
  ended_ms bigint,
  PRIMARY KEY (kind, name, epoch)
)`,
    ],
  },
  {
    id: 8,
    name: "ended",
    // The last epoch whose owner has said that it answers nothing any more.
    statements: ["ALTER TABLE arqon_owner ADD COLUMN ended_epoch bigint NOT NULL DEFAULT 0"],
  },
]

/** The tables that a program needs to read and write; an error about rights names them. */
export const TABLES: ReadonlyArray<string> = [
  "arqon_study",
  "arqon_study_event",
  "arqon_trial",
  "arqon_study_worker",
  "arqon_owner",
  "arqon_owner_turn",
  "arqon_engine",
  "arqon_setting",
  "arqon_record",
  "arqon_campaign",
  "arqon_campaign_step",
  "arqon_variant",
  "arqon_variant_step",
]
