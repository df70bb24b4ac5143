/**
 * Reads the dialects of JUnit XML: nested suites, and re-runs inside a test or as separate tests. A broken report is read up
 * to the error. Limits protect against hostile reports, and saxes expands only XML's five predefined entities.
 */
import { SaxesParser, type SaxesTagPlain } from 'saxes'
import type { HuntTest } from '../run.ts'

export interface JunitReport {
  tests: HuntTest[]
  /** Why the report could not be read completely; null when it could. */
  problem: string | null
}

export interface JunitReader {
  write(text: string): void
  close(): JunitReport
}

const MAX_TESTS = 100_000
const MAX_DEPTH = 100
const MAX_NAME = 500
const MAX_MESSAGE = 2000

/** Outcomes by element. Surefire writes `flaky…` where a later attempt passed, and `rerun…` where it failed too. */
const OUTCOMES: Record<string, HuntTest['outcome'] | undefined> = {
  failure: 'failed',
  error: 'failed',
  skipped: 'skipped',
  flakyFailure: 'flaked',
  flakyError: 'flaked',
  rerunFailure: 'flaked',
  rerunError: 'flaked',
}

/** Which outcome wins when a test has several. */
const WEIGHT: Record<HuntTest['outcome'], number> = { passed: 0, skipped: 1, flaked: 2, failed: 3 }

class LimitError extends Error {}

/** A streaming reader: a report of any size takes little memory. */
export function readJunit(): JunitReader {
  const parser = new SaxesParser({ xmlns: false })
  const tests: HuntTest[] = []
  let problem: string | null = null
  let depth = 0
  let current: HuntTest | null = null
  /** The open element that describes a failure; its text is collected. */
  let failureElement: string | null = null
  let text = ''

  const open = ({ name, attributes }: SaxesTagPlain) => {
    if (++depth > MAX_DEPTH) throw new LimitError(`elements are nested more than ${MAX_DEPTH} deep`)
    if (name === 'testcase') current = { name: nameOf(attributes), outcome: 'passed', message: null }
    const outcome = OUTCOMES[name]
    if (current === null || outcome === undefined) return
    if (WEIGHT[outcome] <= WEIGHT[current.outcome]) return
    current.outcome = outcome
    current.message = clip(attributes.message ?? attributes.type ?? '', MAX_MESSAGE) || null
    failureElement = name
    text = ''
  }
  const close = ({ name }: SaxesTagPlain) => {
    depth--
    if (current !== null && name === failureElement) {
      current.message ??= firstLine(text)
      failureElement = null
    }
    if (name !== 'testcase' || current === null) return
    if (tests.length >= MAX_TESTS) throw new LimitError(`there are more than ${MAX_TESTS} tests`)
    tests.push(current)
    current = null
  }
  const collectText = (chunk: string) => {
    if (failureElement !== null && text.length < MAX_MESSAGE) text += chunk.slice(0, MAX_MESSAGE)
  }
  parser.on('opentag', open)
  parser.on('closetag', close)
  parser.on('text', collectText)
  parser.on('cdata', collectText)
  parser.on('error', (error) => {
    throw error
  })

  const guarded = (work: () => void) => {
    if (problem !== null) return
    try {
      work()
    } catch (error) {
      problem = (error as Error).message.replace(/^undefined:/, 'line ')
    }
  }
  return {
    write: (chunk) => guarded(() => parser.write(chunk)),
    close() {
      guarded(() => parser.close())
      return { tests, problem }
    },
  }
}

function nameOf(attributes: Record<string, string>): string {
  const { classname, name, file } = attributes
  const place = classname ?? file
  return clip(
    place && name && !name.startsWith(place) ? `${place} › ${name}` : (name ?? place ?? '(no name)'),
    MAX_NAME,
  )
}

function firstLine(text: string): string | null {
  return clip(text.trim().split(/\r?\n/)[0] ?? '', MAX_MESSAGE) || null
}

function clip(text: string, maxLength: number): string {
  return text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text
}

/**
 * The tests of one run, each once. A name that both failed and passed was re-run by a plug-in that reports both attempts: it
 * flaked within the run.
 */
export function mergeTests(tests: readonly HuntTest[]): HuntTest[] {
  const merged = new Map<string, HuntTest>()
  for (const test of tests) {
    const before = merged.get(test.name)
    merged.set(test.name, before ? mergeTest(before, test) : test)
  }
  return [...merged.values()]
}

function mergeTest(first: HuntTest, second: HuntTest): HuntTest {
  const outcomes = [first.outcome, second.outcome]
  const heavier = WEIGHT[second.outcome] > WEIGHT[first.outcome] ? second : first
  const isFlaked =
    outcomes.includes('failed') && outcomes.some((outcome) => outcome === 'passed' || outcome === 'flaked')
  if (isFlaked) return { ...heavier, outcome: 'flaked' }
  return outcomes.includes('passed') && outcomes.includes('skipped')
    ? { ...first, outcome: 'passed' }
    : heavier
}
