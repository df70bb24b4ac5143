/**
 * Reads JUnit XML as every runner writes it a little differently: suites in suites, reruns inside a test or beside it.
 * What is broken is read as far as it goes; what is hostile meets limits: saxes knows no entities but XML's own five.
 */
import { SaxesParser, type SaxesTagPlain } from 'saxes'
import type { HuntTest } from '../run.ts'

export interface JunitReport {
  tests: HuntTest[]
  /** Why the report could not be read to its end; null when it could. */
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

/** `failure` and `error` fail a test; Surefire's `flaky…` say that a later attempt passed, `rerun…` that it failed too. */
const SAYS: Record<string, HuntTest['outcome'] | undefined> = {
  failure: 'failed',
  error: 'failed',
  skipped: 'skipped',
  flakyFailure: 'flaked',
  flakyError: 'flaked',
  rerunFailure: 'flaked',
  rerunError: 'flaked',
}

/** What weighs more when a test says several things. */
const WEIGHT: Record<HuntTest['outcome'], number> = { passed: 0, skipped: 1, flaked: 2, failed: 3 }

class TooMuch extends Error {}

/** A reader to feed piece by piece, so that a report of any size takes little memory. */
export function readJunit(): JunitReader {
  const parser = new SaxesParser({ xmlns: false })
  const tests: HuntTest[] = []
  let problem: string | null = null
  let depth = 0
  let current: HuntTest | null = null
  /** The element that the text belongs to, when it tells of a failure. */
  let telling: string | null = null
  let text = ''

  const open = ({ name, attributes }: SaxesTagPlain) => {
    if (++depth > MAX_DEPTH) throw new TooMuch(`elements lie more than ${MAX_DEPTH} deep`)
    if (name === 'testcase') current = { name: nameOf(attributes), outcome: 'passed', message: null }
    const says = SAYS[name]
    if (current === null || says === undefined) return
    if (WEIGHT[says] <= WEIGHT[current.outcome]) return
    current.outcome = says
    current.message = clip(attributes.message ?? attributes.type ?? '', MAX_MESSAGE) || null
    telling = name
    text = ''
  }
  const close = ({ name }: SaxesTagPlain) => {
    depth--
    if (current !== null && name === telling) {
      current.message ??= firstLine(text)
      telling = null
    }
    if (name !== 'testcase' || current === null) return
    if (tests.length >= MAX_TESTS) throw new TooMuch(`there are more than ${MAX_TESTS} tests`)
    tests.push(current)
    current = null
  }
  const hear = (piece: string) => {
    if (telling !== null && text.length < MAX_MESSAGE) text += piece.slice(0, MAX_MESSAGE)
  }
  parser.on('opentag', open)
  parser.on('closetag', close)
  parser.on('text', hear)
  parser.on('cdata', hear)
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
    write: (piece) => guarded(() => parser.write(piece)),
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

function clip(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text
}

/**
 * The tests of one run, each once: a name that failed and passed was run again by a plug-in that writes both, and
 * flaked within the run.
 */
export function mergeTests(tests: readonly HuntTest[]): HuntTest[] {
  const merged = new Map<string, HuntTest>()
  for (const test of tests) {
    const before = merged.get(test.name)
    merged.set(test.name, before ? together(before, test) : test)
  }
  return [...merged.values()]
}

function together(one: HuntTest, other: HuntTest): HuntTest {
  const outcomes = [one.outcome, other.outcome]
  const heavier = WEIGHT[other.outcome] > WEIGHT[one.outcome] ? other : one
  const both =
    outcomes.includes('failed') && outcomes.some((outcome) => outcome === 'passed' || outcome === 'flaked')
  if (both) return { ...heavier, outcome: 'flaked' }
  return outcomes.includes('passed') && outcomes.includes('skipped') ? { ...one, outcome: 'passed' } : heavier
}
