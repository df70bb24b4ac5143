/** The answer in words: a headline, and one sentence for each finding. */

import type { HuntAnswer } from './answer.ts'
import { bytes, chance, duration, number, passPercent } from './figures.ts'
import type { Concentration } from './shape.ts'
import { streaksAtMost } from './statistics/exact-tests.ts'
import { count } from './text.ts'

/** Writes a name from outside so that it is harmless in the output format. */
type Quote = (name: string) => string
const asIs: Quote = (name) => name

/** The whole answer in one sentence. */
export function headline(answer: HuntAnswer, quote = asIs): string {
  if (answer.runs === 0) return 'No run finished, so there is no result.'
  const target = passPercent(answer.target)
  const failed = failedOf(answer)
  const how = [...placesOf(answer, quote), ...successionInShort(answer), ...memoryInShort(answer)].join(', ')
  const what = `${failed}${how === '' ? '' : `, ${how}`}`
  if (answer.decision === 'met') return `Met: ${what}, so at least ${target} pass.`
  if (answer.decision === 'missed') return `Missed: ${what}; the target is ${target}.`
  if (answer.runs_to_miss !== null)
    return `Undecided: ${what}; about ${number(answer.runs_to_miss)} more runs at this rate would miss the target of ${target}.`
  const more = number(answer.runs_to_decide)
  return `Undecided: ${what}; ${more} more runs without a failure would meet the target of ${target}.`
}

/** One sentence for each finding, the most important first. */
export function sentences(answer: HuntAnswer, quote = asIs): string[] {
  if (answer.runs === 0) return []
  return [
    rate(answer),
    ...ending(answer),
    ...succession(answer),
    ...answer.concentration.map((finding) => concentration(finding, answer, quote)),
    ...memory(answer),
    ...timeouts(answer),
    ...durations(answer),
    ...tests(answer, quote),
  ]
}

function failedOf({ failed, runs }: HuntAnswer): string {
  return failed === 0
    ? `no failure in ${count(runs, 'run')}`
    : `${number(failed)} of ${count(runs, 'run')} failed`
}

function rate(answer: HuntAnswer): string {
  const between = `${passPercent(answer.low)} and ${passPercent(answer.high)}`
  const passed = `${passPercent(answer.pass_rate ?? 0)} passed; with ${passPercent(answer.confidence)} confidence`
  if (answer.decision === 'met')
    return `${passed} the true pass rate is at least ${passPercent(answer.at_least)} (two-sided: between ${between}).`
  return `${passed} the true pass rate is between ${between}.`
}

function ending(answer: HuntAnswer): string[] {
  const stopped =
    answer.stopped === 0
      ? ''
      : ` ${count(answer.stopped, 'run')} ${answer.stopped === 1 ? 'was' : 'were'} stopped and ${answer.stopped === 1 ? 'is' : 'are'} not counted.`
  const why = {
    runs: '',
    decided: answer.decision === 'undecided' ? '' : 'The hunt stopped early because the answer was known.',
    until_failure: 'The hunt stopped at the first failure, as requested.',
    interrupted: 'The hunt was interrupted.',
    minutes: 'The hunt stopped because its minutes are used up.',
    used_up:
      'The hunt stopped because GitHub allows no more re-runs of these workflow runs; the limit is 50 each.',
  }[answer.ending]
  return why + stopped === '' ? [] : [`${why}${stopped}`.trim()]
}

/** The level of one test where five are made at 5 % together (Bonferroni). */
const RARE = 0.05 / 5

function succession(answer: HuntAnswer): string[] {
  const { failed, runs, succession: s } = answer
  if (failed === 0) return []
  if (!answer.ordered) return ['The order of the runs is unknown, so clustering cannot be tested.']
  if (failed === 1) return ['One failure is too few to test for clustering.']
  if (failed === runs) return ['Every run failed: this is not a flake.']
  const order = s.order === 'end' ? ' (in order of completion)' : ''
  const chances = `${of(s.after_failure)} failed after a failure, ${of(s.after_pass)} after a pass${order}`
  if (s.clumped) {
    const near = s.within > 1 ? `, ${bursts(answer)}` : ''
    return [`Failures cluster: ${chances}; streaks of ${streaks(s.streaks)}${near} (${chance(s.p_value)}).`]
  }
  if (streaksAtMost(1, failed, runs - failed) > RARE)
    return [`Too few failures to test for clustering: ${chances}.`]
  if (s.p_value <= 0.05)
    return [
      `Failures may cluster, but the evidence is weak: ${chances} (${chance(s.p_value)}, one of five tests).`,
    ]
  return [`No sign of clustering: ${chances} (${chance(s.p_value)}).`]
}

function bursts({ succession: { within, bursts: total }, failed }: HuntAnswer): string {
  return `${number(failed)} failures in ${count(total, 'burst')}, at most ${within} runs apart`
}

function of({ failed, runs }: { failed: number; runs: number }): string {
  return `${number(failed)} of ${count(runs, 'run')}`
}

function streaks(lengths: readonly number[]): string {
  const MAX_SHOWN = 12
  const shown = lengths.slice(0, MAX_SHOWN).join(', ')
  return lengths.length > MAX_SHOWN ? `${shown} and ${lengths.length - MAX_SHOWN} more` : shown
}

function successionInShort({ succession: s, failed }: HuntAnswer): string[] {
  if (!s.clumped) return []
  if (s.streaks.every((length) => length === 2)) return ['always in pairs']
  if (s.streaks.length === 1 && failed > 1) return ['all in one streak']
  return ['in clusters']
}

function placesOf(answer: HuntAnswer, quote: Quote): string[] {
  return answer.concentration.slice(0, 2).map((finding) => {
    if (finding.by === 'order') return lateOrEarly(finding, answer)
    const share = finding.failed === answer.failed ? 'all' : `${number(finding.failed)} of them`
    return `${share} ${placeOf(finding, quote)}`
  })
}

function placeOf({ by, value }: Concentration, quote: Quote): string {
  if (by === 'hour') return `in the hour from ${value}:00 UTC`
  return `on ${by} ${by === 'node' ? quote(value) : value}`
}

/** Where in the sequence the failures are: "the last n" only where that is less than half of all runs. */
function lateOrEarly({ value }: Concentration, answer: HuntAnswer): string {
  const finished = answer.sequence.replaceAll('S', '')
  const span = value === 'late' ? finished.length - finished.indexOf('F') : finished.lastIndexOf('F') + 1
  if (span * 2 > finished.length) return value === 'late' ? 'increasingly often' : 'decreasingly often'
  return `all among the ${value === 'late' ? 'last' : 'first'} ${number(span)}`
}

function concentration(finding: Concentration, answer: HuntAnswer, quote: Quote): string {
  if (finding.by === 'order') {
    const why = `something ${finding.value === 'late' ? 'builds up' : 'settles'}, or changed during the hunt`
    return `Failures came ${finding.value}, ${lateOrEarly(finding, answer)} (${chance(finding.p_value)}): ${why}.`
  }
  const share =
    finding.failed === answer.failed
      ? `All ${number(finding.failed)}`
      : `${number(finding.failed)} of ${number(answer.failed)}`
  return `${share} failures were ${placeOf(finding, quote)}, which had ${number(finding.runs)} of ${count(answer.runs, 'run')} (${chance(finding.p_value)}).`
}

function memory({ memory: m }: HuntAnswer): string[] {
  if (m.killed === 0 && m.out_of_memory === 0) return []
  const passing = m.peak_passed === null ? '' : `; of passing runs: ${bytes(m.peak_passed)}`
  const peak =
    m.peak_failed === null ? '' : ` Peak memory of failing runs: ${bytes(m.peak_failed)}${passing}.`
  if (m.out_of_memory > 0)
    return [
      `${count(m.out_of_memory, 'failure')} ran out of memory, as the kernel or the program itself reported.${peak}`,
    ]
  return [
    `${count(m.killed, 'failure')} ended with exit 137 (killed). Running out of memory is the most common cause, but nothing here confirms it.${peak}`,
  ]
}

function memoryInShort({ memory: m, failed }: HuntAnswer): string[] {
  const total = Math.max(m.killed, m.out_of_memory)
  if (total === 0) return []
  const who = total === failed ? 'all' : `${number(total)} of them`
  return [m.out_of_memory > 0 ? `${who} out of memory` : `${who} killed (exit 137), possibly out of memory`]
}

function timeouts({ timed_out }: HuntAnswer): string[] {
  return timed_out === 0 ? [] : [`${count(timed_out, 'failure')} hit the time limit.`]
}

function durations({ durations: { passed, failed } }: HuntAnswer): string[] {
  const describe = (name: string, { median, longest }: typeof passed) =>
    median === null
      ? []
      : [`${name} took ${duration(median)} (median; longest ${duration(longest ?? median)})`]
  const text = [...describe('Passing runs', passed), ...describe('failing runs', failed)].join(', ')
  return text === '' || passed.longest === 0 ? [] : [`${text[0]?.toUpperCase()}${text.slice(1)}.`]
}

function tests({ tests: { reported, unsteady, reports } }: HuntAnswer, quote: Quote): string[] {
  const lines: string[] = []
  if (reported > 0) {
    const flaked = unsteady.filter((test) => test.flaked > 0).length
    const within = flaked === 0 ? '' : `; ${number(flaked)} of them failed and passed within one run`
    lines.push(
      `Of ${count(reported, 'test')} reported, ${number(unsteady.length)} did not always pass${within}.`,
    )
  }
  if (reports.broken > 0)
    lines.push(
      `${count(reports.broken, 'report')} could not be read completely; the part before the error counts (${quote(reports.problems[0] ?? 'no reason')}).`,
    )
  return lines
}
