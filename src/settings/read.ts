/** Reads the settings file, `.github/flake-sla.yml`. Every problem is named with its line and what is allowed there. */
import { readFile } from 'node:fs/promises'
import { type Document, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { DEFAULT_SETTINGS, type Settings } from '../domain/settings.ts'
import { UserError } from '../domain/user-error.ts'
import { allowedAt, type SettingsInput, settingsSchema } from './schema.ts'

/** Parsing YAML takes time that grows with the square of its length: at worst half a second for this number of characters. */
const MAX_CHARACTERS = 64_000
const MAX_PROBLEM = 300
const MAX_PROBLEMS = 20
// biome-ignore lint/suspicious/noControlCharactersInRegex: problems quote the file and are shown in logs and terminals
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g

/** The settings that a file contains, or its problems: one sentence without a full stop for each. */
export type SettingsInputResult = { input: SettingsInput; problems: [] } | { input: null; problems: string[] }
export type SettingsResult = { settings: Settings; problems: [] } | { settings: null; problems: string[] }

/** Parses the text of a settings file. An empty file is valid. */
export function parseSettingsInput(text: string): SettingsInputResult {
  if (text.length > MAX_CHARACTERS)
    return { input: null, problems: [`the file is longer than ${MAX_CHARACTERS} characters`] }
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    merge: false,
    prettyErrors: false,
    // Otherwise the parser itself logs a warning about a key that is a list.
    stringKeys: true,
    logLevel: 'error',
  })
  if (document.errors.length > 0) {
    const problems = document.errors.map(
      (error) => `line ${lines.linePos(error.pos[0]).line}: is not YAML: ${error.message.split('\n')[0]}`,
    )
    return { input: null, problems: problems.slice(0, MAX_PROBLEMS).map(plain) }
  }
  const content = toJs(document)
  if (content === 'too many aliases') return { input: null, problems: ['the file has too many aliases'] }
  const result = settingsSchema.safeParse(content ?? {})
  if (result.success) return { input: result.data, problems: [] }
  const problems = result.error.issues.flatMap((issue) => problemsOf(issue, document, lines))
  return { input: null, problems: [...new Set(problems)].slice(0, MAX_PROBLEMS).map(plain) }
}

function plain(problem: string): string {
  const text = problem.replace(CONTROL, ' ').toWellFormed()
  return text.length > MAX_PROBLEM ? `${text.slice(0, MAX_PROBLEM - 1)}…` : text
}

/** Parses the text of a settings file and adds the defaults. */
export function parseSettings(text: string): SettingsResult {
  const { input, problems } = parseSettingsInput(text)
  return input === null ? { settings: null, problems } : { settings: settingsOf(input), problems: [] }
}

/** Reads a settings file from disk. @throws UserError when it cannot be read or is not valid */
export async function readSettingsFile(path: string): Promise<SettingsInput> {
  const text = await readFile(path, 'utf8').catch(() => null)
  if (text === null)
    throw new UserError(`${path} cannot be read. Name a settings file such as .github/flake-sla.yml.`)
  const { input, problems } = parseSettingsInput(text)
  if (input === null) throw new UserError(`${path} is not a valid settings file: ${problems.join('; ')}.`)
  return input
}

/** Merges the files of an organisation and a repository. The repository's wins, setting by setting, also within a group. */
export function mergeSettingsInputs(organisation: SettingsInput, repository: SettingsInput): SettingsInput {
  const merged: Record<string, unknown> = { ...organisation }
  for (const [key, value] of Object.entries(repository)) {
    const below = merged[key]
    merged[key] = isGroup(value) && isGroup(below) ? { ...below, ...value } : value
  }
  return merged as SettingsInput
}

/** The settings of a file, with the defaults for what it leaves out. */
export function settingsOf(input: SettingsInput): Settings {
  const { breach_issue: issue, job_issues: jobs, report } = input
  const { breachIssue, jobIssues } = DEFAULT_SETTINGS
  return {
    target: input.target ?? DEFAULT_SETTINGS.target,
    timeZone: input.time_zone ?? DEFAULT_SETTINGS.timeZone,
    required: input.required ?? DEFAULT_SETTINGS.required,
    ignore: input.ignore ?? DEFAULT_SETTINGS.ignore,
    requireSameBase: input.require_same_base ?? DEFAULT_SETTINGS.requireSameBase,
    breachIssue: {
      mode: issue?.mode ?? breachIssue.mode,
      labels: issue?.labels ?? breachIssue.labels,
      assignees: (issue?.assignees ?? breachIssue.assignees).map(withoutAt),
      repository: issue?.repository ?? breachIssue.repository,
    },
    jobIssues: { enabled: jobs?.enabled ?? jobIssues.enabled, labels: jobs?.labels ?? jobIssues.labels },
    owners: (input.owners ?? DEFAULT_SETTINGS.owners).map(({ job, owners }) => ({
      job,
      owners: owners.map(withoutAt),
    })),
    gates: {
      include: input.gates?.include ?? DEFAULT_SETTINGS.gates.include,
      exclude: input.gates?.exclude ?? DEFAULT_SETTINGS.gates.exclude,
    },
    outcomes: Object.entries(input.outcomes ?? {}).flatMap(([job, { error }]) =>
      error ? [{ job, error }] : [],
    ),
    bots: (input.bots ?? DEFAULT_SETTINGS.bots).map(withoutAt),
    retest: {
      execute: input.retest?.execute ?? DEFAULT_SETTINGS.retest.execute,
      words: input.retest?.words ?? DEFAULT_SETTINGS.retest.words,
    },
    retention: { runDays: input.retention?.run_days ?? DEFAULT_SETTINGS.retention.runDays },
    hunt: {
      enabled: input.hunt?.enabled ?? DEFAULT_SETTINGS.hunt.enabled,
      maxRuns: input.hunt?.max_runs ?? DEFAULT_SETTINGS.hunt.maxRuns,
      maxMinutes: input.hunt?.max_minutes ?? DEFAULT_SETTINGS.hunt.maxMinutes,
    },
    attribution: {
      sameAuthorIsIndependent:
        input.attribution?.same_author_is_independent ?? DEFAULT_SETTINGS.attribution.sameAuthorIsIndependent,
      paths: input.attribution?.paths ?? DEFAULT_SETTINGS.attribution.paths,
    },
    report: {
      automatic: report?.automatic ?? DEFAULT_SETTINGS.report.automatic,
      checkRun: report?.check_run ?? DEFAULT_SETTINGS.report.checkRun,
    },
    earlierRules: [],
    rulesKnownFrom: null,
  }
}

function problemsOf(issue: z.core.$ZodIssue, document: Document, lines: LineCounter): string[] {
  const { path } = issue
  const { allowed, keys } = allowedAt(path)
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(
      (key) =>
        `${lineOf([...path, key], document, lines)}${[...path, key].map(String).join('.')}: is not a setting; allowed here: ${keys.join(', ')}`,
    )
  }
  if (path.length === 0) return ['the file: must contain settings such as "target: 0.01"']
  const value = document.getIn(path)
  const found = isPlain(value) ? `is ${JSON.stringify(value)}` : 'is not valid'
  const sentence = allowed === null ? issue.message : `${found}; allowed: ${allowed}`
  return [`${lineOf(path, document, lines)}${path.map(String).join('.') || 'the file'}: ${sentence}`]
}

/** `line 3: `, the line of the key; empty when the document has no such place. */
function lineOf(path: readonly PropertyKey[], document: Document, lines: LineCounter): string {
  const parent = (path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents) as {
    items?: { key?: { value?: unknown; range?: [number, number, number] } }[]
  } | null
  const last = path[path.length - 1]
  const key = parent?.items?.find((item) => item.key?.value === last)?.key
  const node = key ?? (document.getIn(path, true) as { range?: [number, number, number] } | undefined)
  return node?.range ? `line ${lines.linePos(node.range[0]).line}: ` : ''
}

/** The content as a JavaScript value. A file can have so many aliases that it would fill the memory. */
function toJs(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch {
    return 'too many aliases'
  }
}

function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isPlain(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value)
}

function withoutAt(login: string): string {
  return login.replace(/^@/, '')
}
