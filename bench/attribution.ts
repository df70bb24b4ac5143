/**
 * The benchmark of rules: ours beside the published ones, on simulated truth. Seeds from 1001 on were never looked at
 * while the model was made.
 */
import { Command } from 'commander'
import { SCENARIOS, type Scenario } from '../src/simulate/scenarios.ts'
import { questionsOf } from './cases.ts'
import { RULES, type Rule } from './published-rules.ts'
import { type Answer, labelAt, type Scores, score } from './scores.ts'

interface Options {
  seeds: string
  first: string
  days: string
  only?: string
  rules?: string
}

/** The command, for the program to add. */
export function attributionCommand(): Command {
  return new Command('attribution')
    .description('compare rules of attribution on simulated organisations whose truth is known')
    .option('--seeds <number>', 'how many histories of each scenario', '20')
    .option('--first <seed>', 'the first of the seeds; those from 1001 on are held out', '1001')
    .option('--days <number>', 'how long each history is', '35')
    .option('--only <scenarios>', 'names of scenarios, with commas between')
    .option('--rules <rules>', 'names of rules, with commas between')
    .action((options: Options) => compare(options))
}

/** The answers of each rule, and of the limit, in one family of scenarios. */
type Answers = Map<string, Answer[]>

function compare(options: Options): void {
  const rules = named(RULES, options.rules)
  const pooled: Answers = new Map()
  for (const scenario of named(SCENARIOS, options.only)) {
    const answers = answersIn(scenario, rules, options)
    for (const [rule, list] of answers) add(pooled, rule, list)
    print(scenario.name, answers)
  }
  print('all families', pooled)
}

function named<T extends Rule | Scenario>(all: readonly T[], names: string | undefined): readonly T[] {
  const asked = names?.split(',')
  return all.filter((one) => asked === undefined || asked.includes(one.name))
}

function answersIn(scenario: Scenario, rules: readonly Rule[], options: Options): Answers {
  const answers: Answers = new Map()
  const first = Number(options.first)
  for (let seed = first; seed < first + Number(options.seeds); seed++) {
    for (const { one, causedByPr, limit, window } of questionsOf(scenario, seed, Number(options.days))) {
      const answer = (probability: number): Answer => ({
        probability,
        label: labelAt(probability),
        causedByPr,
        window,
      })
      add(answers, 'limit', [answer(limit)])
      for (const rule of rules) add(answers, rule.name, [answer(rule.judge(one))])
    }
  }
  return answers
}

function add(answers: Answers, rule: string, more: readonly Answer[]): void {
  const list = answers.get(rule) ?? []
  answers.set(rule, list)
  for (const one of more) list.push(one)
}

function print(name: string, answers: Answers): void {
  console.log(`\n${name}`)
  for (const [rule, list] of answers) console.log(`  ${rule.padEnd(18)} ${line(score(list))}`)
}

function line(one: Scores): string {
  const percent = (value: number) => `${(100 * value).toFixed(1)}%`.padStart(6)
  return [
    `flakes ${one.flakes}`,
    `brier ${one.brier.toFixed(4)}`,
    `blame ${one.blames} wrong ${percent(one.wrongBlame)}`,
    `excuse ${one.excuses} wrong ${percent(one.wrongExcuse)}`,
    `undetermined ${percent(one.undetermined)}`,
    `ece ${one.calibration.toFixed(3)}`,
    `counted ${one.counted.toFixed(3)}`,
    `covered ${percent(one.covered)}`,
  ].join('  ')
}
