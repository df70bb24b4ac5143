/**
 * Reports known vulnerabilities of the production dependencies. If the registry provides no advisories (a mirror, no network),
 * the script says so and does not fail.
 */
import { execFileSync, type StdioOptions } from 'node:child_process'
import { pathToFileURL } from 'node:url'

const STREAMS: StdioOptions = ['ignore', 'pipe', 'ignore']

/** What `npm audit --json` prints, in parts; all of it is missing when the registry did not answer. */
interface AuditReport {
  message?: string
  error?: { summary?: string }
  vulnerabilities?: Record<string, { severity: string; range: string; fixAvailable: unknown }>
}

export interface Audit {
  sentences: string[]
  /** Whether a high or critical vulnerability was found. */
  isBad: boolean
}

/** Interprets npm's output. */
export function judge(json: string): Audit {
  const report = parse(json)
  const found = report?.vulnerabilities
  if (!found) {
    const why = report?.error?.summary || report?.message || 'no answer'
    return { sentences: [`Not audited: the registry gave no advisories (${why}).`], isBad: false }
  }
  const bad = Object.entries(found).filter(
    ([, { severity }]) => severity === 'high' || severity === 'critical',
  )
  const sentences = Object.entries(found).map(([name, { severity, range, fixAvailable }]) => {
    return `${name} ${range}: ${severity}${fixAvailable ? ', a fix is available' : ''}`
  })
  return {
    sentences: [`${Object.keys(found).length} packages with advisories`, ...sentences],
    isBad: bad.length > 0,
  }
}

function parse(json: string): AuditReport | null {
  try {
    return JSON.parse(json) as AuditReport
  } catch {
    return null
  }
}

/** npm exits with 1 when it finds vulnerabilities, and prints nothing when the registry is unavailable. */
function ask(): string {
  const options = { encoding: 'utf8' as const, timeout: 60_000, stdio: STREAMS }
  try {
    return execFileSync('npm', ['audit', '--omit=dev', '--json'], options)
  } catch (error) {
    return (error as { stdout?: string }).stdout ?? ''
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { sentences, isBad } = judge(ask())
  for (const sentence of sentences) console.log(sentence)
  process.exitCode = isBad ? 1 : 0
}
