/** Reads settings (`.github/flake-sla.yml`): every problem is named with its place and what is allowed there. */
import { readFile } from 'node:fs/promises'
import { LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { DEFAULT_POLICY, type Policy } from '../domain/policy.ts'
import { UserError } from '../domain/user-error.ts'
import { isTimeZone } from '../domain/window.ts'

const names = z.array(z.string().min(1).max(500)).max(500)

const schema = z.strictObject({
  target: z.number().gt(0).max(1).optional(),
  time_zone: z
    .string()
    .max(100)
    .refine(isTimeZone, 'is no IANA time zone, such as Europe/Berlin or UTC')
    .optional(),
  required: z.union([z.literal('auto'), names]).optional(),
  ignore: names.optional(),
  require_same_base: z.boolean().optional(),
  attribution: z
    .strictObject({
      window_days: z.number().int().min(2).max(60).optional(),
      same_author_is_independent: z.boolean().optional(),
      paths: z
        .array(z.strictObject({ glob: z.string().max(500), jobs: names }))
        .max(500)
        .optional(),
    })
    .optional(),
  breach_issue: z
    .strictObject({
      mode: z.enum(['daily', 'rolling', 'off']).optional(),
      labels: names.optional(),
      assignees: names.optional(),
      repository: z.string().nullable().optional(),
    })
    .optional(),
  retest: z.strictObject({ execute: z.boolean().optional() }).optional(),
  report: z.strictObject({ unasked: z.boolean().optional(), check_run: z.boolean().optional() }).optional(),
})

/** What a settings file says, or what is wrong with it: one sentence a problem. */
export type PolicyReading = { policy: Policy; problems: [] } | { policy: null; problems: string[] }

/** In characters. Reading YAML takes time that grows with the square of its length: 64,000 take half a second at worst. */
const LONGEST_FILE = 64_000
const LONGEST_PROBLEM = 300
const MOST_PROBLEMS = 20
// biome-ignore lint/suspicious/noControlCharactersInRegex: problems quote the file, and are shown in logs and terminals
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g

/** Reads the text of a settings file. An empty one means the defaults. */
export function readPolicy(text: string): PolicyReading {
  const { policy, problems } = text.length > LONGEST_FILE ? TOO_LONG : readSettings(text)
  if (policy !== null) return { policy, problems: [] }
  return { policy: null, problems: problems.slice(0, MOST_PROBLEMS).map(plain) }
}

const TOO_LONG: PolicyReading = {
  policy: null,
  problems: [`the file is longer than ${LONGEST_FILE} characters`],
}

function plain(problem: string): string {
  const text = problem.replace(CONTROL, ' ').toWellFormed()
  return text.length > LONGEST_PROBLEM ? `${text.slice(0, LONGEST_PROBLEM - 1)}…` : text
}

function readSettings(text: string): PolicyReading {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    merge: false,
    stringKeys: true,
    logLevel: 'error',
  })
  if (document.errors.length > 0) {
    return {
      policy: null,
      problems: document.errors.map((error) => error.message.split('\n')[0] ?? 'is not YAML'),
    }
  }
  const result = schema.safeParse(safeJs(document) ?? {})
  if (result.success) return { policy: policyOf(result.data), problems: [] }
  const problems = result.error.issues.map((issue) => {
    const path = issue.path.map(String)
    const node = document.getIn(path, true) as { range?: [number, number, number] } | undefined
    const line = node?.range ? `line ${lines.linePos(node.range[0]).line}: ` : ''
    return `${line}${path.join('.') || 'the file'}: ${issue.message}`
  })
  return { policy: null, problems }
}

/** Reads a settings file. @throws UserError when it cannot be read or is not valid */
export async function readPolicyFile(path: string): Promise<Policy> {
  const text = await readFile(path, 'utf8').catch(() => null)
  if (text === null)
    throw new UserError(`${path} cannot be read. Name a file with settings as in .github/flake-sla.yml.`)
  const { policy, problems } = readPolicy(text)
  if (policy === null)
    throw new UserError(`${path} has settings that cannot be used: ${problems.join('; ')}.`)
  return policy
}

/** A bomb of aliases is a mistake to be named, not a reason to fall. */
function safeJs(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch {
    return 'too many aliases'
  }
}

function policyOf(told: z.infer<typeof schema>): Policy {
  const issue = told.breach_issue
  return {
    target: told.target ?? DEFAULT_POLICY.target,
    timeZone: told.time_zone ?? DEFAULT_POLICY.timeZone,
    required: told.required ?? DEFAULT_POLICY.required,
    ignore: told.ignore ?? DEFAULT_POLICY.ignore,
    requireSameBase: told.require_same_base ?? DEFAULT_POLICY.requireSameBase,
    breachIssue: {
      mode: issue?.mode ?? DEFAULT_POLICY.breachIssue.mode,
      labels: issue?.labels ?? DEFAULT_POLICY.breachIssue.labels,
      assignees: issue?.assignees ?? DEFAULT_POLICY.breachIssue.assignees,
      repository: issue?.repository ?? DEFAULT_POLICY.breachIssue.repository,
    },
  }
}
