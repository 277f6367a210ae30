/**
 * The page of every message that a user of Arqon can be given, read out of the sources: the tagged errors by their reasons, and what
 * refused input is told, with what to do about it. Written by `npm run docs`; a test prints nothing else.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import * as ts from "typescript-api"
import {
  AUDIT,
  ENGINE_FAULT,
  ENGINE_STATE,
  FLEET,
  FLEET_STATE,
  GROWTH_REFUSED,
  NO_BASELINE,
  REFUSED,
  VARIANT,
} from "../src/domain/messages.ts"

const root = resolve(import.meta.dirname, "..")

/** A message as it stands in a source; what is filled in later is in braces. */
export interface Message {
  readonly file: string
  readonly text: string
  /** What to do; empty where the message says it itself. */
  readonly remedy: string
}

/** Nobody but the project's own tests and pages meets what these say. */
const LEFT_OUT = /^src\/(testing|studio\/page)\//

/** Calls whose texts are told to a user: by name, and which argument is the message. */
const TELLS: ReadonlyMap<string, number> = new Map([
  ["problem", 1],
  ["Refusal", 1],
  ["conflict", 0],
  ["unable", 0],
  ["Error", 0],
  ["growthProblem", 1],
  ["TypeError", 0],
  ["RangeError", 0],
])

let found: ReadonlyArray<Message> | null = null

/** Every message in the sources, in their order. They are parsed once. */
export const messages = (): ReadonlyArray<Message> => (found ??= allMessages())

function allMessages(): ReadonlyArray<Message> {
  return ["machines", "src"]
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map(
        (name) => `${folder}/${name}`,
      ),
    )
    .filter((file) => file.endsWith(".ts") && !LEFT_OUT.test(file))
    .sort()
    .flatMap((file) => messagesIn(file, readFileSync(join(root, file), "utf8")))
}

function messagesIn(file: string, source: string): ReadonlyArray<Message> {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true)
  const found: Array<Message> = []
  const { tells, texts } = namesIn(tree)
  const add = (message: ts.Node | undefined, remedy: ts.Node | undefined, prefix = ""): void => {
    const remedies = textsOf(remedy, texts)
    for (const text of textsOf(message, texts)) {
      // A single word is a path or a reason and no message.
      if (text.includes(" ")) found.push({ file, text: prefix + text, remedy: remedies.join(" Or: ") })
    }
  }
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      const name = node.expression.getText()
      const given = node.arguments ?? []
      const at = tells.get(name)
      if (at !== undefined) add(given[at], given[at + 1])
      if (name === "numberThat") add(given[0], undefined, "must be ")
    }
    if (ts.isObjectLiteralExpression(node)) {
      const fields = new Map(
        node.properties.filter(ts.isPropertyAssignment).map((one) => [one.name.getText(), one.initializer]),
      )
      add(fields.get("message"), fields.get("suggestion"))
      add(fields.get("expected"), undefined, "must be ")
      if (fields.has("reason")) add(fields.get("detail"), undefined)
    }
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return found
}

interface Names {
  /** Calls that tell a user something: those that all files share, and functions of this file that hand their argument on to one. */
  readonly tells: ReadonlyMap<string, number>
  /** What constants of this file stand for. */
  readonly texts: ReadonlyMap<string, ts.Expression>
}

function namesIn(tree: ts.SourceFile): Names {
  const tells = new Map(TELLS)
  const texts = new Map<string, ts.Expression>()
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.initializer !== undefined) {
      if (ts.isArrowFunction(node.initializer)) addTeller(node.name.getText(), node.initializer, tells)
      else texts.set(node.name.getText(), node.initializer)
    }
    if (ts.isFunctionDeclaration(node) && node.name !== undefined) addTeller(node.name.text, node, tells)
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return { tells, texts }
}

/** A function that hands one of its arguments on as a message tells it too. */
function addTeller(name: string, made: ts.SignatureDeclaration, tells: Map<string, number>): void {
  const parameters = made.parameters.map((one) => one.name.getText())
  const visit = (node: ts.Node): void => {
    const handed = handedOn(node, tells)
    const at = handed === undefined ? -1 : parameters.indexOf(handed.getText())
    if (at >= 0) tells.set(name, at)
    ts.forEachChild(node, visit)
  }
  visit(made)
}

/** The message of a call that tells one, or of an object that is an error's fields. */
function handedOn(node: ts.Node, tells: ReadonlyMap<string, number>): ts.Node | undefined {
  if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
    const at = tells.get(node.expression.getText())
    return at === undefined ? undefined : node.arguments?.[at]
  }
  return ts.isShorthandPropertyAssignment(node) && node.name.text === "detail" ? node.name : undefined
}

/** Every text that an expression can be. */
function textsOf(
  node: ts.Node | undefined,
  names: ReadonlyMap<string, ts.Expression>,
): ReadonlyArray<string> {
  if (node === undefined) return []
  if (ts.isParenthesizedExpression(node)) return textsOf(node.expression, names)
  if (ts.isConditionalExpression(node))
    return [...textsOf(node.whenTrue, names), ...textsOf(node.whenFalse, names)]
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken)
    return [...textsOf(node.left, names), ...textsOf(node.right, names)]
  if (ts.isIdentifier(node)) {
    const named = names.get(node.text)
    return named === undefined || ts.isIdentifier(named) ? [] : textsOf(named, names)
  }
  const text = textOf(node)
  return text === null ? [] : [text]
}

/** What a person will read, with what is filled in as its last name in braces; null where it is no text. */
function textOf(node: ts.Node): string | null {
  if (ts.isStringLiteralLike(node)) return node.text
  if (ts.isTemplateExpression(node)) {
    return (
      node.head.text + node.templateSpans.map((span) => filled(span.expression) + span.literal.text).join("")
    )
  }
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const [left, right] = [textOf(node.left), textOf(node.right)]
    return left === null || right === null ? null : left + right
  }
  return null
}

const filled = (node: ts.Expression): string => {
  const names = node.getText().match(/[A-Za-z_]+/g) ?? []
  return `{${names.at(-1) ?? "..."}}`
}

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ").replaceAll("`", "'")
const row = (...cells: ReadonlyArray<string>): string => `| ${cells.map(cell).join(" | ")} |`

/** The rooms of the sources: two levels of folders say where one is. */
const roomOf = ({ file }: Message): string => file.split("/").slice(0, -1).slice(0, 3).join("/")

/** Rows of a table of messages, with what is filled in later as it is given here. */
const filledIn = (
  table: Readonly<Record<string, (...given: ReadonlyArray<string>) => string>>,
  ...given: ReadonlyArray<string>
): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(table).map(([reason, say]) => [reason, say(...given)]))

export function errorPage(): string {
  const all = messages()
  const rooms = [...new Set(all.map(roomOf))]
  const tagged = (title: string, rows: Readonly<Record<string, string>>): ReadonlyArray<string> => [
    `## ${title}`,
    "",
    "| reason | message |",
    "|---|---|",
    ...Object.entries(rows).map(([reason, text]) => row(`\`${reason}\``.replaceAll("`", ""), text)),
    "",
  ]
  return [
    "# Every error message",
    "",
    "<!-- Generated by `npm run docs`. Do not edit by hand. -->",
    "",
    "What Arqon's errors say. What is in braces is filled in. Refused input is reported with every problem at once: where it",
    "is, what is wrong, and what to do.",
    "",
    ...tagged("EngineStateError of an engine", ENGINE_STATE),
    ...tagged("EngineStateError of a fleet", FLEET_STATE),
    "## NoBaselineError",
    "",
    NO_BASELINE,
    "",
    "## EngineFaultError",
    "",
    ENGINE_FAULT("{detail}"),
    "",
    ...tagged("AuditError", filledIn(AUDIT, "{sink}", "{detail}")),
    ...tagged(
      "ConfigError, ResultError, StateError, ArtifactError and GrowthError",
      filledIn({ ...REFUSED, growth: GROWTH_REFUSED }, "{count} problems"),
    ),
    ...tagged("FleetError", filledIn(FLEET, "{key}", "{detail}")),
    ...tagged(
      "VariantError",
      Object.fromEntries(
        Object.entries(filledIn(VARIANT, "{variant}")).map(([reason, text]) => [
          reason,
          `${text}: {problems}`,
        ]),
      ),
    ),
    "## Problems and refusals, by room",
    "",
    ...rooms.flatMap((room) => [
      `### ${room}`,
      "",
      "| message | what to do |",
      "|---|---|",
      ...new Set(all.filter((one) => roomOf(one) === room).map(({ text, remedy }) => row(text, remedy))),
      "",
    ]),
  ]
    .join("\n")
    .trimEnd()
    .concat("\n")
}
