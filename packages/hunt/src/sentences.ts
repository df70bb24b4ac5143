/** The answer in words: one sentence that says it all, and one for each thing that was asked. */

import type { HuntAnswer } from './answer.ts'
import { bytes, chance, duration, number, passPercent } from './figures.ts'
import type { Concentration } from './shape.ts'
import { streaksAtMost } from './statistics/exact-tests.ts'
import { count } from './text.ts'

/** How a name from outside is written: as it is, unless the reader's format makes more of some characters. */
type Tell = (name: string) => string
const asItIs: Tell = (name) => name

/** The whole answer in one sentence. */
export function headline(answer: HuntAnswer, tell = asItIs): string {
  if (answer.runs === 0) return 'No run finished, so nothing is known.'
  const target = passPercent(answer.target)
  const failed = failedOf(answer)
  const how = [...placesOf(answer, tell), ...successionInShort(answer), ...memoryInShort(answer)].join(', ')
  const what = `${failed}${how === '' ? '' : `, ${how}`}`
  if (answer.decision === 'met') return `Met: ${what}, so at least ${target} pass.`
  if (answer.decision === 'missed') return `Missed: ${what}, where ${target} should pass.`
  if (answer.runs_to_miss !== null)
    return `Not decided yet: ${what}; about ${number(answer.runs_to_miss)} more at this rate would show that fewer than ${target} pass.`
  const more = number(answer.runs_to_decide)
  return `Not decided yet: ${what}; ${more} more without a failure would show that ${target} pass.`
}

/** One sentence for each thing that is known, the most important first. */
export function sentences(answer: HuntAnswer, tell = asItIs): string[] {
  if (answer.runs === 0) return []
  return [
    rate(answer),
    ...ending(answer),
    ...succession(answer),
    ...answer.concentration.map((one) => concentration(one, answer, tell)),
    ...memory(answer),
    ...timeouts(answer),
    ...durations(answer),
    ...tests(answer, tell),
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
    return `${passed} at least ${passPercent(answer.at_least)} do (two-sided: between ${between}).`
  return `${passed} the true pass rate is between ${between}.`
}

function ending(answer: HuntAnswer): string[] {
  const stopped =
    answer.stopped === 0 ? '' : ` ${count(answer.stopped, 'run')} stopped on the way count as nothing.`
  const why = {
    runs: '',
    decided: answer.decision === 'undecided' ? '' : 'It ended early, because the answer was known.',
    until_failure: 'It ended at the first failure, as asked.',
    interrupted: 'It was interrupted.',
    minutes: 'It ended because the minutes that it may take are used up.',
    used_up: 'It ended because GitHub lets these workflow runs be run again no more: it takes 50 of each.',
  }[answer.ending]
  return why + stopped === '' ? [] : [`${why}${stopped}`.trim()]
}

/** Five questions are asked, so a finding must be that much rarer than one in twenty. */
const RARE = 0.05 / 5

function succession(answer: HuntAnswer): string[] {
  const { failed, runs, succession: s } = answer
  if (failed === 0) return []
  if (!answer.ordered)
    return ['The order of the runs is not known, so neither is whether failures come alone.']
  if (failed === 1) return ['One failure alone cannot say whether failures come in succession.']
  if (failed === runs) return ['Every run failed: that is no flake.']
  const order = s.order === 'end' ? ' (in the order of ending)' : ''
  const chances = `${of(s.after_failure)} failed after a failure, ${of(s.after_pass)} after a pass${order}`
  if (s.clumped) {
    const near = s.within > 1 ? `, ${bursts(answer)}` : ''
    return [
      `Failures come in succession: ${chances}; streaks of ${streaks(s.streaks)}${near} (${chance(s.p_value)}).`,
    ]
  }
  if (streaksAtMost(1, failed, runs - failed) > RARE)
    return [`So few failures cannot say whether they come in succession: ${chances}.`]
  if (s.p_value <= 0.05)
    return [
      `Failures may come in succession, but that is not sure: ${chances} (${chance(s.p_value)}, one of five questions).`,
    ]
  return [`Nothing says that failures come in succession: ${chances} (${chance(s.p_value)}).`]
}

function bursts({ succession: { within, bursts: many }, failed }: HuntAnswer): string {
  return `${number(failed)} failures in ${count(many, 'burst')} of at most ${within} runs apart`
}

function of({ failed, runs }: { failed: number; runs: number }): string {
  return `${number(failed)} of ${count(runs, 'run')}`
}

function streaks(lengths: readonly number[]): string {
  const MOST = 12
  const shown = lengths.slice(0, MOST).join(', ')
  return lengths.length > MOST ? `${shown} and ${lengths.length - MOST} more` : shown
}

function successionInShort({ succession: s, failed }: HuntAnswer): string[] {
  if (!s.clumped) return []
  if (s.streaks.every((length) => length === 2)) return ['always in pairs']
  if (s.streaks.length === 1 && failed > 1) return ['all in one streak']
  return ['in succession']
}

function placesOf(answer: HuntAnswer, tell: Tell): string[] {
  return answer.concentration.slice(0, 2).map((one) => {
    if (one.by === 'order') return lateOrEarly(one, answer)
    const share = one.failed === answer.failed ? 'all' : `${number(one.failed)} of them`
    return `${share} ${placeOf(one, tell)}`
  })
}

function placeOf({ by, value }: Concentration, tell: Tell): string {
  if (by === 'hour') return `in the hour from ${value}:00 UTC`
  return `on ${by} ${by === 'node' ? tell(value) : value}`
}

/** Where the failures lie: only worth saying as "the last n" when that is less than half of all. */
function lateOrEarly({ value }: Concentration, answer: HuntAnswer): string {
  const finished = answer.sequence.replaceAll('S', '')
  const span = value === 'late' ? finished.length - finished.indexOf('F') : finished.lastIndexOf('F') + 1
  if (span * 2 > finished.length) return value === 'late' ? 'more and more often' : 'less and less often'
  return `all among the ${value === 'late' ? 'last' : 'first'} ${number(span)}`
}

function concentration(one: Concentration, answer: HuntAnswer, tell: Tell): string {
  if (one.by === 'order') {
    const why =
      one.value === 'late'
        ? 'something builds up, or changed on the way'
        : 'something settles, or changed on the way'
    return `Failures came ${one.value}, ${lateOrEarly(one, answer)} (${chance(one.p_value)}): ${why}.`
  }
  const share =
    one.failed === answer.failed
      ? `All ${number(one.failed)}`
      : `${number(one.failed)} of ${number(answer.failed)}`
  return `${share} failures came ${placeOf(one, tell)}, which had ${number(one.runs)} of ${count(answer.runs, 'run')} (${chance(one.p_value)}).`
}

function memory({ memory: m }: HuntAnswer): string[] {
  if (m.killed === 0 && m.out_of_memory === 0) return []
  const seen =
    m.peak_failed === null
      ? ''
      : ` The most they were seen to hold was ${bytes(m.peak_failed)}${m.peak_passed === null ? '' : `; passing runs held up to ${bytes(m.peak_passed)}`}.`
  if (m.out_of_memory > 0)
    return [
      `Memory ran out in ${count(m.out_of_memory, 'failure')}: the kernel or the program itself says so.${seen}`,
    ]
  return [
    `${count(m.killed, 'failure')} ended with exit 137: killed from outside, most often because memory ran out, though nothing here says so for sure.${seen}`,
  ]
}

function memoryInShort({ memory: m, failed }: HuntAnswer): string[] {
  const many = Math.max(m.killed, m.out_of_memory)
  if (many === 0) return []
  const who = many === failed ? 'all' : `${number(many)} of them`
  return [m.out_of_memory > 0 ? `${who} out of memory` : `${who} killed (exit 137) as for memory`]
}

function timeouts({ timed_out }: HuntAnswer): string[] {
  return timed_out === 0 ? [] : [`${count(timed_out, 'failure')} had not ended when the time limit did.`]
}

function durations({ durations: { passed, failed } }: HuntAnswer): string[] {
  const tell = (name: string, one: typeof passed) =>
    one.median === null
      ? []
      : [`${name} took ${duration(one.median)} (median; longest ${duration(one.longest ?? one.median)})`]
  const told = [...tell('Passing runs', passed), ...tell('failing runs', failed)].join(', ')
  return told === '' || passed.longest === 0 ? [] : [`${told[0]?.toUpperCase()}${told.slice(1)}.`]
}

function tests({ tests: { reported, unsteady, reports } }: HuntAnswer, tell: Tell): string[] {
  const said: string[] = []
  if (reported > 0) {
    const flaked = unsteady.filter((one) => one.flaked > 0).length
    const within = flaked === 0 ? '' : `; ${number(flaked)} of them failed and passed within one run`
    said.push(
      `Of ${count(reported, 'test')} reported, ${number(unsteady.length)} did not always pass${within}.`,
    )
  }
  if (reports.broken > 0)
    said.push(
      `${count(reports.broken, 'report')} could not be read to the end; what came before counts (${tell(reports.problems[0] ?? 'no reason')}).`,
    )
  return said
}
