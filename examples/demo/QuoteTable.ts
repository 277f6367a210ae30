/**
 * The demo's database: products, and promotions that change what they cost, in a real SQLite file. One statement
 * answers many products. Its fixed part (which promotions are running, by category) is paid once per statement however
 * many products it asks for, and that is what makes batching worth a wait.
 */
import { existsSync } from "node:fs"
import { DatabaseSync, type StatementSync } from "node:sqlite"

/** Products on sale; quotes are asked for by id, 0 to PRODUCTS - 1. */
export const PRODUCTS = 5_000
const PROMOTIONS = 20_000
const HISTORY_DAYS = 30
const CATEGORIES = 40

/** What the statement gives per product. */
export interface ProductRow {
  readonly id: number
  readonly name: string
  readonly priceCents: number
  /** JSON text. */
  readonly attributes: string
  readonly discount: number | null
  /** Lowest price of the last thirty days, which the law wants shown beside a discount. */
  readonly lowestCents: number
}

const schema = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = OFF;
  CREATE TABLE product (id INTEGER PRIMARY KEY, category INTEGER NOT NULL, name TEXT NOT NULL,
    priceCents INTEGER NOT NULL, attributes TEXT NOT NULL);
  CREATE TABLE promotion (id INTEGER PRIMARY KEY, category INTEGER NOT NULL, percent REAL NOT NULL,
    startsAt INTEGER NOT NULL, endsAt INTEGER NOT NULL);
  CREATE TABLE priceHistory (product INTEGER NOT NULL, day INTEGER NOT NULL, priceCents INTEGER NOT NULL,
    PRIMARY KEY (product, day)) WITHOUT ROWID;
`

const readSql = `
  WITH running AS MATERIALIZED (
    SELECT category, max(percent) AS percent FROM promotion
    WHERE startsAt <= ?1 AND endsAt > ?1 GROUP BY category)
  SELECT product.id, product.name, product.priceCents, product.attributes, running.percent AS discount,
    (SELECT min(priceCents) FROM priceHistory WHERE priceHistory.product = wanted.value AND day >= 0) AS lowestCents
  FROM json_each(?2) AS wanted
  JOIN product ON product.id = wanted.value
  LEFT JOIN running ON running.category = product.category
`

export class QuoteTable {
  private readonly database: DatabaseSync
  private readonly readStatement: StatementSync
  private readonly priceStatement: StatementSync
  private clock = 0

  /** Opens the file; a new one gets its tables, filled. */
  constructor(path: string) {
    const isNew = !existsSync(path)
    this.database = new DatabaseSync(path)
    if (isNew) this.fill()
    this.readStatement = this.database.prepare(readSql)
    this.priceStatement = this.database.prepare("UPDATE product SET priceCents = ? WHERE id = ?")
  }

  private fill(): void {
    this.database.exec(schema)
    const product = this.database.prepare("INSERT INTO product VALUES (?, ?, ?, ?, ?)")
    const promotion = this.database.prepare("INSERT INTO promotion VALUES (?, ?, ?, ?, ?)")
    this.database.exec("BEGIN")
    for (let id = 0; id < PRODUCTS; id++) {
      const attributes = {
        sku: `sku-${id}`,
        weightGrams: 100 + ((id * 37) % 4900),
        tags: ["a", "b", "c"].map((tag) => `${tag}${id % 97}`),
      }
      product.run(
        id,
        id % CATEGORIES,
        `Product ${id}`,
        500 + ((id * 7919) % 95_000),
        JSON.stringify(attributes),
      )
    }
    const history = this.database.prepare("INSERT INTO priceHistory VALUES (?, ?, ?)")
    for (let id = 0; id < PRODUCTS; id++) {
      for (let day = 0; day < HISTORY_DAYS; day++)
        history.run(id, day, 500 + ((id * 7919 + day * 104_729) % 95_000))
    }
    for (let id = 0; id < PROMOTIONS; id++) {
      // Half of them run now, the others are over: the scan has something to decide.
      const startsAt = id % 2 === 0 ? 0 : -1_000
      promotion.run(
        id,
        (id * 13) % CATEGORIES,
        1 + ((id * 31) % 20),
        startsAt,
        id % 2 === 0 ? 1_000_000_000 : -1,
      )
    }
    this.database.exec("COMMIT")
  }

  /** Reads all the given products with one statement. */
  read(ids: ReadonlyArray<number>): ReadonlyArray<ProductRow> {
    return this.readStatement.all(this.clock, JSON.stringify(ids)) as unknown as ReadonlyArray<ProductRow>
  }

  /** The price feed: a few products get a new price, so that an old quote really is a wrong one. */
  changePrices(count: number): void {
    this.clock++
    this.database.exec("BEGIN")
    for (let i = 0; i < count; i++) {
      const id = (this.clock * 613 + i * 211) % PRODUCTS
      this.priceStatement.run(500 + ((this.clock * 7919 + id) % 95_000), id)
    }
    this.database.exec("COMMIT")
  }

  close(): void {
    this.database.close()
  }
}
